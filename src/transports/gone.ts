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
  #listeners: Set<() => void> | null = null;

  addEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners ??= new Set();
    this.#listeners.add(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners?.delete(listener);
  }

  abort(): void {
    if (this.aborted) return;
    this.aborted = true;
    for (const listener of this.#listeners ?? []) listener();
  }
}

/** Aborts when the client goes away before its answer is written. */
export const goneSignal = (response: ServerResponse): GoneSignal => {
  const gone = new GoneSignal();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  return gone;
};
