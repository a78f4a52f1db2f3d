/** Who holds a Redis while everything moves into it: one command at a time, and nobody takes away what is not theirs. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { limitsFor } from '../../src/core/limits.ts';
import { type ChannelRecord, type Incoming, MoveError } from '../../src/core/moving.ts';
import { openTarget, type Place } from '../../src/migration/places.ts';
import { testClock } from '../harness/clock.ts';
import { hubOn, migrateCommand } from '../harness/moves.ts';
import { temporaryDirectory } from '../harness/process.ts';
import { asking, type RedisServer, startRedis } from '../harness/redis.ts';
import { createChannel, expectCall } from '../harness/rest.ts';
import { startWatchedLine } from '../harness/watched-line.ts';

const server: Promise<RedisServer> = startRedis();
const ends: (() => void)[] = [];
afterAll(async () => {
  for (const end of ends) end();
  await (await server).clear();
});

const channelOf = (id: string): ChannelRecord => ({
  kind: 'channel',
  channel: {
    ...{ id, createdAt: 0, retention: 'full', trustMode: 'untrusted', requireIdentity: false, sessionTtlMs: 60_000 },
    ...{ joinTokenHash: 'join', ownerTokenHash: 'owner', ownerPasswordHash: null, paused: false, closedAt: null },
  },
  ...{ head: 0, broadcasts: 0, runs: [], seq: 0, touchedAt: 0, guardFactor: 1, salvaged: false },
});

/** A place in the Redis of this file, commands of ours, and moves into it. */
const scene = async () => {
  const { url } = await server;
  const prefix = `${randomBytes(6).toString('hex')}:`;
  const { ask, end } = await asking(url);
  ends.push(end);
  const place: Place = { at: 'redis', url, durability: 'async', prefix };
  const open = (): Promise<Incoming> => openTarget(place, testClock(), limitsFor('local'));
  const there = async (...names: string[]): Promise<unknown[]> => Promise.all(names.map((name) => ask('EXISTS', prefix + name)));
  return { ask, prefix, open, there };
};

test('one that was stopped until its mark ended leaves what the next one did, and its mark', async () => {
  const { ask, prefix, open, there } = await scene();
  const first = await open();
  await first.put([channelOf('one')]);
  // As if it had been stopped for longer than its mark lasts.
  await ask('DEL', `${prefix}move:lock`);
  const second = await open();
  await second.put([channelOf('two')]);
  const mark = await ask('GET', `${prefix}move:lock`);
  await expect(first.put([channelOf('one')])).rejects.toThrow(MoveError);
  await expect(first.finish()).rejects.toThrow('stopped for so long');
  await first.abandon();
  expect(await ask('GET', `${prefix}move:lock`)).toBe(mark);
  expect(await there('{one}', '{two}', 'move:unfinished')).toEqual([0, 1, 1]);
  await second.finish();
  expect(await there('{one}', '{two}', 'move:unfinished', 'move:lock')).toEqual([0, 1, 0, 0]);
});

test('one that gives up while nobody else came takes everything along', async () => {
  const { ask, prefix, open } = await scene();
  const only = await open();
  await only.put([channelOf('one')]);
  await only.abandon();
  expect(await ask('KEYS', `${prefix}*`)).toEqual([]);
});

test('the answer to the last step is lost: what is there stays, and nobody is told that nothing was moved', async () => {
  const [directory, { url, port }] = [join(temporaryDirectory(), 'data'), await server];
  const hub = await hubOn(directory);
  const { path, token } = await createChannel(hub.url, { retention: 'full' });
  await hub.end('SIGTERM');
  const line = await startWatchedLine(port);
  // The mark is set at the beginning, and taken away by a script or a DEL.
  line.breakAfter(/(?:EVALSHA|DEL)[^*]*move:unfinished/);
  const moved = await migrateCommand(directory, `redis://127.0.0.1:${line.port}`);
  expect(moved).toMatchObject({ code: 1, stdout: '' });
  expect(moved.stderr).toContain('did not answer to the last step');
  expect(moved.stderr).not.toContain('Nothing was moved');
  const { ask, end } = await asking(url);
  // The mark of the one that could not let go ends by itself; here it is ended.
  await ask('DEL', 'rogerthat:move:lock');
  end();
  const next = await hubOn(url);
  expect(await expectCall(next.url, { path, token })).toMatchObject({ retention: 'full' });
  await next.end('SIGTERM');
});
