/** What an engine that died in the middle of removing leaves on the disk, and what the next one makes of it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { limitsFor } from '../../src/core/limits.ts';
import type { Channel } from '../../src/core/types.ts';
import { type LocalEngine, openLocal } from '../../src/engines/local/index.ts';
import type { TestClock } from '../harness/clock.ts';
import type { Shelf } from '../harness/engines.ts';
import { eventually } from '../harness/eventually.ts';
import { Port } from '../harness/port.ts';
import { temporaryDirectory } from '../harness/process.ts';
import { until } from '../harness/until.ts';

let directory: string;
let port: Port;

const HOUR = 3_600_000;

const limits = limitsFor('local', 'off');

beforeEach(async () => {
  directory = temporaryDirectory();
  const shelf: Shelf = {
    directory,
    // Some of these fail on purpose, and a process that dies tells nobody.
    open: async (clock, limits) => openLocal({ directory, limits, clock }),
    crash: async (engine) => (engine as LocalEngine).abandon(),
    quiet: async () => {},
    clear: async () => {},
  };
  port = new Port(shelf, limits);
  await port.open();
});

afterEach(() => port.clear());

/** The number that a statement gives of what stands on the disk. */
const value = (sql: string): number => {
  const db = new Database(join(directory, 'rogerthat.db'), { readonly: true });
  try {
    return Number((db.prepare(sql).raw().get() as unknown[])[0]);
  } finally {
    db.close();
  }
};

/** So many rows stand on the disk, of those that a condition fits. */
const rows = (table: string, where = 'true'): number => value(`SELECT count(*) FROM ${table} WHERE ${where}`);

/** What was put off is written. */
const written = async (clock: TestClock): Promise<void> => {
  clock.advance(500);
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
};

test('R-HOOK-10: a webhook to which nothing is owed goes with its channel, also when the process dies in between', async () => {
  const channel = await port.channel({ retention: 'full' });
  const hook = {
    channelId: channel.id,
    url: 'https://example.com/',
    callsign: null,
    secret: 'x',
    byOwner: true,
    createdAt: 0,
    disabled: null,
  };
  await port.engine.addWebhook({ ...hook, id: 'wh_1', events: ['message.created'] }, null);
  await port.engine.addWebhook({ ...hook, id: 'wh_2', events: ['channel.closed'] }, null);
  await port.engine.closeChannel(channel.id, true);
  await port.reopen('crash');
  expect(rows('webhooks')).toBe(2);
  await written(port.clock);
  // The other one is still to be told.
  expect(rows('webhooks', "id = 'wh_1'")).toBe(0);
  expect(rows('webhooks', "id = 'wh_2'")).toBe(1);
});

/** More than two parts of what is deleted. */
const EVENTS = 1_300;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A channel with a transcript, the newest there is. */
const talk = async (events: number): Promise<{ channel: Channel; no: number }> => {
  const channel = await port.channel({ retention: 'full' });
  await port.seats(channel, 'alpha');
  await Promise.all(Array.from({ length: events - 2 }, (_, i) => port.append(channel, 'alpha', 'all', `removed ${i}`)));
  return { channel, no: value(`SELECT no FROM channels WHERE id = '${channel.id}'`) };
};

test('R-OWNER-3: a transcript is deleted in parts, between which others have their turn, and the answer waits for the last', async () => {
  const other = await port.channel();
  await port.seats(other, 'alpha');
  const { channel, no } = await talk(EVENTS);
  let gone = false;
  const erased = port.engine.closeChannel(channel.id, true).then(() => {
    gone = true;
  });
  const left = new Set<number>();
  while (!gone) {
    left.add(rows('events', `no = ${no}`));
    if (left.size > 1)
      await expect(Promise.resolve().then(() => port.engine.history(channel.id, 1))).rejects.toMatchObject({ code: 'unauthorized' });
    await turn();
  }
  await erased;
  expect([...left].slice(0, 3)).toEqual([EVENTS, EVENTS - 500, EVENTS - 1_000]);
  expect(rows('events', `no = ${no}`)).toBe(0);
  expect(rows('removed')).toBe(0);
});

test.each(['erased', 'idle'])(
  'R-RET-1: of an %s channel a crash in the middle leaves nothing that is found, and the next start takes the rest',
  async (how) => {
    await port.channel();
    const { channel, no } = await talk(EVENTS);
    let failed = false;
    if (how === 'erased')
      port.engine.closeChannel(channel.id, true).catch(() => {
        failed = true;
      });
    else {
      port.clock.advance(7 * 24 * HOUR + 1);
      expect(await port.engine.sweep()).toContain(channel.id);
      port.clock.advance(500);
    }
    // Turn by turn: the other parts follow at once.
    await until(() => rows('events', `no = ${no}`) < EVENTS, 'a part to be deleted');
    expect(failed).toBe(false);
    const crashed = port.reopen('crash');
    const left = rows('events', `no = ${no}`);
    expect(left).toBeGreaterThan(0);
    await crashed;
    expect(await port.engine.channel(channel.id)).toBeUndefined();
    // A number that is still in use would give it the other's transcript.
    const next = await port.channel({ retention: 'full' });
    expect((await port.engine.transcript(next.id, 0, 10)).map(({ type }) => type)).toEqual(['channel_created']);
    expect(await port.engine.history(next.id, 10)).toEqual([]);
    await eventually('the rest to be deleted', async () => {
      await turn();
      return rows('removed') === 0;
    });
    expect(rows('events', `no = ${no}`)).toBe(0);
    expect(rows('events', "data LIKE '%removed%'")).toBe(0);
    await port.reopen('crash');
    expect((await port.engine.transcript(next.id, 0, 10)).map(({ type }) => type)).toEqual(['channel_created']);
  },
);

test('a hub that stops in good order leaves nothing of a removed channel', async () => {
  const { channel } = await talk(EVENTS);
  await Promise.all([port.engine.closeChannel(channel.id, true), Promise.resolve().then(() => port.reopen('stop'))]);
  expect([rows('events'), rows('removed')]).toEqual([0, 0]);
});

test('R-RET-15: an index that names a row of another channel takes nothing from that', async () => {
  const [{ no }, { channel, no: gone }] = [await talk(10), await talk(10)];
  await port.engine.close();
  const file = join(directory, 'rogerthat.db');
  const change = (...statements: string[]): void => {
    const db = new Database(file);
    db.exec('PRAGMA writable_schema = ON');
    for (const statement of statements) db.exec(statement);
    db.close();
  };
  const row = `no = ${no} AND seq = 5`;
  const n = value(`SELECT n FROM events WHERE ${row}`);
  // The table is put right while the index is out of sight: then the index alone is wrong.
  change(
    `UPDATE events SET no = ${gone}, seq = 11 WHERE n = ${n}`,
    "CREATE TABLE aside AS SELECT * FROM sqlite_master WHERE name = 'events_by_channel'",
    "DELETE FROM sqlite_master WHERE name = 'events_by_channel'",
  );
  change(`UPDATE events SET no = ${no}, seq = 5 WHERE n = ${n}`, 'INSERT INTO sqlite_master SELECT * FROM aside');
  await port.open();
  expect([rows('events', `no = ${gone}`), rows('events NOT INDEXED', `no = ${gone}`)]).toEqual([11, 10]);
  await port.engine.closeChannel(channel.id, true);
  expect([rows('events NOT INDEXED', `no = ${gone}`), rows('events NOT INDEXED', `no = ${no}`)]).toEqual([0, 10]);
});

test('R-SEND-11: keys are forgotten after a day in whatever order they are found, and their rows go with them', async () => {
  const channel = await port.channel({ retention: 'metadata' });
  await port.seats(channel, 'alpha');
  const use = (name: string) => port.append(channel, 'alpha', 'all', 'x', { key: { hash: name, content: 'x' } });
  await use('z');
  port.clock.advance(12 * HOUR);
  await use('a');
  // From a time when the wall clock was wrong.
  port.clock.jump(480 * HOUR);
  await use('k');
  port.clock.jump(-480 * HOUR);
  await use('b');
  await port.reopen('crash');
  port.clock.advance(12 * HOUR + 1);
  await port.engine.sweep();
  await eventually('the row to go', async () => {
    await turn();
    return rows('keys') === 3;
  });
  expect((await use('a')).duplicate).toBe(true);
  // Used anew, its row is another.
  expect((await use('z')).duplicate).toBe(false);
  port.clock.advance(12 * HOUR);
  await port.engine.sweep();
  await eventually('the rows to go', async () => {
    await turn();
    return rows('keys') === 2;
  });
  expect((await use('z')).duplicate).toBe(true);
  expect((await use('a')).duplicate).toBe(false);
  // Without a start in between, too.
  port.clock.jump(480 * HOUR);
  await use('l');
  port.clock.jump(-480 * HOUR);
  await use('c');
  port.clock.advance(24 * HOUR + 1);
  await port.engine.sweep();
  expect((await use('l')).duplicate).toBe(true);
  expect((await use('c')).duplicate).toBe(false);
});

test('a database of a program that knew nothing of it is taken as it is, and is no damaged one', async () => {
  const channel = await port.channel({ retention: 'full' });
  await port.engine.close();
  const db = new Database(join(directory, 'rogerthat.db'));
  db.exec('DROP INDEX notes_by_end; DROP TABLE removed');
  db.close();
  const said: unknown[] = [];
  openLocal({ directory, limits, repair: true, report: (error) => said.push(error) }).abandon();
  expect(said).toEqual([]);
  expect(rows('sqlite_master', "name IN ('notes_by_end', 'removed')")).toBe(2);
  await port.open();
  expect(await port.engine.channel(channel.id)).toBeDefined();
});

test('R-RUN-13: a repair in the middle takes nothing along of what is being removed', async () => {
  const { channel, no } = await talk(EVENTS);
  port.engine.closeChannel(channel.id, true).catch(() => {});
  while (rows('events', `no = ${no}`) === EVENTS) await turn();
  (port.engine as LocalEngine).abandon();
  // A row that is not sound, so that there is something to repair.
  const db = new Database(join(directory, 'rogerthat.db'));
  db.exec("INSERT INTO identities VALUES ('id', 'hash', 'name', 1, 1)");
  db.close();
  const said: unknown[] = [];
  openLocal({ directory, limits, repair: true, report: (error) => said.push(error) }).abandon();
  expect(String(said[0])).toContain(' 0 removed, ');
  expect([rows('events'), rows('removed'), rows('channels')]).toEqual([0, 0, 0]);
  await port.open();
});

test('R-ERR-12: while the disk refuses a part, the owner is told so, others go on, and it is done in the end', async () => {
  const { channel, no } = await talk(EVENTS);
  const full = (sql: string): void => {
    const db = new Database(join(directory, 'rogerthat.db'));
    db.exec(sql);
    db.close();
  };
  full("CREATE TRIGGER refuse BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'no room'); END");
  await expect(port.engine.closeChannel(channel.id, true)).rejects.toMatchObject({ code: 'storage_unavailable' });
  expect(await port.engine.channel(channel.id)).toBeUndefined();
  expect(port.engine.health()).toContain('no room');
  const other = await port.channel({ retention: 'full' });
  await port.seats(other, 'alpha');
  full('DROP TRIGGER refuse');
  port.clock.advance(500);
  while (rows('removed') > 0) await turn();
  expect(rows('events', `no = ${no}`)).toBe(0);
  expect(port.engine.health()).toBeNull();
});

test('R-OWNER-3: of what was erased no byte is on the disk when the hub has stopped', async () => {
  const channel = await port.channel({ retention: 'full' });
  await port.seats(channel, 'alpha', 'bravo');
  for (let i = 0; i < 600; i++) await port.append(channel, 'alpha', 'all', `MARKER ${i} ${'x'.repeat(500)}`);
  const other = await port.channel({ retention: 'full' });
  await port.seats(other, 'alpha', 'bravo');
  await port.append(other, 'alpha', 'all', 'KEPT');
  const found = (words: string): string[] =>
    readdirSync(directory).filter((name) => readFileSync(join(directory, name), 'latin1').includes(words));
  expect(found('MARKER')).not.toEqual([]);
  await port.engine.closeChannel(channel.id, true);
  await port.reopen('stop');
  expect(found('MARKER')).toEqual([]);
  expect(found('KEPT')).not.toEqual([]);
});
