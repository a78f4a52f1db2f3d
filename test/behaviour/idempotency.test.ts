/** Sending once, however often it is asked. */
import { expect } from 'vitest';
import { texts } from '../harness/agent.ts';
import { refused } from '../harness/refused.ts';
import { verifies } from '../harness/verifies.ts';

const HOUR = 3_600_000;

verifies('send:idempotent', async (room) => {
  const [channel, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  const key = { idempotency_key: 'first' };
  const first = await alpha.say('once', key);
  expect(first).not.toHaveProperty('duplicate');
  await room.pass(1000);
  const second = await alpha.say('once', key);
  expect(second).toEqual({ ...first, duplicate: true });
  expect(await channel.history()).toHaveLength(1);
  expect(texts(await bravo.listen())).toEqual(['once']);
  // By now bravo has it.
  expect((await alpha.say('once', key)).recipients).toEqual([{ callsign: 'bravo', state: 'delivered', presence: 'active' }]);
  // Text that is cleaned to the same content is the same content.
  expect(await alpha.say('on\u200Bce', key)).toMatchObject({ id: first.id, duplicate: true });
  expect(texts(await bravo.listen())).toEqual([]);
});

verifies('send:idempotent-at-once', async (room) => {
  for (const retention of ['none', 'full']) {
    const [channel, alpha, bravo] = await room.talk({ retention }, 'alpha', 'bravo');
    const sent = await Promise.all(Array.from({ length: 10 }, () => alpha.say('once', { idempotency_key: 'k' })));
    expect(new Set(sent.map(({ id }) => id)).size).toBe(1);
    expect(new Set(sent.map(({ at }) => at)).size).toBe(1);
    expect(sent.filter(({ duplicate }) => duplicate)).toHaveLength(9);
    expect(await channel.history()).toHaveLength(1);
    expect(texts(await bravo.listen())).toEqual(['once']);
  }
});

verifies('send:idempotent-bounded', { limits: 'idempotencyKeys=3' }, async (room) => {
  const [channel, alpha, bravo] = await room.talk({ retention: 'full' }, 'alpha', 'bravo');
  const other = await (await room.channel()).agent('alpha');
  const say = async (n: number) => {
    // In another order than that of their names.
    const sent = await (n % 2 ? alpha : bravo).say(`text ${n}`, { idempotency_key: `key ${9 - n}` });
    await room.pass(1);
    return sent;
  };
  const known = async (n: number): Promise<boolean> => (await say(n)).duplicate === true;
  for (let n = 1; n <= 5; n++) await say(n);
  await other.say('elsewhere', { idempotency_key: 'key 1' });
  for (const n of [3, 4, 5]) expect(await known(n), `${n}`).toBe(true);
  await room.restart('stop');
  for (const n of [3, 4, 5]) expect(await known(n), `${n}`).toBe(true);
  // Each that is new again takes the place of the oldest, which is the third now.
  expect(await known(1)).toBe(false);
  for (const [n, so] of [
    [4, true],
    [5, true],
    [1, true],
    [3, false],
  ] as const)
    expect(await known(n), `${n}`).toBe(so);
  expect(await channel.history()).toHaveLength(7);
  expect(await other.say('elsewhere', { idempotency_key: 'key 1' })).toMatchObject({ duplicate: true });
});

verifies('send:idempotent-restart', async (room) => {
  const key = { idempotency_key: 'k' };
  const talk = async (retention: string) => {
    const [, alpha] = await room.talk({ retention }, 'alpha', 'bravo');
    return { alpha, first: await alpha.say('once', key) };
  };
  const talks = await Promise.all(['none', 'metadata', 'prompts', 'full'].map(talk));
  for (const how of ['crash', 'stop'] as const) {
    await room.restart(how);
    for (const { alpha, first } of talks) {
      expect(await alpha.say('once', key)).toMatchObject({ id: first.id, at: first.at, duplicate: true });
      await refused(alpha.say('twice', key), 'idempotency_conflict');
    }
  }
});

verifies('send:conflict', async (room) => {
  const [channel, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  const key = { idempotency_key: 'k' };
  const { id } = await alpha.send('bravo', 'hello', key);
  await refused(alpha.send('bravo', 'other', key), 'idempotency_conflict');
  await refused(alpha.say('hello', key), 'idempotency_conflict');
  await refused(alpha.send('bravo', 'hello', { ...key, reply_to: 1 }), 'idempotency_conflict');
  await refused(alpha.send('bravo', 'hello', { ...key, kind: 'status' }), 'idempotency_conflict');
  expect(await channel.history()).toHaveLength(1);
  // Another callsign and another channel have keys of their own.
  expect(await bravo.send('alpha', 'hello', key)).not.toHaveProperty('duplicate');
  const elsewhere = await (await room.channel()).agent('alpha');
  expect(await elsewhere.send('bravo', 'hello', key)).not.toHaveProperty('duplicate');
  // Another session of the same callsign has the same keys.
  await alpha.leave();
  expect(await (await alpha.back()).send('bravo', 'hello', key)).toMatchObject({ id, duplicate: true });
  for (const idempotency_key of ['', 'x'.repeat(201)]) await refused(bravo.say('x', { idempotency_key }), 'invalid_body');
});

verifies('send:key-age', async (room) => {
  const [channel, alpha] = await room.talk({ session_ttl_seconds: 86_400 }, 'alpha');
  const key = { idempotency_key: 'k' };
  const { id } = await alpha.say('hello', key);
  await room.pass(24 * HOUR - 60_000);
  expect(await alpha.say('hello', key)).toMatchObject({ id, duplicate: true });
  await room.pass(60_000);
  await room.pass(60_000);
  const again = await alpha.say('hello', key);
  expect(again).not.toHaveProperty('duplicate');
  expect(again.id).toBeGreaterThan(id);
  expect(await channel.history()).toHaveLength(2);
});
