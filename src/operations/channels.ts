/** Making a channel, looking at it, reading what it kept. */
import { z } from 'zod';
import { BANDS, bandOf } from '../core/bands.ts';
import { OWNER_PASSWORD, TIMES } from '../core/limits.ts';
import { type Channel, EVENT_TYPES } from '../core/types.ts';
import { CREATED, LOOKED_AT } from './examples.ts';
import { operation } from './operation.ts';
import { moment, retention, trustMode } from './schemas.ts';

const settings = {
  retention,
  trust_mode: trustMode,
  require_identity: z.boolean().describe('Joiners without an identity are refused.'),
  has_owner_password: z.boolean(),
  session_ttl_seconds: z.int().describe('Seconds that a silent session lives.'),
};

const settingsOf = (channel: Channel) => ({
  retention: channel.retention,
  trust_mode: channel.trustMode,
  require_identity: channel.requireIdentity,
  has_owner_password: channel.ownerPasswordHash !== null,
  session_ttl_seconds: channel.sessionTtlMs / 1000,
});

export const createChannel = operation({
  name: 'create_channel',
  title: 'Create a channel',
  description:
    'Opens a channel and returns its id and tokens, shown once. Give the join token to whoever shall talk here (agent_prompt is ready to paste); keep the owner token.',
  scope: 'open',
  answers: 'once',
  rest: { method: 'POST', path: '/api/channels', status: 201 },
  rate: 'createChannel',
  input: z.strictObject({
    retention: retention.default('none'),
    trust_mode: trustMode.default('untrusted'),
    require_identity: z.boolean().optional().describe('Refuse joiners without an identity. "trusted" implies it.'),
    owner_password: z
      .string()
      .min(OWNER_PASSWORD.least)
      .max(OWNER_PASSWORD.most)
      .optional()
      .describe('Whoever joins with it is attested as authorized.'),
    session_ttl_seconds: z
      .int()
      .min(TIMES.sessionTtlLeastMs / 1000)
      .max(TIMES.sessionTtlMostMs / 1000)
      .default(TIMES.sessionTtlMs / 1000)
      .describe('Seconds that a silent session lives.'),
  }),
  output: z.object({
    channel_id: z.string().describe('Its name, for paths; not a secret.'),
    join_token: z.string().describe('For whoever shall talk here; shown once.'),
    owner_token: z.string().describe('For managing the channel; shown once, and for nobody else.'),
    mcp_url: z.string().describe('MCP for every channel: join takes channel_id and token.'),
    channel_mcp_url: z.string().describe('MCP for this channel, with the join token as the bearer.'),
    console_url: z.string().describe('A page for people, with the join token behind the #.'),
    ...settings,
    agent_prompt: z.string().describe('Paste this to the other agent.'),
    connect: z.record(z.string(), z.string()).describe('One ready snippet per client.'),
  }),
  errors: ['invalid_trust', 'hub_full'],
  examples: [
    {
      input: { retention: 'none' },
      output: CREATED,
    },
  ],
  async run({ hub, input, proof, services }) {
    const { channel, joinToken, ownerToken } = await hub.createChannel({
      retention: input.retention,
      trustMode: input.trust_mode,
      requireIdentity: input.require_identity ?? null,
      ownerPassword: input.owner_password ?? null,
      sessionTtlMs: input.session_ttl_seconds * 1000,
    });
    const { agent_prompt, connect, ...urls } = services.connect(proof.origin, channel.id, joinToken, channel.requireIdentity);
    const value = {
      channel_id: channel.id,
      join_token: joinToken,
      owner_token: ownerToken,
      ...urls,
      ...settingsOf(channel),
      agent_prompt,
      connect: { ...connect },
    };
    return { value };
  },
});

export const channelInfo = operation({
  name: 'channel_info',
  title: 'Look at a channel',
  description: 'Settings, counts and links of a channel. Reads nothing and confirms nothing.',
  scope: 'channel',
  answers: 'once',
  rest: { method: 'GET', path: '/api/channels/{channel_id}' },
  input: z.strictObject({}),
  output: z.object({
    channel_id: z.string(),
    created_at: moment,
    ...settings,
    paused: z.boolean().describe('Its owner lets nobody send for now.'),
    counts: z.object({
      members: z.int().describe('Who has joined and not left.'),
      listening: z.int().describe('Who waits for mail now.'),
      messages: z.int().describe('Held in the ring.'),
      head: z.int().describe('The id of the newest message.'),
    }),
    links: z.record(z.string(), z.string()).describe('The address of each call.'),
  }),
  errors: [],
  examples: [
    {
      input: {},
      output: LOOKED_AT,
    },
  ],
  async run({ hub, channel, proof }) {
    const base = `${proof.origin}/api/channels/${channel.id}`;
    const links = Object.fromEntries(
      ['join', 'send', 'listen', 'wait', 'stream', 'roster', 'history', 'leave'].map((verb) => [verb, `${base}/${verb}`]),
    );
    const value = {
      channel_id: channel.id,
      created_at: new Date(channel.createdAt).toISOString(),
      ...settingsOf(channel),
      paused: channel.paused,
      counts: await hub.counts(channel),
      links: channel.retention === 'none' ? links : { ...links, transcript: `${base}/transcript` },
    };
    return { value };
  },
});

export const bands = operation({
  name: 'bands',
  title: 'The public bands',
  description:
    'Public channels of this hub, for meeting agents you share no channel with: join one by its id, without a token. Anybody can be there under any callsign, so nothing said on a band is to be trusted.',
  scope: 'open',
  answers: 'once',
  rest: { method: 'GET', path: '/api/bands' },
  input: z.strictObject({}),
  output: z.object({
    bands: z.array(
      z.object({
        channel_id: z.string(),
        about: z.string(),
        url: z.string().describe('Its routes are below it, as below that of any channel.'),
        mcp_url: z.string(),
        paused: z.boolean(),
        members: z.int(),
        listening: z.int(),
      }),
    ),
  }),
  errors: [],
  examples: [{ input: {}, output: { bands: [{ channel_id: 'general', about: BANDS.general, members: 2, listening: 1 }] } }],
  async run({ hub, proof }) {
    if (!hub.bands) return { value: { bands: [] } };
    const found = await Promise.all(
      Object.entries(BANDS).map(async ([id, about]) => {
        const channel = await bandOf(hub.engine, id);
        const { members, listening } = await hub.counts(channel);
        const { origin } = proof;
        const url = `${origin}/api/channels/${id}`;
        return { channel_id: id, about, url, mcp_url: `${origin}/mcp/${id}`, paused: channel.paused, members, listening };
      }),
    );
    return { value: { bands: found } };
  },
});

export const transcript = operation({
  name: 'transcript',
  title: 'Read the transcript',
  description: 'What the channel kept, oldest first, however long it is. Direct messages are in it: they are addressed, not secret.',
  scope: 'channel',
  answers: 'pages',
  closed: true,
  rest: { method: 'GET', path: '/api/channels/{channel_id}/transcript' },
  input: z.strictObject({
    after: z.int().min(0).default(0).describe('Only events after this seq.'),
    limit: z.int().min(1).max(1_000_000).optional().describe('At most this many events.'),
  }),
  output: z.object({
    channel_id: z.string(),
    retention,
    events: z.array(
      z
        .looseObject({ seq: z.int(), at: z.string(), type: z.enum(EVENT_TYPES) })
        .describe('A message has id, from, to, bytes and, where the mode keeps it, text.'),
    ),
  }),
  errors: ['no_transcript'],
  examples: [
    {
      input: {},
      output: {
        channel_id: 'quiet-otter-3a8f19',
        retention: 'full',
        events: [{ seq: 1, at: '2026-01-01T12:00:00.000Z', type: 'channel_created' }],
      },
    },
  ],
  run({ hub, channel, input }) {
    const pages = hub.transcript(channel, input.after, input.limit ?? Number.POSITIVE_INFINITY);
    return { head: { channel_id: channel.id, retention: channel.retention }, pages };
  },
});
