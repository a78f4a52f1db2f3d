/** One caller's line to a channel: every step is an operation, called through the gate with the caller's own proof. */
import { HubError } from '../../core/errors.ts';
import type { Hub } from '../../core/hub.ts';
import type { Cancel } from '../../core/listening.ts';
import type { Eventually, Message, Receipt } from '../../core/types.ts';
import { type AnyOperation, type Executed, execute, type Proof, type Services } from '../../operations/operation.ts';
import { failure } from './protocol.ts';
import { isClosed, isQuestion, lostTask, type Task, type TaskRef, type TaskView, type Thread, taskOf, threadOf } from './tasks.ts';

/** The operations that A2A stands on. */
const STEPS = ['channel_info', 'join', 'send', 'message', 'stream'] as const;
type Step = (typeof STEPS)[number];
export type Steps = Readonly<Record<Step, AnyOperation>>;

/** @throws Error when the list lacks one of them */
export const stepsOf = (operations: readonly AnyOperation[]): Steps => {
  const found = STEPS.map((name) => [name, operations.find((op) => op.name === name)] as const);
  for (const [name, op] of found) if (!op) throw new Error(`no operation ${name}`);
  return Object.fromEntries(found) as Steps;
};

type Fields = Readonly<Record<string, unknown>>;

export interface Found {
  readonly thread: Thread;
  readonly receipts: readonly Receipt[];
}

export class Line {
  readonly channelId: string;
  readonly #hub: Hub;
  readonly #services: Services;
  readonly #steps: Steps;
  readonly #proof: Proof;

  constructor(hub: Hub, services: Services, steps: Steps, proof: Proof & { readonly channelId: string }) {
    this.channelId = proof.channelId;
    this.#hub = hub;
    this.#services = services;
    this.#steps = steps;
    this.#proof = proof;
  }

  #execute(step: Step, input: Fields, sessionId?: string, signal?: Cancel): Eventually<Executed> {
    const proof = sessionId === undefined ? this.#proof : { ...this.#proof, sessionId };
    return execute(this.#hub, this.#services, this.#steps[step], proof, input, signal);
  }

  async #once(step: Step, input: Fields, sessionId?: string): Promise<Fields> {
    const executed = await this.#execute(step, input, sessionId);
    if (executed.answers !== 'once') throw new Error(`${step} does not answer once`);
    return executed.value as Fields;
  }

  /** Checks the token, and says how many messages the channel holds. @throws HubError unauthorized, rate_limited */
  async held(): Promise<number> {
    const { counts } = await this.#once('channel_info', {});
    return (counts as { messages: number }).messages;
  }

  /** Takes a callsign's seat, or takes it up again. @throws HubError as the operation join */
  async join(callsign: string, secrets: Fields): Promise<{ callsign: string; sessionId: string }> {
    const joined = await this.#once('join', { callsign, ...secrets });
    return { callsign: joined['callsign'] as string, sessionId: joined['session_id'] as string };
  }

  /** @returns the id of the message. @throws HubError as the operation send */
  async send(sessionId: string, input: Fields): Promise<number> {
    return (await this.#once('send', input, sessionId))['id'] as number;
  }

  /**
   * What was said from a message on, as whoever watches the channel hears it: no mailbox is touched.
   * @param id the message, which the channel has to hold
   * @param enough asked whenever all that was said so far is known; as long as it says no, more is waited for
   */
  async #said(id: number, enough: (messages: readonly Message[]) => boolean, signal: Cancel): Promise<readonly Message[]> {
    const executed = await this.#execute('stream', { since: id - 1 }, undefined, signal);
    if (executed.answers !== 'stream') throw new Error('stream does not stream');
    const messages: Message[] = [];
    for await (const item of executed.items) {
      if (item.type === 'end') break;
      if (item.type !== 'messages') continue;
      for (const { message } of item.answer.heard) messages.push(message);
      if (!item.answer.more && enough(messages)) break;
    }
    return messages;
  }

  /** Everything that the channel holds. */
  async all(signal: Cancel): Promise<readonly Message[]> {
    return (await this.held()) === 0 ? [] : this.#said(1, () => true, signal);
  }

  /**
   * A question and what came of it.
   * @param enough as long as it says no, more is waited for, until the signal
   * @throws RpcError taskNotFound; {@link LostTask} for a question that nobody will answer
   */
  async find(id: number, signal: Cancel, enough: (thread: Thread) => boolean = () => true): Promise<Found> {
    const { question, receipts } = await this.#question(id);
    const thread = threadOf(question, await this.#said(id, (said) => enough(threadOf(question, said)), signal));
    // Asked again where it matters: while it was waited for, the addressee may have been given it.
    return { thread, receipts: isClosed(thread) ? receipts : await this.receipts(id) };
  }

  /** How far a question has come. @throws RpcError taskNotFound; {@link LostTask} */
  async receipts(id: number): Promise<readonly Receipt[]> {
    return (await this.#question(id)).receipts;
  }

  async #question(id: number): Promise<{ question: Message; receipts: readonly Receipt[] }> {
    const ref: TaskRef = { channelId: this.channelId, id };
    try {
      const { message, receipts } = await this.#once('message', { id });
      if (isQuestion(message as Message)) return { question: message as Message, receipts: receipts as readonly Receipt[] };
    } catch (error) {
      if (!(error instanceof HubError) || (error.code !== 'not_found' && error.code !== 'rotated')) throw error;
      const receipts = (error.options.extra?.['receipts'] ?? []) as readonly Receipt[];
      if (receipts.length > 0 && receipts.every(({ state }) => state === 'expired')) throw new LostTask(lostTask(ref, receipts));
      if (error.code === 'rotated')
        throw failure('taskNotFound', 'The question has left the ring of its channel, so nobody can say what came of it. Ask again.');
    }
    throw failure('taskNotFound', 'This channel has no such task.');
  }

  task({ thread, receipts }: Found, view: TaskView): Task {
    return taskOf(this.channelId, thread, receipts, view);
  }
}

/** Thrown instead of an answer: the task is known, and it failed. */
export class LostTask extends Error {
  readonly task: Task;

  constructor(task: Task) {
    super('the question left the ring unheard');
    this.task = task;
  }
}
