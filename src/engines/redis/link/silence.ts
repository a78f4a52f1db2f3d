/**
 * Whether a connection has gone silent: something was asked of it, and nothing has come back for a while.
 *
 * A line that swallows everything (a partition, a dead router) is no error to anybody. The socket would be given up when
 * nothing goes over it for some seconds; but as long as somebody asks, something does. So nobody is let through to a
 * connection that is silent: callers are told at once, and the socket is given up and made anew.
 */
import { unavailable } from './refusals.ts';

/** Longer than any script, and than a wait for replicas, ms. */
const SILENT_MS = 3_000;

export class Silence {
  #open = 0;
  /** When something came back last, or was asked for with nothing under way. */
  #since = 0;
  readonly #over = (): void => {
    this.#open--;
    this.#since = performance.now();
  };

  get now(): boolean {
    return this.#open > 0 && performance.now() - this.#since > SILENT_MS;
  }

  /** What is asked of the connection. @throws HubError storage_unavailable while it is silent */
  heard<T>(asking: () => Promise<T>): Promise<T> {
    if (this.now) return Promise.reject(unavailable('The store does not answer.'));
    if (this.#open++ === 0) this.#since = performance.now();
    const answer = asking();
    answer.then(this.#over, this.#over);
    return answer;
  }
}
