/**
 * The one writer of `rogerthat.db`. Everything that happens in one turn of the event loop goes to disk as one
 * transaction: a commit costs about as much as ten rows. What changes again and again goes into one row of the
 * {@link Journal}; what is written once goes to its table at once.
 *
 * What must be durable before anybody hears of it is a {@link Job}: it is applied to memory and written in the same
 * synchronous step, so no reader can come in between, and taken back when the disk refuses. Everything else is
 * marked dirty and written along, or within half a second.
 *
 * The log is written with `synchronous=NORMAL`, which survives the death of the process. Where a channel promises
 * to survive a power failure, the log file is then synced off the main thread, one sync for all who wait.
 */
import type Database from 'libsql';
import type { Clock } from '../../core/clock.ts';
import { HubError } from '../../core/errors.ts';
import { type Dirty, type Insert, Journal } from './journal.ts';
import { Removing } from './removing.ts';
import { decodeRow, type Row, seal, TABLES, type TableName, upsertSql } from './schema.ts';
import { Standing } from './standing.ts';
import { transactionsOf } from './transaction.ts';
import { WriteAheadLog } from './wal.ts';

/** Applies a change to memory, marks what it dirtied, and returns how to take it back. */
export type Job = () => () => void;

interface Group {
  readonly jobs: Job[];
  readonly written: Waiting[];
  readonly synced: Waiting[];
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: HubError) => void;
}

const LAZY_MS = 500;
/** Turns of the event loop that a group may gather. */
const MOST_TURNS = 4;
const cannotWrite = (why: string): string => `cannot write to the data directory: ${why}`;

export class Store {
  readonly #db: Database.Database;
  readonly #upserts = new Map<TableName, Database.Statement>();
  readonly #atomically: (write: () => void) => void;
  readonly #clock: Clock;
  readonly #report: (error: unknown) => void;
  readonly #log: WriteAheadLog;
  #group: Group | null = null;
  readonly #journal = new Journal();
  /** What can wait for the next lazy transaction. */
  #lazy = new Set<Dirty>();
  #inserts: Insert[] = [];
  #removals: [sql: string, values: Row][] = [];
  /** Channels that the next transaction removes, and whose transcripts go then. */
  #leaving: number[] = [];
  readonly removing: Removing;
  readonly #standing: Standing;
  #stopLazy: (() => void) | null = null;
  #failure: string | null = null;
  /** Nothing more is taken in. */
  #ending = false;
  #closed = false;

  /** @param logPath the write-ahead log, to be synced; null for a store in memory. */
  constructor(db: Database.Database, logPath: string | null, clock: Clock, report: (error: unknown) => void, standing = new Standing([])) {
    this.#db = db;
    this.#standing = standing;
    this.#clock = clock;
    this.#report = report;
    for (const table of Object.keys(TABLES) as TableName[]) this.#upserts.set(table, db.prepare(upsertSql(table)));
    this.#atomically = transactionsOf(db);
    this.#log = new WriteAheadLog(logPath);
    this.removing = new Removing((sql, rows) => this.#removeNow(sql, rows), clock);
  }

  /** Why nothing can be written; null when all is well. */
  trouble(): string | null {
    const moved = this.#standing.moved();
    return moved === null ? this.#failure : cannotWrite(moved);
  }

  /** Its row is written with the next transaction; whoever needs it asks for a {@link commit}. */
  touch(dirty: Dirty): void {
    this.#journal.touch(dirty);
  }

  /** Its row is written within half a second: for what changes with every listen. */
  touchLazily(dirty: Dirty): void {
    this.#lazy.add(dirty);
    this.#writeLater();
  }

  #writeLater(): void {
    this.#stopLazy ??= this.#clock.after(LAZY_MS, () => {
      this.#stopLazy = null;
      this.#hurry();
      this.#write();
      if (this.#journal.wantsFold) this.#foldPart();
    });
  }

  /** What could wait waits no longer. */
  #hurry(): void {
    for (const dirty of this.#lazy) this.#journal.touch(dirty);
    this.#lazy.clear();
  }

  /** A row for the next transaction. */
  insert(table: TableName, row: Row): void {
    this.#inserts.push([table, row]);
  }

  /** A deletion for the next transaction. */
  remove(sql: string, values: Row): void {
    this.#removals.push([sql, values]);
    this.#writeLater();
  }

  /** Everything of a channel in these tables, or of a callsign on it, goes with the next transaction. */
  removeChannel(no: number, tables: readonly TableName[], callsign?: string): void {
    const [where, values] = callsign === undefined ? ['no = ?', [no]] : ['no = ? AND callsign = ?', [no, callsign]];
    for (const table of tables) this.remove(`DELETE FROM ${table} WHERE ${where}`, values);
    this.#journal.removed(no, callsign);
  }

  /** The transcript of a channel goes in parts, once the next transaction has removed the channel. */
  removeTranscript(no: number): void {
    this.insert('removed', [no]);
    this.#leaving.push(no);
  }

  /**
   * Resolves when everything so far is written; `synced`: also when a power failure cannot take it back.
   * @throws HubError storage_unavailable; then a job was undone, and other changes are tried again with the next write
   */
  commit(synced: boolean, job?: Job): Promise<void> {
    if (this.#ending) return Promise.reject(new HubError('storage_unavailable', 'The hub is going down.'));
    if (!this.#group) {
      this.#group = { jobs: [], written: [], synced: [] };
      this.#gather(0, 0);
    }
    const group = this.#group;
    if (job) group.jobs.push(job);
    return new Promise((resolve, reject) => {
      (synced && this.#log.onDisk ? group.synced : group.written).push({ resolve, reject });
    });
  }

  /**
   * Writes the group when a turn of the event loop has brought nothing new, or after a few turns: on a busy hub twice
   * as many share a transaction, and on a quiet one nobody waits longer than a turn.
   */
  #gather(turns: number, known: number): void {
    setImmediate(() => {
      const size = this.#group ? this.#group.written.length + this.#group.synced.length : 0;
      if (size > known && turns < MOST_TURNS) this.#gather(turns + 1, size);
      else this.#write();
    });
  }

  #write(): void {
    if (this.#closed) return;
    const group = this.#group;
    this.#group = null;
    const [kept, removals, gone] = [this.#inserts.length, this.#removals.length, this.#journal.removals];
    const leaving = this.#leaving.length;
    const undo: (() => void)[] = [];
    try {
      for (const job of group?.jobs ?? []) undo.push(job());
      if (this.#unwritten) this.#transaction();
      this.#failure = null;
    } catch (error) {
      for (const back of undo.reverse()) back();
      this.#inserts.length = kept;
      this.#removals.length = removals;
      this.#leaving.length = leaving;
      this.#journal.keepRemoved(gone);
      this.#fail(error, [...(group?.written ?? []), ...(group?.synced ?? [])]);
      return;
    }
    if (!group) return;
    for (const { resolve } of group.written) resolve();
    if (group.synced.length > 0) {
      this.#log.sync().then(
        () => {
          for (const { resolve } of group.synced) resolve();
        },
        (error) => this.#fail(error, group.synced),
      );
    }
  }

  get #unwritten(): boolean {
    return this.#journal.due || this.#inserts.length > 0 || this.#removals.length > 0;
  }

  #transaction(): void {
    this.#standing.check(this.#clock.uptime());
    const entry = this.#journal.entry();
    // One statement is a transaction by itself, and messages that keep nothing need no other.
    if (entry && this.#inserts.length === 0 && this.#removals.length === 0) this.#upsert('journal', entry);
    else
      this.#atomically(() => {
        for (const [table, row] of this.#inserts) this.#upsert(table, row);
        if (entry) this.#upsert('journal', entry);
        // Last: what a sweep wrote of a channel goes with the channel that the same sweep removes.
        for (const [sql, values] of this.#removals) this.#db.prepare(sql).run(...values);
      });
    this.#journal.written(entry);
    for (const no of this.#leaving) this.removing.transcript(no);
    [this.#inserts, this.#removals, this.#leaving] = [[], [], []];
  }

  /** A part of what {@link Removing} deletes. */
  #removeNow(sql: string, rows: readonly Row[]): number {
    let gone = 0;
    try {
      this.#standing.check(this.#clock.uptime());
      this.#atomically(() => {
        const statement = this.#db.prepare(sql);
        for (const row of rows) gone += statement.run(...row).changes;
      });
    } catch (error) {
      this.#fail(error, []);
      throw error;
    }
    if (!this.#unwritten) this.#failure = null;
    return gone;
  }

  #upsert(table: TableName, row: Row): void {
    this.#upserts.get(table)!.run(...row, seal(row));
  }

  /** Folds the journal, a part a turn so that nobody waits for it. */
  #foldPart(all = false): void {
    if (this.#closed) return;
    try {
      this.#journal.fold((rows, upTo) => this.fold(rows, upTo), all);
    } catch (error) {
      this.#report(error);
      return;
    }
    if (this.#journal.folding) setImmediate(() => this.#foldPart());
  }

  /** Writes rows of the journal to their tables, and drops it up to a number unless that is null. */
  fold(rows: Iterable<Insert>, upTo: number | null): void {
    this.#standing.check(this.#clock.uptime());
    this.#atomically(() => {
      for (const [table, row] of rows) this.#upsert(table, row);
      if (upTo !== null) this.#db.prepare('DELETE FROM journal WHERE n <= ?').run(upTo);
    });
  }

  #fail(error: unknown, waiting: readonly Waiting[]): void {
    this.#failure = cannotWrite(error instanceof Error ? error.message : String(error));
    this.#report(error);
    const told = new HubError('storage_unavailable', undefined, { retryAfter: 2 });
    for (const { reject } of waiting) reject(told);
    if (this.#unwritten) this.#writeLater();
  }

  /** Reads rows; each must be {@link isSound} before it is believed. */
  read(sql: string, ...values: Row): unknown[][] {
    const rows = this.#db
      .prepare(sql)
      .raw()
      .all(...values) as unknown[][];
    return rows.map(decodeRow);
  }

  /** Writes what is left and closes the database. @throws what the disk says; then it is closed all the same */
  async close(): Promise<void> {
    this.#ending = true;
    this.#hurry();
    this.#write();
    this.removing.finish();
    try {
      if (this.trouble() === null) this.#foldPart(true);
      await this.#log.settled();
      // One file to copy when the hub is stopped.
      if (this.trouble() === null) this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } finally {
      this.abandon();
    }
  }

  /** Closes without writing what is left, as the death of the process would. */
  abandon(): void {
    if (this.#closed) return;
    this.#ending = this.#closed = true;
    this.removing.stop();
    this.#stopLazy?.();
    this.#stopLazy = null;
    this.#log.close();
    this.#db.close();
  }
}
