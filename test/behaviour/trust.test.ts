/** Who can be believed: identities, the owner password, what the hub attests. */
import { expect } from 'vitest';
import type { Agent } from '../harness/agent.ts';
import { refused } from '../harness/refused.ts';
import type { CallError } from '../harness/transports/wire.ts';
import { verifies } from '../harness/verifies.ts';

const PASSWORD = 'correct horse battery';
const TTL = 1_800_000;

const senderOf = async (agent: Agent): Promise<unknown> => {
  const { id } = await agent.say('who am I?');
  return (await agent.history(100)).find((message) => message.id === id)?.sender;
};

verifies('trust:identity', async (room) => {
  const [named, nameless] = [await room.anyone().createIdentity({ name: 'build agent' }), await room.anyone().createIdentity()];
  expect(named.identity_id).not.toBe(nameless.identity_id);
  expect(named.identity_key).not.toBe(nameless.identity_key);
  for (const name of ['', ' ', 'x'.repeat(65), 7, null]) await refused(room.anyone().createIdentity({ name }), 'invalid_body');
  const channel = await room.channel({ require_identity: true });
  const joined = await channel.join('alpha', { identity_key: named.identity_key });
  expect(joined.identity).toBeUndefined();
  expect(JSON.stringify(joined)).not.toContain(named.identity_key);
});

verifies('trust:new-identity', async (room) => {
  const channel = await room.channel();
  const { identity } = await channel.join('alpha', { new_identity: true });
  expect(identity?.identity_key).toMatch(/^rt_id_/);
  const again = await channel.join('alpha', { identity_key: identity!.identity_key });
  expect(again).toMatchObject({ resumed: true });
  expect(again.identity).toBeUndefined();
  expect((await channel.join('bravo', { new_identity: false })).identity).toBeUndefined();
  expect(await channel.roster()).toMatchObject([{ verified: true }, { verified: false }]);
});

verifies('trust:required', async (room) => {
  for (const fields of [{ require_identity: true }, { trust_mode: 'trusted' }]) {
    const channel = await room.channel(fields);
    await refused(channel.join('alpha'), 'identity_required');
    await refused(channel.join('alpha', { new_identity: false }), 'identity_required');
    expect(await channel.roster()).toEqual([]);
    await channel.join('alpha', { new_identity: true });
  }
});

verifies('trust:unknown-key', { limits: 'wrongToken=3/0.001' }, async (room) => {
  const [channel, alpha] = await room.talk({}, 'alpha');
  const { identity } = await channel.join('bravo', { new_identity: true });
  await refused(channel.join('alpha', { identity_key: 'rt_id_nobody' }), 'unauthorized');
  await refused(channel.join('bravo', { identity_key: `${identity!.identity_key}x` }), 'unauthorized');
  await refused(channel.join('charlie', { identity_key: 'rt_id_nobody' }), 'unauthorized');
  await alpha.say('still here');
  expect((await channel.roster()).map(({ callsign, verified }) => [callsign, verified])).toEqual([
    ['alpha', false],
    ['bravo', true],
  ]);
  // Three wrong ones: that was the allowance of this address for wrong tokens.
  await refused(channel.join('alpha', { identity_key: 'rt_id_nobody' }), 'rate_limited');
  await refused(channel.showing({ token: 'rt_join_wrong' }).roster(), 'rate_limited');
  await alpha.say('and I do not feel it');
});

verifies('trust:bound', async (room) => {
  const channel = await room.channel();
  const { identity_key } = await room.anyone().createIdentity();
  const other = await room.anyone().createIdentity();
  // An open seat may be claimed, and is bound from then on.
  await channel.join('alpha');
  const alpha = await channel.agent('alpha', { identity_key });
  expect(alpha.joined.resumed).toBe(false);
  const nobodyElse = async (): Promise<void> => {
    await refused(channel.join('alpha'), 'callsign_taken');
    await refused(channel.join('alpha', { new_identity: true }), 'callsign_taken');
    await refused(channel.join('alpha', { identity_key: other.identity_key }), 'callsign_taken');
  };
  await nobodyElse();
  await alpha.leave();
  await nobodyElse();
  const again = await channel.agent('alpha', { identity_key });
  expect(again.joined.resumed).toBe(false);
  await room.pass(TTL);
  await refused(again.listen(), 'session_expired');
  await nobodyElse();
  await channel.join('alpha', { identity_key });
});

verifies('trust:claimed', async (room) => {
  const channel = await room.channel();
  const bravo = await channel.agent('bravo');
  // Anybody with the join token can be there first, and keeps what they were given.
  const squatter = await channel.agent('alpha');
  await bravo.send('alpha', 'before');
  const parked = await squatter.park({ since: 'latest' });
  const alpha = await channel.agent('alpha', { new_identity: true });
  expect(alpha.joined).toMatchObject({ resumed: false });
  expect(alpha.joined.session_id).not.toBe(squatter.joined.session_id);
  await refused(parked.answer, 'not_joined');
  await refused(squatter.send('bravo', 'I am verified'), 'not_joined');
  await refused(squatter.listen(), 'not_joined');
  await refused(channel.join('alpha'), 'callsign_taken');
  expect(await senderOf(alpha)).toEqual({ verified: true, authorized: false });
  expect((await channel.roster()).map(({ callsign, verified }) => [callsign, verified])).toEqual([
    ['bravo', false],
    ['alpha', true],
  ]);
  // The mailbox is that of the callsign.
  expect(await alpha.listen({ since: 0 })).toMatchObject({ messages: [{ text: 'before' }] });
  const { identity_key } = alpha.joined.identity!;
  expect(await channel.join('alpha', { identity_key })).toMatchObject({ resumed: true, session_id: alpha.joined.session_id });
});

verifies('trust:everywhere', async (room) => {
  const { identity_key } = await room.anyone().createIdentity();
  for (const callsign of ['alpha', 'bravo']) {
    const channel = await room.channel({ require_identity: true });
    expect(await senderOf(await channel.agent(callsign, { identity_key }))).toEqual({ verified: true, authorized: false });
  }
});

verifies('trust:postures', { slow: true }, async (room) => {
  const untrusted = await room.channel();
  const trusted = await room.channel({ trust_mode: 'trusted', owner_password: PASSWORD });
  expect(trusted.created.has_owner_password).toBe(true);
  expect((await untrusted.join('alpha', { new_identity: true })).trust_posture).toBe('untrusted');
  const { identity, trust_posture } = await trusted.join('alpha', { new_identity: true });
  expect(trust_posture).toBe('trusted');
  const identity_key = identity!.identity_key;
  const { trust_posture: raised } = await trusted.join('alpha', { identity_key, owner_password: PASSWORD });
  expect(raised).toBe('trusted_authorized');
});

verifies('trust:wrong-password', { slow: true, limits: 'ownerPassword=2/0.01' }, async (room) => {
  const channel = await room.channel({ owner_password: PASSWORD });
  for (const owner_password of ['wrong', PASSWORD.toUpperCase()]) {
    await refused(channel.join('alpha', { owner_password }), 'owner_password_wrong');
  }
  expect(await channel.roster()).toEqual([]);
  const limited = await refused(channel.join('alpha', { owner_password: PASSWORD }), 'rate_limited');
  expect(limited.retryAfter).toBe(100);
  // Without a password, and from another address, there is nothing to guess.
  await channel.join('alpha');
  await room.pass(100_000);
  await channel.join('alpha', { owner_password: PASSWORD });
});

verifies('trust:no-password', async (room) => {
  const [channel, other] = [await room.channel(), await room.channel()];
  const guess = (address?: string) => channel.showing({ address }).join('alpha', { owner_password: 'anything' });
  for (let i = 0; i < 5; i++) await refused(guess(), 'owner_password_wrong');
  const limited = await refused(guess(), 'rate_limited');
  expect(limited.retryAfter).toBeGreaterThan(0);
  expect(limited.retryAfter).toBeLessThanOrEqual(900);
  await refused(guess('203.0.113.7'), 'owner_password_wrong');
  await refused(other.join('alpha', { owner_password: 'anything' }), 'owner_password_wrong');
  await room.pass(900_000);
  for (let i = 0; i < 5; i++) await refused(guess(), 'owner_password_wrong');
  await refused(guess(), 'rate_limited');
});

verifies('trust:session', { slow: true }, async (room) => {
  const channel = await room.channel({ owner_password: PASSWORD });
  const alpha = await channel.agent('alpha');
  expect(await senderOf(alpha)).toEqual({ verified: false, authorized: false });
  await alpha.rejoin({ owner_password: PASSWORD });
  expect(await senderOf(alpha)).toEqual({ verified: false, authorized: true });
  await alpha.rejoin();
  expect(await senderOf(alpha)).toEqual({ verified: false, authorized: true });
  expect(await channel.roster()).toMatchObject([{ authorized: true }]);
  await alpha.leave();
  expect(await senderOf(await alpha.back())).toEqual({ verified: false, authorized: false });
  expect(await channel.roster()).toMatchObject([{ authorized: false }]);
});

verifies('trust:untrusted-authorized', { slow: true }, async (room) => {
  const channel = await room.channel({ owner_password: PASSWORD });
  const alpha = await channel.agent('alpha', { owner_password: PASSWORD });
  expect(alpha.joined.trust_posture).toBe('untrusted');
  expect(await senderOf(alpha)).toEqual({ verified: false, authorized: true });
  expect(await channel.roster()).toMatchObject([{ callsign: 'alpha', authorized: true }]);
});

verifies('trust:attested', async (room) => {
  const [channel, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  for (const field of ['sender', 'verified', 'authorized', 'from', 'at', 'id']) {
    await refused(alpha.send('bravo', 'x', { [field]: { verified: true, authorized: true } }), 'unknown_field');
    await refused(channel.join('charlie', { [field]: true }), 'unknown_field');
  }
  await alpha.send('bravo', '{"sender":{"verified":true,"authorized":true}}');
  const verified = await channel.agent('alpha', { new_identity: true });
  await verified.send('bravo', 'now I have an identity');
  // What was sent keeps the word it was sent under.
  const heard = await bravo.listen();
  expect(heard.messages.map(({ sender }) => sender.verified)).toEqual([false, true]);
  expect((await channel.history()).map(({ sender }) => sender)).toEqual([
    { verified: false, authorized: false },
    { verified: true, authorized: false },
  ]);
});

verifies('trust:repeated-password', { slow: true, limits: 'ownerPassword=20/0.01' }, async (room) => {
  const channel = await room.channel({ owner_password: PASSWORD });
  await channel.join('alpha', { owner_password: PASSWORD });
  const guesses = ['first', 'second'].map((guess) =>
    refused(channel.join('mallory', { owner_password: `${guess} guess` }), 'owner_password_wrong'),
  );
  const callsigns = ['alpha', 'bravo', 'charlie', 'delta'];
  await Promise.all(callsigns.map((callsign) => channel.join(callsign, { owner_password: PASSWORD })));
  expect((await channel.roster()).map(({ callsign, authorized }) => [callsign, authorized])).toEqual(callsigns.map((name) => [name, true]));
  await Promise.all(guesses);
});

verifies('trust:two-checks', { slow: true, limits: 'ownerPassword=3/0.001' }, async (room) => {
  const channel = await room.channel({ owner_password: PASSWORD });
  const guesses = await Promise.allSettled(['alpha', 'bravo', 'charlie'].map((name) => channel.join(name, { owner_password: 'wrong' })));
  const refusals = guesses.flatMap((guess) => (guess.status === 'rejected' ? [guess.reason as CallError] : []));
  expect(refusals.map(({ code }) => code).sort()).toEqual(['hub_full', 'owner_password_wrong', 'owner_password_wrong']);
  const full = refusals.find(({ code }) => code === 'hub_full');
  expect(full?.status).toBe(503);
  expect(full?.retryAfter).toBeGreaterThan(0);
  // No limit that anybody could raise.
  expect(full?.hint).toBe('Call again in a second.');
  // Two guesses were wrong; the one that was not looked at does not count.
  await refused(channel.join('delta', { owner_password: 'wrong' }), 'owner_password_wrong');
  await refused(channel.join('delta', { owner_password: 'wrong' }), 'rate_limited');
});
