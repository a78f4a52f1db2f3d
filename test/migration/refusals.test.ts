/** What `rogerthat migrate` will not do, and what is left when it dies in the middle. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createClient } from '@redis/client';
import { afterAll, expect, test } from 'vitest';
import { hubOn, migrateCommand, migration } from '../harness/moves.ts';
import { launchHub, temporaryDirectory } from '../harness/process.ts';
import { type RedisServer, startRedis } from '../harness/redis.ts';
import { createChannel, expectCall, joinChannel, memberCall, type TestChannel } from '../harness/rest.ts';
import { until } from '../harness/until.ts';

const servers: RedisServer[] = [];
const ends: (() => void)[] = [];
afterAll(async () => {
  for (const end of ends) end();
  for (const server of servers) await server.clear();
});

const redis = async (more: readonly string[] = []): Promise<RedisServer> => {
  const server = await startRedis(more);
  servers.push(server);
  return server;
};

const commands = async (server: RedisServer) => {
  const client = createClient({ url: server.url });
  await client.connect();
  ends.push(() => client.destroy());
  return (...args: string[]): Promise<unknown> => client.sendCommand(args);
};

const command = async (server: RedisServer, ...args: string[]): Promise<unknown> => (await commands(server))(...args);

/** Stops every writer of a Redis as soon as a move into it has written lines of a transcript. */
const holdInTheMiddle = async (server: RedisServer, { id }: TestChannel): Promise<() => Promise<unknown>> => {
  const ask = await commands(server);
  for (let i = 0; (await ask('XLEN', `rogerthat:{${id}}:events`)) === 0; i++) if (i > 200_000) throw new Error('nothing was written');
  await ask('CLIENT', 'PAUSE', '600000', 'WRITE');
  return () => ask('CLIENT', 'UNPAUSE');
};

const keysOf = (server: RedisServer): Promise<unknown> => command(server, 'KEYS', '*');

/** A place that a hub has used: one channel, with so many messages. */
const used = async (place: string, messages = 1, more = ''): Promise<TestChannel> => {
  const hub = await hubOn(place);
  const channel = await createChannel(hub.url, { retention: 'full' });
  const alpha = await joinChannel(hub.url, channel, 'alpha');
  const say = (i: number) => expectCall(hub.url, memberCall(alpha, { path: 'send', body: { to: 'all', message: `message ${i} ${more}` } }));
  for (let i = 0; i < messages; i += 50) await Promise.all(Array.from({ length: Math.min(50, messages - i) }, (_, n) => say(i + n)));
  await hub.end('SIGTERM');
  return channel;
};

/** How many events a hub on a place has of a channel. */
const eventsOn = async (place: string, { path, token }: TestChannel): Promise<number> => {
  const hub = await hubOn(place);
  const { events } = await expectCall(hub.url, { path: `${path}/transcript`, token });
  await hub.end('SIGTERM');
  return events.length;
};

const data = (): string => join(temporaryDirectory(), 'data');

const AS_IT_WAS = 'Nothing was moved, and the source is as it was.';

test('a place that a hub runs on, as source and as target', async () => {
  const [directory, server] = [data(), await redis()];
  await used(directory);
  const local = await hubOn(directory);
  const fromRunning = await migrateCommand(directory, server.url);
  expect(fromRunning).toMatchObject({ code: 1, stdout: '' });
  expect(fromRunning.stderr).toContain(`process ${local.pid}`);
  expect(await keysOf(server)).toEqual([]);
  await local.end('SIGTERM');

  const fleet = await hubOn(server.url);
  for (const [from, to] of [
    [directory, server.url],
    [server.url, data()],
  ] as const) {
    const refused = await migrateCommand(from, to);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain('A hub is running on this Redis');
    expect(refused.stderr).toContain(AS_IT_WAS);
    if (existsSync(to)) expect(readdirSync(to).filter((name) => /rogerthat|incoming/.test(name))).toEqual([]);
  }
  // It is left alone.
  await createChannel(fleet.url);
  expect(await fleet.end('SIGTERM')).toMatchObject({ code: 0 });
  const another = await hubOn(server.url);
  await another.end('SIGTERM');
});

test('a target that is not empty, a source that is not there, one place twice', async () => {
  const [directory, other, server] = [data(), data(), await redis()];
  await used(directory);
  await used(other);
  await used(server.url);
  const onto = await migrateCommand(directory, other);
  expect(onto).toMatchObject({ code: 1 });
  expect(onto.stderr).toContain('There is a database in');
  const into = await migrateCommand(directory, server.url);
  expect(into).toMatchObject({ code: 1 });
  expect(into.stderr).toMatch(/A hub has used this Redis: it holds 4 channels, bands among them, and 0 identities/);
  const nothing = await migrateCommand(data(), (await redis()).url);
  expect(nothing).toMatchObject({ code: 1 });
  expect(nothing.stderr).toContain('There is no database in');
  for (const [from, to] of [
    [directory, directory],
    [server.url, server.url],
    ['redis', directory],
    ['postgres://127.0.0.1/hub', directory],
  ] as const) {
    expect(await migrateCommand(from, to)).toMatchObject({ code: 2, stdout: '' });
  }
  // All as they were.
  const hub = await hubOn(server.url);
  await hub.end('SIGTERM');
});

test('webhooks and no key of the fleet: nothing is left in Redis', async () => {
  const [directory, server] = [data(), await redis()];
  const hub = await hubOn(directory);
  const { path, token } = await createChannel(hub.url, { retention: 'full' });
  await expectCall(hub.url, { path: `${path}/webhooks`, token, body: { url: 'http://127.0.0.1:8/' } }, 201);
  await hub.end('SIGTERM');
  const refused = await migrateCommand(directory, 'redis', { ROGERTHAT_SECRET_KEY: '', ROGERTHAT_REDIS: server.url });
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toContain('ROGERTHAT_SECRET_KEY');
  expect(await keysOf(server)).toEqual([]);
  expect(await migrateCommand(directory, 'redis', { ROGERTHAT_REDIS: server.url })).toMatchObject({ code: 0 });
});

test('a full Redis: told so, emptied, and the source goes on', async () => {
  const [directory, server] = [data(), await redis(['--maxmemory', '4mb'])];
  const channel = await used(directory, 2_000, 'x'.repeat(2_000));
  const failed = await migrateCommand(directory, server.url);
  expect(failed).toMatchObject({ code: 1, stdout: '' });
  expect(failed.stderr).toContain(AS_IT_WAS);
  expect(await keysOf(server)).toEqual([]);
  expect(await eventsOn(directory, channel)).toBe(2_002);
});

test('kill -9 in the middle, into Redis: no hub starts there, the source goes on, the next try moves all', async () => {
  const [directory, server] = [data(), await redis()];
  const channel = await used(directory, 1_500);
  const program = migration(directory, server.url);
  const goOn = await holdInTheMiddle(server, channel);
  await program.end('SIGKILL');
  await goOn();
  expect(await command(server, 'EXISTS', 'rogerthat:move:unfinished')).toBe(1);
  // The mark of the one that died ends by itself; here it is ended.
  await command(server, 'DEL', 'rogerthat:move:lock');
  const hub = launchHub({ args: ['--redis', server.url] });
  expect(await hub.ended).toMatchObject({ code: 5 });
  expect(hub.stderr()).toContain('was cut off');
  expect(await eventsOn(directory, channel)).toBe(1_502);
  expect(await migrateCommand(directory, server.url)).toMatchObject({ code: 0, stderr: '' });
  expect(await eventsOn(server.url, channel)).toBe(1_502);
});

test('kill -9 in the middle, out of Redis: the target has nothing, the source goes on, the next try moves all', async () => {
  const [directory, server] = [data(), await redis()];
  const channel = await used(server.url, 1_500);
  const program = migration(server.url, directory);
  await until(() => existsSync(join(directory, 'incoming', 'rogerthat.db')), 'the first rows');
  await program.end('SIGKILL');
  expect(existsSync(join(directory, 'rogerthat.db'))).toBe(false);
  // While it is at work no hub starts.
  const hub = launchHub({ args: ['--redis', server.url] });
  expect(await hub.ended).toMatchObject({ code: 5 });
  expect(hub.stderr()).toContain('rogerthat migrate is at work');
  await command(server, 'DEL', 'rogerthat:move:lock');
  expect(await eventsOn(server.url, channel)).toBe(1_502);
  expect(await migrateCommand(server.url, directory)).toMatchObject({ code: 0, stderr: '' });
  expect(await eventsOn(directory, channel)).toBe(1_502);
  expect(existsSync(join(directory, 'incoming'))).toBe(false);
});

test('SIGTERM in the middle: it tidies up and says so', async () => {
  const [directory, server] = [data(), await redis()];
  const channel = await used(directory, 1_500);
  const program = migration(directory, server.url);
  const goOn = await holdInTheMiddle(server, channel);
  program.signal('SIGTERM');
  await goOn();
  expect(await program.ended).toMatchObject({ code: 1 });
  expect(program.stderr()).toContain('Stopped before it was done.');
  expect(await keysOf(server)).toEqual([]);
  expect(await eventsOn(directory, channel)).toBe(1_502);
});
