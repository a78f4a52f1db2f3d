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
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { CliError } from '../exit.ts';

export const digestOf = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** Where a path leads: the file behind a link is the one that is written. */
export const targetOf = (path: string): string => {
  try {
    return realpathSync(path);
  } catch {
    return path;
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
 * Replaces a file by another with the same mode and owner. A new one is for its user only, since it may hold a token.
 * @returns the topmost folder that had to be made
 */
export const writeWhole = (path: string, text: string): string | undefined => {
  const target = targetOf(path);
  const stat = statSync(target, { throwIfNoEntry: false });
  const made = mkdirSync(dirname(target), { recursive: true });
  const scratch = `${target}.${randomBytes(6).toString('hex')}.tmp`;
  const file = openSync(scratch, 'wx', 0o600);
  try {
    const content = Buffer.from(text);
    for (let at = 0; at < content.length; ) at += writeSync(file, content, at);
    fsyncSync(file);
    closeSync(file);
    if (stat) {
      chmodSync(scratch, stat.mode & 0o7777);
      const { uid, gid } = statSync(scratch);
      if (uid !== stat.uid || gid !== stat.gid) chownSync(scratch, stat.uid, stat.gid);
    }
    renameSync(scratch, target);
    return made;
  } catch (error) {
    rmSync(scratch, { force: true });
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
