/**
 * A start and a repair for which the disk has no room: what was there is there still, and the next one goes on as if nothing had been
 * (R-RUN-17, R-RET-14).
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Disk, diskKinds } from '../harness/disk.ts';
import { copyOf, type Estate, examine, makeEstate, startOn } from '../harness/estate.ts';
import { EndedEarly, launchHub } from '../harness/process.ts';

const DATABASE = 'rogerthat.db';
const ENOUGH = Number.POSITIVE_INFINITY;

let estate: Estate;
beforeAll(async () => {
  estate = await makeEstate('SIGTERM');
});

/** Starts a hub with so much room, and ends it if it came up. @returns whether it did */
const comesUp = async (disk: Disk, room: number, args: readonly string[]): Promise<boolean> => {
  const program = launchHub({ directory: disk.directory, args, under: disk.leave(room) });
  try {
    await program.says(/on the air/);
    await program.end('SIGKILL');
    return true;
  } catch (error) {
    if (!(error instanceof EndedEarly)) throw error;
    expect(error.ending).toEqual({ code: 1, signal: null });
    expect(error.stderr).toMatch(/The data directory \/.* cannot be used: |The hub cannot start: cannot write to the data directory: /);
    return false;
  } finally {
    disk.leave(ENOUGH);
  }
};

/** Overwrites a page in the middle. */
const scribble = (directory: string): void => {
  const bytes = readFileSync(join(directory, DATABASE));
  bytes.fill(0x55, 4096 * 5, 4096 * 6);
  writeFileSync(join(directory, DATABASE), bytes);
};

describe.each(diskKinds())('%s', (_, makeDisk) => {
  const roomsFor = (directory: string): number[] => {
    const { size } = statSync(join(directory, DATABASE));
    return [0.5, 1.1, 1.6].map((times) => Math.ceil(size * times));
  };

  test.each(['sound', 'damaged'])('R-RET-14: a repair of a %s database that has no room to end takes nothing away', async (state) => {
    const disk = makeDisk();
    const whole = copyOf(estate);
    if (state === 'damaged') scribble(whole);
    const repaired = await startOn(copyOf({ ...estate, directory: whole }), { args: ['--repair'] });
    const expected = await examine(repaired.url, estate, state === 'damaged');
    await repaired.end('SIGKILL');
    expect(expected.wrong).toEqual([]);
    expect(expected.channels).toBeGreaterThan(0);
    const ends: boolean[] = [];
    for (const room of roomsFor(whole)) {
      rmSync(disk.directory, { recursive: true, force: true });
      cpSync(whole, disk.directory, { recursive: true });
      const up = await comesUp(disk, room, ['--repair']);
      ends.push(up);
      if (!up) expect(readFileSync(join(disk.directory, DATABASE)).equals(readFileSync(join(whole, DATABASE)))).toBe(true);
      // What it did not need any more is not there to take up room.
      expect(readdirSync(disk.directory).filter((name) => /\.(?:copy|new|repaired)/.test(name))).toEqual([]);
      const next = await startOn(disk.directory, { args: state === 'damaged' && !up ? ['--repair'] : [] });
      expect(await examine(next.url, estate, state === 'damaged')).toEqual(expected);
      await next.end('SIGKILL');
    }
    expect(ends).toContain(false);
  });

  test('R-RUN-17: a first start that has no room leaves nothing that the next one takes for damage', async () => {
    const disk = makeDisk();
    const ends: boolean[] = [];
    for (const room of [0, 8_192, 40_960]) {
      rmSync(disk.directory, { recursive: true, force: true });
      mkdirSync(disk.directory, { mode: 0o700 });
      ends.push(await comesUp(disk, room, []));
      const next = await startOn(disk.directory);
      await next.end('SIGKILL');
    }
    expect(ends).toContain(false);
  });
});
