/** What callers are refused with that the hub and every engine meet: written once, so that all of them say the same. */
import type { SessionState } from './engine.ts';
import { HubError } from './errors.ts';

export const closedError = (): HubError =>
  new HubError('unauthorized', 'The owner closed this channel.', { hint: 'Stop; there is nothing to come back to.' });

export const rotatedError = (): HubError =>
  new HubError('unauthorized', 'The owner gave the channel another join token.', {
    hint: 'Ask the owner for the new token and join with it under the same callsign; your mailbox is kept.',
  });

export const bannedError = (): HubError => new HubError('kicked', 'The owner of the channel does not let this one in.');

/** A live session of somebody else holds the seat. */
export const heldError = (): HubError =>
  new HubError('callsign_taken', 'Somebody else is here under that callsign.', {
    hint: 'Join with another callsign, or with the identity_key that claimed it.',
  });

/** On a band no mailbox is made for who has not joined. */
export const notOnBand = (): HubError =>
  new HubError('invalid_to', 'Nobody has joined this band under that callsign.', { hint: 'Use a callsign from the roster, or "all".' });

export const fullHub = (of: 'channels' | 'identities'): HubError => new HubError('hub_full', `The hub has as many ${of} as it may have.`);

export const fullOfBans = (count: number): HubError =>
  new HubError('hub_full', `The channel has ${count} bans, as many as it may have mailboxes.`, {
    hint: 'Lift a ban that nobody needs any more, or change the join token to shut everybody out who has it.',
  });

/** @throws HubError for a session that is not live */
export const refuseSession = (state: SessionState['state']): never => {
  if (state === 'kicked') throw new HubError('kicked');
  if (state === 'closed') throw closedError();
  // Whoever has the token that came after it goes on as after an expiry.
  if (state === 'rotated') throw new HubError('session_expired', 'The session ended when the owner changed the join token.');
  throw new HubError(state === 'expired' ? 'session_expired' : 'not_joined');
};

/** @throws HubError for a session that hears no more: what it is told that is parked when it ends */
export const refuseHearing = (state: SessionState['state']): never => {
  if (state === 'rotated') throw rotatedError();
  return refuseSession(state);
};

/** Whether this is what a listener is told last: that it may hear no more. */
export const endsHearing = (error: unknown): error is HubError =>
  error instanceof HubError && ['not_joined', 'session_expired', 'kicked', 'unauthorized'].includes(error.code);
