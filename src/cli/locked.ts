/** Files that several processes read, change and write: one at a time, or what another wrote meanwhile is lost. */
import { randomBytes } from 'node:crypto';
import { closeSync, linkSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { beganAt, runs } from './sightings.ts';

/** A change takes a few milliseconds: whoever has not made it by then has stopped. */
const PATIENCE_MS = 1_000;
/** After so many times that, nobody is waited for any more. */
const MOST_WAITS = 3;
const PAUSE_MS = 5;

const read = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};

const remove = (path: string): void => {
  try {
    rmSync(path, { force: true });
  } catch {
    // Whoever comes next takes it over.
  }
};

/** Whether the process that left this note has ended; of a note that is not written yet nobody knows. */
const isOver = (note: string): boolean => {
  try {
    return !runs(JSON.parse(note) as { pid: number; began: string | null });
  } catch {
    return false;
  }
};

/** Removes a note, unless it became another's since it was read. */
const takeOver = (path: string, note: string): void => {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
    if (read(aside) !== note) linkSync(aside, path);
  } catch {
    // Somebody else removed it, or has the place by now.
  }
  remove(aside);
};

/** Leaves a note. @returns false when somebody else's is there @throws what the disk says */
const leave = (path: string, note: string): boolean => {
  let file: number;
  try {
    file = openSync(path, 'wx', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  try {
    writeFileSync(file, note);
  } catch (error) {
    remove(path);
    throw error;
  } finally {
    closeSync(file);
  }
  return true;
};

/** Leaves a note as soon as there is no other, or none that counts. @returns whether it could */
const take = (path: string, note: string, patienceMs: number): boolean => {
  const end = performance.now() + MOST_WAITS * patienceMs;
  let seen: string | null = null;
  for (let now = performance.now(), since = now; now < end; now = performance.now()) {
    try {
      if (leave(path, note)) return true;
    } catch {
      // No folder, or a full disk: the change itself says what is wrong.
      return false;
    }
    const held = read(path);
    if (held !== seen) since = now;
    seen = held;
    if (held !== null && (isOver(held) || now - since > patienceMs)) takeOver(path, held);
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
  }
  return false;
};

/**
 * Changes a file while nobody else who asks here does. Others are waited for, unless they have ended or take too long.
 * @throws what the change throws
 */
export const locked = <T>(path: string, change: () => T, patienceMs = PATIENCE_MS): T => {
  const lock = `${path}.lock`;
  const note = JSON.stringify({ pid: process.pid, began: beganAt(process.pid), key: randomBytes(8).toString('hex') });
  const own = take(lock, note, patienceMs);
  try {
    return change();
  } finally {
    if (own && read(lock) === note) remove(lock);
  }
};
