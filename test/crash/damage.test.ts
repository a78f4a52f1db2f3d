/**
 * Torn and flipped bytes: the hub refuses and leaves the file as it is, or serves what was truly written and says what
 * is missing. It never invents, and never comes back empty without a word (R-RUN-13, R-RET-14, R-RET-15, R-LISTEN-18).
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { fingerprintOf, type HarmName, harm } from '../harness/damage.ts';
import { copyOf, type Estate, examine, makeEstate, startOn } from '../harness/estate.ts';
import { EndedEarly, type HubProcess } from '../harness/process.ts';
import { random, seedOf } from '../harness/random.ts';

const DATABASE = 'rogerthat.db';
const LOG = 'rogerthat.db-wal';
type File = typeof DATABASE | typeof LOG;

const seed = seedOf(51);

/** Starts, or says how it refused. */
const attempt = async (directory: string): Promise<HubProcess | EndedEarly> => {
  try {
    return await startOn(directory);
  } catch (error) {
    if (error instanceof EndedEarly) return error;
    throw error;
  }
};

const filesOf = (directory: string): (string | null)[] => [DATABASE, LOG].map((name) => fingerprintOf(join(directory, name)));

/** After a refusal: what `--repair` makes of it. */
const expectRepair = async (directory: string, estate: Estate): Promise<string> => {
  const [database, log] = filesOf(directory);
  const hub = await startOn(directory, { args: ['--repair'] });
  const asides = readdirSync(directory).filter((name) => name.includes('.damaged-'));
  const aside = asides.find((name) => !/-(?:wal|shm)$/.test(name)) ?? asides[0]!.replace(/-(?:wal|shm)$/, '');
  expect(hub.stderr()).toMatch(/recovered\. The damaged file is kept as /);
  expect(hub.stderr()).toContain(aside);
  expect([fingerprintOf(join(directory, aside)), fingerprintOf(join(directory, `${aside}-wal`))]).toEqual([database, log]);
  const found = await examine(hub.url, estate, true);
  expect(found.wrong).toEqual([]);
  await hub.end('SIGTERM');
  // The repaired one is sound, and repairing it again changes nothing.
  const again = await startOn(directory, { args: ['--repair'] });
  expect(again.stderr()).not.toMatch(/recovered/);
  await again.end('SIGKILL');
  expect(readdirSync(directory).filter((name) => name.includes('.damaged-')).length).toBe(asides.length);
  return `refused; repaired ${found.channels} channels, ${found.events} events, ${found.told} seats told`;
};

/** Damages a copy, starts a hub on it, and judges what it does. */
const expectHonesty = async (estate: Estate, file: File, name: HarmName, caseSeed: number): Promise<string> => {
  const directory = copyOf(estate);
  harm(join(directory, file), name, random(caseSeed));
  const before = filesOf(directory);
  const hub = await attempt(directory);
  if (hub instanceof EndedEarly) {
    expect(hub.ending).toEqual({ code: 4, signal: null });
    expect(hub.stderr).toContain(join(directory, DATABASE));
    expect(hub.stderr).toContain('--repair');
    expect(filesOf(directory)).toEqual(before);
    return expectRepair(directory, estate);
  }
  const found = await examine(hub.url, estate, false);
  expect(found.wrong).toEqual([]);
  expect(await hub.end('SIGTERM')).toEqual({ code: 0, signal: null });
  return `served ${found.channels} channels, ${found.events} events, ${found.told} seats told`;
};

/** How often each kind of outcome came, by its first word. */
const report = (name: string, outcomes: readonly string[]): void => {
  const [refused, served] = ['refused', 'served'].map((word) => outcomes.filter((outcome) => outcome.startsWith(word)).length);
  console.log(`${name} (seed ${seed}): ${outcomes.length} times damaged, ${refused} refused and repaired, ${served} served`);
};

type Harmed = readonly (readonly [file: File, harm: HarmName, times: number])[];

const ONE_FILE: Harmed = [
  [DATABASE, 'a flipped bit', 3],
  [DATABASE, 'a flipped bit of the first page', 2],
  [DATABASE, 'a flipped bit of the header', 1],
  [DATABASE, 'a sector of garbage', 1],
  [DATABASE, 'a sector of zeros', 1],
  [DATABASE, 'a header of garbage', 1],
  [DATABASE, 'the end cut off', 1],
  [DATABASE, 'everything cut off', 1],
];
const TWO_FILES: Harmed = [
  [DATABASE, 'a flipped bit', 2],
  [DATABASE, 'everything cut off', 1],
  [LOG, 'a flipped bit', 2],
  [LOG, 'a header of garbage', 1],
  [LOG, 'the last of it cut off', 1],
  [LOG, 'the file gone', 1],
];
const ONLY_LOG: Harmed = [
  [LOG, 'a flipped bit', 1],
  [LOG, 'a flipped bit of the header', 1],
  [LOG, 'a sector of garbage', 1],
  [LOG, 'the last of it cut off', 1],
  [DATABASE, 'the file gone', 1],
];

describe.each<[name: string, make: () => Promise<Estate>, harmed: Harmed]>([
  ['one file', () => makeEstate('SIGTERM'), ONE_FILE],
  ['a file and its log', () => makeEstate('SIGKILL'), TWO_FILES],
  ['a log that has everything', () => makeEstate('SIGKILL', 'SIGKILL'), ONLY_LOG],
])('R-RUN-13, R-RET-14, R-RET-15: %s', (name, make, harmed) => {
  let estate: Estate;
  beforeAll(async () => {
    estate = await make();
  });

  test('what was not damaged is served whole', async () => {
    const hub = await startOn(copyOf(estate));
    const found = await examine(hub.url, estate, false);
    expect(found).toMatchObject({ wrong: [], channels: estate.channels.length, told: 0 });
    expect(found.events).toBe(estate.channels.reduce((sum, { events }) => sum + events.size, 0));
    await hub.end('SIGTERM');
  });

  test('what was damaged is refused or told, never invented', async () => {
    const cases = harmed.flatMap(([file, kind, times]) => Array.from({ length: times }, (_, i) => ({ file, kind, i })));
    const outcomes: string[] = [];
    const work = async (): Promise<void> => {
      for (let next = cases.shift(); next; next = cases.shift()) {
        const label = `${name}: ${next.file}, ${next.kind} ${next.i} (seed ${seed})`;
        const { seed: caseSeed } = random(seed).fork(label);
        try {
          outcomes.push(await expectHonesty(estate, next.file, next.kind, caseSeed));
        } catch (error) {
          throw new Error(`${label}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
        }
      }
    };
    await Promise.all([work(), work()]);
    report(name, outcomes);
    expect(outcomes.length).toBeGreaterThan(0);
  });
});
