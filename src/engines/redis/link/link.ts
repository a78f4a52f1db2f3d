/** How a hub is connected with its store, whatever kind of store that is. */
import type { Driver } from './client.ts';
import type { Primary } from './primary.ts';

export interface LinkOptions {
  readonly driver: Driver;
  readonly url: string;
  /** Told once of each outage. */
  readonly report: (error: unknown) => void;
  /** A connection is there again: what was said meanwhile was not heard. */
  readonly back: () => void;
}

export interface Link {
  /**
   * Finds the servers and connects with them.
   * @throws RedisUnfitError with a sentence for the operator
   */
  open(): Promise<void>;
  /** Asks the server that holds a key. What it refuses with for not holding it any more is not told on. */
  ask<T>(key: string, what: (primary: Primary) => Promise<T>): Promise<T>;
  /** The server that took the latest write to a key. */
  writer(key: string): Primary;
  /** Null when all is well, else a sentence for the operator. */
  readonly trouble: string | null;
  close(): Promise<void>;
  /** Lets go at once, as a killed process would. */
  destroy(): void;
}
