/**
 * Requests that a client sends down one connection without waiting for their answers (pipelining). Node reads a whole piece
 * of the connection, with hundreds of them, before it looks whether anybody takes the answers; so they are counted here.
 * It is never noted who waits: only that so many do, and only of those that came behind another one.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { HubError } from '../core/errors.ts';
import { whenOver } from './gone.ts';

/** Who goes on sending, so many times the limit, when one was refused and the rest is not looked at, is cut off. */
const PATIENCE = 16;

/** What came on one connection behind a request that was not answered yet. */
interface Line {
  /** Requests that were accepted and are not over. */
  waiting: number;
  /** Requests from the one that was refused on. */
  dropped: number;
}

const lines = new WeakMap<Socket, Line>();

const lineOf = (socket: Socket): Line => {
  const known = lines.get(socket);
  if (known) return known;
  const line = { waiting: 0, dropped: 0 };
  lines.set(socket, line);
  return line;
};

/** The answer to the last one that is answered. Nothing needs to be waited for: another connection is free at once. */
const tooMany = (most: number): HubError =>
  new HubError('rate_limited', `More than ${most} requests wait behind another one on this connection, which ends here.`, {
    hint: 'This request and those after it were not carried out: send them on another connection, and read the answers meanwhile.',
    retryAfter: 1,
    headers: { Connection: 'close', 'RateLimit-Policy': `"connection";q=${most}`, RateLimit: '"connection";r=0;t=1' },
  });

/**
 * Whether a request is to be looked at. One that has its connection for itself costs two looks at its response.
 * @param most how many may wait behind one on a connection
 * @returns false when nothing may be done and nothing written: the connection ends before its turn
 * @throws HubError rate_limited for the first one too many, whose answer is the last of the connection
 */
export const mayEnter = ({ socket }: IncomingMessage, response: ServerResponse, most: number): boolean => {
  // After the last answer of its connection.
  if (response.socket !== null) return response.socket.writable;
  return !socket.destroyed && mayWait(socket, response, most);
};

const mayWait = (socket: Socket, response: ServerResponse, most: number): boolean => {
  const line = lineOf(socket);
  if (line.dropped === 0 && line.waiting < most) {
    line.waiting++;
    whenOver(response, () => {
      line.waiting--;
    });
    return true;
  }
  if (++line.dropped === 1) throw tooMany(most);
  if (line.dropped > most * PATIENCE) socket.destroy();
  // What is left unread would reset the connection, and the answers on their way with it.
  else response.req.resume();
  return false;
};
