/** Disks that are full until somebody makes room. */
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, openSync, rmSync, statSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEachFile } from './ends.ts';
import { temporaryDirectory } from './process.ts';

export interface Disk {
  /** A place for a data directory. */
  readonly directory: string;
  /** From now on the hub with this pid can write nothing more. */
  fill(pid: number): void;
  free(pid: number): void;
  /** Leaves a program that is started next so many bytes. @returns what it has to be started under */
  leave(bytes: number): readonly string[];
}

/** A limit on the size of files: every write to a regular file fails with EFBIG. Needs nobody's leave. */
export const limitedDisk = (): Disk => {
  const limit = (pid: number, bytes: string): void => void execFileSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:unlimited`]);
  return {
    directory: temporaryDirectory(),
    fill: (pid) => limit(pid, '1'),
    free: (pid) => limit(pid, 'unlimited'),
    leave: (bytes) => (bytes === Number.POSITIVE_INFINITY ? [] : ['prlimit', `--fsize=${Math.max(1, bytes)}:unlimited`]),
  };
};

const mounted = new Set<string>();

const unmountAll = (): void => {
  for (const directory of mounted) spawnSync('umount', ['-l', directory]);
  mounted.clear();
};

// Before the directories are removed: last in, first out.
afterEachFile(unmountAll);
process.once('exit', unmountAll);

const mount = (directory: string): boolean => {
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=48m,mode=0700', 'rogerthat-test', directory]);
  if (status === 0) mounted.add(directory);
  return status === 0;
};

/** A file system that a second file fills to the last byte: ENOSPC. */
const smallDisk = (): Disk => {
  const directory = temporaryDirectory();
  if (!mount(directory)) throw new Error('cannot mount a file system');
  const filler = join(directory, 'filler');
  const fill = (): void => {
    const file = openSync(filler, 'w', 0o600);
    try {
      // A short write is the last one that fits.
      for (const bytes = Buffer.alloc(1024 * 1024); ; ) writeSync(file, bytes);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    } finally {
      closeSync(file);
    }
  };
  return {
    directory: join(directory, 'data'),
    fill,
    free: () => rmSync(filler),
    leave(bytes) {
      rmSync(filler, { force: true });
      if (bytes === Number.POSITIVE_INFINITY) return [];
      fill();
      truncateSync(filler, statSync(filler).size - bytes);
      return [];
    },
  };
};

/** Every way to a full disk that this machine allows: mounting needs root. */
export const diskKinds = (): [name: string, make: () => Disk][] => {
  const kinds: [string, () => Disk][] = [['no file may grow (EFBIG)', limitedDisk]];
  if (mount(temporaryDirectory())) kinds.push(['no space is left (ENOSPC)', smallDisk]);
  return kinds;
};
