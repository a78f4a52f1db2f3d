/** Who passes the gate with which token, before any operation of that scope is looked at: R-RUN-14, R-OWNER-1. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { HubError } from '../../src/core/errors.ts';
import { Hub } from '../../src/core/hub.ts';
import { hashSecret } from '../../src/core/ids.ts';
import { limitsFor } from '../../src/core/limits.ts';
import { type LocalEngine, openLocal } from '../../src/engines/local/index.ts';
import { type AnyOperation, execute, operation, type Proof, type Services } from '../../src/operations/operation.ts';

const ADMIN = 'an-admin-token-of-some-length';
const HUB = 'a-hub-token-of-some-length';

const asked = {
  title: 'Asked',
  description: 'Says for whom it ran.',
  answers: 'once',
  input: z.strictObject({}),
  output: z.object({ ran: z.string() }),
  errors: [],
  examples: [],
} as const;

const owned = operation({
  ...asked,
  name: 'owned',
  scope: 'owner',
  rest: { method: 'POST', path: '/api/channels/{channel_id}/owned' },
  run: async ({ channel }) => ({ value: { ran: channel.id } }),
});

const operated = operation({
  ...asked,
  name: 'operated',
  scope: 'admin',
  rest: { method: 'GET', path: '/api/operated' },
  run: async () => ({ value: { ran: 'operator' } }),
});

let engine: LocalEngine;
let hub: Hub;
let made: Awaited<ReturnType<Hub['createChannel']>>;
let other: typeof made;

beforeEach(async () => {
  const limits = limitsFor('local', 'wrongToken=4/0.001');
  engine = openLocal({ directory: null, limits });
  hub = new Hub({ engine, limits });
  const request = {
    retention: 'none',
    trustMode: 'untrusted',
    requireIdentity: null,
    ownerPassword: null,
    sessionTtlMs: 1_800_000,
  } as const;
  made = await hub.createChannel(request);
  other = await hub.createChannel(request);
});

afterEach(async () => {
  hub.close();
  await engine.close();
});

const services = (tokens: Partial<Services> = {}): Services => ({
  hubTokenHash: null,
  adminTokenHash: hashSecret(ADMIN),
  connect: () => ({ mcp_url: '', channel_mcp_url: '', console_url: '', agent_prompt: '', connect: {} }),
  record: null,
  ...tokens,
});

/** What the gate says: the value of the operation, or the code of its refusal. */
const gate = async (op: AnyOperation, proof: Partial<Proof>, tokens: Partial<Services> = {}): Promise<string> => {
  const whole: Proof = { transport: 'test', address: '127.0.0.1', origin: 'http://hub.test', requestId: '1', ...proof };
  try {
    const executed = await execute(hub, services(tokens), op, whole, {});
    return executed.answers === 'once' ? (executed.value as { ran: string }).ran : executed.answers;
  } catch (error) {
    if (error instanceof HubError) return error.code;
    throw error;
  }
};

describe('owner', () => {
  test('its owner token opens a channel, as the bearer or beside the hub token', async () => {
    const channelId = made.channel.id;
    expect(await gate(owned, { channelId, bearer: made.ownerToken })).toBe(channelId);
    const shared = { hubTokenHash: hashSecret(HUB) };
    expect(await gate(owned, { channelId, bearer: HUB, channelToken: made.ownerToken }, shared)).toBe(channelId);
    expect(await gate(owned, { channelId, bearer: made.ownerToken }, shared)).toBe(channelId);
  });

  test.each<[string, () => Partial<Proof>]>([
    ['the join token', () => ({ channelId: made.channel.id, bearer: made.joinToken })],
    ['the owner token of another channel', () => ({ channelId: made.channel.id, bearer: other.ownerToken })],
    ['the admin token', () => ({ channelId: made.channel.id, bearer: ADMIN })],
    ['the hub token alone', () => ({ channelId: made.channel.id, bearer: HUB })],
    ['no token', () => ({ channelId: made.channel.id })],
    ['a session instead of a token', () => ({ channelId: made.channel.id, sessionId: 'rt_session_x', sessionOpens: true as const })],
    ['an unknown channel', () => ({ channelId: 'quiet-otter-000000', bearer: made.ownerToken })],
    ['the hash of the token', () => ({ channelId: made.channel.id, bearer: made.channel.ownerTokenHash })],
  ])('%s does not', async (_, proof) => {
    expect(await gate(owned, proof(), { hubTokenHash: hashSecret(HUB) })).toBe('unauthorized');
  });

  test('wrong tokens are counted by address', async () => {
    const wrong = { channelId: made.channel.id, bearer: 'rt_owner_wrong' };
    for (let i = 0; i < 4; i++) expect(await gate(owned, wrong)).toBe('unauthorized');
    expect(await gate(owned, wrong)).toBe('rate_limited');
    expect(await gate(owned, { ...wrong, address: '203.0.113.7' })).toBe('unauthorized');
    expect(await gate(owned, { channelId: made.channel.id, bearer: made.ownerToken })).toBe(made.channel.id);
  });

  test('an owner token joins nothing', async () => {
    const member = operation({ ...asked, name: 'x', scope: 'channel', rest: owned.rest, run: async () => ({ value: { ran: 'member' } }) });
    expect(await gate(member, { channelId: made.channel.id, bearer: made.ownerToken })).toBe('unauthorized');
    expect(await gate(member, { channelId: made.channel.id, bearer: made.joinToken })).toBe('member');
  });
});

describe('R-RUN-14: admin', () => {
  test('the admin token opens it, also on a hub with a token', async () => {
    expect(await gate(operated, { bearer: ADMIN })).toBe('operator');
    expect(await gate(operated, { bearer: ADMIN }, { hubTokenHash: hashSecret(HUB) })).toBe('operator');
  });

  test('nothing else does', async () => {
    for (const bearer of [undefined, HUB, made.ownerToken, hashSecret(ADMIN)]) {
      expect(await gate(operated, { bearer }, { hubTokenHash: hashSecret(HUB) })).toBe('unauthorized');
    }
    expect(await gate(operated, { bearer: 'wrong' })).toBe('rate_limited');
    expect(await gate(operated, { channelToken: ADMIN, address: '203.0.113.7' })).toBe('unauthorized');
    expect(await gate(operated, { bearer: ADMIN })).toBe('operator');
  });

  test('without an admin token there is nothing there, whatever is shown', async () => {
    for (const bearer of [undefined, '', ADMIN, 'wrong', 'wrong', 'wrong', 'wrong', 'wrong']) {
      expect(await gate(operated, { bearer }, { adminTokenHash: null })).toBe('not_found');
    }
  });
});
