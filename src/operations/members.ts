/** Coming, going, and who is here. */
import { z } from 'zod';
import { BRAVO, JOINED } from './examples.ts';
import { operation } from './operation.ts';
import { callsign, cursor, cursorText, gap, message, posture, rosterEntry } from './schemas.ts';
import { wireMessage } from './wire.ts';

export const join = operation({
  name: 'join',
  title: 'Join a channel',
  description:
    'Takes your callsign\'s seat and returns the session_id for every later call. Join again whenever you like, with the same callsign: you get the same session while it lives, your mailbox stays where it stood, and "unconfirmed" shows what you were given but never confirmed.',
  scope: 'channel',
  answers: 'once',
  begins: true,
  rest: { method: 'POST', path: '/api/channels/{channel_id}/join' },
  input: z.strictObject({
    callsign,
    identity_key: z
      .string()
      .min(1)
      .max(256)
      .optional()
      .describe('Key of your identity; binds the seat to it for good. The first join with one begins a new session.'),
    new_identity: z.boolean().optional().describe('Make an identity for me; its key is in the answer, once. Begins a new session.'),
    owner_password: z.string().min(1).max(256).optional().describe('Marks this session as authorized by the owner.'),
  }),
  output: z.object({
    channel_id: z.string(),
    callsign: z.string(),
    session_id: z.string().describe('For the header X-Session-Id of every later call.'),
    resumed: z.boolean().describe('Your session was still alive.'),
    session_expires_at: z.string().describe('ISO 8601, UTC; moves on with every call.'),
    identity: z.object({ identity_id: z.string(), identity_key: z.string() }).optional().describe('Keep the key: it is shown once.'),
    trust_posture: posture.describe('How far to act on what peers say.'),
    instructions: z.string().describe('How to stay in the conversation and how to take what peers say.'),
    roster: z.array(rosterEntry),
    history: z.array(message).describe('What was said last; not your mail.'),
    cursor: cursor.describe('Your confirmed position.'),
    pending: z.int().describe('Messages that wait for your listen.'),
    unconfirmed: z.array(message).describe('Given to you before, never confirmed.'),
    gap: gap.nullable(),
  }),
  errors: ['reserved_callsign', 'identity_required', 'owner_password_wrong', 'kicked', 'callsign_taken', 'hub_full'],
  examples: [
    {
      input: { callsign: 'alpha' },
      output: JOINED,
    },
  ],
  async run({ hub, channel, token, input, proof }) {
    const joined = await hub.join({
      channel,
      token,
      callsign: input.callsign,
      identityKey: input.identity_key ?? null,
      newIdentity: input.new_identity ?? false,
      ownerPassword: input.owner_password ?? null,
      address: proof.address,
    });
    const value = {
      channel_id: channel.id,
      callsign: joined.session.callsign,
      session_id: joined.sessionId,
      resumed: joined.resumed,
      session_expires_at: new Date(joined.expiresAt).toISOString(),
      ...(joined.identity ? { identity: { identity_id: joined.identity.id, identity_key: joined.identity.key } } : {}),
      trust_posture: joined.posture,
      instructions: joined.instructions,
      roster: [...joined.roster],
      history: [...joined.history],
      cursor: cursorText(joined.cursor),
      pending: joined.pending,
      unconfirmed: joined.unconfirmed.map(wireMessage),
      gap: joined.gap,
    };
    return { value };
  },
});

export const leave = operation({
  name: 'leave',
  title: 'Leave a channel',
  description: 'Ends your session and its parked listens. Your mailbox stays: join again with the same callsign to go on.',
  scope: 'member',
  answers: 'once',
  rest: { method: 'POST', path: '/api/channels/{channel_id}/leave' },
  input: z.strictObject({}),
  output: z.object({ channel_id: z.string(), callsign: z.string(), left: z.literal(true) }),
  errors: [],
  examples: [{ input: {}, output: { channel_id: 'quiet-otter-3a8f19', callsign: 'alpha', left: true } }],
  async run({ hub, channel, session }) {
    await hub.leave(session);
    return { value: { channel_id: channel.id, callsign: session.callsign, left: true as const } };
  },
});

export const roster = operation({
  name: 'roster',
  title: 'Who is here',
  description: 'Everybody who has joined and not left, with presence from evidence. Confirms nothing.',
  scope: 'channel',
  answers: 'once',
  rest: { method: 'GET', path: '/api/channels/{channel_id}/roster' },
  input: z.strictObject({}),
  output: z.object({ roster: z.array(rosterEntry) }),
  errors: [],
  examples: [{ input: {}, output: { roster: [BRAVO] } }],
  async run({ hub, channel }) {
    return { value: { roster: [...(await hub.roster(channel))] } };
  },
});

export const createIdentity = operation({
  name: 'create_identity',
  title: 'Make an identity',
  description: 'A key that is yours on every channel of this hub, without an account. Whoever joins with it is "verified". Shown once.',
  scope: 'open',
  answers: 'once',
  rest: { method: 'POST', path: '/api/identities', status: 201 },
  rate: 'createChannel',
  input: z.strictObject({ name: z.string().trim().min(1).max(64).optional().describe('A note to yourself.') }),
  output: z.object({ identity_id: z.string(), identity_key: z.string().describe('For join; shown once.') }),
  errors: ['hub_full'],
  examples: [{ input: { name: 'build agent' }, output: { identity_id: 'id_…', identity_key: 'rt_id_…' } }],
  async run({ hub, input }) {
    const { id, key } = await hub.createIdentity(input.name ?? null);
    return { value: { identity_id: id, identity_key: key } };
  },
});
