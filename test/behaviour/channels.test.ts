/** Making a channel, and what its token opens. */
import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import type { Party } from '../harness/agent.ts';
import { refused } from '../harness/refused.ts';
import { verifies } from '../harness/verifies.ts';

const CLIENTS =
  'curl claude_code claude_desktop codex cursor vscode cline gemini_cli opencode copilot_cli windsurf zed anthropic_api openai_api'.split(
    ' ',
  );

verifies('channel:create', async (room) => {
  const created = await room.anyone().createChannel();
  expect(created).toMatchObject({
    retention: 'none',
    trust_mode: 'untrusted',
    require_identity: false,
    has_owner_password: false,
    session_ttl_seconds: 1800,
  });
  expect(Object.keys(created)).toEqual(expect.arrayContaining(['channel_id', 'join_token', 'owner_token', 'agent_prompt', 'connect']));
  await refused(room.anyone({ channelId: created.channel_id }).join('alpha'), 'unauthorized');
  await room.anyone({ channelId: created.channel_id, token: created.join_token }).join('alpha');
});

verifies('channel:settings', async (room) => {
  for (const retention of ['none', 'metadata', 'prompts', 'full']) {
    for (const trust_mode of ['untrusted', 'trusted']) {
      const asked = { retention, trust_mode, session_ttl_seconds: 60 };
      const channel = await room.channel(asked);
      expect(channel.created).toMatchObject(asked);
      expect(await channel.info()).toMatchObject({ ...asked, require_identity: trust_mode === 'trusted', has_owner_password: false });
    }
  }
  const channel = await room.channel({ require_identity: true, session_ttl_seconds: 86_400 });
  expect(await channel.info()).toMatchObject({ require_identity: true, trust_mode: 'untrusted', session_ttl_seconds: 86_400 });
});

verifies('channel:id', async (room) => {
  const ids = new Set<string>();
  for (let i = 0; i < 10; i++) ids.add((await room.channel()).id);
  expect(ids.size).toBe(10);
  for (const id of ids) expect(id).toMatch(/^[a-z]+-[a-z]+-[0-9a-f]{4,}$/);
});

verifies('channel:tokens', async (room) => {
  const channel = await room.channel();
  const alpha = await channel.agent('alpha', { new_identity: true });
  const { join_token, owner_token } = channel.created;
  const secrets = {
    rt_join_: join_token,
    rt_owner_: owner_token,
    rt_session_: alpha.sessionId,
    rt_id_: alpha.joined.identity?.identity_key,
  };
  for (const [word, secret = ''] of Object.entries(secrets)) {
    expect(secret.startsWith(word), word).toBe(true);
    // base64url holds six bits a character.
    const random = secret.slice(word.length);
    expect(random).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(random.length * 6, word).toBeGreaterThanOrEqual(192);
  }
  const other = await room.channel();
  expect(other.created.join_token).not.toBe(join_token);
  expect(other.created.owner_token).not.toBe(owner_token);
});

verifies('channel:hashed', { slow: true }, async (room) => {
  const channel = await room.channel({ retention: 'full', owner_password: 'correct horse battery' });
  const alpha = await channel.agent('alpha', { new_identity: true });
  const { identity_key } = await room.anyone().createIdentity({ name: 'bravo' });
  await room.restart('stop');
  const bytes = room.bytesOnDisk();
  const onDisk = (text: string): boolean => bytes.includes(text);
  const secrets = [
    channel.created.join_token,
    channel.created.owner_token,
    alpha.sessionId,
    alpha.joined.identity!.identity_key,
    identity_key,
  ];
  for (const secret of secrets) {
    expect(onDisk(secret)).toBe(false);
    expect(onDisk(secret.slice(8))).toBe(false);
    expect(onDisk(createHash('sha256').update(secret).digest('hex'))).toBe(true);
  }
  expect(onDisk('correct horse battery')).toBe(false);
  expect(onDisk('scrypt$')).toBe(true);
});

verifies('channel:retention', async (room) => {
  for (const retention of ['some', '', 'FULL', 7, null]) await refused(room.anyone().createChannel({ retention }), 'invalid_retention');
});

verifies('channel:trust', async (room) => {
  for (const trust_mode of ['some', '', 'Trusted', true, null]) await refused(room.anyone().createChannel({ trust_mode }), 'invalid_trust');
});

verifies('channel:trusted-identity', async (room) => {
  expect(await room.anyone().createChannel({ trust_mode: 'trusted' })).toMatchObject({ require_identity: true });
  expect(await room.anyone().createChannel({ trust_mode: 'trusted', require_identity: true })).toMatchObject({ require_identity: true });
  await refused(room.anyone().createChannel({ trust_mode: 'trusted', require_identity: false }), 'invalid_trust');
  expect(await room.anyone().createChannel({ require_identity: false })).toMatchObject({ require_identity: false });
});

verifies('channel:ttl', async (room) => {
  for (const session_ttl_seconds of [59, 0, -60, 86_401, 60.5, '60', null])
    await refused(room.anyone().createChannel({ session_ttl_seconds }), 'invalid_ttl');
  for (const session_ttl_seconds of [60, 86_400])
    expect(await room.anyone().createChannel({ session_ttl_seconds })).toMatchObject({ session_ttl_seconds });
});

verifies('channel:owner-password-length', { slow: true }, async (room) => {
  for (const owner_password of ['', 'x'.repeat(7), 'x'.repeat(257)])
    await refused(room.anyone().createChannel({ owner_password }), 'invalid_body');
  for (const owner_password of ['x'.repeat(8), 'x'.repeat(256)])
    expect(await room.anyone().createChannel({ owner_password })).toMatchObject({ has_owner_password: true });
});

verifies('channel:prompt', { slow: true }, async (room) => {
  const { created } = await room.channel({ owner_password: 'correct horse battery' });
  const prompt = created.agent_prompt;
  expect(prompt.length).toBeLessThan(1500);
  for (const needed of [room.wire.origin, created.channel_id, created.join_token]) expect(prompt).toContain(needed);
  for (const secret of [created.owner_token, 'correct horse battery']) {
    expect(prompt).not.toContain(secret);
    expect(JSON.stringify(created.connect)).not.toContain(secret);
  }
});

verifies('channel:prompt-identities', async (room) => {
  for (const settings of [{ trust_mode: 'trusted' }, { require_identity: true }] as const) {
    const { agent_prompt, connect } = (await room.channel(settings)).created;
    expect(agent_prompt.length).toBeLessThan(1500);
    for (const text of [agent_prompt, connect['curl']]) expect(text).toContain('"new_identity":true');
    expect(agent_prompt).toContain('identity_key');
  }
  const { agent_prompt, connect } = (await room.channel()).created;
  expect(agent_prompt + connect['curl']).not.toContain('identity');
});

verifies('channel:connect', async (room) => {
  const { connect, channel_id } = (await room.channel()).created;
  expect(Object.keys(connect).sort()).toEqual([...CLIENTS].sort());
  for (const snippet of Object.values(connect)) expect(snippet).toContain(room.wire.origin);
  for (const snippet of Object.values(connect)) expect(snippet).toContain(channel_id);
});

verifies('channel:info', async (room) => {
  const channel = await room.channel({ retention: 'metadata' });
  const [alpha, bravo] = await channel.agents('alpha', 'bravo');
  await alpha.say('one');
  await alpha.send('bravo', 'two');
  const parked = await bravo.park({ since: 'latest' });
  const info = await channel.info();
  expect(info.channel_id).toBe(channel.id);
  expect(info.counts).toEqual({ members: 2, listening: 1, messages: 2, head: 2 });
  for (const link of Object.values(info.links)) expect(link.startsWith(`${room.wire.origin}/api/channels/${channel.id}/`)).toBe(true);
  const said = JSON.stringify(info);
  for (const secret of [channel.created.join_token, channel.created.owner_token, alpha.sessionId, 'rt_'])
    expect(said).not.toContain(secret);
  parked.goAway();
});

/** One call for every route of a channel. */
const everyRoute = (party: Party): (() => Promise<unknown>)[] => [
  () => party.info(),
  () => party.join('zulu'),
  () => party.send('all', 'x'),
  () => party.listen(),
  () => party.wait({ timeout: 0 }),
  () => party.stream().over,
  () => party.ack(1),
  () => party.roster(),
  () => party.history(),
  () => party.message(1),
  () => party.leave(),
  () => party.transcript(),
];

verifies('channel:token-needed', async (room) => {
  const channel = await room.channel({ retention: 'full' });
  const alpha = await channel.agent('alpha');
  await alpha.say('hello');
  for (const token of [undefined, '', 'rt_join_wrong', channel.created.owner_token, alpha.sessionId]) {
    for (const call of everyRoute(alpha.showing({ token }))) await refused(call(), 'unauthorized');
  }
  // Nothing came of any of it.
  expect(await alpha.roster()).toHaveLength(1);
  expect(await alpha.history()).toHaveLength(1);
});

verifies('channel:token-own', async (room) => {
  const [one, other] = [await room.channel({ retention: 'full' }), await room.channel({ retention: 'full' })];
  const alpha = await one.agent('alpha');
  const stranger = alpha.showing({ channelId: other.id });
  const wrong = await refused(one.showing({ token: 'rt_join_wrong' }).join('alpha'), 'unauthorized');
  for (const call of [() => stranger.join('bravo'), () => stranger.send('all', 'x'), () => stranger.listen(), () => stranger.roster()]) {
    const { detail, hint } = await refused(call(), 'unauthorized');
    expect({ detail, hint }).toEqual({ detail: wrong.detail, hint: wrong.hint });
  }
});
