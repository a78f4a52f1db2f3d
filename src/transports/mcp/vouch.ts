/** Whether something may be noted about a session: what strangers make up fills no store. */
import type { Hub } from '../../core/hub.ts';
import { channelOfSession } from '../../core/ids.ts';
import { perAddress } from '../../core/rates.ts';
import { endsHearing } from '../../core/refusing.ts';
import type { RequestFacts } from '../rest.ts';

/**
 * Whether a session is live; each that is counts as one of the notes of its caller's address.
 * @throws HubError rate_limited, storage_unavailable
 */
export type Vouch = (sessionId: string, facts: RequestFacts) => Promise<boolean>;

/** Vouches for the sessions of a hub. */
export const vouchIn =
  (hub: Hub): Vouch =>
  async (sessionId, { address }) => {
    const channelId = channelOfSession(sessionId);
    if (channelId === undefined) return false;
    try {
      await hub.memberFor(channelId, sessionId);
    } catch (error) {
      if (endsHearing(error)) return false;
      throw error;
    }
    await hub.spend(perAddress('note', address), hub.limits.rates.note, 'Too many tasks and hooks from this address.');
    return true;
  };

/** For a program of one user, whose notes are in memory. */
export const vouchForAll: Vouch = async () => true;
