/**
 * What the operator of a hub sees: how much there is and how busy it is. Never what is said: no text, no status, no
 * token is in any answer, and of the address of a webhook only the host.
 */
import { z } from 'zod';
import type { ChannelFacts } from '../core/engine.ts';
import { HubError } from '../core/errors.ts';
import type { Hub } from '../core/hub.ts';
import { type Channel, HUB_MODES } from '../core/types.ts';
import { type Call, operation } from './operation.ts';
import { trips } from './owner.ts';
import { retention, rosterEntry, trustMode } from './schemas.ts';
import { webhookFacts, wireFacts } from './webhooks.ts';

const channelFacts = z.object({
  channel_id: z.string(),
  created_at: z.string(),
  last_active_at: z.string().describe('The last sign of life of anybody on it.'),
  retention,
  trust_mode: trustMode,
  require_identity: z.boolean(),
  state: z.enum(['open', 'paused', 'closed']).describe('A closed channel that kept a transcript stays until that is removed.'),
  members: z.int(),
  listening: z.int(),
  messages: z.int().describe('Held in memory.'),
  head: z.int().describe('The id given out last: how many messages and statuses there were.'),
  tripped: z.int().describe('How many callsigns its guards have stopped, by guard.'),
});

const iso = (ms: number): string => new Date(ms).toISOString();

const factsOf = ({ channel, lastActiveAt, members, listening, messages, head, tripped }: ChannelFacts): z.output<typeof channelFacts> => ({
  channel_id: channel.id,
  created_at: iso(channel.createdAt),
  last_active_at: iso(lastActiveAt),
  retention: channel.retention,
  trust_mode: channel.trustMode,
  require_identity: channel.requireIdentity,
  state: channel.closedAt !== null ? 'closed' : channel.paused ? 'paused' : 'open',
  members,
  listening,
  messages,
  head,
  tripped,
});

const example = {
  channel_id: 'quiet-otter-3a8f19',
  retention: 'none',
  trust_mode: 'untrusted',
  state: 'open',
  members: 2,
  listening: 1,
  messages: 14,
  head: 14,
  tripped: 0,
};

export const adminOverview = operation({
  name: 'admin_overview',
  title: 'How the hub is',
  description: 'Counts, messages a minute, parked listeners, memory and the health of the store, for the operator. Never content.',
  scope: 'admin',
  answers: 'once',
  rest: { method: 'GET', path: '/api/admin/overview' },
  input: z.strictObject({}),
  output: z.object({
    mode: z.enum(HUB_MODES),
    at: z.string(),
    uptime_seconds: z.int(),
    counts: z.object({
      channels: z.int(),
      members: z.int(),
      listening: z.int().describe('Seats with a parked listener.'),
      parked: z.int().describe('Requests that wait on this process, observers too.'),
      sent: z.int().describe('Messages and statuses since this process started.'),
      tripped: z.int().describe('What the guards of all channels remember.'),
    }),
    webhooks: z.object({
      armed: z.int(),
      disabled: z.int(),
      waiting: z.int().describe('Deliveries that are still to be made.'),
      failed: z.int().describe('Deliveries that were given up since this process started, tests included.'),
    }),
    most: z.object({ channels: z.int() }),
    memory: z.object({ rss_bytes: z.int(), heap_bytes: z.int() }),
    engine: z.object({ healthy: z.boolean(), trouble: z.string().nullable() }),
    minutes: z
      .array(z.object({ ago: z.int(), messages: z.int(), parked: z.int().describe('The most that were seen at once.') }))
      .describe('The last hour of this process, oldest first; the last one is still going on.'),
  }),
  errors: [],
  examples: [
    {
      input: {},
      output: { mode: 'open', uptime_seconds: 86_400, counts: { channels: 12, members: 31, listening: 19, parked: 22, sent: 4096 } },
    },
  ],
  async run({ hub }) {
    const facts = await hub.engine.survey();
    const sum = (of: (one: ChannelFacts) => number): number => facts.reduce((total, one) => total + of(one), 0);
    const { rss, heapUsed } = process.memoryUsage();
    const trouble = hub.engine.health();
    const uptime = hub.clock.uptime();
    hub.traffic.look(uptime, hub.waiters.count);
    const value = {
      mode: hub.mode,
      at: iso(hub.clock.now()),
      uptime_seconds: Math.floor((uptime - hub.traffic.startedAt) / 1000),
      counts: {
        channels: facts.length,
        members: sum(({ members }) => members),
        listening: sum(({ listening }) => listening),
        parked: hub.waiters.count,
        sent: hub.traffic.messages,
        tripped: sum(({ tripped }) => tripped),
      },
      webhooks: { ...(await hub.hooks.counts()) },
      most: { channels: hub.limits.sizes.channels },
      memory: { rss_bytes: rss, heap_bytes: heapUsed },
      engine: { healthy: trouble === null, trouble },
      minutes: hub.traffic.minutes(uptime),
    };
    return { value };
  },
});

/** By what channels are sorted. Facts are sorted, and only those that are shown become an answer. */
const SORTS = {
  last_active_at: ({ lastActiveAt }) => lastActiveAt,
  created_at: ({ channel }) => channel.createdAt,
  channel_id: ({ channel }) => channel.id,
  retention: ({ channel }) => channel.retention,
  members: ({ members }) => members,
  listening: ({ listening }) => listening,
  messages: ({ messages }) => messages,
  head: ({ head }) => head,
  tripped: ({ tripped }) => tripped,
} as const satisfies Record<string, (facts: ChannelFacts) => string | number>;

type Sort = keyof typeof SORTS;

const compare = (a: string | number, b: string | number): number => (a < b ? -1 : a > b ? 1 : 0);

export const adminChannels = operation({
  name: 'admin_channels',
  title: 'Every channel of the hub',
  description: 'The channels with their settings and counts, sorted and filtered, for the operator. Never content.',
  scope: 'admin',
  answers: 'once',
  rest: { method: 'GET', path: '/api/admin/channels' },
  input: z.strictObject({
    sort: z
      .enum(Object.keys(SORTS) as [Sort, ...Sort[]])
      .default('last_active_at')
      .describe('By what the channels are sorted.'),
    order: z.enum(['ascending', 'descending']).default('descending').describe('Which way they are sorted.'),
    find: z.string().max(100).default('').describe('Only channels whose id has this in it.'),
    retention: retention.optional().describe('Only channels of this retention mode.'),
    offset: z.int().min(0).default(0).describe('How many to leave out, from the first.'),
    limit: z.int().min(1).max(500).default(100).describe('The most channels in one answer.'),
  }),
  output: z.object({ channels: z.array(channelFacts), total: z.int().describe('How many fit the filter.') }),
  errors: [],
  examples: [{ input: { sort: 'head', limit: 10 }, output: { channels: [example], total: 1 } }],
  async run({ hub, input }) {
    const find = input.find.trim().toLowerCase();
    const found = (await hub.engine.survey()).filter(
      ({ channel }) => channel.id.includes(find) && (input.retention === undefined || channel.retention === input.retention),
    );
    const sign = input.order === 'ascending' ? 1 : -1;
    const key: (facts: ChannelFacts) => string | number = SORTS[input.sort];
    found.sort((a, b) => sign * compare(key(a), key(b)) || compare(a.channel.id, b.channel.id));
    return { value: { channels: found.slice(input.offset, input.offset + input.limit).map(factsOf), total: found.length } };
  },
});

/** @throws HubError not_found */
const channelOf = async (hub: Hub, { proof }: Call<unknown>): Promise<Channel> => {
  const channel = await hub.engine.channel(proof.channelId ?? '');
  if (!channel) throw new HubError('not_found', 'There is no such channel.', { hint: 'GET /api/admin/channels lists them.' });
  return channel;
};

export const adminChannel = operation({
  name: 'admin_channel',
  title: 'One channel, and who is on it',
  description:
    'The settings, counts, roster and webhooks of a channel, for the operator. What its members say, and their statuses, are not in it.',
  scope: 'admin',
  answers: 'once',
  rest: { method: 'GET', path: '/api/admin/channels/{channel_id}' },
  input: z.strictObject({}),
  output: channelFacts.extend({
    roster: z.array(rosterEntry.omit({ status: true })),
    guards: trips,
    webhooks: z.array(webhookFacts).describe('In the order in which they were made.'),
  }),
  errors: [],
  examples: [
    { input: {}, output: { ...example, roster: [{ callsign: 'bravo', presence: 'listening', verified: false, authorized: false }] } },
  ],
  async run(call) {
    const { hub } = call;
    const channel = await channelOf(hub, call);
    const facts = (await hub.engine.survey()).find((one) => one.channel.id === channel.id);
    if (!facts) throw new HubError('not_found', 'There is no such channel.');
    // A status is the member's own words.
    const roster = (await hub.roster(channel)).map(({ status: _, ...entry }) => entry);
    const guards = channel.closedAt === null ? [...(await hub.owner.guards(channel)).trips] : [];
    const webhooks = (await hub.hooks.standing(channel)).map(wireFacts);
    return { value: { ...factsOf(facts), roster, guards, webhooks } };
  },
});

export const adminCloseChannel = operation({
  name: 'admin_close_channel',
  title: 'Close a channel, as its operator',
  description: 'What close_channel does for the owner, for the operator of the hub.',
  scope: 'admin',
  answers: 'once',
  rest: { method: 'DELETE', path: '/api/admin/channels/{channel_id}' },
  input: z.strictObject({ erase: z.boolean().default(false).describe('Remove what the channel kept, too, at once.') }),
  output: z.object({ channel_id: z.string(), closed: z.literal(true), erased: z.boolean() }),
  errors: [],
  examples: [{ input: { erase: true }, output: { channel_id: 'quiet-otter-3a8f19', closed: true, erased: true } }],
  async run(call) {
    const { hub, input } = call;
    const channel = await channelOf(hub, call);
    await hub.owner.close(channel, input.erase);
    return { value: { channel_id: channel.id, closed: true as const, erased: input.erase } };
  },
});
