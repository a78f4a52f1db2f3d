/** What keeps hooks from running away: one waiter a session, no mail rung twice, and a limit of turns an hour. */
import { createHash, randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beganAt, runs } from '../sightings.ts';
import { filesIn, readPrivately, stateDirectory, writePrivately } from '../state.ts';

/** Turns that hooks of one session may begin within an hour: more is a loop of agents that nobody watches. */
export const MOST_AN_HOUR = 60;
const HOUR_MS = 3600_000;
/** What was noted of a session is kept for this long after the last turn that was begun. */
const KEPT_MS = 7 * 24 * HOUR_MS;

const folderIn = (env: NodeJS.ProcessEnv): string => join(stateDirectory(env), 'hooks');

const pathOf = (env: NodeJS.ProcessEnv, session: string, kind: string): string =>
  join(folderIn(env), `${createHash('sha256').update(session).digest('hex').slice(0, 24)}.${kind}`);

/**
 * Makes this process the one that waits for a session.
 * @returns gives the place up; null when another process has it
 */
export const takeWaiting = (env: NodeJS.ProcessEnv, session: string): (() => void) | null => {
  const path = pathOf(env, session, 'waiter');
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // Whole before it has the name that others look at: nobody reads half a note.
  const note = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writePrivately(note, { pid: process.pid, began: beganAt(process.pid) });
  try {
    for (let tries = 0; tries < 3; tries++) {
      try {
        linkSync(note, path);
        return () => {
          if ((readPrivately(path) as { pid?: number } | null)?.pid === process.pid) rmSync(path, { force: true });
        };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const owner = readPrivately(path) as { pid: number; began: string | null } | null;
      if (owner && runs(owner)) return null;
      // Only one of those who see a dead owner gets to move its note away.
      const dead = `${note}.dead`;
      try {
        renameSync(path, dead);
      } catch {
        continue;
      }
      const moved = readPrivately(dead) as { pid: number; began: string | null } | null;
      rmSync(dead, { force: true });
      // Between the look and the move somebody alive had taken the place: theirs it stays.
      if (moved && runs(moved)) {
        writePrivately(path, moved);
        return null;
      }
    }
    return null;
  } finally {
    rmSync(note, { force: true });
  }
};

interface Kept {
  /** The last message that was rung for, by seat. */
  readonly rung: Readonly<Record<string, number>>;
  /** When turns were begun, wall clock ms. */
  readonly times: readonly number[];
}

/** Removes what was noted of sessions that are over, or rest for so long that they are told of their mail anew. */
const removeStale = (env: NodeJS.ProcessEnv): void => {
  for (const path of filesIn(folderIn(env))) {
    const { times = [] } = (readPrivately(path) ?? {}) as Partial<Kept>;
    if (Date.now() - (times.at(-1) ?? 0) > KEPT_MS) rmSync(path, { force: true });
  }
};

export class Rung {
  readonly #env: NodeJS.ProcessEnv;
  readonly #path: string;

  constructor(env: NodeJS.ProcessEnv, session: string) {
    this.#env = env;
    this.#path = pathOf(env, session, 'json');
  }

  get #kept(): Kept {
    const { rung = {}, times = [] } = (readPrivately(this.#path) ?? {}) as Partial<Kept>;
    return { rung, times: times.filter((time) => Date.now() - time < HOUR_MS) };
  }

  /** A session that begins anew has heard no ring. */
  forget(): void {
    writePrivately(this.#path, { ...this.#kept, rung: {} });
  }

  /** Milliseconds until another turn may be begun for this message; null when one was. */
  dueIn(seat: string, through: number): number | null {
    const { rung, times } = this.#kept;
    if (through <= (rung[seat] ?? 0)) return null;
    const [first] = times.slice(-MOST_AN_HOUR);
    return first === undefined || times.length < MOST_AN_HOUR ? 0 : Math.max(1, first + HOUR_MS - Date.now());
  }

  note(seat: string, through: number): void {
    const { rung, times } = this.#kept;
    removeStale(this.#env);
    writePrivately(this.#path, { rung: { ...rung, [seat]: through }, times: [...times, Date.now()] });
  }
}
