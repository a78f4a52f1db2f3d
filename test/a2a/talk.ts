/** Callers over A2A: requests as the specification writes them, on purpose not taken from the source. */
import type { Channel, Room } from '../harness/room.ts';
import type { Reply } from '../harness/transports/http.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What is put around a request. */
export interface Around {
  readonly id?: unknown;
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly path?: string;
  readonly signal?: AbortSignal;
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
export type Answer = any;

/** Posts a body to the endpoint. */
export const post = (room: Room, body: string | object, around: Around = {}): Promise<Reply> => {
  const { token, headers = {}, path = '/a2a', signal } = around;
  return room.http.ask('POST', path, {
    headers: {
      'Content-Type': 'application/json',
      'A2A-Version': '1.0',
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(signal ? { signal } : {}),
  });
};

/** Somebody who asks on a channel with its token. */
export class Caller {
  readonly room: Room;
  readonly channel: Channel;
  readonly from: string;
  #id = 0;

  constructor(channel: Channel, from = 'caller') {
    this.room = channel.room;
    this.channel = channel;
    this.from = from;
  }

  async reply(method: string, params: Fields, around: Around = {}): Promise<Reply> {
    const id = around.id ?? ++this.#id;
    const usual = { token: this.channel.created.join_token, path: `/a2a/${this.channel.id}` };
    return post(this.room, { jsonrpc: '2.0', id, method, params }, { ...usual, ...around });
  }

  /** The result of a method. @throws Error with the failure */
  async call(method: string, params: Fields, around: Around = {}): Promise<Answer> {
    const { result, error } = (await this.reply(method, params, around)).json() as Answer;
    if (error) throw Object.assign(new Error(error.message), { rpc: error.code, data: error.data });
    return result;
  }

  /** The parameters of a message to somebody. */
  message(to: string, text: string, more: Fields = {}): { message: Fields } {
    const message = { messageId: `m-${this.from}-${++this.#id}`, role: 'ROLE_USER', parts: [{ text }], metadata: { from: this.from, to } };
    return { message: { ...message, ...more } };
  }

  /** Asks, and takes a task at once. */
  async ask(to: string, text: string, more: Fields = {}): Promise<Answer> {
    const params = { ...this.message(to, text, more), configuration: { returnImmediately: true } };
    return (await this.call('SendMessage', params)).task;
  }

  task(id: string, more: Fields = {}): Promise<Answer> {
    return this.call('GetTask', { id, ...more });
  }

  list(params: Fields = {}): Promise<Answer> {
    return this.call('ListTasks', params);
  }

  /** What the task's state is called, without its prefix. */
  async state(id: string): Promise<string> {
    return (await this.task(id)).status.state.replace('TASK_STATE_', '');
  }

  cancel(id: string): Promise<Answer> {
    return this.call('CancelTask', { id });
  }
}

/** The number of the message that a task stands for. */
export const numberOf = (task: { readonly id: string }): number => Number(task.id.slice(task.id.lastIndexOf('.') + 1));

/** The texts of messages or artifacts. */
export const textsOf = (things: readonly { readonly parts: readonly { readonly text: string }[] }[]): string[] =>
  things.map(({ parts }) => parts.map(({ text }) => text).join('|'));
