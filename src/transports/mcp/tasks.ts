/**
 * A listen that outlives its call: the `io.modelcontextprotocol/tasks` extension.
 *
 * A client that takes a task ends its model's turn and asks for the task again and again; the hub holds each question
 * open, and the answer that carries mail wakes the idle session. The id says everything that is needed to go on
 * listening, so a task survives a restart and any process can answer for it. It holds the session id, which is what
 * makes it worth something, and is shown to nobody but whoever showed that session.
 */
import type { Clock } from '../../core/clock.ts';
import { HubError } from '../../core/errors.ts';
import { channelOfSession, SECRET_PREFIXES } from '../../core/ids.ts';
import { FRAMED_BYTES } from '../../core/limits.ts';
import type { Delivery } from '../../core/listening.ts';
import { type Notes, SecretNotes } from '../../core/notes.ts';
import type { AnyOperation, Proof } from '../../operations/operation.ts';
import { GoneSignal } from '../gone.ts';
import { RpcError } from '../jsonrpc.ts';
import type { Perform } from './perform.ts';
import { RPC } from './protocol.ts';
import { failed, freshCursor, succeeded, type ToolResult } from './render.ts';
import type { TaskAsked } from './speaker.ts';
import type { Vouch } from './vouch.ts';

/** A task listens for this long, then says so: a day. */
export const TASK_TTL_MS = 86_400_000;
/** How long one question is held open, in seconds; under every client's and proxy's patience. */
const HOLD_SECONDS = 25;
const POLL_MS = 500;
/** A store that is away is not asked for as often. */
const AWAY_POLL_MS = 2_000;

interface Task {
  readonly sessionId: string;
  readonly since: string;
  readonly createdAt: number;
}

const SESSION = SECRET_PREFIXES.session;

/**
 * `listen~CHANNEL_SECRET~SINCE~CREATED`. Claude Code takes at most 128 visible ASCII characters, so every one counts.
 * The tail of the cursor makes it unique: of two listens of one instant, the cancel of one is not the cancel of both.
 */
export const newTaskId = (sessionId: string, since: string, createdAt: number): string =>
  ['listen', sessionId.slice(SESSION.length), freshCursor(since), createdAt.toString(36)].join('~');

/** The id is the client's word by now, and not every number is a date. */
const isDate = (value: number): boolean => value >= 0 && value <= 8.64e15;

/** @throws RpcError invalidParams, also for one of another channel than the address of the endpoint names */
const readTaskId = (id: unknown, { channelId: place }: TaskAsked): Task => {
  const [, rest = '', since = '', created = ''] = (typeof id === 'string' && /^listen~([^~]+)~([^~]+)~([0-9a-z]{1,11})$/.exec(id)) || [];
  const [sessionId, createdAt] = [SESSION + rest, Number.parseInt(created, 36)];
  const channelId = channelOfSession(sessionId);
  if (channelId === undefined || channelId !== (place ?? channelId) || !isDate(createdAt))
    throw new RpcError(200, RPC.invalidParams, 'There is no such task.');
  return { sessionId, since, createdAt };
};

const times = (createdAt: number, now: number): object => ({
  createdAt: new Date(createdAt).toISOString(),
  lastUpdatedAt: new Date(now).toISOString(),
  ttlMs: TASK_TTL_MS,
  pollIntervalMs: POLL_MS,
});

/** The answer to a `tools/call` that became a task. */
export const taskCreated = (taskId: string, createdAt: number): object => ({
  resultType: 'task',
  taskId,
  status: 'working',
  statusMessage: 'Listening. Mail ends this task.',
  ...times(createdAt, createdAt),
});

export class Tasks {
  readonly #perform: Perform;
  readonly #vouch: Vouch;
  readonly #clock: Clock;
  readonly #listen: AnyOperation;
  /** Ids that were cancelled at any hub. */
  readonly #cancelled: SecretNotes;
  /** Questions that are held open, so that a cancel can end them. */
  readonly #held = new Map<string, Set<GoneSignal>>();

  constructor(perform: Perform, clock: Clock, operations: readonly AnyOperation[], notes: Notes, vouch: Vouch) {
    const listen = operations.find(({ name }) => name === 'listen');
    if (!listen) throw new Error('no operation listen');
    this.#perform = perform;
    this.#vouch = vouch;
    this.#clock = clock;
    this.#listen = listen;
    this.#cancelled = new SecretNotes(notes, 'task', TASK_TTL_MS);
  }

  /** A store that is away has cancelled nothing. */
  async #isCancelled(taskId: string): Promise<boolean> {
    try {
      return (await this.#cancelled.get(taskId)) !== null;
    } catch (error) {
      if (error instanceof HubError) return false;
      throw error;
    }
  }

  /** `tasks/get`: waits a while for the task to end. */
  async get(id: unknown, asked: TaskAsked): Promise<{ result: object; delivery?: Delivery | undefined }> {
    const task = readTaskId(id, asked);
    const { facts, signal } = asked;
    const taskId = id as string;
    const now = this.#clock.now();
    const base = { resultType: 'complete', taskId, ...times(task.createdAt, now) };
    const cancelled = { result: { ...base, status: 'cancelled' } };
    if (await this.#isCancelled(taskId)) return cancelled;
    const completed = (result: ToolResult, delivery?: Delivery) => ({
      result: { ...base, status: 'completed', result: { resultType: 'complete', ...result } },
      delivery,
    });
    const held = new GoneSignal();
    signal.addEventListener('abort', held);
    if (signal.aborted) held.abort();
    const together = this.#held.get(taskId) ?? new Set();
    this.#held.set(taskId, together.add(held));
    try {
      const over = now - task.createdAt > TASK_TTL_MS;
      const channelId = channelOfSession(task.sessionId);
      const { sessionId } = task;
      const proof: Proof = { transport: 'mcp-task', ...facts, channelId, sessionId, sessionOpens: true, answerBytes: FRAMED_BYTES };
      const input = { since: task.since, timeout: over ? 0 : HOLD_SECONDS };
      const { value: answer, delivery } = await this.#perform(this.#listen, proof, input, held);
      const value = answer as Readonly<Record<string, unknown>>;
      const mail = (value['messages'] as readonly unknown[]).length > 0 || value['gap'] !== null;
      // It may have been cancelled at another hub while it was held here.
      if (mail && (await this.#isCancelled(taskId))) {
        delivery?.unsure();
        return cancelled;
      }
      if (mail || over) return completed(succeeded('listen', value, task.sessionId), delivery);
      delivery?.unsure();
      return { result: { ...base, status: 'working' } };
    } catch (error) {
      if (held.aborted && !signal.aborted) return cancelled;
      // Nobody's turn is to begin because the store is away.
      if (error instanceof HubError && error.status === 503)
        return { result: { ...base, status: 'working', pollIntervalMs: AWAY_POLL_MS } };
      // The session is over: the agent is told, and knows how to go on.
      if (error instanceof HubError && !signal.aborted) return completed(failed(error));
      throw error;
    } finally {
      signal.removeEventListener('abort', held);
      together.delete(held);
      if (together.size === 0) this.#held.delete(taskId);
    }
  }

  /** `tasks/update`: no task here asks for input, and answers that nobody asked for are to be ignored (SEP-2663). */
  update(id: unknown, asked: TaskAsked): object {
    readTaskId(id, asked);
    return { resultType: 'complete' };
  }

  /** `tasks/cancel`: stops listening; nothing is confirmed or given out. */
  async cancel(id: unknown, asked: TaskAsked): Promise<object> {
    const { sessionId } = readTaskId(id, asked);
    const taskId = id as string;
    // A task whose session is over hears nothing any more.
    if (await this.#vouch(sessionId, asked.facts)) await this.#cancelled.put(taskId, 'cancelled');
    for (const held of this.#held.get(taskId) ?? []) held.abort();
    return { resultType: 'complete' };
  }
}
