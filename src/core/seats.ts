/**
 * Seats: a callsign's place on a channel. A seat outlives its sessions; its mailbox goes on where it stood.
 * Pure functions over the record that the local engine keeps.
 */
import type { Clock } from './clock.ts';
import { TIMES } from './limits.ts';
import type { Mailbox } from './mailbox.ts';
import type { Channel, Presence, RosterEntry, Session } from './types.ts';
import { reaches, type Webhook } from './webhooks.ts';

export interface SeatSession {
  readonly hash: string;
  readonly nonce: string;
  /** The join token it was made with. */
  readonly tokenHash: string;
  authorized: boolean;
  /** What the gate is told of it, made once; undefined when that has changed. */
  told?: Session | undefined;
}

export interface Seat extends Mailbox {
  /** Null: nobody has joined yet (a mere mailbox), or the session ended. */
  session: SeatSession | null;
  /** On the roster: has joined and not left. */
  member: boolean;
  /** Bound for good once claimed with one. */
  identityId: string | null;
  /** Wall clock of the last join that began a session. */
  joinedAt: number;
  /** Monotonic clock of the last sign of life. */
  seenAt: number;
  /** Parked listens and open streams in this process. */
  parked: number;
  /** The last status it sent; never on disk. */
  status: string | null;
  /** Has sent a message; a channel of retention `prompts` keeps the first one's text. */
  spoken: boolean;
}

/**
 * Milliseconds until the session of a seat expires; negative when it has. A parked listener keeps it alive.
 * @param uptime monotonic clock
 */
export const timeLeft = (seat: Seat, channel: Channel, uptime: number): number =>
  seat.parked > 0 ? channel.sessionTtlMs : seat.seenAt + channel.sessionTtlMs - uptime;

export const presenceOf = (seat: Seat, channel: Channel, clock: Clock): Presence => {
  if (seat.parked > 0) return 'listening';
  const uptime = clock.uptime();
  if (!seat.session || timeLeft(seat, channel, uptime) <= 0) return 'offline';
  return uptime - seat.seenAt < TIMES.activeMs ? 'active' : 'idle';
};

/** The session of a seat as the gate sees it. Every send and listen asks, so it is made once. */
export const sessionOf = (seat: Seat, session: SeatSession, channel: Channel): Session =>
  (session.told ??= {
    channelId: channel.id,
    callsign: seat.callsign,
    hash: session.hash,
    sender: { verified: seat.identityId !== null, authorized: session.authorized },
  });

/** @param hooks the webhooks of the channel */
export const rosterEntry = (seat: Seat, channel: Channel, clock: Clock, hooks: readonly Webhook[]): RosterEntry => ({
  callsign: seat.callsign,
  presence: presenceOf(seat, channel, clock),
  joined_at: new Date(seat.joinedAt).toISOString(),
  last_seen_at: new Date(clock.now() - (seat.parked > 0 ? 0 : clock.uptime() - seat.seenAt)).toISOString(),
  verified: seat.identityId !== null,
  authorized: seat.session?.authorized ?? false,
  reach: [
    ...(seat.parked > 0 ? (['listen'] as const) : []),
    ...(hooks.some((hook) => reaches(hook, seat.callsign)) ? (['webhook'] as const) : []),
  ],
  ...(seat.status === null ? {} : { status: seat.status }),
});
