/**
 * Guards against loops and bills: agents that answer each other without end, each answer a paid call somewhere.
 *
 * Rates keep a hub alive; guards look at what is said over an hour. Pure functions over two small records, of a seat
 * and of its channel, so that an engine can run a check as part of its append. A restart forgets what was counted;
 * what the owner set stays.
 */
import type { Clock } from './clock.ts';
import { HubError } from './errors.ts';
import { sha256 } from './ids.ts';
import type { Limits } from './limits.ts';
import { dropOldest } from './oldest.ts';
import type { Kind } from './types.ts';

export const GUARDS = ['callsign_budget', 'channel_budget', 'identical', 'hops'] as const;
export type GuardName = (typeof GUARDS)[number];

/** A window of an hour that begins with its first message. */
interface Hour {
  /** Monotonic ms. */
  from: number;
  count: number;
}

/** What a callsign said lately. */
export interface SeatGuard {
  readonly hour: Hour;
  /** Its last message: to whom, and its text or the hash of a long one. */
  to: string;
  said: string;
  /** How often it said that in a row. */
  times: number;
}

/** A guard that stopped somebody. */
export interface Trip {
  readonly guard: GuardName;
  readonly callsign: string;
  /** ISO 8601, of the last time. */
  readonly at: string;
  readonly times: number;
}

/** What a channel's guards know. */
export interface ChannelGuard {
  readonly hour: Hour;
  /** What the limits are multiplied by. */
  factor: number;
  /** Messages that answer another: how many answers deep, the newest. */
  hops: Map<number, number> | null;
  /** By guard and callsign, the newest last. */
  trips: Map<string, Trip> | null;
}

const HOUR_MS = 3600_000;
const HOPS_KEPT = 1024;
const TRIPS_KEPT = 64;
/** A longer text is remembered by its hash. */
const SAID_CHARS = 512;

export const newSeatGuard = (): SeatGuard => ({ hour: { from: 0, count: 0 }, to: '', said: '', times: 0 });

export const newChannelGuard = (factor: number): ChannelGuard => ({
  hour: { from: 0, count: 0 },
  factor,
  hops: null,
  trips: null,
});

/** What is asked to be sent, as far as guards look at it. */
interface Asked {
  readonly from: string;
  readonly to: string;
  readonly text: string;
  readonly kind: Kind;
  readonly replyTo: number | null;
}

/** A limit of a channel whose guards have this factor. */
export const limitOf = (limit: number, factor: number): number => Math.max(1, Math.floor(limit * factor));

const trip = (channel: ChannelGuard, guard: GuardName, { from }: Asked, clock: Clock): void => {
  const key = `${guard} ${from}`;
  channel.trips ??= new Map();
  const { trips } = channel;
  const times = (trips.get(key)?.times ?? 0) + 1;
  trips.delete(key);
  trips.set(key, { guard, callsign: from, at: new Date(clock.now()).toISOString(), times });
  dropOldest(trips, TRIPS_KEPT);
};

const SAY_SOMETHING_ELSE = 'Do not send it again. Listen, say something else, or tell your human that you are repeating yourself.';

/**
 * What a guard says to whom it stops.
 * @param most as many as it allows
 * @param seconds until the hour of a budget is over
 * @param to whom the message was for
 */
export const guardError = (guard: GuardName, most: number, seconds: number, to: string): HubError => {
  const extra = { guard };
  if (guard === 'hops') {
    const detail = `This message stands at the end of ${most} answers to answers, as many as the guard allows.`;
    return new HubError('loop_suspected', detail, { extra });
  }
  if (guard === 'identical') {
    const detail = `You sent this same text to ${to} ${most} times in a row, as often as the guard allows.`;
    return new HubError('loop_suspected', detail, { extra, hint: SAY_SOMETHING_ELSE });
  }
  const whose = guard === 'callsign_budget' ? 'This callsign' : 'This channel';
  return new HubError('budget_spent', `${whose} sent ${most} messages within an hour, as many as the guard allows.`, {
    retryAfter: seconds,
    extra,
    headers: { 'RateLimit-Policy': `"budget";q=${most};w=3600`, RateLimit: `"budget";r=0;t=${seconds}` },
  });
};

const checkHour = (hour: Hour, most: number, uptime: number): boolean => {
  if (hour.count === 0 || uptime - hour.from >= HOUR_MS) {
    hour.from = uptime;
    hour.count = 0;
  }
  return hour.count < most;
};

/** Messages of the channel in the hour under way. */
export const hourOf = ({ hour }: ChannelGuard, clock: Clock): number => (clock.uptime() - hour.from >= HOUR_MS ? 0 : hour.count);

const saidOf = (text: string): string => (text.length > SAID_CHARS ? sha256(text) : text);

/**
 * Counts a message, or refuses it and notes that it did. The caller takes the count back with {@link takeBack} when the
 * message is not stored, and tells its depth with {@link noteHops} when it is.
 * @returns how many answers deep it is; 0 when it answers nothing
 * @throws HubError budget_spent, loop_suspected
 */
export const checkGuards = (limits: Limits['guards'], channel: ChannelGuard, seat: SeatGuard, asked: Asked, clock: Clock): number => {
  const uptime = clock.uptime();
  const refuse = (guard: GuardName, most: number, since = uptime): never => {
    trip(channel, guard, asked, clock);
    throw guardError(guard, most, Math.max(1, Math.ceil((since + HOUR_MS - uptime) / 1000)), asked.to);
  };
  const [mine, all] = [limitOf(limits.callsignMessages, channel.factor), limitOf(limits.channelMessages, channel.factor)];
  if (!checkHour(seat.hour, mine, uptime)) refuse('callsign_budget', mine, seat.hour.from);
  if (!checkHour(channel.hour, all, uptime)) refuse('channel_budget', all, channel.hour.from);
  let depth = 0;
  if (asked.replyTo !== null) {
    depth = (channel.hops?.get(asked.replyTo) ?? 0) + 1;
    const most = limitOf(limits.replyHops, channel.factor);
    if (depth > most) refuse('hops', most);
  }
  if (asked.kind === 'message') {
    const said = saidOf(asked.text);
    if (seat.to === asked.to && seat.said === said) {
      const most = limitOf(limits.identicalMessages, channel.factor);
      if (seat.times >= most) refuse('identical', most);
      seat.times++;
    } else {
      seat.to = asked.to;
      seat.said = said;
      seat.times = 1;
    }
  }
  seat.hour.count++;
  channel.hour.count++;
  return depth;
};

/** A message that was counted could not be stored. */
export const takeBack = (channel: ChannelGuard, seat: SeatGuard, { kind }: Asked): void => {
  seat.hour.count = Math.max(0, seat.hour.count - 1);
  channel.hour.count = Math.max(0, channel.hour.count - 1);
  if (kind === 'message') seat.times--;
};

/** Remembers how deep in a chain of answers a message stands. */
export const noteHops = (channel: ChannelGuard, id: number, depth: number): void => {
  channel.hops ??= new Map();
  channel.hops.set(id, depth);
  dropOldest(channel.hops, HOPS_KEPT);
};

/** Forgets what was counted, and whom it stopped. What seats said is for the caller to forget. */
export const resetGuard = (channel: ChannelGuard): void => {
  channel.hour.count = 0;
  channel.hops = null;
  channel.trips = null;
};
