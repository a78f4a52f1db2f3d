/** Hubs of one store have one seal, also when one of them starts while the others cannot answer it. */
import { afterAll, expect, test } from 'vitest';
import type { Engine } from '../../src/core/engine.ts';
import { limitsFor } from '../../src/core/limits.ts';
import { openRedis, type RedisEngine } from '../../src/engines/redis/index.ts';
import { eventually } from '../harness/eventually.ts';
import { insist, openFleet } from '../harness/fleet.ts';
import { startLink } from '../harness/link.ts';
import { asking, type RedisServer, startRedis } from '../harness/redis.ts';

const server: Promise<RedisServer> = startRedis(['--appendfsync', 'no']);
const ends: (() => void)[] = [];
afterAll(async () => {
  for (const end of ends) end();
  await (await server).clear();
});

/** A hub at the end of a line that can be cut, with a channel that keeps no texts; others on the same store. */
const scene = async () => {
  const { url, port: at } = await server;
  const line = await startLink(at);
  const { port, prefix, clear } = await openFleet(`redis://127.0.0.1:${line.port}`);
  const channel = await port.channel({ retention: 'none' });
  await port.seats(channel, 'alpha', 'bravo');
  const { ask, end } = await asking(url);
  ends.push(end);
  const held = () => ask('EXISTS', `${prefix}seal:held`);
  const next = (): Promise<RedisEngine> => openRedis({ url, prefix, limits: limitsFor('local'), clock: port.clock });
  const textsAt = async (engine: Engine): Promise<string[]> => (await engine.history(channel.id, 10)).map(({ text }) => text);
  const say = (text: string) => insist(() => port.append(channel, 'alpha', 'bravo', text));
  return { line, port, channel, ask, prefix, held, next, textsAt, say, clear };
};

test('one that starts while the others connect anew waits for them', async () => {
  const { line, ask, prefix, next, textsAt, say, clear } = await scene();
  await say('before');
  line.cut('reset');
  const opening = next();
  await eventually('the new one to ask', async () => (await ask('EXISTS', `${prefix}seal:lock`)) === 1);
  line.heal();
  const other = await opening;
  expect(await textsAt(other)).toEqual(['before']);
  await say('after');
  expect(await textsAt(other)).toEqual(['before', 'after']);
  await other.close();
  await clear();
});

test('one that comes back and finds another seal in force takes it', async () => {
  const { line, port, channel, ask, prefix, next, textsAt, say, clear } = await scene();
  line.cut('reset');
  await eventually('the loss', () => port.engine.health() !== null);
  // As if it had been away for longer than the mark lasts.
  await ask('DEL', `${prefix}seal:held`);
  const other = await next();
  line.heal();
  await eventually('one seal', async () => {
    await say('hello');
    return (await textsAt(other)).includes('hello');
  });
  await other.append(port.draft(channel, 'bravo', 'alpha', 'and back'));
  await say('once more');
  const texts = await textsAt(other);
  expect(texts.slice(-3)).toEqual(['hello', 'and back', 'once more']);
  expect(await textsAt(port.engine)).toEqual(texts);
  await other.close();
  await clear();
});

test('the last one that ends in good order leaves no mark: the next waits for nobody', async () => {
  const { held, next, clear } = await scene();
  const other = await next();
  expect(await held()).toBe(1);
  await clear();
  expect(await held()).toBe(1);
  await other.close();
  expect(await held()).toBe(0);
});
