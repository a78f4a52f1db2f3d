/** What is asked when a data directory is opened, and why that may be refused. */
import type { Clock } from '../../core/clock.ts';
import type { Limits } from '../../core/limits.ts';

export const DATABASE_FILE = 'rogerthat.db';
/** A repaired database that waits for its place: complete. */
export const REPAIRED_FILE = `${DATABASE_FILE}.repaired`;

export interface LocalOptions {
  /** Null: in memory only. */
  readonly directory: string | null;
  readonly limits: Limits;
  readonly clock?: Clock;
  /** Told of failures that no caller can be told of, and of what a repair found. */
  readonly report?: (error: unknown) => void;
  /** Set a damaged database aside and recover what is sound. */
  readonly repair?: boolean;
}

/** Another hub is running on the directory. */
export class DirectoryInUseError extends Error {}

/** The database file is not what this hub wrote. */
export class DamagedDatabaseError extends Error {
  readonly path: string;

  constructor(path: string, what: string) {
    super(
      `The database ${path} is damaged (${what}). Nothing was changed. Put a backup in its place, or start with --repair: ` +
        'that keeps the damaged file beside it, recovers every row that is still sound, and tells each agent that messages may be missing.',
    );
    this.path = path;
  }
}

/** A newer RogerThat wrote the database file. */
export class NewerDatabaseError extends Error {
  constructor(path: string) {
    super(`The database ${path} was written by a newer RogerThat. Nothing was changed. Start the newer one, or use another --data-dir.`);
  }
}

/** The directory, or a file in it, is nothing that this process may write, or has no room. */
export class UnusableDirectoryError extends Error {
  constructor(
    directory: string,
    why: string,
    needed = 'The hub needs one that its user may write, on a disk that has room; --data-dir names another.',
  ) {
    super(`The data directory ${directory} cannot be used: ${why}. ${needed}`);
  }
}

/** There is no driver of the database for this machine, or npm did not bring it. */
export class NoDriverError extends Error {
  constructor(why: string) {
    super(
      `A hub keeps its data with libsql, and that does not load on ${process.platform} ${process.arch} (${why.split('\n', 1)[0]}). ` +
        'npm brings it as an optional package for Linux on x64, arm64 and arm, macOS, and Windows on x64: install anew, with optional ' +
        'packages and on the machine that runs it. A hub with --redis needs none.',
    );
  }
}

/** When not even a file can be opened, the driver says so in words of its own. */
const isClosed = (error: Error): boolean => /^ConnectionFailed\(.* local database/.test(error.message);

/** The disk refuses, or the system does, which says nothing about what is in the file. */
export const isDiskTrouble = (error: unknown): error is Error =>
  error instanceof Error &&
  (/^(?:SQLITE_(?:FULL|IOERR|CANTOPEN|READONLY|PERM)|E[A-Z]+$)/.test(String((error as { code?: unknown }).code ?? '')) || isClosed(error));

/** What opening a directory failed with: what the disk says becomes a sentence that names the directory, and everything else stays. */
export const ofDirectory = (directory: string, error: unknown): unknown =>
  isDiskTrouble(error) ? new UnusableDirectoryError(directory, isClosed(error) ? 'a file in it cannot be opened' : error.message) : error;
