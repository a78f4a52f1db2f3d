/**
 * One HTTP exchange over one bare socket: bytes out, bytes in. For requests that no HTTP client would send, and for
 * clients that vanish at a chosen instant.
 */
import { connect } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  /** Lower-case names; a header that came twice has both values, joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** When the client cuts the line. */
export type Cut =
  /** When it has read this many bytes of the answer; what else has arrived is never read. */
  | { readonly at: 'bytes'; readonly count: number }
  /** So many turns of the event loop after its request was written. */
  | { readonly at: 'turns'; readonly count: number }
  /** When something happens elsewhere. */
  | { readonly at: 'event'; readonly event: Promise<unknown> };

/** The line was cut, by the client or by the other side, before a whole answer was here. */
export class CutOff extends Error {
  /** What had arrived. */
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    super(`cut off after ${bytes.length} bytes`);
    this.bytes = bytes;
  }
}

const headersOf = (lines: readonly string[]): Record<string, string> => {
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
  }
  return headers;
};

/** The body of a chunked answer; null while its last chunk is missing. */
const unchunk = (bytes: Buffer): Buffer | null => {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const end = bytes.indexOf('\r\n', at);
    if (end < 0) return null;
    const size = Number.parseInt(bytes.toString('latin1', at, end), 16);
    if (size === 0) return Buffer.concat(parts);
    if (bytes.length < end + 2 + size + 2) return null;
    parts.push(bytes.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
};

/** Reads an answer out of bytes; null while it is not whole. */
export const readAnswer = (bytes: Buffer, bodiless: boolean, closed: boolean): RawAnswer | null => {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const [first = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  const status = Number(/^HTTP\/1\.[01] ([0-9]{3})/.exec(first)?.[1]);
  const headers = headersOf(lines);
  const rest = bytes.subarray(end + 4);
  // "Go on" is not the answer yet.
  if (status === 100) return readAnswer(rest, bodiless, closed);
  const length = headers['content-length'];
  let body: Buffer | null;
  if (bodiless) body = Buffer.alloc(0);
  else if (headers['transfer-encoding'] === 'chunked') body = unchunk(rest);
  else if (length !== undefined) body = rest.length >= Number(length) ? rest.subarray(0, Number(length)) : null;
  else body = closed ? rest : null;
  return body === null ? null : { status, headers, body: body.toString() };
};

// Reading is synchronous, so all sockets share them.
const small = Buffer.alloc(64);
const large = Buffer.alloc(65_536);

export interface ExchangeOptions {
  /** The address it calls. Default: 127.0.0.1. */
  readonly at?: string;
  readonly cut?: Cut;
  /** The client has lost interest, whatever has arrived. */
  readonly gone?: AbortSignal;
  /** The answer has no body, as to HEAD. */
  readonly bodiless?: boolean;
  /** The client has nothing more to say and closes its half of the connection. */
  readonly half?: boolean;
}

/**
 * Connects, writes a request, reads one answer and goes away.
 * @throws CutOff
 */
export const exchange = (port: number, request: string | Uint8Array, options: ExchangeOptions = {}): Promise<RawAnswer> =>
  new Promise((resolve, reject) => {
    const { cut, gone, bodiless = false } = options;
    let received = Buffer.alloc(0);
    const most = cut?.at === 'bytes' ? cut.count : Number.POSITIVE_INFINITY;
    let over = false;
    const finish = (answer: RawAnswer | null): void => {
      if (over) return;
      over = true;
      gone?.removeEventListener('abort', vanish);
      socket.destroy();
      if (answer) resolve(answer);
      else reject(new CutOff(received));
    };
    const vanish = (): void => finish(null);
    const socket = connect({
      port,
      host: options.at ?? '127.0.0.1',
      noDelay: true,
      // Read in small pieces, so that a cut in the middle of an answer leaves the rest unread.
      onread: {
        buffer: cut?.at === 'bytes' ? small : large,
        callback: (length, buffer) => {
          received = Buffer.concat([received, Buffer.from(buffer.subarray(0, length))]);
          if (received.length >= most) {
            finish(null);
            return false;
          }
          const answer = readAnswer(received, bodiless, false);
          if (answer) finish(answer);
          return true;
        },
      },
    });
    socket.on('error', () => {});
    gone?.addEventListener('abort', vanish);
    if (gone?.aborted) vanish();
    socket.on('close', () => finish(readAnswer(received, bodiless, true)));
    socket.write(request, () => {
      if (options.half) socket.end();
      if (cut?.at === 'event') void cut.event.then(() => finish(null));
      else if (cut?.at === 'turns') {
        let left = cut.count;
        const turn = (): void => {
          if (left-- <= 0) finish(null);
          else setImmediate(turn);
        };
        turn();
      }
    });
  });
