/** The typed client: every operation of the hub as a call, made from the table of operations. */
import type { IncomingMessage } from 'node:http';
import { LinkError, problemIn } from './errors.ts';
import { Connections, linesOf, wholeText } from './http.ts';
import {
  ENTRIES,
  type Entry,
  type Input,
  type OperationName,
  type Output,
  type ValueName,
  type WireGap,
  type WireMessage,
  type WireRosterEntry,
} from './operations.ts';

/** What a caller shows. */
export interface Credentials {
  readonly channelId?: string | undefined;
  /** The channel's token, or its owner's for what owners do; a band needs none. */
  readonly token?: string | undefined;
  readonly sessionId?: string | undefined;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** An answer, and the bytes it came in. */
export interface Answered<T> {
  readonly value: T;
  readonly text: string;
}

/** An event of a stream (R-STREAM-4). */
export type StreamEvent =
  | ({ readonly type: 'message'; readonly cursor: string } & WireMessage)
  | ({ readonly type: 'gap'; readonly cursor?: string } & WireGap)
  | { readonly type: 'roster'; readonly roster: readonly WireRosterEntry[] }
  | { readonly type: 'end'; readonly code: string; readonly detail: string; readonly hint: string };

/** An answer is expected within this; a parked one has its own time on top. */
const ANSWER_MS = 30_000;
/** Three heartbeats of the hub (R-WAIT-3, R-STREAM-5). */
const HEARTBEATS_MS = 45_000;
const LISTEN_SECONDS = 30;
const MOST_SECONDS = 86_400;

const silenceOf = (entry: Entry, input: Readonly<Record<string, unknown>>): number => {
  if (entry.answers === 'late' || entry.answers === 'stream') return HEARTBEATS_MS;
  if (entry.answers === 'pages' || entry.fields['timeout'] === undefined) return ANSWER_MS;
  const seconds = Number(input['timeout'] ?? LISTEN_SECONDS);
  // What is no number of seconds the hub refuses at once; and no listen or wait is longer than a day.
  return (seconds >= 0 ? Math.min(seconds, MOST_SECONDS) : 0) * 1000 + ANSWER_MS;
};

export class HubClient {
  /** The hub's address, without a slash at its end. */
  readonly hub: string;
  readonly #hubToken: string | undefined;
  readonly #connections = new Connections();

  /** @param hubToken what a hub with `--token` asks of who opens channels */
  constructor(hub: string, hubToken?: string) {
    this.hub = hub.replace(/\/+$/, '');
    this.#hubToken = hubToken;
  }

  /**
   * Calls an operation.
   * @throws HubProblem when the hub refuses; LinkError when there is no whole answer
   */
  async call<N extends ValueName>(name: N, input: Input<N>, shown: Credentials = {}, options: CallOptions = {}): Promise<Output<N>> {
    return (await this.ask(name, input, shown, options)).value;
  }

  /** {@link call}, with the text of the answer as the hub wrote it. */
  async ask<N extends ValueName>(
    name: N,
    input: Input<N>,
    shown: Credentials = {},
    options: CallOptions = {},
  ): Promise<Answered<Output<N>>> {
    const response = await this.open(name, input, shown, options);
    const text = (await wholeText(response, options.signal)).trim();
    // An answer that was begun before it was known has its status in its body (R-WAIT-4).
    const problem = ENTRIES[name].answers === 'late' ? problemIn(text) : null;
    if (problem) throw problem;
    try {
      return { value: JSON.parse(text) as Output<N>, text };
    } catch {
      throw new LinkError(text === '' ? 'cut' : 'not_a_hub', `The answer of ${this.hub} is not JSON.`);
    }
  }

  /** The events of a stream, until the caller leaves or the connection ends. @throws as {@link call} */
  async *stream(input: Input<'stream'>, shown: Credentials, options: CallOptions = {}): AsyncGenerator<StreamEvent, void, undefined> {
    const response = await this.open('stream', input, shown, { ...options, accept: 'application/x-ndjson' });
    try {
      for await (const line of linesOf(response, options.signal)) yield this.#eventIn(line);
    } finally {
      response.destroy();
    }
  }

  #eventIn(line: string): StreamEvent {
    try {
      const event = JSON.parse(line) as StreamEvent | null;
      if (typeof event?.type === 'string') return event;
    } catch {
      // As below.
    }
    throw new LinkError('not_a_hub', `The answer of ${this.hub} is no stream of a hub.`);
  }

  /** The lines of a list of any length. @throws as {@link call} */
  async *lines(name: 'transcript', input: Input<'transcript'>, shown: Credentials, options: CallOptions = {}): AsyncGenerator<string> {
    const response = await this.open(name, input, shown, { ...options, accept: 'application/x-ndjson' });
    yield* linesOf(response, options.signal);
  }

  /** Sends a call and gives the answer as it begins to come, once it is known not to be a refusal. @throws as {@link call} */
  async open<N extends OperationName>(
    name: N,
    input: Input<N>,
    shown: Credentials,
    options: CallOptions & { readonly accept?: string } = {},
  ): Promise<IncomingMessage> {
    const entry = ENTRIES[name];
    const fields = { ...(input as Record<string, unknown>) };
    const headers: Record<string, string> = { Accept: options.accept ?? 'application/json' };
    const bearer = entry.scope === 'open' ? this.#hubToken : (shown.token ?? this.#hubToken);
    if (bearer !== undefined) headers['Authorization'] = `Bearer ${bearer}`;
    if (shown.sessionId !== undefined) headers['X-Session-Id'] = shown.sessionId;
    for (const [field, header] of Object.entries(entry.headers ?? {})) {
      if (fields[field] !== undefined) headers[header] = String(fields[field]);
      delete fields[field];
    }
    const path = entry.path.replace(/\{(\w+)\}/g, (_, field: string) => {
      const value = field === 'channel_id' ? shown.channelId : fields[field];
      delete fields[field];
      return encodeURIComponent(String(value ?? ''));
    });
    const given = Object.entries(fields).filter(([, value]) => value !== undefined);
    const query =
      entry.method === 'GET' && given.length > 0
        ? `?${new URLSearchParams(given.map(([field, value]): [string, string] => [field, String(value)]))}`
        : '';
    const response = await this.#connections.exchange({
      url: `${this.hub}${path}${query}`,
      method: entry.method,
      headers,
      body: entry.method === 'GET' || given.length === 0 ? undefined : JSON.stringify(Object.fromEntries(given)),
      silenceMs: silenceOf(entry, fields),
      signal: options.signal,
    });
    const { statusCode = 0 } = response;
    if (statusCode >= 200 && statusCode < 300) return response;
    const text = (await wholeText(response, options.signal)).trim();
    const problem = problemIn(text, response.headers['retry-after']);
    if (problem) throw problem;
    // What stands before a hub answers so while the hub is away.
    const away = statusCode === 502 || statusCode === 503 || statusCode === 504;
    throw new LinkError(away ? 'unreachable' : 'not_a_hub', `${this.hub} answers with HTTP ${statusCode}, and not as a hub does.`);
  }

  /** Lets go of idle connections. */
  close(): void {
    this.#connections.close();
  }
}
