/** Counting what the local engine holds, for one channel and for all of them. Reads no text from disk. */
import { BANDS } from '../../core/bands.ts';
import type { ChannelCounts, ChannelFacts } from '../../core/engine.ts';
import type { Book } from './book.ts';
import type { ChannelState } from './state.ts';

export const countsOf = ({ seats, ring }: ChannelState): ChannelCounts => {
  const counts = { members: 0, listening: 0, messages: ring.messages.length, head: ring.head };
  for (const seat of seats.values()) {
    if (seat.member) counts.members++;
    if (seat.parked > 0) counts.listening++;
  }
  return counts;
};

/** See `Engine.survey`. Object spreads are avoided: they would cost ten times the rest. */
export const survey = ({ clock, channels }: Book): ChannelFacts[] => {
  const [now, uptime] = [clock.now(), clock.uptime()];
  const facts: ChannelFacts[] = [];
  for (const state of channels.values()) {
    const { members, listening, messages, head } = countsOf(state);
    const lastActiveAt = now - (uptime - state.touchedAt);
    facts.push({ members, listening, messages, head, channel: state.channel, lastActiveAt, tripped: state.guard.trips?.size ?? 0 });
  }
  return facts;
};

/** Channels that somebody made; bands are not among them. */
export const channelsOf = ({ channels }: Book): number => {
  let bands = 0;
  for (const id in BANDS) if (channels.has(id)) bands++;
  return channels.size - bands;
};

/** Live sessions of all channels. */
export const sessionsOf = ({ channels }: Book): number => {
  let count = 0;
  for (const { sessions } of channels.values()) count += sessions.size;
  return count;
};
