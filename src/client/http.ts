/** One HTTP exchange on the modules that Node has, which are there before `fetch` would be loaded. */
import { Agent, type IncomingMessage, request as plain, type RequestOptions } from 'node:http';
import { LinkError } from './errors.ts';

export interface Exchange {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** Milliseconds without a byte after which the other side is taken for gone. */
  readonly silenceMs: number;
  readonly signal?: AbortSignal | undefined;
}

const causeOf = (error: unknown): string =>
  (error as NodeJS.ErrnoException).code ?? (error instanceof Error ? error.message : String(error));

/** The other side speaks no TLS, or has a certificate that is not trusted: a later call meets the same. */
const isNoTls = (error: unknown): boolean =>
  /^(?:EPROTO|ERR_SSL_|ERR_TLS_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/.test(String((error as NodeJS.ErrnoException).code));

/** Connections are kept, so that the next call finds one open. */
export class Connections {
  readonly #plain = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  #secure: Agent | null = null;

  /** @throws LinkError unreachable, cut, silent or not_a_hub; the reason of the signal when it aborts */
  async exchange(exchange: Exchange): Promise<IncomingMessage> {
    exchange.signal?.throwIfAborted();
    const secure = exchange.url.startsWith('https:');
    let request = plain;
    let agent = this.#plain;
    if (secure) {
      const https = await import('node:https');
      request = https.request;
      agent = this.#secure ??= new https.Agent({ keepAlive: true });
    }
    const options: RequestOptions = {
      method: exchange.method,
      agent,
      headers: {
        ...exchange.headers,
        ...(exchange.body === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(exchange.body) }),
      },
      ...(exchange.signal ? { signal: exchange.signal } : {}),
    };
    return new Promise((resolve, reject) => {
      let connected = false;
      const outgoing = request(exchange.url, options, resolve);
      outgoing.once('socket', (socket) => {
        if (socket.connecting) socket.once('connect', () => (connected = true));
        else connected = true;
      });
      outgoing.setTimeout(exchange.silenceMs, () => outgoing.destroy(new LinkError('silent', `${exchange.url} has not answered in time.`)));
      outgoing.once('error', (error) => {
        if (exchange.signal?.aborted) reject(exchange.signal.reason);
        else if (error instanceof LinkError) reject(error);
        else if (secure && isNoTls(error))
          reject(new LinkError('not_a_hub', `No TLS connection can be made with ${new URL(exchange.url).origin} (${causeOf(error)}).`));
        else if (connected) reject(new LinkError('cut', `The connection to ${exchange.url} broke (${causeOf(error)}).`));
        else reject(new LinkError('unreachable', `Nothing answers at ${new URL(exchange.url).origin} (${causeOf(error)}).`));
      });
      outgoing.end(exchange.body);
    });
  }

  /** Lets go of idle connections, so that a program may end. */
  close(): void {
    this.#plain.destroy();
    this.#secure?.destroy();
  }
}

/** The pieces of a body. @throws LinkError cut; the reason of the signal when it aborts */
export async function* pieces(response: IncomingMessage, signal?: AbortSignal): AsyncGenerator<string, void, undefined> {
  response.setEncoding('utf8');
  try {
    for await (const piece of response) yield piece as string;
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw error instanceof LinkError ? error : new LinkError('cut', `The answer broke off (${causeOf(error)}).`);
  }
}

/** Characters that are held of a body, or of one line of it: many times the longest answer of a hub. What is longer has no end. */
const MOST_HELD = 64 * 1024 * 1024;

/** @throws LinkError not_a_hub */
const checkHeld = (text: string): void => {
  if (text.length > MOST_HELD) throw new LinkError('not_a_hub', 'The answer is longer than any of a hub.');
};

/** A body as a whole. @throws as {@link pieces}; LinkError not_a_hub */
export const wholeText = async (response: IncomingMessage, signal?: AbortSignal): Promise<string> => {
  let text = '';
  for await (const piece of pieces(response, signal)) {
    text += piece;
    checkHeld(text);
  }
  return text;
};

/** The lines of a body, without the empty ones that keep a connection alive. @throws as {@link wholeText} */
export async function* linesOf(response: IncomingMessage, signal?: AbortSignal): AsyncGenerator<string, void, undefined> {
  let rest = '';
  for await (const piece of pieces(response, signal)) {
    const [first = '', ...lines] = piece.split('\n');
    rest += first;
    checkHeld(rest);
    for (const next of lines) {
      if (rest !== '') yield rest;
      rest = next;
    }
  }
  if (rest !== '') throw new LinkError('cut', 'The answer broke off in the middle of a line.');
}
