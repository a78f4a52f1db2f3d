/** What is asked when a data directory is opened, and why that may be refused. */
import type { Clock } from '../../core/clock.ts';
import type { Limits } from '../../core/limits.ts';

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
