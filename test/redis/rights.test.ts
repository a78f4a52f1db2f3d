/** What a user of the store may do is looked at when a hub starts: one right too few would stop a step halfway. */
import { readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { limitsFor } from '../../src/core/limits.ts';
import { openRedis } from '../../src/engines/redis/index.ts';
import { RedisUnfitError } from '../../src/engines/redis/unfit.ts';
import { openFleet } from '../harness/fleet.ts';
import { asking, type RedisServer, startRedis } from '../harness/redis.ts';

const server: Promise<RedisServer> = startRedis(['--appendfsync', 'no']);
afterAll(async () => (await server).clear());

const RIGHTS = /ACL SETUSER rogerthat on '>PASSWORD' (.*)$/m
  .exec(readFileSync('docs/engines.md', 'utf8'))![1]!
  .replaceAll("'", '')
  .split(' ');

/** The address of a user with these rights. */
const userWith = async (name: string, ...rights: readonly string[]): Promise<string> => {
  const { ask, end } = await asking((await server).url);
  await ask('ACL', 'SETUSER', name, 'reset', 'on', '>secret', ...rights);
  end();
  return (await server).url.replace('redis://', `redis://${name}:secret@`);
};

const refusal = async (url: string): Promise<string> => {
  const error = await openRedis({ url, limits: limitsFor('local') }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(RedisUnfitError);
  return (error as Error).message;
};

test('those that the manual names are enough', async () => {
  const { port, another, clear } = await openFleet(await userWith('enough', ...RIGHTS), 'async', 'rogerthat:');
  const channel = await port.channel({ retention: 'full' });
  await port.seats(channel, 'alpha', 'bravo');
  await port.append(channel, 'alpha', 'bravo', 'hello');
  const other = await another();
  expect((await other.history(channel.id, 1)).map(({ text }) => text)).toEqual(['hello']);
  await other.sweep();
  await port.engine.closeChannel(channel.id, true);
  await clear();
});

test.each([
  ['a command of a script', '-xadd', 'XADD'],
  ['a command of its own', '-info', "'info'"],
  ['the names of its keys', 'resetkeys', 'keys'],
  ['the names of what it publishes', 'resetchannels', 'SPUBLISH'],
])('without %s a hub does not start, and says what is needed', async (_, less, words) => {
  const said = await refusal(await userWith('less', ...RIGHTS, less));
  expect(said).toContain(words);
  for (const right of RIGHTS) expect(said).toContain(right);
});

test('a server that takes no writes is told as what it is', async () => {
  const { url } = await server;
  const { ask, end } = await asking(url);
  await ask('CONFIG', 'SET', 'maxmemory', '1');
  expect(await refusal(url)).toContain('maxmemory');
  await ask('CONFIG', 'SET', 'maxmemory', '0');
  end();
});
