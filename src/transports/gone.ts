/** Knowing that a caller went away. */
import type { ServerResponse } from 'node:http';
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

/** Aborts when the client goes away before its answer is written. */
export const goneSignal = (response: ServerResponse): GoneSignal => {
  const gone = new GoneSignal();
  response.on('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  return gone;
};
