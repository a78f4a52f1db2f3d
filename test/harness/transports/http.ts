/** A small HTTP client that shows everything: statuses, headers, bytes, sockets. */
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The body as JSON. */
  json(): Record<string, unknown>;
}

export interface Ask {
  readonly headers?: Readonly<Record<string, string | string[]>> | undefined;
  readonly body?: string | Buffer | undefined;
  readonly signal?: AbortSignal | undefined;
}

const headersOf = (response: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(response.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  );

export class HttpClient {
  readonly port: number;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(port: number) {
    this.port = port;
  }

  /** Sends a request and gives the answer as soon as it begins. */
  open(method: string, path: string, { headers = {}, body, signal }: Ask = {}): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      // Node sends the body of a DELETE without a length otherwise, and with it as the next request.
      const length = body === undefined || method !== 'DELETE' ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
      const asked = request({
        host: '127.0.0.1',
        port: this.port,
        method,
        path,
        headers: { ...headers, ...length },
        agent: this.#agent,
        ...(signal === undefined ? {} : { signal }),
      });
      asked.once('error', reject);
      asked.once('response', resolve);
      asked.end(body);
    });
  }

  async ask(method: string, path: string, ask: Ask = {}): Promise<Reply> {
    const response = await this.open(method, path, ask);
    response.setEncoding('utf8');
    let text = '';
    for await (const piece of response) text += piece;
    return {
      status: response.statusCode ?? 0,
      headers: headersOf(response),
      text,
      json: () => JSON.parse(text) as Record<string, unknown>,
    };
  }

  /** Writes bytes to a socket of its own and gives everything that comes until the hub hangs up. */
  raw(bytes: string | Buffer): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.port, '127.0.0.1', () => socket.write(bytes));
      let text = '';
      socket.setEncoding('latin1');
      socket.on('data', (piece: string) => {
        text += piece;
      });
      socket.once('error', reject);
      socket.once('close', () => resolve(text));
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
