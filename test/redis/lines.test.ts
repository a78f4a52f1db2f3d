/** What a hub does at the same time over its lines to the store, and what another hub does in between. */
import { afterAll, expect, test } from 'vitest';
import { limitsFor } from '../../src/core/limits.ts';
import { openRedis } from '../../src/engines/redis/index.ts';
import { parseAddress, type StoreAddress } from '../../src/engines/redis/link/address.ts';
import { createDriver } from '../../src/engines/redis/link/client.ts';
import type { Link, LinkOptions } from '../../src/engines/redis/link/link.ts';
import { askAny } from '../../src/engines/redis/link/map.ts';
import { singleLink } from '../../src/engines/redis/link/single.ts';
import { Subscriptions } from '../../src/engines/redis/link/subscriptions.ts';
import { Rounds } from '../../src/engines/redis/rounds.ts';
import { bulk, gate, list, number, OK, startActor } from '../harness/actor.ts';
import { eventually } from '../harness/eventually.ts';
import { openFleet } from '../harness/fleet.ts';
import { asking, type RedisServer, startRedis } from '../harness/redis.ts';
import { turns } from '../harness/until.ts';
import { startWatchedLine } from '../harness/watched-line.ts';

const server: Promise<RedisServer> = startRedis(['--appendfsync', 'no']);
const ends: (() => void)[] = [];
afterAll(async () => {
  for (const end of ends) end();
  await (await server).clear();
});

const commands = async () => {
  const { ask, end } = await asking((await server).url);
  ends.push(end);
  return ask;
};

const optionsFor = async (url: string): Promise<LinkOptions> => {
  const address = parseAddress(url) as StoreAddress;
  return { driver: createDriver(address), address, report: () => {}, back: () => {} };
};

test('a node of a cluster that takes a connection and never finishes an answer: the next one is asked for the map', async () => {
  const stuck = await startActor((_, socket) => {
    socket.write('$1000000\r\n');
    // A byte now and then keeps the socket from being taken for dead.
    const trickle = setInterval(() => socket.write('x'), 20);
    socket.once('close', () => clearInterval(trickle));
    return new Promise(() => {});
  });
  const knows = await startActor(([name, what]) => {
    if (name !== 'CLUSTER') return OK;
    if (what === 'INFO') return bulk('cluster_state:ok\r\ncluster_current_epoch:3\r\n');
    return list(list(number(0), number(16_383), list(bulk('127.0.0.1'), number(7))));
  });
  const nodes = [stuck, knows].map(({ port }) => ({ host: '127.0.0.1', port }));
  const options = await optionsFor(`redis+cluster://127.0.0.1:${stuck.port}`);
  const shards = await askAny(options, [], nodes);
  expect(shards).toEqual([{ from: 0, to: 16_383, primary: { host: '127.0.0.1', port: 7 }, replicas: [] }]);
  await eventually('the first to be let go', () => stuck.sockets.size === 0);
});

test('what is asked for while it is under way is done once more afterwards, however often it was asked for', async () => {
  const gates = [gate(), gate(), gate()];
  let [begun, underWay, most] = [0, 0, 0];
  const rounds = new Rounds(async () => {
    most = Math.max(most, ++underWay);
    await gates[begun++]?.passed;
    underWay--;
  });
  rounds.ask();
  for (let i = 0; i < 5; i++) rounds.ask();
  await turns();
  expect([begun, underWay]).toEqual([1, 1]);
  gates[0]!.open();
  await turns();
  expect([begun, underWay]).toEqual([2, 1]);
  gates[1]!.open();
  await turns();
  expect([begun, underWay]).toEqual([2, 0]);
  rounds.ask();
  gates[2]!.open();
  await turns();
  expect([begun, underWay, most]).toEqual([3, 0, 1]);
});

test('a subscription that was given up while it was put anew leaves the one that came after it', async () => {
  const ask = await commands();
  const real = singleLink(await optionsFor((await server).url));
  await real.open();
  let held: Promise<void> | null = null;
  const link = Object.create(real, {
    ask: {
      value: async (...args: Parameters<Link['ask']>) => {
        const wait = held;
        held = null;
        await wait;
        return real.ask(...args);
      },
    },
  }) as Link;
  const subscriptions = new Subscriptions(link);
  const heard: string[] = [];
  await subscriptions.add('channel', (message) => heard.push(`old ${message}`));
  const anew = gate();
  held = anew.passed;
  const renewed = subscriptions.renew();
  await subscriptions.remove('channel');
  await subscriptions.add('channel', (message) => heard.push(`new ${message}`));
  anew.open();
  await renewed;
  expect(await ask('SPUBLISH', 'channel', 'hello')).toBe(1);
  await eventually('the message', () => heard.length > 0);
  expect(heard).toEqual(['new hello']);
  await real.close();
});

test('a hook that is added while another hub finds the channel without one is found by all', async () => {
  const { url, port: at } = await server;
  const line = await startWatchedLine(at);
  const { port, prefix, clear } = await openFleet(`redis://127.0.0.1:${line.port}`);
  const other = await openRedis({ url, prefix, limits: limitsFor('local'), clock: port.clock });
  const channel = await port.channel();
  const arrived = line.hold(/wh_late/);
  const added = port.engine.addWebhook(
    {
      ...{ id: 'wh_late', channelId: channel.id, url: 'http://127.0.0.1/', events: ['message.created'], callsign: null },
      ...{ secret: 'key.sealed', byOwner: true, createdAt: 0, disabled: null },
    },
    null,
  );
  const letGo = await arrived;
  await other.claimDue(30_000, 10);
  letGo();
  await added;
  expect((await other.hookCounts()).armed).toBe(1);
  await other.close();
  await clear();
});
