/** What the owner token of a channel opens: closing it, its join token, who may stay, whether anybody may send. */
import { z } from 'zod';
import type { GuardReport } from '../core/engine.ts';
import { GUARDS, limitOf } from '../core/guards.ts';
import type { Hub } from '../core/hub.ts';
import { GUARD_FACTOR_MAX } from '../core/limits.ts';
import type { Channel } from '../core/types.ts';
import { operation } from './operation.ts';
import { callsign } from './schemas.ts';

const channelId = 'quiet-otter-3a8f19';

export const closeChannel = operation({
  name: 'close_channel',
  title: 'Close a channel',
  description:
    'Ends the channel for everybody, for good: sessions, mailboxes and messages are gone, and whoever waits is told. A transcript can still be read with the join token until it is removed like that of an idle channel; "erase" removes it now.',
  scope: 'owner',
  answers: 'once',
  closed: true,
  rest: { method: 'DELETE', path: '/api/channels/{channel_id}' },
  input: z.strictObject({ erase: z.boolean().default(false).describe('Remove what the channel kept, too, at once.') }),
  output: z.object({ channel_id: z.string(), closed: z.literal(true), erased: z.boolean() }),
  errors: [],
  examples: [{ input: {}, output: { channel_id: channelId, closed: true, erased: false } }],
  async run({ hub, channel, input }) {
    await hub.owner.close(channel, input.erase);
    return { value: { channel_id: channel.id, closed: true as const, erased: input.erase } };
  },
});

export const rotateToken = operation({
  name: 'rotate_token',
  title: 'Change the join token',
  description:
    'Makes a new join token; the old one, every session and every webhook made with it are worth nothing from now on, and whoever waits is told. Who joins with the new one takes its seat and mailbox back.',
  scope: 'owner',
  answers: 'once',
  rest: { method: 'POST', path: '/api/channels/{channel_id}/rotate-token' },
  rate: 'owner',
  input: z.strictObject({}),
  output: z.object({ join_token: z.string().describe('Shown once.') }),
  errors: [],
  examples: [{ input: {}, output: { join_token: 'rt_join_…' } }],
  async run({ hub, channel }) {
    return { value: { join_token: await hub.owner.rotate(channel) } };
  },
});

export const kick = operation({
  name: 'kick',
  title: 'Remove a callsign',
  description:
    'Ends the session of a callsign and takes it off the roster; its listens end with "kicked". It can join again unless it is banned. Who still has the join token can come back under another callsign: rotate the token to keep them out.',
  scope: 'owner',
  answers: 'once',
  rest: { method: 'POST', path: '/api/channels/{channel_id}/kick' },
  rate: 'owner',
  input: z.strictObject({
    callsign: callsign.describe('The callsign to remove, whether it is on the roster or not.'),
    ban: z
      .boolean()
      .optional()
      .describe('true: the callsign, and the identity it is bound to, are refused from now on. false: they may join again.'),
  }),
  output: z.object({
    channel_id: z.string(),
    callsign: z.string(),
    kicked: z.boolean().describe('It was on the roster.'),
    banned: z.boolean(),
  }),
  errors: ['reserved_callsign', 'hub_full'],
  examples: [{ input: { callsign: 'bravo', ban: true }, output: { channel_id: channelId, callsign: 'bravo', kicked: true, banned: true } }],
  async run({ hub, channel, input }) {
    const { kicked, banned } = await hub.owner.kick(channel, input.callsign, input.ban ?? null);
    return { value: { channel_id: channel.id, callsign: input.callsign, kicked, banned } };
  },
});

const pausedAnswer = z.object({ channel_id: z.string(), paused: z.boolean() });

export const pause = operation({
  name: 'pause',
  title: 'Pause a channel',
  description: 'Lets nobody send (423 "channel_paused") until it is resumed. Joining, listening and reading go on.',
  scope: 'owner',
  answers: 'once',
  rest: { method: 'POST', path: '/api/channels/{channel_id}/pause' },
  rate: 'owner',
  input: z.strictObject({}),
  output: pausedAnswer,
  errors: [],
  examples: [{ input: {}, output: { channel_id: channelId, paused: true } }],
  async run({ hub, channel }) {
    await hub.owner.pause(channel);
    return { value: { channel_id: channel.id, paused: true } };
  },
});

export const resume = operation({
  name: 'resume',
  title: 'Resume a channel',
  description: 'Lets everybody send again.',
  scope: 'owner',
  answers: 'once',
  rest: { method: 'POST', path: '/api/channels/{channel_id}/resume' },
  rate: 'owner',
  input: z.strictObject({}),
  output: pausedAnswer,
  errors: [],
  examples: [{ input: {}, output: { channel_id: channelId, paused: false } }],
  async run({ hub, channel }) {
    await hub.owner.resume(channel);
    return { value: { channel_id: channel.id, paused: false } };
  },
});

/** Whom the guards of a channel stopped; never with what they said. */
export const trips = z
  .array(z.object({ guard: z.enum(GUARDS), callsign: z.string(), at: z.string(), times: z.int() }))
  .describe('Who was stopped since the last reset, the newest last.');

const guardsAnswer = z.object({
  channel_id: z.string(),
  factor: z.number().describe('What the limits of the hub are multiplied by on this channel.'),
  limits: z.object({
    callsign_messages: z.number().nullable().describe('Messages of a callsign within an hour; null: no limit.'),
    channel_messages: z.number().nullable(),
    identical_messages: z.number().nullable().describe('The same text to the same recipient, in a row.'),
    reply_hops: z.number().nullable().describe('Answers to answers.'),
  }),
  messages: z.int().describe('Of the channel, in the hour under way.'),
  tripped: trips,
});

const guardsValue = (hub: Hub, { id }: Channel, report: GuardReport): z.output<typeof guardsAnswer> => {
  const { guards } = hub.limits;
  const most = (limit: number): number | null => (limit === Number.POSITIVE_INFINITY ? null : limitOf(limit, report.factor));
  return {
    channel_id: id,
    factor: report.factor,
    limits: {
      callsign_messages: most(guards.callsignMessages),
      channel_messages: most(guards.channelMessages),
      identical_messages: most(guards.identicalMessages),
      reply_hops: most(guards.replyHops),
    },
    messages: report.messages,
    tripped: [...report.trips],
  };
};

const tripped = { guard: 'identical', callsign: 'alpha', at: '2026-01-01T12:00:00.000Z', times: 1 };

export const guards = operation({
  name: 'guards',
  title: 'See the guards',
  description: 'The guards against loops on this channel: their limits, how much of the hour is used, and whom they stopped.',
  scope: 'owner',
  answers: 'once',
  rest: { method: 'GET', path: '/api/channels/{channel_id}/guards' },
  input: z.strictObject({}),
  output: guardsAnswer,
  errors: [],
  examples: [{ input: {}, output: { channel_id: channelId, factor: 1, messages: 120, tripped: [tripped] } }],
  async run({ hub, channel }) {
    return { value: guardsValue(hub, channel, await hub.owner.guards(channel)) };
  },
});

export const setGuards = operation({
  name: 'set_guards',
  title: 'Raise or reset the guards',
  description: 'Multiplies the limits of the guards of this channel, or begins to count anew, so that whoever was stopped may go on.',
  scope: 'owner',
  answers: 'once',
  rest: { method: 'POST', path: '/api/channels/{channel_id}/guards' },
  input: z.strictObject({
    factor: z.int().min(1).max(GUARD_FACTOR_MAX).optional().describe('What the limits are multiplied by from now on; it stays so.'),
    reset: z.boolean().default(false).describe('Forget what was counted, and who was stopped.'),
  }),
  output: guardsAnswer,
  errors: [],
  examples: [{ input: { factor: 10, reset: true }, output: { channel_id: channelId, factor: 10, messages: 0, tripped: [] } }],
  async run({ hub, channel, input }) {
    return { value: guardsValue(hub, channel, await hub.owner.setGuards(channel, input.factor ?? null, input.reset)) };
  },
});
