/** Writing into other programs' files: whole or not at all, as they were otherwise, and able to go back. */
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { CliError } from '../exit.ts';

export const digestOf = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** As many links in a row as Linux follows. */
const MOST_LINKS = 40;

/** Where a path leads: the file behind a link is the one that is written, also when it is not there yet. */
export const targetOf = (path: string, links = 0): string => {
  try {
    return realpathSync(path);
  } catch {
    const folder = dirname(path);
    if (links === MOST_LINKS || folder === path) return path;
    const here = join(targetOf(folder, links), basename(path));
    try {
      return targetOf(resolve(dirname(here), readlinkSync(here)), links + 1);
    } catch {
      return here;
    }
  }
};

/** A file's text; null when there is none. @throws CliError failed when it cannot be read as UTF-8 */
export const readText = (path: string): string | null => {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new CliError('failed', `${path} cannot be read: ${(error as Error).message}`);
  }
  const text = bytes.toString('utf8');
  if (!Buffer.from(text).equals(bytes)) throw new CliError('failed', `${path} is not UTF-8.`, 'Nothing was changed.');
  return text;
};

/** @throws CliError failed when the file's owner does not want it written */
export const mustBeWritable = (path: string): void => {
  const stat = statSync(targetOf(path), { throwIfNoEntry: false });
  // Also for the superuser, whom the mode does not hinder.
  if (stat && (stat.mode & 0o222) === 0) {
    throw new CliError('failed', `${path} is read-only.`, 'Nothing was changed. Make it writable (chmod u+w) if you want it changed.');
  }
};

/**
 * Its own program may have written a file since it was read.
 * @throws CliError failed when it has not the text, or is there against null, any more
 */
const mustStillBe = (path: string, before: string | null): void => {
  if (readText(path) === before) return;
  throw new CliError('failed', `${path} was changed by somebody else just now.`, 'That change was kept. Try again.');
};

/** Removes a file. @throws CliError failed when its text is not `before` any more */
export const removeWhole = (path: string, before: string | null): void => {
  mustStillBe(path, before);
  rmSync(targetOf(path));
};

/**
 * Replaces a file by another with the same mode and owner. A new one is for its user only, since it may hold a token.
 * @param before the text that it must still have, null for none; undefined when that does not matter
 * @returns the topmost folder that had to be made
 * @throws CliError failed when it cannot be written, or was changed meanwhile
 */
export const writeWhole = (path: string, text: string, before?: string | null): string | undefined => {
  const target = targetOf(path);
  const stat = statSync(target, { throwIfNoEntry: false });
  const made = mkdirSync(dirname(target), { recursive: true });
  const scratch = `${target}.${randomBytes(6).toString('hex')}.tmp`;
  const file = openSync(scratch, 'wx', 0o600);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
    closeSync(file);
    if (stat) {
      chmodSync(scratch, stat.mode & 0o7777);
      const { uid, gid } = statSync(scratch);
      if (uid !== stat.uid || gid !== stat.gid) chownSync(scratch, stat.uid, stat.gid);
    }
    if (before !== undefined) mustStillBe(path, before);
    renameSync(scratch, target);
    return made;
  } catch (error) {
    rmSync(scratch, { force: true });
    if (error instanceof CliError) throw error;
    throw new CliError('failed', `${path} cannot be written: ${(error as Error).message}`);
  }
};

/** Removes folders that are empty, from one up to and including another. */
export const removeEmpty = (folder: string, upTo: string): void => {
  try {
    for (let at = folder; at.startsWith(upTo); at = dirname(at)) rmdirSync(at);
  } catch {
    // Somebody keeps something there.
  }
};
