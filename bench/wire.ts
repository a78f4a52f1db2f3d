/**
 * A client that costs less than the server it measures: HTTP/1.1 by hand on one kept-alive socket, one request at a
 * time, answers cut out of the bytes with two searches. An ordinary HTTP client takes more CPU a request than the hub.
 */

import { connect, type Socket } from 'node:net';

/** Called with the status and the body of one answer. */
export type Answered = (status: number, body: string) => void;

// Reading is synchronous, so one buffer serves every socket and 10,000 of them cost little memory.
const shared = Buffer.allocUnsafeSlow(65_536);

/** Ports run out at about 28,000 connections from one address; a second loopback address has as many again. */
const CONNECTIONS_PER_ADDRESS = 20_000;
let open = 0;

/** One kept-alive connection that carries one request at a time. */
export class Wire {
  readonly #socket: Socket;
  readonly #port: number;
  #answered: Answered | undefined;
  #failed: (error: Error) => void = () => {};
  #text = '';
  #gone: Error | undefined;

  constructor(port: number) {
    this.#port = port;
    const source = Math.floor(open++ / CONNECTIONS_PER_ADDRESS);
    this.#socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      ...(source > 0 ? { localAddress: `127.0.0.${1 + source}` } : {}),
      onread: {
        buffer: shared,
        callback: (length) => {
          this.#read(length);
          return true;
        },
      },
    });
    this.#socket.on('error', (error) => this.#lost(error));
    this.#socket.on('close', () => {
      open--;
      this.#lost(new Error('the server closed the connection'));
    });
  }

  /** Sends the bytes of one whole request. `answered` runs when the whole answer is here. */
  ask(request: string, answered: Answered, failed: (error: Error) => void): void {
    if (this.#answered) throw new Error('a wire carries one request at a time');
    if (this.#gone) {
      failed(this.#gone);
      return;
    }
    this.#answered = answered;
    this.#failed = failed;
    this.#socket.write(request, 'latin1');
  }

  /** The slow and comfortable way, for everything that is not measured. Rejects unless the answer is a 2xx. */
  async call<T>(method: string, path: string, headers: Record<string, string> = {}, body?: unknown): Promise<T> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const request = head(method, path, this.#port, headers, text);
    const answer = await new Promise<{ status: number; body: string }>((resolve, reject) =>
      this.ask(request, (status, answerBody) => resolve({ status, body: answerBody }), reject),
    );
    if (answer.status < 200 || answer.status > 299) {
      throw new Error(`${method} ${path.replace(/\?.*/, '')} was answered ${answer.status}: ${answer.body}`);
    }
    return JSON.parse(answer.body) as T;
  }

  /** Ends the connection at once. By reset: ports left in TIME_WAIT by the thousand make every later connect slow. */
  close(): void {
    this.#answered = undefined;
    this.#socket.resetAndDestroy();
  }

  #read(length: number): void {
    const chunk = shared.toString('latin1', 0, length);
    const text = this.#text === '' ? chunk : this.#text + chunk;
    const answered = this.#answered;
    const body = bodyOf(text);
    if (body === undefined || !answered) {
      this.#text = text;
      return;
    }
    this.#text = '';
    this.#answered = undefined;
    answered(Number(text.slice(9, 12)), body);
  }

  #lost(error: Error): void {
    this.#gone ??= error;
    if (!this.#answered) return;
    this.#answered = undefined;
    this.#failed(this.#gone);
  }
}

/** The bytes of a request; a body is JSON. */
export function head(method: string, path: string, port: number, headers: Record<string, string> = {}, body?: string): string {
  let text = `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n`;
  for (const [name, value] of Object.entries(headers)) text += `${name}: ${value}\r\n`;
  if (body === undefined) return `${text}\r\n`;
  return `${text}Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** The body of an answer, or undefined while bytes are missing. */
function bodyOf(text: string): string | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const start = end + 4;
  const sized = /content-length: *(\d+)/i.exec(text.slice(0, end));
  if (sized) {
    const length = Number(sized[1]);
    return text.length - start >= length ? text.slice(start, start + length) : undefined;
  }
  if (!text.endsWith('0\r\n\r\n')) return undefined;
  return unchunk(text, start);
}

function unchunk(text: string, from: number): string {
  let body = '';
  for (let at = from; ; ) {
    const line = text.indexOf('\r\n', at);
    const size = Number.parseInt(text.slice(at, line), 16);
    if (!(size > 0)) return body;
    body += text.slice(line + 2, line + 2 + size);
    at = line + 2 + size + 2;
  }
}
