/** How a hub is connected with its store, whatever kind of store that is. */
import { RedisUnfitError } from '../unfit.ts';
import type { StoreAddress } from './address.ts';
import type { Driver } from './client.ts';
import type { Holder } from './primary.ts';
import { wordsOf } from './refusals.ts';

export interface LinkOptions {
  readonly driver: Driver;
  readonly address: StoreAddress;
  /** Told of each outage once. */
  readonly report: (error: unknown) => void;
  /** A connection is there again, or what lay at one server lies at another: what was said meanwhile was not heard. */
  readonly back: () => void;
}

export interface Link {
  /**
   * Finds the servers and connects with them.
   * @throws RedisUnfitError with a sentence for the operator
   */
  open(): Promise<void>;
  /**
   * Asks whoever holds a key. When a server sends it elsewhere, nothing was done there, and it is asked again.
   * @throws what the server refuses with, or why there is none
   */
  ask<T>(key: string, what: (holder: Holder) => Promise<T>): Promise<T>;
  /** Null when all is well, else a sentence for the operator. */
  readonly trouble: string | null;
  close(): Promise<void>;
  /** Lets go at once, as a killed process would. */
  destroy(): void;
}

/** What a user of the store has to be given with ACL SETUSER; INFO is among what is called dangerous. */
export const RIGHTS = '~rogerthat:* &rogerthat:* +@all -@dangerous +info';

const wordsFor = (error: unknown): string => {
  const words = wordsOf((error as Error).cause ?? error);
  return words.startsWith('NOPERM') ? `${words}; with ACL SETUSER it needs "${RIGHTS}"` : words;
};

/** Why a store cannot be used at the start, in a sentence for the operator. */
export const unfit = (error: unknown, { shown }: StoreAddress): RedisUnfitError =>
  error instanceof RedisUnfitError ? error : new RedisUnfitError(`cannot use ${shown}: ${wordsFor(error)}`);
