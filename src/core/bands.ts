/**
 * Bands: the public channels of a hub. Ordinary channels that ask for no token, so nothing that is said on one is
 * anybody's word: always untrusted, with limits of their own, kept as numbers only, and owned by the operator.
 */
import { BANDS, isBand } from './band-names.ts';
import type { Clock } from './clock.ts';
import type { Engine } from './engine.ts';
import { HubError } from './errors.ts';
import { andThen } from './eventually.ts';
import { TIMES } from './limits.ts';
import type { Channel, Eventually } from './types.ts';

export { BANDS, isBand };

/** No token has an empty hash, so none opens a band as a member or an owner. */
const bandChannel = (id: string, createdAt: number): Channel => ({
  id,
  createdAt,
  retention: 'none',
  trustMode: 'untrusted',
  requireIdentity: false,
  sessionTtlMs: TIMES.sessionTtlMs,
  joinTokenHash: '',
  ownerTokenHash: '',
  ownerPasswordHash: null,
  paused: false,
  closedAt: null,
});

/** Makes the bands that are missing. Before the first call of a hub that has them. @throws HubError storage_unavailable */
export const openBands = async (engine: Engine, clock: Clock): Promise<void> => {
  await Promise.all(Object.keys(BANDS).map((id) => engine.openBand(bandChannel(id, clock.now()))));
};

/** The channel of a band. @throws HubError unauthorized when it was never opened */
export const bandOf = (engine: Engine, id: string): Eventually<Channel> =>
  andThen(engine.channel(id), (channel) => {
    if (!channel) throw new HubError('unauthorized');
    return channel;
  });

/**
 * What stands for the join token where there is none: a session of a band belongs to the address that began it, so
 * that an agent that joins again goes on, and a stranger of the same callsign does not read along.
 */
export const bandToken = (address: string): string => `band ${address}`;
