/** Knowing that a caller went away. */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Cancel } from '../core/listening.ts';

/**
 * What an AbortController and its signal do, without their price: making one and aborting it costs more than the rest
 * of a listen.
 */
export class GoneSignal implements Cancel {
  aborted = false;
  /** Nearly every signal has one listener or none. */
  #listener: { handleEvent(): void } | null = null;
  #others: Set<{ handleEvent(): void }> | null = null;

  addEventListener(_type: 'abort', listener: { handleEvent(): void }): void {
    if (this.#listener === null) this.#listener = listener;
    else {
      this.#others ??= new Set();
      this.#others.add(listener);
    }
  }

  removeEventListener(_type: 'abort', listener: { handleEvent(): void }): void {
    if (this.#listener === listener) this.#listener = null;
    else this.#others?.delete(listener);
  }

  /** It follows another signal that it listens to. */
  handleEvent(): void {
    this.abort();
  }

  abort(): void {
    if (this.aborted) return;
    this.aborted = true;
    this.#listener?.handleEvent();
    for (const listener of this.#others ?? []) listener.handleEvent();
  }
}

/** Who is told when a connection ends, while it is not their turn on it: one listener of the socket's for all. */
const behind = new WeakMap<Socket, Set<() => void>>();

const behindOn = (socket: Socket): Set<() => void> => {
  const known = behind.get(socket);
  if (known) return known;
  const told = new Set<() => void>();
  behind.set(socket, told);
  socket.once('close', () => {
    for (const over of [...told]) over();
  });
  return told;
};

/**
 * Calls `over` once the answer has come to its end or its client is gone. Node tells an answer that waits behind another
 * one of its connection nothing when that connection dies, so such a one looks at the connection as well.
 * @returns how to be told no more
 */
export const whenOver = (response: ServerResponse, over: () => void): (() => void) => {
  if (response.socket !== null) {
    // What is over already nobody will say again.
    if (response.closed) process.nextTick(over);
    else response.once('close', over);
    return () => response.off('close', over);
  }
  const told = behindOn(response.req.socket);
  const stop = (): void => {
    response.off('close', once);
    told.delete(once);
  };
  const once = (): void => {
    if (!told.has(once)) return;
    stop();
    over();
  };
  response.once('close', once);
  told.add(once);
  if (response.req.socket.destroyed) process.nextTick(once);
  return stop;
};

/** Aborts when the client goes away before its answer is written. */
export const goneSignal = (response: ServerResponse): GoneSignal => {
  const gone = new GoneSignal();
  whenOver(response, () => {
    if (!response.writableFinished) gone.abort();
  });
  return gone;
};
