/** The hub and a Sentinel that ends, refuses or stalls at the wrong moment: whatever was in doubt is asked again. */
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, expect, test } from 'vitest';
import { limitsFor } from '../../src/core/limits.ts';
import { openRedis, type RedisEngine } from '../../src/engines/redis/index.ts';
import { gate, OK, type SentinelActor, startActor, startSentinelActor } from '../harness/actor.ts';
import { eventually } from '../harness/eventually.ts';
import { insist } from '../harness/fleet.ts';
import { asking, type RedisServer, startRedis } from '../harness/redis.ts';

const servers: RedisServer[] = [];
const engines: RedisEngine[] = [];
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.close();
});
afterAll(async () => {
  for (const server of servers) await server.clear();
});

const primary = async (): Promise<RedisServer> => {
  const server = await startRedis(['--appendfsync', 'no']);
  servers.push(server);
  return server;
};

/** An engine that knows these Sentinels. */
const open = async (...ports: readonly number[]): Promise<RedisEngine> => {
  const hosts = ports.map((port) => `127.0.0.1:${port}`).join(',');
  const engine = await openRedis({
    ...{ url: `redis+sentinel://${hosts}/messages`, prefix: `${randomBytes(6).toString('hex')}:`, limits: limitsFor('local') },
  });
  engines.push(engine);
  return engine;
};

/** Cuts every connection of the hubs with a primary, as often as they make them. */
const cut = async (server: RedisServer): Promise<void> => {
  const { ask, end } = await asking(server.url);
  await ask('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  end();
};

/** Those who watch at this Sentinel do not any more. */
const unwatch = (sentinel: SentinelActor): void => {
  for (const socket of sentinel.sockets) socket.destroy();
};

test('the connection with the primary is lost just while another watch is being made', async () => {
  const server = await primary();
  const sentinel = await startSentinelActor(server.port);
  const engine = await open(sentinel.port);
  const [asked, answer] = [gate(), gate()];
  sentinel.onSubscribe = async () => {
    asked.open();
    await answer.passed;
    return null;
  };
  unwatch(sentinel);
  await asked.passed;
  await cut(server);
  await eventually('the loss', () => engine.health() !== null);
  sentinel.onSubscribe = null;
  answer.open();
  await eventually('the hub to be back', () => engine.health() === null);
  expect(await engine.channelCount()).toBe(0);
});

test('a primary that was replaced before anybody watched', async () => {
  const [old, next] = [await primary(), await primary()];
  const sentinel = await startSentinelActor(old.port);
  const [asked, answer] = [gate(), gate()];
  sentinel.onSubscribe = async () => {
    asked.open();
    await answer.passed;
    return null;
  };
  const opening = open(sentinel.port);
  await asked.passed;
  sentinel.primary = next.port;
  answer.open();
  const engine = await opening;
  await insist(() => engine.sweep());
  const { ask, end } = await asking(old.url);
  expect(await ask('DBSIZE')).toBe(0);
  end();
});

test('a Sentinel that lets nobody watch is asked again, until somebody watches', async () => {
  const server = await primary();
  const sentinel = await startSentinelActor(server.port);
  const engine = await open(sentinel.port);
  let refused = 0;
  const twice = gate();
  sentinel.onSubscribe = async () => {
    if (++refused === 2) twice.open();
    return '-NOPERM no permissions to access a channel\r\n';
  };
  unwatch(sentinel);
  await twice.passed;
  // The primary is well all the time.
  expect(engine.health()).toBe(null);
  const watched = gate();
  sentinel.onSubscribe = async () => {
    watched.open();
    return null;
  };
  await watched.passed;
  // Who only tried to is not connected any more.
  await eventually('one watch to be left', () => sentinel.sockets.size === 1);
});

test('a Sentinel that takes a connection and never finishes an answer holds up nobody for long', async () => {
  const server = await primary();
  // A byte now and then keeps the socket from being taken for dead.
  const stuck = await startActor((_, socket) => {
    socket.write('$1000000\r\n');
    const trickle = setInterval(() => socket.write('x'), 20);
    socket.once('close', () => clearInterval(trickle));
    return new Promise(() => {});
  });
  // This one gets as far as the question.
  const mute = await startActor(([name = '']) => (name.toUpperCase() === 'SENTINEL' ? null : OK));
  const sentinel = await startSentinelActor(server.port);
  const engine = await open(stuck.port, mute.port, sentinel.port);
  expect(engine.health()).toBe(null);
  expect([stuck, mute].map(({ sockets }) => sockets.size)).toEqual([0, 0]);
});
