/**
 * The Model Context Protocol over standard input and output: one message a line, in either era.
 * Source: modelcontextprotocol.io/specification, revisions 2025-11-25 and 2026-07-28, "stdio".
 */
import { encodeJson } from '../operations/wire.ts';
import { GoneSignal } from '../transports/gone.ts';
import { type Id, RpcError, rpcError, rpcResult } from '../transports/jsonrpc.ts';
import { checkDeclared, declaresTasks, isModern, progressTokenOf, RPC, type RpcMessage, readMessage } from '../transports/mcp/protocol.ts';
import type { McpSession } from '../transports/mcp/sessions.ts';
import type { Speaker } from '../transports/mcp/speaker.ts';
import type { ToolContext } from '../transports/mcp/tools.ts';

/** Clients that hear nothing of a call for minutes end it. */
const PROGRESS_MS = 10_000;

export interface StdioOptions {
  readonly speaker: Speaker;
  /** The hub's address. */
  readonly hub: string;
  /** Writes a line; resolves with whether the client took it. */
  write(line: string): Promise<boolean>;
  /** Told of each request before it is answered. */
  seen?(message: RpcMessage): void;
  /** Told of errors that are nobody's fault but ours. */
  onBug(error: unknown): void;
}

/** What the one client of this program joined. */
class OwnSession implements McpSession {
  calls: Map<Id, GoneSignal> | null = new Map();
  held: string | null = null;

  joined(): string | null {
    return this.held;
  }

  async join(sessionId: string | null): Promise<void> {
    this.held = sessionId;
  }
}

export class StdioServer {
  readonly #options: StdioOptions;
  /** One program serves one client: what it joined holds for all its calls. */
  readonly session = new OwnSession();
  readonly #listening = new Set<GoneSignal>();
  #requests = 0;

  constructor(options: StdioOptions) {
    this.#options = options;
  }

  /** Takes a line of the client. Resolves when it is answered; never throws. */
  async take(line: string): Promise<void> {
    if (line.trim() === '') return;
    let id: Id | null = null;
    try {
      const message = readMessage(parsed(line));
      if (!message) return;
      id = message.id;
      if (id === null) this.#notified(message);
      else await this.#answer({ ...message, id });
    } catch (error) {
      if (!(error instanceof RpcError)) this.#options.onBug(error);
      const told = error instanceof RpcError ? error : new RpcError(500, RPC.internal, 'The bridge failed. Try again.');
      await this.#options.write(`${rpcError(id ?? told.id, told)}\n`);
    }
  }

  /** The client is gone: nobody listens any more. What else is under way comes to its end. */
  end(): void {
    for (const call of this.#listening) call.abort();
  }

  #notified({ method, params }: RpcMessage): void {
    // A call that was answered is not under way any more, so a late cancel finds nothing.
    if (method === 'notifications/cancelled') this.session.calls?.get(params['requestId'] as Id)?.abort();
  }

  async #answer(message: RpcMessage & { readonly id: Id }): Promise<void> {
    const { speaker, hub, write } = this.#options;
    const modern = isModern({}, message);
    if (modern) checkDeclared(message);
    this.#options.seen?.(message);
    const call = new GoneSignal();
    this.session.calls?.set(message.id, call);
    const token = progressTokenOf(message);
    const tasks = modern && declaresTasks(message);
    const slow = speaker.toolOf(message)?.slow(tasks) === true;
    const patient = token !== null && slow;
    if (slow || message.method.startsWith('tasks/')) this.#listening.add(call);
    const progress = (value: number, total?: number, text?: string): void => {
      if (token === null || !patient || call.aborted) return;
      const params = { progressToken: token, progress: value, total, message: text };
      void write(`${encodeJson({ jsonrpc: '2.0', method: 'notifications/progress', params })}\n`);
    };
    const context: ToolContext = {
      facts: { address: 'stdio', origin: hub, requestId: String(++this.#requests) },
      bearer: undefined,
      channelId: undefined,
      session: this.session,
      tasks,
      patient,
      signal: call,
      progress,
    };
    let count = 0;
    const timer = patient ? setInterval(() => progress(++count, undefined, 'listening'), PROGRESS_MS) : undefined;
    try {
      const { result, delivery } = await speaker.answer(message, context, modern);
      if (call.aborted) delivery?.unsure();
      else if (await write(`${rpcResult(message.id, result)}\n`)) delivery?.handed();
      else delivery?.unsure();
    } catch (error) {
      // Nothing more is said about a call that was cancelled.
      if (!call.aborted || error instanceof RpcError) throw error;
    } finally {
      clearInterval(timer);
      this.#listening.delete(call);
      // Another call of a careless client may have taken the id over meanwhile.
      if (this.session.calls?.get(message.id) === call) this.session.calls.delete(message.id);
    }
  }
}

const parsed = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    throw new RpcError(400, RPC.parse, 'The line is not JSON.');
  }
};
