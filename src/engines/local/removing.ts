/**
 * What would take more than a moment to delete goes in parts, one a turn of the event loop, so that nobody waits for it:
 * transcripts of channels that were removed, and keys, tombstones and notes whose time is over.
 *
 * A channel is gone with the transaction that takes its row away and puts its number into the table `removed`. From then
 * on nothing leads to its events. The number stands there, and is given to no other channel, until the last of them is
 * deleted; a start goes on with what it finds there. What is over by its time is found again by a sweep.
 */
import type { Clock } from '../../core/clock.ts';
import { HubError } from '../../core/errors.ts';
import type { Row } from './schema.ts';

/** Rows of a part: a few milliseconds. */
const ROWS = 500;
const AGAIN_MS = 500;

// The outer condition is on the row itself: an index has no checksum, and may name a row of another channel.
const EVENTS = `DELETE FROM events WHERE n IN (SELECT n FROM events WHERE no = ? LIMIT ${ROWS}) AND +no = ?`;
const REMOVED = 'DELETE FROM removed WHERE no = ?';
const NOTES = `DELETE FROM notes WHERE name IN (SELECT name FROM notes WHERE until < ? LIMIT ${ROWS})`;

/** How a row is deleted that is over; a key may have been used anew meanwhile. */
const OVER = {
  keys: 'DELETE FROM keys WHERE no = ? AND callsign = ? AND hash = ? AND at = ?',
  tombstones: 'DELETE FROM tombstones WHERE no = ? AND hash = ?',
} as const;

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: HubError) => void;
}

const refused = (): HubError => new HubError('storage_unavailable', undefined, { retryAfter: 2 });

export class Removing {
  readonly #remove: (sql: string, rows: readonly Row[]) => number;
  readonly #clock: Clock;
  /** Channels whose transcripts go, and who waits for that. */
  readonly #transcripts = new Map<number, Waiting[]>();
  readonly #over: Record<keyof typeof OVER, Row[]> = { keys: [], tombstones: [] };
  /** Notes that end before this are over; wall ms. */
  #notesBefore: number | null = null;
  #running = false;
  #stopped = false;
  #stopAgain: (() => void) | null = null;

  /** @param remove deletes in a transaction of its own, once for each list of values; tells how many rows are gone; reports what it throws */
  constructor(remove: (sql: string, rows: readonly Row[]) => number, clock: Clock) {
    this.#remove = remove;
    this.#clock = clock;
  }

  /** The transcript of a channel whose number stands in `removed`. */
  transcript(no: number): void {
    this.#transcripts.set(no, this.#transcripts.get(no) ?? []);
    this.#go();
  }

  /**
   * Resolves when nothing of a removed channel's transcript is left.
   * @throws HubError storage_unavailable when the disk refuses; it is tried again all the same
   */
  transcriptGone(no: number): Promise<void> {
    const waiting = this.#transcripts.get(no);
    if (!waiting) return Promise.resolve();
    if (this.#stopAgain !== null) return Promise.reject(refused());
    return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
  }

  /** @param rows the columns that {@link OVER} asks for */
  over(table: keyof typeof OVER, rows: readonly Row[]): void {
    for (const row of rows) this.#over[table].push(row);
    this.#go();
  }

  /** Notes that ended before a wall time, ms. */
  notesBefore(until: number): void {
    this.#notesBefore = until;
    this.#go();
  }

  #go(): void {
    if (this.#running || this.#stopped) return;
    this.#running = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    if (this.#stopped) return;
    try {
      if (this.#part()) {
        setImmediate(() => this.#turn());
        return;
      }
    } catch {
      this.#refuse();
      this.#stopAgain = this.#clock.after(AGAIN_MS, () => {
        this.#stopAgain = null;
        this.#turn();
      });
      return;
    }
    this.#running = false;
  }

  /** @returns whether there was anything to do */
  #part(): boolean {
    for (const table of Object.keys(OVER) as (keyof typeof OVER)[]) {
      const rows = this.#over[table];
      if (rows.length === 0) continue;
      this.#remove(OVER[table], rows.slice(-ROWS));
      rows.length = Math.max(0, rows.length - ROWS);
      return true;
    }
    if (this.#notesBefore !== null) {
      if (this.#remove(NOTES, [[this.#notesBefore]]) === 0) this.#notesBefore = null;
      return true;
    }
    for (const [no, waiting] of this.#transcripts) {
      // Last, in case it cannot be deleted and the others can.
      this.#transcripts.delete(no);
      this.#transcripts.set(no, waiting);
      if (this.#remove(EVENTS, [[no, no]]) > 0) return true;
      this.#remove(REMOVED, [[no]]);
      this.#transcripts.delete(no);
      for (const { resolve } of waiting) resolve();
      return true;
    }
    return false;
  }

  #refuse(): void {
    for (const waiting of this.#transcripts.values()) {
      for (const { reject } of waiting.splice(0)) reject(refused());
    }
  }

  /** Does all that is left at once. What the disk refuses is left for the next start. */
  finish(): void {
    try {
      while (this.#part());
    } catch {
      this.#refuse();
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#stopAgain?.();
  }
}
