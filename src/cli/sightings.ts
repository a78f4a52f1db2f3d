/** What running bridges tell about themselves, so that a hook finds the seats of its own agent session. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { filesIn, readPrivately, stateDirectory, writePrivately } from './state.ts';

export interface SeatName {
  readonly hub: string;
  readonly channelId: string;
  readonly callsign: string;
}

export interface Sighting {
  readonly pid: number;
  /** When that process began, where the system tells: a pid is used again. */
  readonly began: string | null;
  readonly directory: string;
  /** The client's name for itself. */
  readonly client: string | null;
  /** The agent session, where the client names it. */
  readonly owner: string | null;
  readonly seats: readonly SeatName[];
}

/** When a process began, as Linux counts it; null where that is not known, or there is none. */
export const beganAt = (pid: number): string | null => {
  try {
    // The name of the program is in brackets and may have any character in it.
    return readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/s, '').trim().split(' ')[19] ?? null;
  } catch {
    return null;
  }
};

/** Whether a process that was noted still runs. */
export const runs = ({ pid, began }: { readonly pid: number; readonly began: string | null }): boolean => {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return began === null || beganAt(pid) === began;
};

const folderIn = (env: NodeJS.ProcessEnv): string => join(stateDirectory(env), 'bridges');

/** Notes what this process knows of its agent. */
export const noteSighting = (env: NodeJS.ProcessEnv, facts: Pick<Sighting, 'directory' | 'client' | 'owner' | 'seats'>): void => {
  writePrivately(join(folderIn(env), `${process.pid}.json`), { pid: process.pid, began: beganAt(process.pid), ...facts });
};

export const removeSighting = (env: NodeJS.ProcessEnv): void => rmSync(join(folderIn(env), `${process.pid}.json`), { force: true });

/** The bridges that run now; what dead ones left is removed. */
export const sightings = (env: NodeJS.ProcessEnv): Sighting[] =>
  filesIn(folderIn(env)).flatMap((path) => {
    const found = readPrivately(path) as Sighting | null;
    if (found && typeof found.pid === 'number' && runs(found)) return [found];
    rmSync(path, { force: true });
    return [];
  });
