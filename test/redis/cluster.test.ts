/**
 * A Redis Cluster of three primaries with a replica each: slots move and primaries are replaced while agents talk. What
 * happens to one primary concerns its channels and no others.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Channel } from '../../src/core/types.ts';
import { slotOf } from '../../src/engines/redis/link/slots.ts';
import { check, figuresLine } from '../harness/checker.ts';
import { agreed, carrySlot, moveSlot, type RedisCluster, startCluster } from '../harness/cluster.ts';
import { insist, openFleet, parkAt } from '../harness/fleet.ts';
import { runLoad } from '../harness/load.ts';
import { after, asked, at, heard, type Port, sessionOf } from '../harness/port.ts';
import { type HubProcess, startHubProcess } from '../harness/process.ts';
import { random, seedOf } from '../harness/random.ts';
import type { RedisServer } from '../harness/redis.ts';
import { turns, until } from '../harness/until.ts';

const MESSAGES = 400;

let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await startCluster({ replicas: true });
});
afterAll(() => cluster.clear());

/** Who holds which slots, as the first primary that answers says. */
const holderOf = async (slot: number): Promise<RedisServer> => {
  const nodes = [...cluster.primaries, ...cluster.replicas];
  const map = (await cluster.ask(nodes[1]!, 'CLUSTER', 'SLOTS')) as [number, number, [string, number]][];
  const [, , [, port]] = map.find(([from, to]) => from <= slot && slot <= to)!;
  return nodes.find((node) => node.port === port)!;
};

const slotOfChannel = ({ id }: Channel): number => slotOf(`{${id}}`);

/** Channels with two seats each, one on each primary. */
const spread = async (port: Port): Promise<Channel[]> => {
  const found = new Map<RedisServer, Channel>();
  while (found.size < 3) {
    const channel = await port.channel();
    const holder = await holderOf(slotOfChannel(channel));
    if (found.has(holder)) continue;
    await port.seats(channel, 'alpha', 'bravo');
    found.set(holder, channel);
  }
  return [...found.values()];
};

test('slots are those of the servers', async () => {
  for (const key of ['rogerthat:channels', 'rogerthat:{bold-fox-12}:ring', '{}a', 'a{}', 'x{a}{b}', 'grün{ü}', '']) {
    expect([key, await cluster.ask(cluster.primaries[0]!, 'CLUSTER', 'KEYSLOT', key)]).toEqual([key, slotOf(key)]);
  }
});

test('while the slot of a channel moves nothing of it is done by halves; who listens is told at its new place', async () => {
  const { port, another, clear } = await openFleet(cluster.url);
  const other = await another();
  const [channel] = (await spread(port)) as [Channel];
  const slot = slotOfChannel(channel);
  const [woken = []] = await parkAt(other, 'bravo', channel);
  await port.append(channel, 'alpha', 'bravo', 'before');
  await until(() => woken.length === 1, 'the first hint');

  const from = await holderOf(slot);
  const to = cluster.primaries.find((primary) => primary !== from)!;
  const [source, target] = await Promise.all([from, to].map(async (one) => String(await cluster.ask(one, 'CLUSTER', 'MYID'))));
  await cluster.ask(to, 'CLUSTER', 'SETSLOT', String(slot), 'IMPORTING', source!);
  await cluster.ask(from, 'CLUSTER', 'SETSLOT', String(slot), 'MIGRATING', target!);
  const keys = ((await cluster.ask(from, 'CLUSTER', 'GETKEYSINSLOT', String(slot), '100')) as string[]).sort();
  // The record is at the new place already, the ring still at the old one.
  expect(keys.length).toBeGreaterThan(3);
  await cluster.ask(from, 'MIGRATE', '127.0.0.1', String(to.port), keys[0]!, '0', '5000');
  const sent = Promise.all([1, 2, 3].map((n) => insist(() => port.append(channel, 'alpha', 'bravo', `meanwhile ${n}`))));
  await expect(port.engine.append(port.draft(channel, 'alpha', 'bravo', 'too early'))).rejects.toMatchObject({
    code: 'storage_unavailable',
  });
  await moveSlot(cluster, slot, from, to);
  expect((await sent).map(({ message }) => message.id).sort()).toEqual([2, 3, 4]);

  expect(await holderOf(slot)).toBe(to);
  const said = (await port.engine.history(channel.id, 10)).map(({ text }) => text);
  expect(said.slice(0, 1)).toEqual(['before']);
  expect(said.slice(1).sort()).toEqual(['meanwhile 1', 'meanwhile 2', 'meanwhile 3']);
  await until(() => woken.includes(4), 'the hints from the new place');
  await clear();
  await moveSlot(cluster, slot, to, from);
});

test('many slots move in a row: every channel is heard at its new place', async () => {
  const { port, another, clear } = await openFleet(cluster.url);
  const other = await another();
  const channels: Channel[] = [];
  for (let i = 0; i < 60; i++) {
    const channel = await port.channel();
    await port.seats(channel, 'alpha', 'bravo');
    channels.push(channel);
  }
  const woken = await parkAt(other, 'bravo', ...channels);
  const places = await Promise.all(channels.map((channel) => holderOf(slotOfChannel(channel))));
  const from = places[0]!;
  const to = cluster.primaries.find((primary) => primary !== from)!;
  const moving = channels.map(slotOfChannel).filter((_, i) => places[i] === from);
  for (const slot of moving) await moveSlot(cluster, slot, from, to);
  // No clock runs here: nobody looks but for a reason.
  for (const [i, channel] of channels.entries()) {
    await insist(() => port.append(channel, 'alpha', 'bravo', 'anybody?'));
    await until(() => woken[i]!.length > 0, `the hint of channel ${i}`);
  }
  await clear();
  for (const slot of moving) await moveSlot(cluster, slot, to, from);
});

test('a slot leaves while another subscription is under way: both channels are heard', async () => {
  const { port, another, clear } = await openFleet(cluster.url);
  const other = await another();
  const holder = cluster.primaries[0]!;
  const channels: Channel[] = [];
  while (channels.length < 2) {
    const channel = await port.channel();
    if ((await holderOf(slotOfChannel(channel))) !== holder) continue;
    await port.seats(channel, 'alpha', 'bravo');
    channels.push(channel);
  }
  const [first, second] = channels as [Channel, Channel];
  await parkAt(other, 'bravo', first);
  const [slot, to] = [slotOfChannel(first), cluster.primaries[1]!];
  await carrySlot(cluster, slot, holder, to);
  const settle = async (node: RedisServer) =>
    cluster.ask(node, 'CLUSTER', 'SETSLOT', String(slot), 'NODE', String(await cluster.ask(to, 'CLUSTER', 'MYID')));
  await settle(to);
  // The server reads both at once: the slot goes, which ends the first subscription, and then the second is asked for.
  process.kill(holder.pid, 'SIGSTOP');
  const gone = settle(holder);
  await turns(200);
  const parked = parkAt(other, 'bravo', second, first);
  await turns(200);
  process.kill(holder.pid, 'SIGCONT');
  await gone;
  const both = await parked;
  for (const [i, channel] of [second, first].entries()) {
    await insist(() => port.append(channel, 'alpha', 'bravo', 'anybody?'));
    await until(() => both[i]!.length > 0, 'the hint');
  }
  // Back where it was subscribed to before, and which ended that by itself.
  await moveSlot(cluster, slot, to, holder);
  await insist(() => port.append(first, 'alpha', 'bravo', 'home again'));
  await until(() => both[1]!.includes(2), 'the hint at the old place');
  await until(() => other.health() === null, 'everybody to be well');
  await clear();
});

test('a key on its way is found where it is: a register, an allowance', async () => {
  const { port, prefix, clear } = await openFleet(cluster.url);
  await port.channel();
  const rate = { burst: 3, perSecond: 1e-3 };
  expect(await port.engine.spend('k', rate)).toMatchObject({ allowed: true, remaining: 2 });
  for (const key of [`${prefix}channels`, `${prefix}rate:k`]) {
    const slot = slotOf(key);
    const from = await holderOf(slot);
    const to = cluster.primaries.find((primary) => primary !== from)!;
    const [source, target] = await Promise.all([from, to].map(async (one) => String(await cluster.ask(one, 'CLUSTER', 'MYID'))));
    await cluster.ask(to, 'CLUSTER', 'SETSLOT', String(slot), 'IMPORTING', source!);
    await cluster.ask(from, 'CLUSTER', 'SETSLOT', String(slot), 'MIGRATING', target!);
    await cluster.ask(from, 'MIGRATE', '127.0.0.1', String(to.port), key, '0', '5000');
    // The slot is still the old one's; the key is not.
    if (key.endsWith('channels')) {
      await port.channel();
      expect(await port.engine.channelCount()).toBe(2);
    } else expect(await port.engine.spend('k', rate)).toMatchObject({ allowed: true, remaining: 1 });
    await moveSlot(cluster, slot, from, to);
    await moveSlot(cluster, slot, to, from);
  }
  await clear();
});

test('a replica that was behind takes over: cursors of the lost stretch are rewound, of its channels only', async () => {
  const { port, another, clear } = await openFleet(cluster.url);
  const other = await another();
  const [channel, ...rest] = (await spread(port)) as [Channel, ...Channel[]];
  const primary = await holderOf(slotOfChannel(channel));
  const replica = cluster.replicas[cluster.primaries.indexOf(primary)]!;
  for (const one of [channel, ...rest]) for (const text of ['one', 'two']) await port.append(one, 'alpha', 'bravo', text);
  await cluster.ask(primary, 'SET', `probe:{${channel.id}}`, '1');
  await cluster.ask(primary, 'WAIT', '1', '0');
  const [woken = []] = await parkAt(other, 'bravo', channel);

  // The replica hears nothing any more, and is promoted without what it did not hear.
  await cluster.ask(replica, 'CONFIG', 'SET', 'masteruser', 'nobody', 'masterauth', 'nothing');
  await cluster.ask(replica, 'CLIENT', 'KILL', 'TYPE', 'master');
  const lost = await port.append(channel, 'alpha', 'bravo', 'lost');
  await port.append(channel, 'alpha', 'bravo', 'lost too');
  const cursors = await Promise.all([channel, ...rest].map((one) => port.engine.arrive(one.id, 'bravo', after(2), asked(one, 'bravo'))));
  const ahead = await port.engine.arrive(channel.id, 'bravo', after(4), asked(channel, 'bravo'));
  await until(() => woken.includes(4), 'the hint of what will be lost');
  await cluster.ask(replica, 'CLUSTER', 'FAILOVER', 'TAKEOVER');
  // The old primary takes writes until it hears of it: what is said to it now is lost, too.
  while (((await cluster.ask(primary, 'ROLE')) as string[])[0] === 'master');
  await agreed(cluster);

  // The same id again, another message.
  const sent = await insist(() => port.append(channel, 'alpha', 'bravo', 'anew'));
  expect(sent.message.id).toBe(lost.message.id);
  // Who was parked behind the end of this history is told, and hears what came after.
  const seat = { channelId: channel.id, callsign: 'bravo', sessionHash: sessionOf(channel, 'bravo') };
  const read = { ...seat, bare: false, final: false, rewoundTold: false };
  const slice = await other.read({ ...read, from: ahead.id, tag: ahead.tag, limits: { messages: 10, bytes: 1e6 } });
  expect(slice).toMatchObject({ gap: { reason: 'rewound' } });
  if (typeof slice !== 'string') expect(heard(slice)).toEqual(['(one)', '(two)', '(anew)']);
  // A cursor of the lost stretch is known by its tag, when this history has come as far, too.
  for (const text of ['anew 2', 'anew 3']) await port.append(channel, 'alpha', 'bravo', text);
  expect((await port.hear(channel, 'alpha', at(ahead)))?.gap).toMatchObject({ reason: 'rewound' });
  for (const [i, one] of rest.entries()) {
    await port.append(one, 'alpha', 'bravo', 'three');
    const slice = await port.hear(one, 'bravo', at(cursors[i + 1]!));
    expect(heard(slice)).toEqual(['three']);
    expect(slice).toMatchObject({ gap: null, cursor: { tag: cursors[i + 1]!.tag } });
  }
  // The hub that only listens hears at the new primary, too.
  const before = woken.length;
  await insist(() => port.append(channel, 'alpha', 'bravo', 'and on'));
  await until(() => woken.length > before, 'a hint of the new primary');
  expect(port.engine.health()).toBe(null);
  await clear();
  // Everybody is in their place again for those that come after.
  await cluster.ask(replica, 'CONFIG', 'SET', 'masteruser', '', 'masterauth', '');
});

test('replicated: each write waits for a replica of the primary that took it', async () => {
  const { port, clear } = await openFleet(cluster.url, 'replicated');
  const channels = await spread(port);
  for (const channel of channels) await insist(() => port.append(channel, 'alpha', 'bravo', 'safe'));
  const holder = await holderOf(slotOfChannel(channels[0]!));
  const [own] = (await cluster.ask(holder, 'ROLE')) as [string, number, [string, string][]];
  expect(own).toBe('master');
  const [, , replicas] = (await cluster.ask(holder, 'ROLE')) as [string, number, [string, string][]];
  const mute = [...cluster.primaries, ...cluster.replicas].find(({ port: one }) => String(one) === replicas[0]![1])!;
  process.kill(mute.pid, 'SIGSTOP');
  try {
    const asked = port.engine.append(port.draft(channels[0]!, 'alpha', 'bravo', 'not safe'));
    await expect(asked).rejects.toMatchObject({ code: 'storage_unavailable' });
    for (const channel of channels.slice(1)) await port.append(channel, 'alpha', 'bravo', 'safe too');
  } finally {
    process.kill(mute.pid, 'SIGCONT');
  }
  await clear();
});

test('three hubs under load: slots move, a replica is promoted; everything acknowledged is heard once, or flagged', async () => {
  const hubs: HubProcess[] = [];
  for (let i = 0; i < 3; i++) hubs.push(await startHubProcess({ args: ['--redis', cluster.url, '--limits', 'off'] }));
  let turn = 0;
  const own = random(seedOf(73));
  let faults = Promise.resolve();
  const masters = async (): Promise<RedisServer[]> => [...new Set(await Promise.all([0, 8_000, 16_000].map(holderOf)))];
  /** Slots of channels that a primary holds. */
  const slotsAt = async (node: RedisServer): Promise<number[]> =>
    ((await cluster.ask(node, 'KEYS', 'rogerthat:{*}:ring')) as string[]).map(slotOf);
  const moveOne = async (): Promise<void> => {
    const all = await masters();
    const counts = await Promise.all(all.map(slotsAt));
    const most = counts.map(({ length }) => length).indexOf(Math.max(...counts.map(({ length }) => length)));
    await moveSlot(cluster, counts[most]![0]!, all[most]!, all[(most + 1) % 3]!);
  };
  const promoteOne = async (): Promise<void> => {
    const all = await masters();
    const [, , replicas] = (await cluster.ask(all[2]!, 'ROLE')) as [string, number, [string, string][]];
    const replica = [...cluster.primaries, ...cluster.replicas].find(({ port }) => String(port) === replicas[0]![1])!;
    await cluster.ask(replica, 'CLUSTER', 'FAILOVER');
    while (!(await masters()).includes(replica));
    await agreed(cluster);
  };
  let done = 0;
  const load = await runLoad({
    ...{ station: { url: async () => hubs[turn++ % 3]!.url }, random: own, channels: 8, agents: 4, retention: 'full', messages: MESSAGES },
    onAcknowledged(total) {
      if (done >= 4 || total < (done + 0.5) * (MESSAGES / 4)) return;
      // One after the other: an operator does not do two things at once.
      faults = faults.then(done++ === 2 ? promoteOne : moveOne);
    },
  });
  await faults;
  const verdict = check(load.history.events);
  console.log(figuresLine('3 × a slot moved, 1 × a replica promoted, Redis Cluster', own.seed, verdict));
  expect(done).toBe(4);
  expect(verdict.violations).toEqual([]);
  expect(verdict.figures).toMatchObject({ acked: MESSAGES, lost: 0, unflagged: 0 });
  for (const hub of hubs) expect((await hub.end('SIGTERM')).code).toBe(0);
});

test('a primary is killed: its replica takes over by itself, and everybody goes on', async () => {
  const { port, another, clear } = await openFleet(cluster.url);
  const other = await another();
  const channels = await spread(port);
  const woken = await parkAt(other, 'bravo', ...channels);
  const slot = slotOfChannel(channels[0]!);
  const primary = await holderOf(slot);
  await cluster.ask(primary, 'SET', `probe:{${channels[0]!.id}}`, '1');
  await cluster.ask(primary, 'WAIT', '1', '0');
  await primary.end('SIGKILL');
  await expect(port.append(channels[0]!, 'alpha', 'bravo', 'too early')).rejects.toMatchObject({ code: 'storage_unavailable' });
  expect(port.engine.health()).toMatch(/^the connection to 127\.0\.0\.1:\d+ is down/);
  for (const channel of channels) await insist(() => port.append(channel, 'alpha', 'bravo', 'after'));
  for (const ids of woken) await until(() => ids.includes(1), 'a hint on each');
  expect([port.engine.health(), other.health()]).toEqual([null, null]);
  await clear();
});
