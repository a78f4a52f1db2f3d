/**
 * Hundreds of single flipped bits, each on a copy of its own: the engine refuses, or refuses the damaged part, or
 * serves all of it as it was written. Never less without a word, never anything else (R-RUN-13, R-RET-15).
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { beforeAll, expect, test } from 'vitest';
import { HubError } from '../../src/core/errors.ts';
import { limitsFor } from '../../src/core/limits.ts';
import { DamagedDatabaseError, type LocalEngine, openLocal } from '../../src/engines/local/index.ts';
import { copyOf, type Estate, makeEstate } from '../harness/estate.ts';
import { temporaryDirectory } from '../harness/process.ts';
import { type Random, random, seedOf } from '../harness/random.ts';

const FLIPS = 250;

let estate: Estate;
beforeAll(async () => {
  estate = await makeEstate('SIGTERM');
});

type Outcome = 'the file refused' | 'a part refused' | 'all served';

/** What a reading call gives, or null when it admits that it cannot. */
const admitted = <T>(read: () => T): T | null => {
  try {
    return read();
  } catch (error) {
    if (error instanceof HubError && error.code === 'storage_unavailable') return null;
    throw error;
  }
};

const judge = (engine: LocalEngine, estate: Estate): Outcome => {
  let outcome: Outcome = 'all served';
  for (const { channel, events, messages } of estate.channels) {
    const transcript = admitted(() => engine.transcript(channel.id, 0, 10_000));
    const history = admitted(() => engine.history(channel.id, 100));
    if (transcript === null || history === null) outcome = 'a part refused';
    if (transcript) expect(JSON.stringify(transcript)).toBe(JSON.stringify([...events.values()]));
    if (history && channel.retention === 'full') expect(JSON.stringify(history)).toBe(JSON.stringify([...messages.values()]));
  }
  return outcome;
};

const flipAndOpen = (original: Buffer, estate: Estate, own: Random): Outcome => {
  const directory = temporaryDirectory();
  const bytes = Buffer.from(original);
  const at = own.int(0, bytes.length - 1);
  const bit = own.int(0, 7);
  bytes[at]! ^= 1 << bit;
  writeFileSync(join(directory, 'rogerthat.db'), bytes);
  let engine: LocalEngine | null = null;
  try {
    engine = openLocal({ directory, limits: limitsFor('local', 'off') });
    return judge(engine, estate);
  } catch (error) {
    if (error instanceof DamagedDatabaseError) return 'the file refused';
    throw new Error(`bit ${bit} of byte ${at}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  } finally {
    engine?.abandon();
    rmSync(directory, { recursive: true });
  }
};

/** What a flipped bit in an index or in a number does, done by hand: a row that is not found where it was written. */
test.each<[name: string, which: (rows: number) => number]>([
  ['the first', () => 1],
  ['one in the middle', (rows) => Math.ceil(rows / 2)],
  ['one before the last', (rows) => rows - 1],
  ['the last', (rows) => rows],
])('R-RET-15: %s of the rows is not found: the part is refused', (_, which) => {
  const directory = copyOf(estate);
  const { channel, events } = estate.channels[0]!;
  const db = new Database(join(directory, 'rogerthat.db'));
  db.prepare('DELETE FROM events WHERE seq = ? AND no = (SELECT no FROM channels WHERE id = ?)').run(which(events.size), channel.id);
  db.close();
  const engine = openLocal({ directory, limits: limitsFor('local', 'off') });
  try {
    expect(admitted(() => engine.transcript(channel.id, 0, 10_000))).toBeNull();
    expect(engine.health()).toContain('a row of table events is missing');
    if (which(events.size) > 1) expect(admitted(() => engine.history(channel.id, 100))).toBeNull();
    // A place behind the hole is read as it is; one before it is not.
    const behind = admitted(() => engine.transcript(channel.id, which(events.size), 5));
    if (which(events.size) < events.size - 5) expect(behind).toHaveLength(5);
  } finally {
    engine.abandon();
  }
});

test(`R-RET-15: ${FLIPS} flipped bits are refused or do no harm`, () => {
  const own = random(seedOf(61));
  const original = readFileSync(join(estate.directory, 'rogerthat.db'));
  const counts = new Map<Outcome, number>();
  for (let i = 0; i < FLIPS; i++) {
    const outcome = flipAndOpen(original, estate, own);
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
  console.log(`${FLIPS} flipped bits (seed ${own.seed}): ${[...counts].map(([what, n]) => `${n} × ${what}`).join(', ')}`);
  expect(counts.get('the file refused')).toBeGreaterThan(0);
  expect(counts.get('a part refused')).toBeGreaterThan(0);
});
