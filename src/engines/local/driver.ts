/**
 * The driver of the database: a program for one kind of machine, which npm brings as an optional package. It is loaded when a database
 * is opened, so that everything else works without it.
 */
import { createRequire } from 'node:module';
import type Database from 'libsql';
import { NoDriverError } from './opening.ts';

const require = createRequire(import.meta.url);

const driver = (): typeof Database => {
  try {
    return require('libsql') as typeof Database;
  } catch (error) {
    throw new NoDriverError(error instanceof Error ? error.message : String(error));
  }
};

/**
 * Opens a database, and makes it when there is none.
 * @throws NoDriverError, or what SQLite says
 */
export const openFile = (path: string, options?: Database.Options): Database.Database => {
  const Driver = driver();
  return new Driver(path, options);
};
