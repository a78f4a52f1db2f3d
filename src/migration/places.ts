/** Where everything can be: a data directory, or a Redis. What only a Redis needs is loaded for one. */
import type { Clock } from '../core/clock.ts';
import type { Limits } from '../core/limits.ts';
import { type Incoming, MoveError, type Outgoing } from '../core/moving.ts';
import { openVault, type Vault } from '../courier/vault.ts';
import { openOutgoing } from '../engines/local/export.ts';
import { openIncoming } from '../engines/local/import.ts';

export type Place =
  | { readonly at: 'directory'; readonly directory: string }
  | {
      readonly at: 'redis';
      readonly url: string;
      readonly durability: 'async' | 'replicated';
      /** Default: that of every hub. */
      readonly prefix?: string;
    };

const openStore = async (place: Extract<Place, { at: 'redis' }>) => {
  const { openStore: open } = await import('../engines/redis/move.ts');
  return open(place);
};

/** @throws MoveError, or what opening a store throws */
export const openSource = async (place: Place, clock: Clock): Promise<Outgoing> =>
  place.at === 'directory' ? openOutgoing(place.directory, clock) : (await openStore(place)).outgoing(clock);

/** @throws MoveError, or what opening a store throws */
export const openTarget = async (place: Place, clock: Clock, limits: Limits): Promise<Incoming> =>
  place.at === 'directory' ? openIncoming(place.directory, clock) : (await openStore(place)).incoming(clock, limits);

/** What opens the secrets of a place. @param secretKey what the operator gave, if anything */
export const vaultOfSource = (place: Place, secretKey: string | null): Vault =>
  openVault(place.at === 'directory' ? place.directory : null, secretKey);

/**
 * What seals the secrets of a place. A hub on a directory has the directory's own key, whatever the operator gives beside it.
 * @throws MoveError for a Redis when the operator gave no key
 */
export const vaultOfTarget = (place: Place, secretKey: string | null): Vault => {
  if (place.at === 'directory') return openVault(place.directory, null);
  if (secretKey !== null) return openVault(null, secretKey);
  throw new MoveError(
    'There are webhooks, and hubs on a Redis share the key of their secrets: set ROGERTHAT_SECRET_KEY to the --secret-key of the hubs.',
  );
};
