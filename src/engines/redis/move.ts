/** A store as a move uses it: connected as a hub is, and without one. */
import type { Clock } from '../../core/clock.ts';
import type { Limits } from '../../core/limits.ts';
import type { Incoming, Outgoing } from '../../core/moving.ts';
import { openOutgoing } from './export.ts';
import { openIncoming } from './import.ts';
import { DEFAULT_PREFIX, Store } from './store.ts';

export interface MoveOptions {
  readonly url: string;
  readonly durability: 'async' | 'replicated';
  readonly prefix?: string;
}

/** @throws RedisUnfitError with a sentence for the operator */
export const openStore = async ({ url, durability, prefix = DEFAULT_PREFIX }: MoveOptions) => {
  const store = await Store.open({ url, prefix, durability, report: () => {} });
  const closing = async <T>(open: Promise<T>): Promise<T> => {
    try {
      return await open;
    } catch (error) {
      await store.close();
      throw error;
    }
  };
  return {
    outgoing: (clock: Clock): Promise<Outgoing> => closing(openOutgoing(store, clock)),
    incoming: (clock: Clock, limits: Limits): Promise<Incoming> => closing(openIncoming(store, clock, limits)),
  };
};
