/** A receiver of webhooks: a real server on this machine that answers as it is told. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from './until.ts';

export interface Received {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  readonly body: any;
  /** The `webhook-id`. */
  readonly id: string;
}

/** How a receiver answers; `nth` counts its requests from 1. */
export type Manner = (response: ServerResponse, received: Received, nth: number) => void;

export const answering =
  (...statuses: readonly number[]): Manner =>
  (response, _, nth) => {
    response.writeHead(statuses[Math.min(nth, statuses.length) - 1] ?? 200).end();
  };

/** Accepts and never answers. */
export const hanging: Manner = () => {};

export class Receiver {
  readonly received: Received[] = [];
  /** Requests that are open. */
  open = 0;
  readonly #server: Server;
  #manner: Manner;

  private constructor(server: Server, manner: Manner) {
    this.#server = server;
    this.#manner = manner;
  }

  static async start(manner: Manner = answering(200), port = 0): Promise<Receiver> {
    const server = createServer();
    const receiver = new Receiver(server, manner);
    server.on('request', (request, response) => receiver.#hear(request, response));
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return receiver;
  }

  #hear(request: IncomingMessage, response: ServerResponse): void {
    let text = '';
    this.open++;
    response.on('close', () => {
      this.open--;
    });
    request.setEncoding('utf8');
    request.on('data', (piece: string) => {
      text += piece;
    });
    request.on('end', () => {
      const { url = '', headers } = request;
      const received = { path: url, headers, text, body: JSON.parse(text), id: String(headers['webhook-id']) };
      this.received.push(received);
      this.#manner(response, received, this.received.length);
    });
  }

  /** From now on. */
  answer(manner: Manner): void {
    this.#manner = manner;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`;
  }

  /** Waits until so many requests have come. */
  async has(count: number): Promise<readonly Received[]> {
    await until(() => this.received.length >= count, `${count} webhooks; ${this.received.length} came`);
    return this.received;
  }

  /** The texts of the messages that came, in order. */
  get texts(): string[] {
    return this.received.map(({ body }) => body.data.message?.text);
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }
}
