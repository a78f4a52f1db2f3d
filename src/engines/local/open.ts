/**
 * Opening a data directory: one hub at a time, a sound database or none, everything back in memory.
 */
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type Database from 'libsql';
import { openFile } from './driver.ts';
import { damageOfFiles } from './files.ts';
import { makeDatabase } from './making.ts';
import {
  DATABASE_FILE,
  DamagedDatabaseError,
  DirectoryInUseError,
  NewerDatabaseError,
  ofDirectory,
  UnusableDirectoryError,
} from './opening.ts';
import { settleRepair } from './repair.ts';
import { createTables, quickCheck, versionOf } from './schema.ts';

const LOCK_FILE = 'hub.lock';
const PID_FILE = 'hub.pid';
const MEMORY = ':memory:';

/** SQLite says that what it read cannot be: not a database, a broken page, a table without its columns. */
export const isDamage = (error: unknown): boolean =>
  /^SQLITE_(?:CORRUPT|NOTADB|FORMAT|ERROR$)/.test((error as { code?: string } | null)?.code ?? '');

/** Held as long as the hub runs; the kernel lets go of it when the process dies, however it dies. */
export interface DirectoryLock {
  /** Its file. */
  readonly path: string;
  release(): void;
}

/**
 * SQLite opens what it may not write for reading, and says so with the first message only. It keeps the log beside what a link leads to,
 * where another directory, with a lock of its own, may lead to as well.
 */
const claim = (directory: string, name: string): void => {
  const path = join(directory, name);
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (found.isSymbolicLink()) throw new UnusableDirectoryError(directory, `${name} in it is a link`, 'Link the directory instead.');
  chmodSync(path, 0o600);
  accessSync(path, constants.R_OK | constants.W_OK);
};

const takeLock = (directory: string): DirectoryLock => {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  const path = join(directory, LOCK_FILE);
  const pidPath = join(directory, PID_FILE);
  claim(directory, LOCK_FILE);
  // Whatever is in it means nothing, and SQLite would have it be a database.
  if (existsSync(path) && statSync(path).size > 0) truncateSync(path);
  // A lock of SQLite's own, on an empty file: it works on every platform SQLite does.
  const lock = openFile(path, { timeout: 0 });
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
  try {
    chmodSync(path, 0o600);
    writeFileSync(pidPath, `${process.pid}\n`, { mode: 0o600 });
  } catch (error) {
    lock.close();
    throw error;
  }
  return { path, release: () => lock.close() };
};

/**
 * Makes the directory (0700) and takes its lock.
 * @throws DirectoryInUseError when another hub has it, UnusableDirectoryError
 */
export const lockDirectory = (directory: string): DirectoryLock => {
  try {
    return takeLock(directory);
  } catch (error) {
    throw ofDirectory(directory, error);
  }
};

/** @param path of a database, or {@link MEMORY} */
const open = (path: string): Database.Database => {
  let db: Database.Database | null = null;
  try {
    db = openFile(path, { timeout: 1000 });
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
    if (version === 'none' && path !== MEMORY) throw new DamagedDatabaseError(path, 'it is none of a hub: its header has no version');
    createTables(db);
    return db;
  } catch (error) {
    db?.close();
    if (error instanceof DamagedDatabaseError) throw error;
    if (isDamage(error)) throw new DamagedDatabaseError(path, (error as Error).message);
    throw error;
  }
};

/**
 * Opens the database of a locked directory, or one in memory.
 * @returns it, its log, and the files that it is in
 * @throws DamagedDatabaseError when SQLite or its own check finds it unsound, NewerDatabaseError, UnusableDirectoryError
 */
export const openDatabase = (directory: string | null): { db: Database.Database; logPath: string | null; files: readonly string[] } => {
  if (directory === null) return { db: open(MEMORY), logPath: null, files: [] };
  const path = join(directory, DATABASE_FILE);
  const names = ['', '-wal', '-shm'].map((suffix) => DATABASE_FILE + suffix);
  try {
    settleRepair(directory);
    const seen = damageOfFiles(path);
    if (seen !== null) throw new DamagedDatabaseError(path, seen);
    if (!existsSync(path)) makeDatabase(path);
    for (const name of names) claim(directory, name);
    const db = open(path);
    for (const name of names) claim(directory, name);
    return { db, logPath: `${path}-wal`, files: names.map((name) => join(directory, name)) };
  } catch (error) {
    throw ofDirectory(directory, error);
  }
};
