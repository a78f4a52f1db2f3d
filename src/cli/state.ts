/** Files of this program in its user's home: readable by nobody else, replaced as a whole or not at all. */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { CliError } from './exit.ts';

/** The user's home. @throws CliError failed when there is none, as for a user of a container whom the system does not know */
export const homeIn = (env: NodeJS.ProcessEnv): string => {
  try {
    return env['HOME'] || homedir();
  } catch {
    throw new CliError('failed', 'This user has no home directory.', 'Set HOME, or ROGERTHAT_PROFILE_DIR to a directory of its own.');
  }
};

/** ROGERTHAT_PROFILE_DIR, or the place that the XDG base directory specification gives to state: a relative one does not count. */
export const stateDirectory = (env: NodeJS.ProcessEnv): string => {
  const { XDG_STATE_HOME: named = '' } = env;
  return env['ROGERTHAT_PROFILE_DIR'] || join(isAbsolute(named) ? named : join(homeIn(env), '.local', 'state'), 'rogerthat');
};

/** Writes a file that only its owner may read, so that a reader sees the old one or the new one. */
export const writePrivately = (path: string, value: object): void => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const scratch = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const file = openSync(scratch, 'wx', 0o600);
  try {
    // Goes on after a short write, which on a full disk is the last that fits.
    writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
    fsyncSync(file);
  } catch (error) {
    closeSync(file);
    rmSync(scratch, { force: true });
    throw error;
  }
  closeSync(file);
  renameSync(scratch, path);
};

/** So that the name of a file survives what the file survives. Windows has no such thing for folders, and refuses it. */
export const syncFolder = (folder: string): void => {
  if (process.platform === 'win32') return;
  const file = openSync(folder, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
};

/** A file's JSON; null when there is none, or it is none of ours. */
export const readPrivately = (path: string): Record<string, unknown> | null => {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
};

/** The JSON files of a folder; none when there is no such folder. */
export const filesIn = (folder: string): string[] => {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .sort()
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
};
