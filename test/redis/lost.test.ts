/** A store that lost everything while hubs ran: what belongs to the hubs, and to no channel that is gone, is there again. */
import { afterAll, expect, test } from 'vitest';
import { BANDS, openBands } from '../../src/core/bands.ts';
import { openFleet } from '../harness/fleet.ts';
import { asking, type RedisServer, startRedis } from '../harness/redis.ts';

const server: Promise<RedisServer> = startRedis(['--appendfsync', 'no']);
afterAll(async () => (await server).clear());

const scene = async () => {
  const { url } = await server;
  const fleet = await openFleet(url);
  const { ask, end } = await asking(url);
  const clear = async (): Promise<void> => {
    end();
    await fleet.clear();
  };
  return { ...fleet, lose: () => ask('FLUSHALL'), clear };
};

test('bands', async () => {
  const { port, lose, clear } = await scene();
  const { engine, clock } = port;
  await openBands(engine, clock);
  await port.channel();
  await lose();
  for (const id of Object.keys(BANDS)) expect(await engine.channel(id)).toMatchObject({ id, trustMode: 'untrusted' });
  expect(await engine.roster('general')).toEqual([]);
  // A channel that somebody made is gone, and no hub has one that it did not open.
  expect(await engine.channel('channel-1')).toBeUndefined();
  await clear();
});

test('what hubs agreed on: one that starts later agrees with those that go by it', async () => {
  const { port, another, lose, clear } = await scene();
  expect(await port.engine.notes.agree('proof', 'ours')).toBe('ours');
  await lose();
  await port.engine.sweep();
  const later = await another();
  expect(await later.notes.agree('proof', 'theirs')).toBe('ours');
  await clear();
});
