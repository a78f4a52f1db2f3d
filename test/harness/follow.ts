/** A connection that goes on: streams, waits, and clients that stop reading. */
import { connect } from 'node:net';
import { type Call, requestText } from './rest.ts';

/** How much of what has arrived is looked at, from its end. */
const TAIL = 100_000;

export interface Followed {
  /** Everything that has arrived, head and chunk sizes too. */
  text(): string;
  /** Resolves when the end of what has arrived matches; rejects when the connection ends before. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  readonly closed: Promise<void>;
  /** Reads nothing more until resumed. */
  pause(): void;
  resume(): void;
  destroy(): void;
}

/** @param request a call, or bytes that need not even be a whole request */
export const follow = (url: string, request: Call | string): Followed => {
  const { host, port } = new URL(url);
  const socket = connect({ port: Number(port), host: '127.0.0.1', noDelay: true });
  const pieces: string[] = [];
  let tail = '';
  let over = false;
  const looks = new Set<() => void>();
  const tell = (): void => {
    for (const look of looks) look();
  };
  socket.setEncoding('utf8').on('data', (more: string) => {
    pieces.push(more);
    tail = (tail + more).slice(-TAIL);
    tell();
  });
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      over = true;
      tell();
      resolve();
    });
  });
  socket.write(typeof request === 'string' ? request : requestText(host, request));
  return {
    text: () => pieces.join(''),
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(tail);
          if (!found && !over) return;
          looks.delete(look);
          if (found) resolve(found);
          else reject(new Error(`the connection ended after: ${tail.slice(-500)}`));
        };
        looks.add(look);
        look();
      }),
    closed,
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    destroy: () => void socket.destroy(),
  };
};
