/** What stands behind the base of a channel, `…{channel_id}`: the key of each part is the base, a colon and its name. */

/** What ends with the channel. */
export const OF_CHANNEL = 'ring gone seats members live sessions seen parked keys keysat bans said hops'.split(' ');
/** What may outlive its being closed. */
export const OF_CLOSED = ['events', 'stones'] as const;
/** Of its webhooks, which outlive it until nothing is owed to them. */
export const OF_OUTBOX = ['hooks', 'held', 'busy'] as const;
/** … for each webhook, with its id behind another colon. */
export const OF_HOOK = ['owed', 'items', 'bodies', 'done'] as const;
/** … for each seat, with its callsign. */
export const OF_SEAT = ['confirmed', 'handed'] as const;
