/** Several engines on one store: what one does, the others know; what nobody told them, they find. */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Engine } from '../../src/core/engine.ts';
import { limitsFor } from '../../src/core/limits.ts';
import type { Message } from '../../src/core/types.ts';
import { openRedis, type RedisEngine } from '../../src/engines/redis/index.ts';
import type { TestClock } from '../harness/clock.ts';
import type { Shelf } from '../harness/engines.ts';
import { asked, BARE, hashOf, heard, Port, sessionOf } from '../harness/port.ts';
import { asking, type RedisServer, startRedis } from '../harness/redis.ts';
import { turns, until } from '../harness/until.ts';

const server: Promise<RedisServer> = startRedis();
afterAll(async () => (await server).clear());

const limits = limitsFor('local');
const quiet = (): void => {};

/** A port on its own prefix, and more engines beside its own, with the same clock. */
const scene = async (how: { readonly prefix?: string; readonly durability?: 'async' | 'replicated' } = {}) => {
  const { url } = await server;
  const { prefix = `${randomBytes(6).toString('hex')}:`, durability = 'async' } = how;
  const open = (clock: TestClock): Promise<RedisEngine> => openRedis({ url, prefix, durability, limits, clock, report: quiet });
  const shelf = {
    directory: null,
    open: (clock: unknown) => open(clock as TestClock),
    crash: async (engine: Engine) => (engine as RedisEngine).abandon(),
    quiet: async () => {},
    clear: async () => {},
  } as Shelf;
  const port = new Port(shelf, limits);
  await port.open();
  const beside: RedisEngine[] = [];
  const another = async (): Promise<RedisEngine> => {
    const engine = await open(port.clock);
    beside.push(engine);
    return engine;
  };
  const clear = async (): Promise<void> => {
    for (const engine of beside) await engine.close();
    await port.clear();
  };
  return { port, another, clear, prefix };
};

/** What an engine hears of others, and a bare listen at it. */
const listenAt = async (engine: Engine, channelId: string, callsign: string) => {
  const told: number[] = [];
  engine.onAppended((_, message: Message) => told.push(message.id));
  engine.park(channelId, callsign);
  const from = await engine.arrive(channelId, callsign, BARE, asked({ id: channelId }, callsign));
  const limit = { messages: 100, bytes: 1_000_000 };
  const read = async (final = false) => {
    const found = await engine.read({
      channelId,
      callsign,
      sessionHash: sessionOf({ id: channelId }, callsign),
      from: from.id,
      tag: from.tag,
      bare: true,
      final,
      rewoundTold: false,
      limits: limit,
    });
    return typeof found === 'string' ? found : found;
  };
  return { told, read };
};

test('a message of one wakes who is parked at another, which finds it', async () => {
  const { port, another, clear } = await scene();
  const other = await another();
  const channel = await port.channel();
  await port.seats(channel, 'alpha', 'bravo');
  const { told, read } = await listenAt(other, channel.id, 'bravo');
  expect(await read()).toBe('nothing');
  // Presence is shared.
  const seen = async () => (await port.engine.roster(channel.id)).find(({ callsign }) => callsign === 'bravo')?.presence;
  for (let i = 0; i < 1000 && (await seen()) !== 'listening'; i++) await turns();
  const { recipients } = await port.append(channel, 'alpha', 'bravo', 'hello');
  expect(recipients).toEqual([{ callsign: 'bravo', presence: 'listening' }]);
  await until(() => told.length === 1, 'the hint');
  const slice = await read();
  expect(typeof slice === 'string' ? slice : heard(slice)).toEqual(['hello']);
  await clear();
});

test('a hint that was lost delays, and no more', async () => {
  const { port, another, clear } = await scene();
  const other = await another();
  const channel = await port.channel();
  await port.seats(channel, 'alpha', 'bravo');
  const { told } = await listenAt(other, channel.id, 'bravo');
  const { ask, end } = await asking((await server).url);
  await ask('CLIENT', 'KILL', 'TYPE', 'pubsub');
  end();
  // As if the connection had been away while it was said.
  await port.append(channel, 'alpha', 'bravo', 'one');
  for (let i = 0; i < 200 && told.length === 0; i++) {
    port.clock.advance(5_000);
    await turns(20);
  }
  expect(told).toContain(1);
  await until(() => other.health() === null, 'the connection');
  const before = told.length;
  await port.append(channel, 'alpha', 'bravo', 'two');
  for (let i = 0; i < 200 && told.length === before; i++) {
    port.clock.advance(5_000);
    await turns(20);
  }
  expect(told).toContain(2);
  await clear();
});

test('a store that went back, as after a failover: what comes with ids that were told before is told again', async () => {
  const { port, another, clear, prefix } = await scene();
  const other = await another();
  const channel = await port.channel();
  await port.seats(channel, 'alpha', 'bravo');
  const { told } = await listenAt(other, channel.id, 'bravo');
  for (const text of ['one', 'lost', 'lost too']) await port.append(channel, 'alpha', 'bravo', text);
  await until(() => told.length === 3, 'the hints');
  const { ask, end } = await asking((await server).url);
  const base = `${prefix}{${channel.id}}`;
  await ask('HSET', base, 'head', '1');
  await ask('XDEL', `${base}:ring`, '2-0', '3-0');
  await ask('XSETID', `${base}:ring`, '1-0');
  const look = async (): Promise<void> => {
    port.clock.advance(5_000);
    await turns(20);
  };
  await look();
  for (let i = 0; i < 200 && other.underWay > 0; i++) await turns();
  await ask('CLIENT', 'KILL', 'TYPE', 'pubsub');
  end();
  // As if the connection had been away while it was said.
  await port.append(channel, 'alpha', 'bravo', 'anew');
  for (let i = 0; i < 200 && !told.slice(3).includes(2); i++) await look();
  expect(told.slice(3)).toContain(2);
  await clear();
});

test('a store that went back: what is given again says so, also to who comes before anybody has looked', async () => {
  const { port, another, clear, prefix } = await scene();
  const other = await another();
  const channel = await port.channel();
  await port.seats(channel, 'alpha', 'bravo', 'charlie');
  const { told, read } = await listenAt(other, channel.id, 'bravo');
  for (const text of ['one', 'two']) await port.append(channel, 'alpha', 'all', text);
  const { ask, end } = await asking((await server).url);
  const base = `${prefix}{${channel.id}}`;
  const seats = (await ask('HGETALL', `${base}:seats`)) as string[];
  for (const callsign of ['bravo', 'charlie']) expect(heard(await port.hear(channel, callsign))).toEqual(['one', 'two']);
  await port.append(channel, 'alpha', 'all', 'lost');
  await until(() => told.length === 3 && (port.engine as RedisEngine).underWay === 0, 'the hints');
  await ask('HSET', `${base}:seats`, ...seats);
  await ask('HSET', base, 'head', '2');
  await ask('XDEL', `${base}:ring`, '3-0');
  await ask('XSETID', `${base}:ring`, '2-0');
  end();
  // Whoever is parked, and whoever arrives.
  const parked = await read();
  expect(typeof parked === 'string' ? parked : [heard(parked), parked.gap?.reason]).toEqual([['(one)', '(two)'], 'rewound']);
  const arrived = await port.hear(channel, 'charlie');
  expect([heard(arrived), arrived?.gap?.reason]).toEqual([['(one)', '(two)'], 'rewound']);
  await clear();
});

test('the marks of a node that died end by themselves', async () => {
  const { port, another, clear } = await scene();
  const other = await another();
  const channel = await port.channel();
  await port.seats(channel, 'alpha', 'bravo');
  const { read } = await listenAt(other, channel.id, 'bravo');
  await read();
  const presence = async () => (await port.engine.roster(channel.id)).find(({ callsign }) => callsign === 'bravo')?.presence;
  for (let i = 0; i < 1000 && (await presence()) !== 'listening'; i++) await turns();
  expect(await presence()).toBe('listening');
  other.abandon();
  port.clock.advance(29_000);
  expect(await presence()).toBe('listening');
  port.clock.advance(1_001);
  expect(await presence()).toBe('active');
  port.clock.advance(30_000);
  expect(await presence()).toBe('idle');
  await clear();
});

test('what an owner does at one is so at the others, and ends who waits there', async () => {
  const { port, another, clear } = await scene();
  const other = await another();
  const turns: unknown[] = [];
  other.onTurned((...turn) => turns.push(turn));
  const channel = await port.channel();
  const { session } = await port.claim(channel, 'alpha');
  await port.seats(channel, 'bravo');
  const { read } = await listenAt(other, channel.id, 'alpha');
  await port.engine.kick(channel.id, 'alpha', true);
  await until(() => turns.length === 1, 'the kick');
  expect(turns[0]).toEqual([channel.id, 'alpha']);
  await expect(read()).rejects.toMatchObject({ code: 'kicked', detail: expect.stringContaining('does not let') });
  expect(await other.session(channel.id, session.hash)).toEqual({ state: 'kicked' });
  await port.engine.rotateToken(channel.id, hashOf('another'));
  await until(() => turns.length === 2, 'the rotation');
  expect(turns[1]).toEqual([channel.id, null]);
  expect((await other.channel(channel.id))?.joinTokenHash).toBe(hashOf('another'));
  await port.engine.pause(channel.id, true);
  await expect(other.append(port.draft(channel, 'bravo', 'all', 'x'))).rejects.toMatchObject({ code: 'channel_paused' });
  await clear();
});

test('one key, many nodes, one message; one allowance for all', async () => {
  const { port, another, clear } = await scene();
  const nodes = [port.engine, await another(), await another()];
  const channel = await port.channel();
  await port.seats(channel, 'alpha', 'bravo');
  const key = { hash: hashOf('k'), content: hashOf('x') };
  const sent = await Promise.all(
    Array.from({ length: 12 }, (_, i) => nodes[i % 3]!.append(port.draft(channel, 'alpha', 'all', 'x', { key }))),
  );
  expect(new Set(sent.map(({ message }) => message.id))).toEqual(new Set([1]));
  expect(sent.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
  const rate = { burst: 3, perSecond: 1 };
  const spent = await Promise.all(Array.from({ length: 9 }, async (_, i) => nodes[i % 3]!.spend('k', rate)));
  expect(spent.filter(({ allowed }) => allowed)).toHaveLength(3);
  await clear();
});

test('texts that a channel does not keep are in no file of the store, and are read by every node', async () => {
  const { port, another, clear } = await scene();
  const other = await another();
  const text = (mode: string): string => `${mode} was said here and nowhere else`;
  for (const retention of ['none', 'metadata', 'prompts', 'full'] as const) {
    const channel = await port.channel({ retention });
    await port.seats(channel, 'alpha', 'bravo');
    await port.append(channel, 'alpha', 'all', 'the first words');
    await port.append(channel, 'alpha', 'all', text(retention));
    await port.append(channel, 'alpha', 'all', text(`status of ${retention}`), { kind: 'status' });
    expect((await other.history(channel.id, 10)).map((message) => message.text)).toEqual(['the first words', text(retention)]);
    expect((await other.roster(channel.id))[0]?.status).toBe(text(`status of ${retention}`));
  }
  const files = join((await server).directory, 'appendonlydir');
  const bytes = readdirSync(files).map((name) => readFileSync(join(files, name), 'latin1'));
  const written = (words: string): boolean => bytes.some((one) => one.includes(words));
  expect(written(text('full'))).toBe(true);
  for (const mode of ['none', 'metadata', 'prompts', 'status of none', 'status of full']) expect(written(text(mode)), mode).toBe(false);
  await clear();
});

test('one of the hubs cleans up, and another when that one is gone', async () => {
  const { port, another, clear } = await scene();
  const other = await another();
  const { id: first } = await port.channel();
  port.clock.advance(10_000);
  const { id: second } = await port.channel();
  port.clock.advance(86_400_000 - 9_999);
  expect(await other.sweep()).toEqual([first]);
  // The second is idle by now, which is for the one that swept a moment ago.
  port.clock.advance(10_000);
  expect(await port.engine.sweep()).toEqual([]);
  port.clock.advance(15_000);
  expect(await port.engine.sweep()).toEqual([second]);
  await clear();
});
