/**
 * Opening a data directory: one hub at a time, a sound database or none, everything back in memory.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { damageOfFiles } from './files.ts';
import { DamagedDatabaseError, DirectoryInUseError, NewerDatabaseError } from './opening.ts';
import { createTables, quickCheck, setVersion, versionOf } from './schema.ts';

export const DATABASE_FILE = 'rogerthat.db';
const LOCK_FILE = 'hub.lock';
const PID_FILE = 'hub.pid';

/** SQLite says that what it read cannot be: not a database, a broken page, a table without its columns. */
export const isDamage = (error: unknown): boolean =>
  /^SQLITE_(?:CORRUPT|NOTADB|FORMAT|ERROR$)/.test((error as { code?: string } | null)?.code ?? '');

/** Held as long as the hub runs; the kernel lets go of it when the process dies, however it dies. */
export interface DirectoryLock {
  release(): void;
}

/**
 * Makes the directory (0700) and takes its lock.
 * @throws DirectoryInUseError when another hub has it
 */
export const lockDirectory = (directory: string): DirectoryLock => {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, LOCK_FILE);
  const pidPath = join(directory, PID_FILE);
  // A lock of SQLite's own, on an empty file: it works on every platform SQLite does.
  const lock = new Database(path, { timeout: 0 });
  try {
    // No journal beside it: nothing is ever written, and a file more would have SQLite's own mode.
    lock.exec('PRAGMA journal_mode = MEMORY');
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if ((error as { code?: string }).code !== 'SQLITE_BUSY') throw error;
    const pid = existsSync(pidPath) ? readFileSync(pidPath, 'utf8').trim() : 'unknown';
    throw new DirectoryInUseError(
      `Another hub (process ${pid}) is running on the data directory ${directory}. Stop it, or start this one with another --data-dir.`,
    );
  }
  chmodSync(path, 0o600);
  writeFileSync(pidPath, `${process.pid}\n`, { mode: 0o600 });
  return { release: () => lock.close() };
};

/**
 * Opens the database of a locked directory, or one in memory.
 * @throws DamagedDatabaseError when SQLite or its own check finds it unsound; NewerDatabaseError when a newer program wrote it
 */
export const openDatabase = (directory: string | null): { db: Database.Database; logPath: string | null } => {
  const path = directory === null ? ':memory:' : join(directory, DATABASE_FILE);
  const seen = directory === null ? null : damageOfFiles(path);
  if (seen !== null) throw new DamagedDatabaseError(path, seen);
  let db: Database.Database | null = null;
  try {
    db = new Database(path, { timeout: 1000 });
    db.exec('PRAGMA journal_mode = WAL');
    db.exec('PRAGMA synchronous = NORMAL');
    db.exec('PRAGMA wal_autocheckpoint = 4000');
    // What an owner erased is overwritten, not only forgotten.
    db.exec('PRAGMA secure_delete = ON');
    const found = quickCheck(db);
    if (found !== 'ok') throw new DamagedDatabaseError(path, found);
    const version = versionOf(db);
    if (version === 'newer') throw new NewerDatabaseError(path);
    if (version === 'damaged') throw new DamagedDatabaseError(path, 'its header has no version that ever was');
    createTables(db);
    if (version === 'none') setVersion(db);
  } catch (error) {
    db?.close();
    if (error instanceof DamagedDatabaseError) throw error;
    if (isDamage(error)) throw new DamagedDatabaseError(path, (error as Error).message);
    throw error;
  }
  if (directory !== null) {
    for (const suffix of ['', '-wal', '-shm']) if (existsSync(path + suffix)) chmodSync(path + suffix, 0o600);
  }
  return { db, logPath: directory === null ? null : `${path}-wal` };
};
