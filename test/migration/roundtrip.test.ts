/** Every kind of record, out of a directory, into Redis and back into a directory: the same records, whatever their order. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { limitsFor } from '../../src/core/limits.ts';
import { RECORD_KINDS, type StoreRecord } from '../../src/core/moving.ts';
import { openVault } from '../../src/courier/vault.ts';
import { openLocal } from '../../src/engines/local/index.ts';
import { migrate } from '../../src/migration/migrate.ts';
import { openSource, type Place } from '../../src/migration/places.ts';
import { testClock } from '../harness/clock.ts';
import { sharedCluster } from '../harness/cluster.ts';
import { after, hashOf, LATEST, Port } from '../harness/port.ts';
import { sharedRedis } from '../harness/redis.ts';
import { scratch } from '../harness/scratch.ts';

const made: string[] = [];
afterAll(() => {
  for (const directory of made) rmSync(directory, { recursive: true, force: true });
});

const directoryPlace = (): Extract<Place, { at: 'directory' }> => {
  const base = mkdtempSync(join(scratch, 'rogerthat-move-'));
  made.push(base);
  return { at: 'directory', directory: join(base, 'data') };
};

const redisPlace = async (server: () => Promise<{ readonly url: string }> = sharedRedis): Promise<Place> => {
  const { url } = await server();
  return { at: 'redis', url, durability: 'async', prefix: `${randomBytes(6).toString('hex')}:` };
};

const limits = limitsFor('local');

const move = (from: Place, to: Place, secretKey: string | null = 'a key of the operator') =>
  migrate({ from, to, secretKey, limits, signal: new AbortController().signal });

/** Fields that are read by the clock of whoever reads them: about the same each time. */
const TIMES = ['seenAt', 'touchedAt', 'until', 'dueAt'];

interface Found {
  /** Without what a move may change: those times, and the cipher of a secret. */
  readonly text: string;
  readonly times: readonly number[];
}

const foundOf = (record: StoreRecord): Found => {
  const times: number[] = [];
  const text = JSON.stringify(record, (name, value) => {
    if (name === 'secret') return '';
    if (TIMES.includes(name)) {
      times.push(Number(value));
      return value === null ? null : 'some time';
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
  return { text, times };
};

const recordsIn = async (place: Place): Promise<Found[]> => {
  const source = await openSource(place, systemClock);
  const found: Found[] = [];
  for await (const record of source.records()) found.push(foundOf(record));
  await source.close();
  return found.sort((a, b) => (a.text < b.text ? -1 : 1));
};

const expectSame = (found: readonly Found[], wanted: readonly Found[]): void => {
  expect(found.map(({ text }) => text)).toEqual(wanted.map(({ text }) => text));
  found.forEach(({ text, times }, i) => {
    for (const [n, time] of times.entries()) expect(Math.abs(time - wanted[i]!.times[n]!), text).toBeLessThan(60_000);
  });
};

/** A note that a cluster does not find. */
const LASTING = 'hash-of-a-session';

/** A directory with something of everything. */
const filled = async (): Promise<Extract<Place, { at: 'directory' }>> => {
  const place = directoryPlace();
  const clock = testClock(Date.now() - 600_000);
  const shelf = {
    directory: place.directory,
    open: async () => openLocal({ directory: place.directory, limits, clock }),
    crash: async () => {},
    quiet: async () => {},
    clear: async () => {},
  };
  const port = new Port(shelf, limits);
  await port.open();
  const { engine } = port;
  const vault = openVault(place.directory, null);
  await engine.openBand({ ...(await port.channel()), id: 'general', joinTokenHash: '', ownerTokenHash: '' });
  for (const retention of ['none', 'metadata', 'prompts', 'full'] as const) {
    const channel = await port.channel({ retention, ownerPasswordHash: 'scrypt:x', sessionTtlMs: 60_000 });
    const { session } = await port.claim(channel, 'gone', { newIdentity: port.identity(`gone of ${retention}`) });
    clock.advance(60_000);
    await engine.session(channel.id, session.hash);
    await port.claim(channel, 'alpha', { newIdentity: port.identity(retention), authorized: true });
    await port.seats(channel, 'bravo', 'charlie', 'kicked');
    const id = `wh_${retention}`;
    const secret = vault.seal('whsec_AAAA', id);
    const events = ['message.created', 'member.joined', 'member.left', 'channel.closed'] as const;
    const byOwner = retention === 'full';
    const made = { id, channelId: channel.id, url: 'http://127.0.0.1:9/', events, callsign: null, secret, byOwner };
    await engine.addWebhook({ ...made, createdAt: clock.now(), disabled: null }, null);
    for (let i = 0; i < 150; i++) {
      await port.append(channel, 'alpha', i % 3 === 0 ? 'bravo' : 'all', `Text ${i} "/" \u{1F44B}`, {
        replyTo: i > 4 ? i - 2 : null,
        key: i % 10 === 0 ? { hash: hashOf(`k${i}`), content: hashOf(`c${i}`) } : null,
      });
      if (i === 20) await port.hear(channel, 'bravo');
      if (i === 40) await port.hear(channel, 'charlie', after(30), { handed: false });
    }
    await port.append(channel, 'alpha', 'nobody', 'for one who has not joined');
    await port.append(channel, 'alpha', 'all', 'busy', { kind: 'status' });
    await port.hear(channel, 'bravo', LATEST);
    await engine.kick(channel.id, 'kicked', true);
    await engine.leave(channel.id, (await port.claim(channel, 'left')).session.hash);
    await engine.setGuards(channel.id, 2.5, false);
    const { claimed } = await engine.claimDue(30_000, 1);
    for (const one of claimed) {
      await engine.settle(one, { at: clock.now(), tookMs: 5, status: null, reason: 'refused' }, { state: 'retry', inMs: 5_000 });
    }
    const { claimed: next } = await engine.claimDue(30_000, 1);
    for (const one of next) await engine.settle(one, { at: clock.now(), tookMs: 5, status: 204, reason: null }, { state: 'delivered' });
    await engine.claimTest(channel.id, id, 30_000);
    if (retention === 'metadata') await engine.pause(channel.id, true);
    if (retention === 'prompts') await engine.closeChannel(channel.id, false);
  }
  const erased = await port.channel();
  const hook = { id: 'wh_erased', channelId: erased.id, url: 'http://127.0.0.1:9/', events: ['channel.closed'] as const, callsign: 'x' };
  const secret = vault.seal('whsec_BBBB', 'wh_erased');
  await engine.addWebhook({ ...hook, secret, byOwner: true, createdAt: clock.now(), disabled: null }, null);
  await engine.closeChannel(erased.id, true);
  await engine.notes.agree('mcp-proof', 'a key that all hubs agree on');
  await engine.notes.remember(LASTING, 'a sealed text | with a bar', 86_400_000);
  await engine.notes.remember('soon over', 'x', 60_000);
  // Some die with a journal.
  (engine as ReturnType<typeof openLocal>).abandon();
  return place;
};

test.each([
  ['Redis', sharedRedis],
  ['a Redis Cluster', sharedCluster],
] as const)('local, %s, local: nothing is added, lost or changed', async (_, server) => {
  const [from, between, to] = [await filled(), await redisPlace(server), directoryPlace()];
  const all = await recordsIn(from);
  const before = server === sharedCluster ? all.filter(({ text }) => !text.includes(LASTING)) : all;
  for (const kind of RECORD_KINDS)
    expect(
      before.some(({ text }) => text.includes(`"kind":"${kind}"`)),
      kind,
    ).toBe(true);
  const there = await move(from, between);
  expect(there.unreadable).toEqual([]);
  expectSame(await recordsIn(between), before);
  const back = await move(between, to);
  expect({ ...back.counts, note: 0 }).toEqual({ ...there.counts, note: 0 });
  expectSame(await recordsIn(to), before);
  // Neither source has changed.
  expectSame(await recordsIn(from), all);
  expectSame(await recordsIn(between), before);
});

test('from Redis to Redis, and from a directory to a directory', async () => {
  const [from, one, two, to] = [await filled(), await redisPlace(), await redisPlace(), directoryPlace()];
  const before = await recordsIn(from);
  await move(from, one);
  await move(one, two);
  expectSame(await recordsIn(two), before);
  await move(from, to, null);
  expectSame(await recordsIn(to), before);
});

test('secrets of webhooks are sealed with the key of the place they come to', async () => {
  const [from, between, to] = [await filled(), await redisPlace(), directoryPlace()];
  const secretIn = async (place: Place): Promise<string> => {
    const source = await openSource(place, systemClock);
    let secret = '';
    for await (const record of source.records()) if (record.kind === 'webhook' && record.hook.id === 'wh_full') secret = record.hook.secret;
    await source.close();
    return secret;
  };
  await move(from, between, 'the key of a fleet');
  expect(openVault(null, 'the key of a fleet').open(await secretIn(between), 'wh_full')).toBe('whsec_AAAA');
  // Another key than the fleet's opens nothing: they move as they are, and are named.
  const wrong = directoryPlace();
  const { unreadable } = await move(between, wrong, 'some other key');
  expect(unreadable).toContain('wh_full');
  expect(await secretIn(wrong)).toBe(await secretIn(between));
  await move(between, to, 'the key of a fleet');
  expect(openVault(to.directory, null).open(await secretIn(to), 'wh_full')).toBe('whsec_AAAA');
});
