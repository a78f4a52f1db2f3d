/** Who is here, what was said, and going. */
import { expect } from 'vitest';
import { marked, texts } from '../harness/agent.ts';
import { refused } from '../harness/refused.ts';
import { verifies } from '../harness/verifies.ts';

const TTL = 1_800_000;

verifies('roster:fields', async (room) => {
  const channel = await room.channel();
  const at = (): string => new Date(room.clock.now()).toISOString();
  const alpha = await channel.agent('alpha');
  const joined = at();
  await room.pass(5000);
  await channel.join('bravo', { new_identity: true });
  await alpha.send('charlie', 'you have never been here');
  const expected = [
    { callsign: 'alpha', presence: 'active', joined_at: joined, last_seen_at: at(), verified: false, authorized: false, reach: [] },
    { callsign: 'bravo', presence: 'active', joined_at: at(), last_seen_at: at(), verified: true, authorized: false, reach: [] },
  ];
  expect(await channel.roster()).toEqual(expected);
  expect((await alpha.rejoin()).roster).toEqual(expected);
});

verifies('roster:presence', async (room) => {
  const [channel, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  const presence = async (): Promise<string[]> => (await channel.roster()).map((entry) => entry.presence);
  expect(await presence()).toEqual(['active', 'active']);
  await room.pass(59_999);
  await bravo.listen();
  expect(await presence()).toEqual(['active', 'active']);
  await room.pass(1);
  expect(await presence()).toEqual(['idle', 'active']);
  await bravo.listen();
  const parked = await alpha.park({ timeout: 60 });
  expect(await presence()).toEqual(['listening', 'active']);
  expect((await channel.roster())[0]).toMatchObject({ last_seen_at: new Date(room.clock.now()).toISOString() });
  parked.goAway();
  await room.parked(0);
  expect(await presence()).toEqual(['active', 'active']);
  await room.pass(TTL - 1);
  expect(await presence()).toEqual(['idle', 'idle']);
  await room.pass(1);
  expect(await presence()).toEqual(['offline', 'offline']);
  await refused(alpha.listen(), 'session_expired');
  // Expired, it is still listed, also when the hub has swept.
  await room.pass(31_000);
  await room.pass(31_000);
  expect(await presence()).toEqual(['offline', 'offline']);
  // The wall clock has no say in it.
  await channel.join('alpha');
  room.clock.jump(10 * TTL);
  expect(await presence()).toEqual(['active', 'offline']);
});

verifies('roster:status', async (room) => {
  const [channel, alpha] = await room.talk({}, 'alpha');
  const status = async () => (await channel.roster())[0]?.status;
  expect((await channel.roster())[0]).not.toHaveProperty('status');
  await alpha.say('reading', { kind: 'status' });
  await alpha.send('bravo', 'not a status');
  expect(await status()).toBe('reading');
  await alpha.rejoin();
  expect(await status()).toBe('reading');
  await alpha.leave();
  await alpha.rejoin();
  expect(await status()).toBeUndefined();
});

verifies('history:last', async (room) => {
  const [channel, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  expect(await channel.history()).toEqual([]);
  for (let i = 1; i <= 25; i++) await (i % 2 ? alpha : bravo).send(i % 5 === 0 ? 'charlie' : 'all', `m${i}`);
  const names = (from: number): string[] => Array.from({ length: 26 - from }, (_, i) => `m${i + from}`);
  expect(texts({ messages: await channel.history() })).toEqual(names(6));
  expect(texts({ messages: await channel.history(1) })).toEqual(names(25));
  expect(texts({ messages: await channel.history(100) })).toEqual(names(1));
  expect((await channel.history(1))[0]).toMatchObject({ id: 25, from: 'alpha', to: 'charlie' });
});

verifies('history:n', async (room) => {
  const channel = await room.channel();
  for (const n of [0, -1, 101, 1.5, 'all', '', '1e1']) await refused(channel.history(n as number), 'invalid_n');
});

verifies('history:moves-nothing', async (room) => {
  const [channel, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  for (const text of ['one', 'two']) await alpha.say(text);
  await bravo.listen({ limit: 1 });
  for (const reader of [channel, bravo]) {
    const seen = await reader.history();
    expect(texts({ messages: seen })).toEqual(['one', 'two']);
    for (const message of seen) expect(message).not.toHaveProperty('redelivered');
  }
  expect(await bravo.rejoin()).toMatchObject({ pending: 1, unconfirmed: [{ text: 'one' }] });
  expect(marked(await bravo.listen())).toEqual(['two']);
});

verifies('leave:ends', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  const parked = await alpha.park();
  expect(await alpha.leave()).toMatchObject({ callsign: 'alpha', left: true });
  await refused(parked.answer, 'not_joined');
  for (const call of [() => alpha.listen(), () => alpha.say('x'), () => alpha.leave(), () => alpha.roster()])
    await refused(call(), 'not_joined');
  await bravo.say('nobody else left');
  // Left is left, not expired, also later.
  await room.pass(TTL);
  await refused(alpha.listen(), 'not_joined');
});

verifies('leave:roster', async (room) => {
  const [channel, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  await alpha.say('one');
  await bravo.leave();
  expect((await channel.roster()).map(({ callsign }) => callsign)).toEqual(['alpha']);
  await alpha.send('bravo', 'two');
  await alpha.say('three');
  const again = await bravo.back();
  expect(again.joined.cursor).toBe(bravo.joined.cursor);
  expect(marked(await again.listen())).toEqual(['one', 'two', 'three']);
});

verifies('leave:confirms-nothing', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  for (const text of ['one', 'two']) await alpha.say(text);
  await bravo.listen({ limit: 1 });
  await bravo.leave();
  const { unconfirmed, pending, cursor } = await bravo.rejoin();
  expect(marked({ messages: unconfirmed })).toEqual(['(one)']);
  expect(pending).toBe(1);
  expect(cursor).toBe(bravo.joined.cursor);
});
