/** Members of a channel over MCP, in either era, and calls that stay open. */
import type { IncomingMessage } from 'node:http';
import type { HttpClient, Reply } from '../harness/transports/http.ts';
import { until } from '../harness/until.ts';
import {
  type Around,
  factsOf,
  initialize,
  legacy,
  modern,
  open,
  post,
  type Request,
  type RpcAnswer,
  responseOf,
  rpc,
  TAKES_TASKS,
} from './envelope.ts';

type Fields = Readonly<Record<string, unknown>>;
export type Era = 'modern' | 'legacy';
export const ERAS: readonly Era[] = ['modern', 'legacy'];

/** An answer that is read as it comes. */
export class Open {
  readonly status: number;
  readonly type: string;
  text = '';
  over = false;
  readonly #response: IncomingMessage;

  constructor(response: IncomingMessage) {
    this.#response = response;
    this.status = response.statusCode ?? 0;
    this.type = response.headers['content-type'] ?? '';
    response.setEncoding('utf8');
    response.on('data', (piece: string) => {
      this.text += piece;
    });
    response.once('close', () => {
      this.over = true;
    });
    response.on('error', () => {});
  }

  get headers(): IncomingMessage['headers'] {
    return this.#response.headers;
  }

  get comments(): number {
    return this.text.split('\n\n').filter((frame) => frame.startsWith(':')).length;
  }

  get messages(): RpcAnswer[] {
    return this.text.split('\n').flatMap((line) => (line.startsWith('data: ') ? [JSON.parse(line.slice(6)) as RpcAnswer] : []));
  }

  /** The response, when the answer is over. */
  async response(): Promise<RpcAnswer> {
    await until(() => this.over, 'the end of an answer');
    const reply = { headers: { 'content-type': this.type }, text: this.text } satisfies Pick<Reply, 'headers' | 'text'>;
    return responseOf(reply);
  }

  hangUp(): void {
    this.#response.destroy();
  }
}

/** Somebody who calls tools. */
export class Caller {
  readonly http: HttpClient;
  readonly era: Era;
  path = '/mcp';
  /** The header session, in the session era. */
  session: string | undefined;
  #id = 100;

  constructor(http: HttpClient, era: Era) {
    this.http = http;
    this.era = era;
  }

  static async connect(http: HttpClient, era: Era): Promise<Caller> {
    const caller = new Caller(http, era);
    if (era === 'legacy') caller.session = await initialize(http);
    return caller;
  }

  request(method: string, params: Fields, around: Around = {}): Request {
    const id = around.id ?? ++this.#id;
    const made =
      this.era === 'modern' ? modern(method, params, { ...around, id }) : legacy(method, params, { ...around, id, session: this.session });
    return { ...made, path: this.path };
  }

  /** Calls a tool. */
  tool(name: string, args: Fields = {}, around: Around = {}): Promise<RpcAnswer> {
    return rpc(this.http, this.request('tools/call', { name, arguments: args }, around));
  }

  /** Calls a tool that must succeed. */
  async facts(name: string, args: Fields = {}, around: Around = {}) {
    return factsOf(await this.tool(name, args, around));
  }

  /** Calls a tool and does not wait for the end of its answer, only for its beginning. */
  async begin(name: string, args: Fields = {}, around: Around = {}): Promise<Open> {
    return new Open(await open(this.http, this.request('tools/call', { name, arguments: args }, around)));
  }

  async notify(method: string, params: Fields): Promise<Reply> {
    const { headers } = this.request(method, {});
    return post(this.http, { headers, path: this.path, body: { jsonrpc: '2.0', method, params } });
  }
}

/** A caller who has joined. */
export class Member {
  readonly caller: Caller;
  readonly sessionId: string;

  constructor(caller: Caller, sessionId: string) {
    this.caller = caller;
    this.sessionId = sessionId;
  }

  call(name: string, args: Fields = {}, around: Around = {}): Promise<RpcAnswer> {
    return this.caller.tool(name, { session_id: this.sessionId, ...args }, around);
  }

  facts(name: string, args: Fields = {}, around: Around = {}) {
    return this.caller.facts(name, { session_id: this.sessionId, ...args }, around);
  }

  begin(args: Fields = {}, around: Around = {}): Promise<Open> {
    return this.caller.begin('listen', { session_id: this.sessionId, ...args }, around);
  }

  say(to: string, message: string, more: Fields = {}) {
    return this.facts('send', { to, message, ...more });
  }

  /** What waits, by text; what was given before in brackets. */
  async waiting(args: Fields = {}): Promise<string[]> {
    const { messages } = await this.facts('listen', { timeout_seconds: 0, ...args });
    return messages.map(({ text, redelivered }: { text: string; redelivered?: true }) => (redelivered ? `(${text})` : text));
  }
}

export interface Place {
  readonly channelId: string;
  readonly token: string;
}

/** A channel made over MCP. */
export const place = async (http: HttpClient, era: Era, args: Fields = {}): Promise<Place> => {
  const made = await new Caller(http, era).facts('create_channel', args);
  return { channelId: made.channel_id, token: made.join_token };
};

export const member = async (http: HttpClient, era: Era, { channelId, token }: Place, callsign: string): Promise<Member> => {
  const caller = await Caller.connect(http, era);
  const joined = await caller.facts('join', { channel_id: channelId, token, callsign });
  return new Member(caller, joined.session_id);
};

/** Asks about a task as a client does that takes them. */
export const task = (http: HttpClient, method: 'tasks/get' | 'tasks/cancel' | 'tasks/update', taskId: string): Promise<RpcAnswer> =>
  rpc(http, modern(method, { taskId }, { capabilities: TAKES_TASKS }));
