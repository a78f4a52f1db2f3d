/** When the local engine says that something is stored: only the sync of the log can say that of a power failure. */
import { expect, test, vi } from 'vitest';
import { Hub } from '../../src/core/hub.ts';
import { limitsFor } from '../../src/core/limits.ts';
import { ENGINES } from '../harness/engines.ts';
import { BARE, hashOf, Port } from '../harness/port.ts';
import { turns, until } from '../harness/until.ts';
import { verifies } from '../harness/verifies.ts';

/** Syncs that were asked for; each is done when the test lets it, or fails when it says why. */
const held = vi.hoisted(() => ({ syncs: [] as ((failure?: Error) => void)[], holding: false }));

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const fdatasync = (fd: number, done: (error: Error | null) => void): void => {
    if (held.holding) held.syncs.push((failure) => (failure ? done(failure) : fs.fdatasync(fd, done)));
    else fs.fdatasync(fd, done);
  };
  return { ...fs, fdatasync, default: { ...fs, fdatasync } };
});

verifies.once('restart:synced', async () => {
  const kind = ENGINES.find(({ name }) => name === 'local on disk')!;
  const port = new Port(await kind.shelf(), limitsFor('local'));
  await port.open();
  try {
    for (const retention of ['metadata', 'prompts', 'full'] as const) {
      const channel = await port.channel({ retention });
      await port.seats(channel, 'alpha', 'bravo');
      held.holding = true;
      let answered = 0;
      const first = port.append(channel, 'alpha', 'all', 'one').then(() => answered++);
      await until(() => held.syncs.length === 1, 'the first sync');
      // Written after that sync began, so it needs one of its own; two share it.
      const others = ['two', 'three'].map((text) => port.append(channel, 'alpha', 'all', text).then(() => answered++));
      await turns(50);
      expect([answered, held.syncs.length]).toEqual([0, 1]);
      held.syncs.shift()!();
      await first;
      await until(() => held.syncs.length === 1, 'the second sync');
      expect(answered).toBe(1);
      held.syncs.shift()!();
      await Promise.all(others);
      expect([answered, held.syncs.length]).toEqual([3, 0]);
      // Who repeats a key is answered no sooner than who used it first.
      const key = { key: { hash: hashOf('k'), content: hashOf('four') } };
      const twice = [1, 2].map(() => port.append(channel, 'alpha', 'all', 'four', key).then(() => answered++));
      await until(() => held.syncs.length === 1, 'the sync of the key');
      await turns(50);
      expect(answered).toBe(3);
      held.syncs.shift()!();
      await Promise.all(twice);
      held.holding = false;
    }
    held.holding = true;
    const none = await port.channel();
    await port.seats(none, 'alpha');
    await port.append(none, 'alpha', 'all', 'survives the process, and that is what it says');
    expect(held.syncs).toEqual([]);
  } finally {
    held.holding = false;
    await port.clear();
  }
});

/** A local engine on disk with a channel that is synced, and somebody on it. */
const synced = async (): Promise<{ port: Port; say: (text: string) => Promise<unknown> }> => {
  const kind = ENGINES.find(({ name }) => name === 'local on disk')!;
  const port = new Port(await kind.shelf(), limitsFor('local'));
  await port.open();
  const channel = await port.channel({ retention: 'full' });
  await port.seats(channel, 'alpha');
  return { port, say: (text) => port.append(channel, 'alpha', 'all', text) };
};

test('a message whose sync failed is told to whoever is parked, and its key promises nothing until it is synced', async () => {
  const reports: unknown[] = [];
  const kind = ENGINES.find(({ name }) => name === 'local on disk')!;
  const port = new Port(await kind.shelf(), limitsFor('local'), (error) => reports.push(error));
  await port.open();
  try {
    const channel = await port.channel({ retention: 'full' });
    await port.seats(channel, 'alpha', 'bravo');
    const told: number[] = [];
    port.engine.onAppended((_, { id }) => told.push(id));
    const say = () => port.append(channel, 'alpha', 'bravo', 'one', { key: { hash: hashOf('k'), content: hashOf('one') } });
    held.holding = true;
    const broken = new Error('EIO: i/o error, fdatasync');
    for (const telling of [[1], [1]]) {
      const refused = expect(say()).rejects.toMatchObject({ code: 'storage_unavailable' });
      await until(() => held.syncs.length === 1, 'the sync');
      held.syncs.shift()!(broken);
      await refused;
      expect(told).toEqual(telling);
    }
    expect(reports).toEqual([broken, broken]);
    const again = say();
    await until(() => held.syncs.length === 1, 'the sync of the repeat');
    held.syncs.shift()!();
    expect(await again).toMatchObject({ message: { id: 1 }, duplicate: true });
    held.holding = false;
    // What an earlier process wrote may not be synced either.
    await port.reopen('crash');
    held.holding = true;
    const later = say();
    await until(() => held.syncs.length === 1, 'the sync after a start');
    held.syncs.shift()!();
    expect(await later).toMatchObject({ message: { id: 1 }, duplicate: true });
  } finally {
    held.holding = false;
    await port.clear();
  }
});

const joining = { callsign: 'alpha', identityKey: null, newIdentity: false, ownerPassword: null, address: '127.0.0.1' };

test.each([
  ['kick', 'kicked'],
  ['erase', 'unauthorized'],
  ['leave', 'not_joined'],
  ['join', 'not_joined'],
] as const)('whoever waits hears of a %s whose sync failed', async (step, code) => {
  const kind = ENGINES.find(({ name }) => name === 'local on disk')!;
  const port = new Port(await kind.shelf(), limitsFor('local'), () => {});
  await port.open();
  const hub = new Hub({ engine: port.engine, limits: limitsFor('local'), clock: port.clock });
  try {
    const channel = await port.channel({ retention: 'full' });
    const { session } = await port.claim(channel, 'alpha');
    const waiting = expect(hub.listen(session, { since: BARE, limit: 1, timeoutMs: 60_000 })).rejects.toMatchObject({ code });
    waiting.catch(() => {});
    await until(() => hub.waiters.count === 1, 'the listener');
    held.holding = true;
    const steps = {
      leave: () => hub.leave(session),
      erase: () => hub.owner.close(channel, true),
      kick: () => hub.owner.kick(channel, 'alpha', null),
      // With an identity it begins a session of its own.
      join: () => hub.join({ channel, token: `join ${channel.id}`, ...joining, newIdentity: true }),
    };
    const refused = expect(steps[step]()).rejects.toMatchObject({ code: 'storage_unavailable' });
    await until(() => held.syncs.length === 1, 'the sync');
    held.syncs.shift()!(new Error('EIO: i/o error, fdatasync'));
    await refused;
    await until(() => hub.waiters.count === 0, 'the listener to be told');
    await waiting;
  } finally {
    held.holding = false;
    hub.close();
    await port.clear();
  }
});

test('an end waits for every sync that was asked for, also for one that waits for another', async () => {
  const { port, say } = await synced();
  held.holding = true;
  try {
    let ended = false;
    const first = say('one');
    await until(() => held.syncs.length === 1, 'the first sync');
    const second = say('two');
    await turns(50);
    const end = port.engine.close().then(() => {
      ended = true;
    });
    held.syncs.shift()!();
    await first;
    await until(() => held.syncs.length === 1, 'the second sync');
    await turns(50);
    expect(ended).toBe(false);
    held.syncs.shift()!();
    await Promise.all([second, end]);
  } finally {
    held.holding = false;
  }
});

test('what is asked for while the engine ends is refused, and not left without an answer', async () => {
  const { port, say } = await synced();
  held.holding = true;
  try {
    const first = say('one');
    await until(() => held.syncs.length === 1, 'the sync');
    const end = port.engine.close();
    await expect(say('two')).rejects.toMatchObject({ code: 'storage_unavailable' });
    held.syncs.shift()!();
    await Promise.all([first, end]);
  } finally {
    held.holding = false;
  }
});

test('an engine whose last sync failed lets go of its directory all the same', async () => {
  const reports: unknown[] = [];
  const kind = ENGINES.find(({ name }) => name === 'local on disk')!;
  const port = new Port(await kind.shelf(), limitsFor('local'), (error) => reports.push(error));
  await port.open();
  const channel = await port.channel({ retention: 'full' });
  await port.seats(channel, 'alpha');
  held.holding = true;
  try {
    const said = port.append(channel, 'alpha', 'all', 'one');
    await until(() => held.syncs.length === 1, 'the sync');
    const end = port.engine.close();
    const broken = new Error('EIO: i/o error, fdatasync');
    held.syncs.shift()!(broken);
    await Promise.all([expect(said).rejects.toMatchObject({ code: 'storage_unavailable' }), expect(end).rejects.toBe(broken)]);
    expect(reports).toEqual([broken]);
    await port.open();
    expect((await port.engine.history(channel.id, 1)).map(({ text }) => text)).toEqual(['one']);
  } finally {
    held.holding = false;
    await port.clear();
  }
});
