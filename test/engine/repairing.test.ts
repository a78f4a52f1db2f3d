/**
 * A repair that dies in its last step, at whichever of its renames: what was there is refused as damaged, or what was recovered is served.
 * Never is there nothing, and never half of it (R-RET-14, R-RUN-13).
 */
import { chownSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { limitsFor } from '../../src/core/limits.ts';
import { MoveError } from '../../src/core/moving.ts';
import { openOutgoing } from '../../src/engines/local/export.ts';
import { openIncoming } from '../../src/engines/local/import.ts';
import { DamagedDatabaseError, type LocalEngine, openLocal } from '../../src/engines/local/index.ts';
import { DATABASE_FILE } from '../../src/engines/local/opening.ts';
import { Port } from '../harness/port.ts';
import { temporaryDirectory } from '../harness/process.ts';

/** So many renames are left until the disk takes no more. */
const disk = vi.hoisted(() => ({ left: Number.POSITIVE_INFINITY }));

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const renameSync = (from: string, to: string): void => {
    if (--disk.left < 0) throw Object.assign(new Error('EIO: the rename'), { code: 'EIO' });
    fs.renameSync(from, to);
  };
  return { ...fs, renameSync, default: { ...fs, renameSync } };
});

afterEach(() => {
  disk.left = Number.POSITIVE_INFINITY;
});

const limits = limitsFor('local', 'off');

const open = (directory: string, repair: boolean): LocalEngine => openLocal({ directory, limits, repair });

/** A directory with a log whose database is damaged in its middle, and two channels in it. */
const damaged = async (): Promise<string> => {
  const directory = temporaryDirectory();
  const shelf = {
    directory,
    open: async () => open(directory, false),
    crash: async (engine: unknown) => (engine as LocalEngine).abandon(),
    quiet: async () => {},
    clear: async () => {},
  };
  const port = new Port(shelf, limits);
  await port.open();
  const channels = [await port.channel({ retention: 'full' }), await port.channel({ retention: 'full' })];
  for (const channel of channels) {
    await port.seats(channel, 'alpha');
    for (let i = 0; i < 40; i++) await port.append(channel, 'alpha', 'all', 'x'.repeat(1_000));
  }
  await port.reopen('stop');
  await port.append(channels[0]!, 'alpha', 'all', 'in the log');
  (port.engine as LocalEngine).abandon();
  const path = join(directory, DATABASE_FILE);
  const bytes = readFileSync(path);
  bytes.fill(0x55, 4096 * 30, 4096 * 31);
  writeFileSync(path, bytes);
  expect(() => open(directory, false)).toThrow(DamagedDatabaseError);
  return directory;
};

/** How many channels a start finds; null when it refuses. */
const found = async (directory: string, repair: boolean): Promise<number | null> => {
  try {
    const engine = open(directory, repair);
    const count = engine.channelCount();
    await engine.close();
    return count;
  } catch (error) {
    expect(error).toBeInstanceOf(DamagedDatabaseError);
    return null;
  }
};

test('R-RET-14: whichever rename is the last, the next start refuses what was damaged, or has what was recovered', async () => {
  const outcomes: (number | null)[] = [];
  for (let renames = 0; ; renames++) {
    const directory = await damaged();
    disk.left = renames;
    let died = false;
    try {
      open(directory, true).abandon();
    } catch (error) {
      expect((error as Error).message).toContain(`The data directory ${directory} cannot be used: EIO`);
      died = true;
    }
    disk.left = Number.POSITIVE_INFINITY;
    const next = await found(directory, false);
    outcomes.push(next);
    expect(await found(directory, true)).toBe(2);
    const asides = readdirSync(directory).filter((name) => name.includes('.damaged-'));
    expect(new Set(asides.map((name) => name.replace(/-(?:wal|shm)$/, ''))).size).toBe(1);
    expect(readdirSync(directory).filter((name) => /\.(?:copy|new|repaired)/.test(name))).toEqual([]);
    if (!died) break;
  }
  expect(outcomes[0]).toBeNull();
  expect(outcomes.slice(1)).toEqual(outcomes.slice(1).map(() => 2));
  expect(outcomes.length).toBeGreaterThan(3);
});

test('R-RET-14: what was recovered belongs to whom the damaged database belonged, whoever repairs it', async () => {
  const directory = await damaged();
  const paths = readdirSync(directory).map((name) => join(directory, name));
  // Nobody but root may give a file away.
  const owner = process.getuid?.() === 0 ? 65_534 : statSync(directory).uid;
  for (const path of paths) chownSync(path, owner, statSync(path).gid);
  expect(await found(directory, true)).toBe(2);
  expect(readdirSync(directory).map((name) => [name, statSync(join(directory, name)).uid])).toEqual(
    readdirSync(directory).map((name) => [name, owner]),
  );
});

test('what a repair that was killed was at work on goes with the next start: there may be texts in it that were erased since', async () => {
  const directory = temporaryDirectory();
  const unfinished = ['.copy', '.copy-wal', '.new', '.repaired.new', '.repaired.new-journal'].map((suffix) => DATABASE_FILE + suffix);
  for (const name of unfinished) writeFileSync(join(directory, name), 'half of it');
  await open(directory, false).close();
  for (const name of unfinished) expect(readdirSync(directory)).not.toContain(name);
});

test('a move takes a repaired database that waits for its place for what it is', async () => {
  const directory = await damaged();
  // The new one is made, the log, its index and the database are aside.
  disk.left = 4;
  expect(() => open(directory, true)).toThrow('EIO');
  expect(readdirSync(directory)).not.toContain(DATABASE_FILE);
  disk.left = Number.POSITIVE_INFINITY;
  expect(() => openIncoming(directory, systemClock)).toThrow(MoveError);
  const outgoing = openOutgoing(directory, systemClock);
  const kinds = new Map<string, number>();
  for await (const { kind } of outgoing.records()) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  await outgoing.close();
  expect(kinds.get('channel')).toBe(2);
});
