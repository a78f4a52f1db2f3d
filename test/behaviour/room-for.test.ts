/** What there is room for on a hub and on a channel. */
import { expect } from 'vitest';
import { texts } from '../harness/agent.ts';
import { refused } from '../harness/refused.ts';
import { verifies } from '../harness/verifies.ts';

verifies('limit:sessions', { limits: 'sessions=2' }, async (room) => {
  const [channel, alpha, bravo] = await room.talk({ session_ttl_seconds: 60 }, 'alpha', 'bravo');
  const full = await refused(channel.join('charlie'), 'hub_full');
  expect(full.status).toBe(503);
  expect((await channel.roster()).map(({ callsign }) => callsign)).toEqual(['alpha', 'bravo']);
  // Whoever is here may come again, and a place that gets free is given.
  expect((await alpha.rejoin()).resumed).toBe(true);
  await bravo.leave();
  const charlie = await channel.agent('charlie');
  await refused(bravo.rejoin(), 'hub_full');
  await room.pass(59_000);
  await charlie.listen();
  await room.pass(1000);
  await bravo.rejoin();
  expect((await channel.roster()).map(({ callsign, presence }) => [callsign, presence])).toContainEqual(['alpha', 'offline']);
});

verifies('limit:mailboxes', { limits: 'mailboxes=3' }, async (room) => {
  const [channel, alpha] = await room.talk({}, 'alpha', 'bravo');
  await alpha.send('charlie', 'room for one more');
  await refused(alpha.send('delta', 'no room'), 'hub_full');
  await refused(channel.join('echo'), 'hub_full');
  expect(texts({ messages: await channel.history() })).toEqual(['room for one more']);
  expect(await channel.roster()).toHaveLength(2);
  const charlie = await channel.agent('charlie');
  expect(texts(await charlie.listen())).toEqual(['room for one more']);
});

verifies('limit:channels', { limits: 'channels=2' }, async (room) => {
  for (let i = 0; i < 2; i++) await room.anyone().createChannel();
  for (let i = 0; i < 3; i++) await refused(room.anyone().createChannel(), 'hub_full');
  expect(await room.engine.channelCount()).toBe(2);
  const fresh = await Promise.allSettled(Array.from({ length: 5 }, () => room.anyone().createChannel()));
  expect(fresh.every(({ status }) => status === 'rejected')).toBe(true);
});

verifies('limit:identities', { limits: 'identities=2' }, async (room) => {
  const [channel, alpha] = await room.talk({}, 'alpha');
  await alpha.rejoin({ new_identity: true });
  // Joins that are refused make none.
  await refused(channel.join('alpha', { new_identity: true }), 'callsign_taken');
  await refused(channel.join('admin', { new_identity: true }), 'reserved_callsign');
  await room.anyone().createIdentity();
  await refused(room.anyone().createIdentity(), 'hub_full');
  await refused(channel.join('bravo', { new_identity: true }), 'hub_full');
  expect((await channel.roster()).map(({ callsign }) => callsign)).toEqual(['alpha']);
  await channel.join('bravo');
});

verifies('limit:new-identity', { mode: 'open', limits: 'newIdentity=2/0.01' }, async (room) => {
  const channel = await room.channel();
  const fresh = (callsign: string, address?: string) => channel.showing({ address }).join(callsign, { new_identity: true });
  await fresh('alpha');
  // Refused, and so not counted.
  for (let i = 0; i < 3; i++) await refused(fresh('alpha'), 'callsign_taken');
  const { identity } = await fresh('bravo');
  const refusal = await refused(fresh('charlie'), 'rate_limited');
  expect(refusal.retryAfter).toBe(100);
  expect((await channel.roster()).map(({ callsign }) => callsign)).toEqual(['alpha', 'bravo']);
  // Who has an identity, or wants none, comes in.
  await channel.join('charlie');
  await channel.join('bravo', { identity_key: identity!.identity_key });
  await fresh('delta', '203.0.113.7');
  await room.pass(100_000);
  await fresh('echo');
  await refused(fresh('foxtrot'), 'rate_limited');
});

verifies('owner:bans-full', { limits: 'mailboxes=3' }, async (room) => {
  const channel = await room.channel();
  const alpha = await channel.agent('alpha');
  const { owner } = channel;
  const bans = ['one', 'two', 'three'];
  for (const callsign of bans) expect(await owner.kick(callsign, { ban: true })).toMatchObject({ banned: true });
  expect((await refused(owner.kick('alpha', { ban: true }), 'hub_full')).detail).toContain('3 bans');
  // One that stands already takes no more room, and the rest of what owners do is as it was.
  await owner.kick('two', { ban: true });
  await alpha.listen();
  expect(await owner.kick('one', { ban: false })).toMatchObject({ banned: false });
  expect(await owner.kick('alpha', { ban: true })).toMatchObject({ kicked: true, banned: true });
  for (const callsign of ['alpha', 'two', 'three']) await refused(channel.join(callsign), 'kicked');
  await channel.join('one');
});

verifies('limit:join', { mode: 'open', limits: 'join=2/0.01' }, async (room) => {
  const [channel, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  const refusal = await refused(channel.join('charlie'), 'rate_limited');
  expect(refusal.retryAfter).toBe(100);
  expect((await channel.roster()).map(({ callsign }) => callsign)).toEqual(['alpha', 'bravo']);
  // As an agent does each turn.
  for (let i = 0; i < 3; i++) for (const agent of [alpha, bravo]) expect((await agent.rejoin()).resumed).toBe(true);
  await bravo.leave();
  await refused(channel.join('bravo'), 'rate_limited');
  await channel.showing({ address: '203.0.113.7' }).join('charlie');
  await room.pass(100_000);
  await channel.join('bravo');
});

verifies('limit:owner', { mode: 'open', limits: 'owner=3/0.01' }, async (room) => {
  const channel = await room.channel();
  const { owner } = channel;
  await owner.pause();
  await owner.resume();
  await owner.kick('alpha', { ban: true });
  const calls = [() => owner.pause(), () => owner.resume(), () => owner.kick('alpha', { ban: false }), () => owner.rotate()];
  for (const call of calls) await refused(call(), 'rate_limited');
  expect(await channel.info()).toMatchObject({ paused: false });
  await refused(channel.join('alpha'), 'kicked');
  await owner.showing({ address: '203.0.113.7' }).pause();
  // A close is for good, so nobody needs many.
  await owner.close();
});
