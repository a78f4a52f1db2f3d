/** The last step of a move into a data directory, on a disk that fails in it: from the rename on, all may be there. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { MoveError, UnsureMoveError } from '../../src/core/moving.ts';
import { openIncoming } from '../../src/engines/local/import.ts';
import { DATABASE_FILE } from '../../src/engines/local/opening.ts';
import { temporaryDirectory } from '../harness/process.ts';

/** Which call of the disk fails, and whether the database was in its place by then. */
const disk = vi.hoisted(() => ({ fails: '', renamed: false }));

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const renameSync = (from: string, to: string): void => {
    if (disk.fails === 'rename') throw new Error('EIO: the rename');
    fs.renameSync(from, to);
    disk.renamed = true;
  };
  const fsyncSync = (fd: number): void => {
    if (disk.fails === 'sync' && disk.renamed) throw new Error('EIO: the sync');
    fs.fsyncSync(fd);
  };
  return { ...fs, renameSync, fsyncSync, default: { ...fs, renameSync, fsyncSync } };
});

const failedAt = async (fails: string) => {
  const directory = temporaryDirectory();
  const incoming = openIncoming(directory, systemClock);
  Object.assign(disk, { fails, renamed: false });
  const error = await incoming.finish().catch((caught: unknown) => caught);
  disk.fails = '';
  return { directory, incoming, error };
};

test('a directory that is not synced is one that may be complete, and nobody holds it', async () => {
  const { directory, error } = await failedAt('sync');
  expect(error).toBeInstanceOf(UnsureMoveError);
  expect((error as Error).message).toContain(directory);
  expect(existsSync(join(directory, DATABASE_FILE))).toBe(true);
  expect(existsSync(join(directory, 'incoming'))).toBe(false);
  // It is not held any more: what refuses is the database itself.
  expect(() => openIncoming(directory, systemClock)).toThrow(/database in .* already/);
});

test('before the rename nothing was moved, and the next move finds its place', async () => {
  const { directory, incoming, error } = await failedAt('rename');
  expect(error).toBeInstanceOf(Error);
  expect(error).not.toBeInstanceOf(MoveError);
  await incoming.abandon();
  expect(existsSync(join(directory, DATABASE_FILE))).toBe(false);
  const again = openIncoming(directory, systemClock);
  await again.finish();
  expect(existsSync(join(directory, DATABASE_FILE))).toBe(true);
});
