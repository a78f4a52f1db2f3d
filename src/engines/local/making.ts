/**
 * A database that is made whole or not at all. It is written under another name and gets its own when everything is in it: a program
 * that dies in between, or finds no room, leaves nothing that the next start would take for all there is.
 */
import { closeSync, openSync, renameSync, rmSync } from 'node:fs';
import type Database from 'libsql';
import { openFile } from './driver.ts';
import { createTables, setVersion } from './schema.ts';

/** What SQLite may keep beside a database. */
export const BESIDE = ['-wal', '-shm', '-journal'] as const;

/** Removes a database and what is beside it. */
export const removeDatabase = (path: string): void => {
  for (const suffix of ['', ...BESIDE]) rmSync(path + suffix, { force: true });
};

/** Under which name a database is made. */
export const scratchOf = (path: string): string => `${path}.new`;

/**
 * Makes a database with all tables, synced to the disk, in one file with mode 0600.
 * @param fill writes what is to be in it
 * @throws what the disk says; then there is none
 */
export const makeDatabase = (path: string, fill: (db: Database.Database) => void = () => {}): void => {
  const made = scratchOf(path);
  // What one that was killed left.
  removeDatabase(made);
  let db: Database.Database | null = null;
  try {
    // SQLite would make it with a mode of its own.
    closeSync(openSync(made, 'wx', 0o600));
    db = openFile(made);
    db.exec('BEGIN');
    createTables(db);
    setVersion(db);
    fill(db);
    db.exec('COMMIT');
    db.close();
    db = null;
    renameSync(made, path);
  } catch (error) {
    db?.close();
    removeDatabase(made);
    throw error;
  }
};
