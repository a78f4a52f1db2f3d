/** Files that several processes change: nothing that another wrote is lost, and nobody waits for who has ended. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { locked } from '../../src/cli/locked.ts';
import { Profiles } from '../../src/cli/profiles.ts';
import { beganAt } from '../../src/cli/sightings.ts';
import { ROOT } from '../harness/built.ts';
import { start, temporaryDirectory } from '../harness/process.ts';
import { turns } from '../harness/until.ts';

const HUB = 'http://127.0.0.1:7424';
const SEAT = { channelId: 'quiet-otter-3a8f19', callsign: 'alpha', sessionId: 'one', cursor: '0', token: 'old' };

/** A home in which alpha has joined. */
const home = () => {
  const directory = temporaryDirectory();
  const profiles = new Profiles({ ROGERTHAT_PROFILE_DIR: directory });
  profiles.keepSeat(HUB, SEAT);
  const [name = ''] = readdirSync(join(directory, 'seats'));
  const path = join(directory, 'seats', name);
  return { directory, profiles, path, lock: `${path}.lock`, left: () => readdirSync(join(directory, 'seats')) };
};

const alive = JSON.stringify({ pid: process.pid, began: beganAt(process.pid) });
const dead = JSON.stringify({ pid: process.pid, began: 'in another life' });

test('a change waits until another process has made its own', async () => {
  const path = join(temporaryDirectory(), 'file.json');
  writeFileSync(path, 'old');
  writeFileSync(`${path}.lock`, alive);
  const script = `
    import { readFileSync } from 'node:fs';
    import { locked } from ${JSON.stringify(join(ROOT, 'src/cli/locked.ts'))};
    process.stdout.write('begins\\n', () => process.stdout.write(locked(${JSON.stringify(path)}, () => readFileSync(${JSON.stringify(path)}, 'utf8'), 60_000)));
  `;
  const other = start(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script]);
  await other.says(/begins/);
  await turns(1000);
  writeFileSync(path, 'changed');
  rmSync(`${path}.lock`);
  expect(await other.ended).toEqual({ code: 0, signal: null });
  expect(other.stdout()).toBe('begins\nchanged');
  expect(readdirSync(dirname(path))).toEqual(['file.json']);
});

test('what dead processes left is taken over, also in the middle of a note, and one that has stopped is not waited for', () => {
  const path = join(temporaryDirectory(), 'file.json');
  for (const note of [dead, '', '{"pid":', alive]) {
    writeFileSync(`${path}.lock`, note);
    // Only for who is dead for certain nobody waits.
    expect(locked(path, () => readFileSync(`${path}.lock`, 'utf8'), note === dead ? 3600_000 : 20)).toContain('"key"');
    expect(readdirSync(dirname(path))).toEqual([]);
  }
});

test('a change that fails leaves the place free, and where there is no place for a note the change is made', () => {
  const path = join(temporaryDirectory(), 'file.json');
  expect(() =>
    locked(path, () => {
      throw new Error('no');
    }),
  ).toThrow('no');
  expect(existsSync(`${path}.lock`)).toBe(false);
  expect(locked(join(path, 'nowhere', 'file.json'), () => 'made')).toBe('made');
  // Whose note cannot be read is not waited for to the end of days.
  mkdirSync(`${path}.lock`);
  expect(locked(path, () => 'made', 20)).toBe('made');
});

test('every change of a seat takes its turn', () => {
  const { profiles, path, lock, left } = home();
  const kept = (): unknown => JSON.parse(readFileSync(path, 'utf8'));
  const seat = { hub: HUB, ...SEAT };
  const changes: readonly [() => void, object][] = [
    [() => profiles.changeSeat(seat, { cursor: '5' }), { cursor: '5', token: 'old' }],
    [() => profiles.retoken(HUB, SEAT.channelId, 'new'), { cursor: '5', token: 'new' }],
    [() => profiles.keepSeat(HUB, { ...SEAT, sessionId: 'two' }), { cursor: '0', sessionId: 'two' }],
  ];
  for (const [change, after] of changes) {
    writeFileSync(lock, dead);
    change();
    expect(kept()).toMatchObject(after);
    expect(left()).toHaveLength(1);
  }
  writeFileSync(lock, dead);
  profiles.dropSeat(seat);
  expect(left()).toEqual([]);
});
