/** Two databases of one server are two fleets, though a server publishes for all its databases at once. */
import { afterAll, expect, test } from 'vitest';
import { openFleet, parkAt } from '../harness/fleet.ts';
import { asking, type RedisServer, startRedis } from '../harness/redis.ts';
import { until } from '../harness/until.ts';

const server: Promise<RedisServer> = startRedis(['--appendfsync', 'no']);
afterAll(async () => (await server).clear());

/** A hub on each, with a channel of the same name and a listener. */
const scene = async () => {
  const { url } = await server;
  const staging = await openFleet(url);
  const production = await openFleet(`${url}/1`, 'async', staging.prefix);
  for (const { port } of [staging, production]) await port.seats(await port.channel(), 'alpha', 'bravo');
  const channel = { id: 'channel-1' } as Parameters<typeof parkAt>[2];
  return { staging, production, channel, clear: () => Promise.all([staging.clear(), production.clear()]) };
};

test('what is said in one wakes nobody in the other, and a status is not heard there', async () => {
  const { staging, production, channel, clear } = await scene();
  const beside = await staging.another();
  const [woken] = await parkAt(beside, 'bravo', channel);
  const [elsewhere] = await parkAt(production.port.engine, 'bravo', channel);
  await staging.port.append(channel, 'alpha', 'all', 'only here', { kind: 'status' });
  await staging.port.append(channel, 'alpha', 'all', 'only here');
  await until(() => woken!.length === 2, 'the hints');
  // Both were told down the same server at the same time; what is asked of it now comes behind.
  await production.port.engine.history(channel.id, 1);
  expect(elsewhere).toEqual([]);
  await clear();
});

test('each has a seal of its own', async () => {
  const { staging, clear } = await scene();
  const { url } = await server;
  const [one, two] = await Promise.all([asking(url), asking(`${url}/1`)]);
  const [here, there] = await Promise.all([one, two].map(({ ask }) => ask('GET', `${staging.prefix}seal:held`)));
  expect(here).toMatch(/./);
  expect(there).toMatch(/./);
  expect(here).not.toBe(there);
  one.end();
  two.end();
  await clear();
});
