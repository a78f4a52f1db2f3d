/** Hubs of one store have one time, though the clocks of their machines drift apart, stop or are set. */
import { afterAll, expect, test } from 'vitest';
import { limitsFor } from '../../src/core/limits.ts';
import { openRedis, type RedisEngine } from '../../src/engines/redis/index.ts';
import { testClock } from '../harness/clock.ts';
import { openFleet } from '../harness/fleet.ts';
import { sessionOf } from '../harness/port.ts';
import { asking, type RedisServer, startRedis } from '../harness/redis.ts';

const server: Promise<RedisServer> = startRedis(['--appendfsync', 'no']);
afterAll(async () => (await server).clear());

const HOUR = 3_600_000;

test('the machine of a hub slept: what was done there is as old as what was done elsewhere', async () => {
  const { url } = await server;
  const { port, prefix, clear } = await openFleet(url);
  const channel = await port.channel();
  await port.seats(channel, 'alpha');
  // Its monotonic clock went on while that of the first stood still.
  const ahead = testClock(port.clock.now());
  const other = await openRedis({ url, prefix, limits: limitsFor('local'), clock: ahead });
  ahead.advance(HOUR);
  await other.sweep();
  // What nobody used is over, for both.
  expect(await other.session(channel.id, sessionOf(channel, 'alpha'))).toEqual({ state: 'expired' });
  await port.engine.sweep();
  await port.claim(channel, 'bravo');
  const hash = sessionOf(channel, 'bravo');
  for (const engine of [other, port.engine, other]) expect(await engine.session(channel.id, hash)).toMatchObject({ state: 'live' });
  await other.close();
  await clear();
});

test.each([
  ['some seconds ago: it has gone on since', 20_000, 20_000],
  ['an hour ago, as the clock of the store has it: nobody believes that', HOUR, 60_000],
])('another hub was ahead %s', async (_, ago, more) => {
  const { url } = await server;
  const { prefix, clear } = await openFleet(url);
  const engine = await openRedis({ url, prefix, limits: limitsFor('local') });
  const { ask, end } = await asking(url);
  const [seconds] = (await ask('TIME')) as [string];
  const noted = (Number(seconds) + 7200) * 1000;
  await ask('SET', `${prefix}clock`, `${noted} ${Number(seconds) * 1000 - ago}`);
  await engine.sweep();
  const touched = await touchedAt(engine, ask, prefix);
  expect(touched).toBeGreaterThanOrEqual(noted + more);
  expect(touched).toBeLessThan(noted + more + 60_000);
  end();
  await engine.close();
  await clear();
});

const touchedAt = async (engine: RedisEngine, ask: (...args: string[]) => Promise<unknown>, prefix: string): Promise<number> => {
  const channel = { id: 'quiet-otter', createdAt: 0, retention: 'none', sessionTtlMs: 60_000, joinTokenHash: '' } as never;
  await engine.createChannel(channel);
  return Number(await ask('HGET', `${prefix}{quiet-otter}`, 'touched'));
};

test('who starts beside a hub goes by its time, also when the clock of the store was set forward meanwhile', async () => {
  const { url } = await server;
  const { prefix, clear } = await openFleet(url);
  const { ask, end } = await asking(url);
  const first = await openRedis({ url, prefix, limits: limitsFor('local') });
  // As far behind the store's clock as the first is when that was set.
  const now = Number(((await ask('TIME')) as [string])[0]) * 1000;
  await ask('SET', `${prefix}clock`, `${now - HOUR} ${now}`);
  const second = await openRedis({ url, prefix, limits: limitsFor('local') });
  expect(await touchedAt(second, ask, prefix)).toBeLessThan(now - HOUR + 120_000);
  await second.close();
  await first.close();
  end();
  await clear();
});

test('a sweep that fails notes the time all the same', async () => {
  const { url } = await server;
  const { prefix, clear } = await openFleet(url);
  const { ask, end } = await asking(url);
  const engine = await openRedis({ url, prefix, limits: limitsFor('local') });
  await ask('HSET', `${prefix}channels`, 'broken-otter-aaaaaa', '');
  await ask('SET', `${prefix}{broken-otter-aaaaaa}`, 'no channel');
  await ask('DEL', `${prefix}clock`);
  await expect(engine.sweep()).rejects.toThrow('WRONGTYPE');
  expect(await ask('GET', `${prefix}clock`)).toMatch(/^\d/);
  await ask('DEL', `${prefix}{broken-otter-aaaaaa}`);
  await engine.close();
  end();
  await clear();
});
