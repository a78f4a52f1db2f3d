/** Writing answers, and knowing whether they were taken. */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { HubError } from '../core/errors.ts';
import type { Delivery } from '../core/listening.ts';
import { encodeJson } from '../operations/wire.ts';
import { whenOver } from './gone.ts';
import { API_HEADERS, jsonHead } from './heads.ts';

/** A client that does not read for this long is let go. */
const UNREAD_MS = 30_000;

/**
 * Whether the hub would have noticed that a client is gone. Node stops reading a connection with requests behind an answer that is
 * not read, and a write to one that was reset fails before the connection counts as destroyed.
 */
const isSeen = (socket: Socket): boolean => socket.writable && !socket.isPaused();

/** Whether the kernel has taken everything written so far, on a socket that is alive. */
const taken = ({ socket }: ServerResponse): boolean => socket !== null && socket.writableLength === 0 && isSeen(socket);

/**
 * Lets go of a client that has not read an answer to its end after 30 s. Behind another answer nobody can read one: then they
 * begin when it is its turn.
 * @returns how to let it be
 */
const letGo = (response: ServerResponse): (() => void) => {
  let timer: NodeJS.Timeout | undefined;
  const start = (): void => {
    timer = setTimeout(() => response.destroy(), UNREAD_MS);
    timer.unref();
  };
  if (response.socket === null) response.once('socket', start);
  else start();
  return () => {
    response.off('socket', start);
    clearTimeout(timer);
  };
};

/** An answer that others write is read within 30 s, or its client is let go. */
export const mustBeRead = (response: ServerResponse): void => {
  whenOver(response, letGo(response));
};

/**
 * Waits until the kernel has taken what was written; a client that stops reading is let go.
 * @param watch calls its argument when that has happened
 * @returns false when the client went away first
 */
const flushed = (response: ServerResponse, watch: (done: () => void) => void): Promise<boolean> =>
  new Promise((resolve) => {
    const letBe = letGo(response);
    const end = (alive: boolean): void => {
      letBe();
      unwatch();
      resolve(alive);
    };
    const unwatch = whenOver(response, () => end(false));
    watch(() => end(true));
  });

/** Signs for the answer that was just ended: at once when the kernel took it, later when it does. */
const sign = (response: ServerResponse, delivery: Delivery | undefined): void => {
  if (taken(response)) {
    delivery?.handed();
    return;
  }
  delivery?.unsure();
  // The response has its connection only while it is its turn. For Node, an answer on a dead one finishes too, and one whose write
  // failed finishes before its connection is dead.
  const { socket } = response.req;
  const finished = (done: () => void): void => {
    if (!socket.destroyed && !socket.errored) done();
  };
  void flushed(response, (done) => response.once('finish', () => finished(done))).then((alive) => {
    if (alive && !socket.isPaused()) delivery?.handed();
  });
};

/** Writes a whole JSON answer in one piece. */
export const writeJson = (response: ServerResponse, status: number, text: string, delivery?: Delivery): void => {
  const bytes = Buffer.byteLength(text);
  const head = jsonHead(response, status, bytes);
  if (head === null) endWith(response, text, delivery);
  else {
    // What is ASCII is the same in both, and Node writes one of them faster.
    response.socket!.write(head + text, bytes === text.length ? 'latin1' : 'utf8');
    response.end();
    sign(response, delivery);
  }
};

/**
 * Writes the rest of an answer and ends it. `end(text)` would have Node write the text and an empty last piece together,
 * which costs a sixth of a whole listen; a piece by itself goes out as one string.
 */
export const endWith = (response: ServerResponse, text: string, delivery?: Delivery): void => {
  const { socket } = response;
  // Behind an answer that is still being written, a response has no socket yet.
  if (socket === null) response.end(text);
  else {
    socket.cork();
    response.write(text);
    socket.uncork();
    response.end();
  }
  sign(response, delivery);
};

/** Writes a piece and waits, if need be, until the client has read; false when it went away. */
export const writePiece = async (response: ServerResponse, text: string | Buffer, delivery?: Delivery): Promise<boolean> => {
  if (response.destroyed || response.closed) {
    delivery?.unsure();
    return false;
  }
  let written = false;
  let tell = (): void => {};
  // Node would hold the piece back until the next turn; uncorking sends it now, so that we know now.
  response.cork();
  response.write(text, (error) => {
    written = !error;
    tell();
  });
  response.uncork();
  if (taken(response)) {
    delivery?.handed();
    return true;
  }
  delivery?.unsure();
  const alive = await flushed(response, (done) => {
    tell = () => (written ? done() : undefined);
    tell();
  });
  if (alive && !response.req.socket.isPaused()) delivery?.handed();
  return alive;
};

/** An error as `application/problem+json` (RFC 9457). */
export const problem = (error: HubError, origin: string, requestId: string): object => ({
  type: `${origin}/docs/errors#${error.code}`,
  title: error.title,
  status: error.status,
  detail: error.detail,
  code: error.code,
  hint: error.hint,
  request_id: requestId,
  ...error.options.extra,
});

/** The header fields of a problem, but for those of its length and connection. */
export const problemHeaders = ({ code, options }: HubError): Record<string, string> => ({
  'Content-Type': 'application/problem+json',
  ...API_HEADERS,
  ...options.headers,
  ...(options.retryAfter === undefined ? {} : { 'Retry-After': String(options.retryAfter) }),
  ...(code === 'unauthorized' ? { 'WWW-Authenticate': 'Bearer' } : {}),
});

/** Writes an error, or nothing when the answer has begun. */
export const writeProblem = (response: ServerResponse, error: HubError, origin: string, requestId: string): void => {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const text = encodeJson(problem(error, origin, requestId));
  response.writeHead(error.status, { ...problemHeaders(error), 'Content-Length': Buffer.byteLength(text) });
  endWith(response, text);
};
