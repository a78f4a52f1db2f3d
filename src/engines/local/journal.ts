/**
 * The journal: the newest state of heads, seats and mailboxes, many to a row.
 *
 * A message changes a row or two of a few numbers each, and a statement costs twenty times what the numbers do. So
 * a transaction writes all that changed as one row of `journal`, and the tables get it later, each row once however
 * often it changed: the journal is *folded* into them. Until then the journal is the truth, its last entry for a
 * key the newest.
 *
 * Folding writes rows as they are in memory at that moment, a few hundred a transaction, and the last of these
 * drops the part of the journal that was there when it began. What changed meanwhile stands in the part that stays.
 */
import type { Row, TableName } from './schema.ts';

/** A row, and the table it belongs to. */
export type Insert = readonly [table: TableName, row: Row];

/** Something whose row is made at the moment it is written; null when it no longer stands. */
export interface Dirty {
  row(): Insert | null;
}

/** Bytes of journal that ask to be folded: what a start has to read at most, in a few tens of milliseconds. */
const FOLD_BYTES = 4 * 1024 * 1024;
/** Rows a transaction of a fold writes: a few milliseconds. */
const FOLD_ROWS = 256;

export class Journal {
  /** Changed since the last entry. */
  #due = new Set<Dirty>();
  /** In the journal, and older or missing in its table. */
  #stale = new Set<Dirty>();
  #gone: (readonly [no: number, callsign?: string])[] = [];
  /** The number of the last entry. A journal begins empty: what an earlier run left is folded when it is read. */
  #last = 0;
  #bytes = 0;
  /** The fold under way: which part of the journal it makes dispensable, and what is still to be written. */
  #fold: { readonly upTo: number; readonly left: Dirty[] } | null = null;

  /** Something is to be written with the next transaction. */
  get due(): boolean {
    return this.#due.size > 0 || this.#gone.length > 0;
  }

  touch(dirty: Dirty): void {
    this.#due.add(dirty);
  }

  /** The channel with this number, or a seat of it, was removed; what the journal has of it means nothing any more. */
  removed(no: number, callsign?: string): void {
    this.#gone.push(callsign === undefined ? [no] : [no, callsign]);
  }

  /** How many removals are due; see {@link keepRemoved}. */
  get removals(): number {
    return this.#gone.length;
  }

  /** Takes removals back, all but the first so many. */
  keepRemoved(count: number): void {
    this.#gone.length = count;
  }

  /** What is due, as the row of the journal that the transaction under way shall write; null when it is nothing. */
  entry(): Row | null {
    const entries: unknown[] = this.#gone.map((gone) => [GONE, ...gone]);
    for (const dirty of this.#due) {
      const found = dirty.row();
      if (found) entries.push([found[0], ...found[1]]);
    }
    return entries.length === 0 ? null : [this.#last + 1, JSON.stringify(entries)];
  }

  /** The entry is on disk. */
  written(entry: Row | null): void {
    if (entry) {
      this.#last++;
      this.#bytes += (entry[1] as string).length;
    }
    for (const dirty of this.#due) this.#stale.add(dirty);
    this.#due.clear();
    this.#gone = [];
  }

  /** It has grown enough to be folded. */
  get wantsFold(): boolean {
    return this.#fold === null && this.#bytes > FOLD_BYTES;
  }

  /** A fold is under way. */
  get folding(): boolean {
    return this.#fold !== null;
  }

  /**
   * One transaction's worth of a fold.
   * @param write writes the rows, then, unless null, drops the journal up to that number; all or nothing
   * @param all everything that is left in one piece
   * @throws what `write` throws; the fold begins anew with the next call
   */
  fold(write: (rows: readonly Insert[], upTo: number | null) => void, all = false): void {
    this.#fold ??= this.#begin();
    const { left, upTo } = this.#fold;
    const part = left.splice(0, all ? left.length : FOLD_ROWS);
    const done = left.length === 0;
    try {
      write(
        part.map((dirty) => dirty.row()).filter((row) => row !== null),
        done ? upTo : null,
      );
    } catch (error) {
      for (const dirty of [...part, ...left]) this.#stale.add(dirty);
      this.#fold = null;
      throw error;
    }
    if (done) this.#fold = null;
  }

  #begin(): { upTo: number; left: Dirty[] } {
    const left = [...this.#stale];
    this.#stale = new Set();
    this.#bytes = 0;
    return { upTo: this.#last, left };
  }
}

/** In the place of a table's name: the channel with this number is gone, or a seat of it, and what was said of it before. */
const GONE = 'gone';

/** What a journal says: the newest row for each key. */
export type Told = ReadonlyMap<TableName, ReadonlyMap<string, Row>>;

const keyOf = (table: TableName, row: Row): string => (table === 'heads' ? String(row[0]) : `${row[0]} ${row[1]}`);

/** Reads rows of the journal, oldest first. */
export const readEntries = (rows: readonly Row[]): Told => {
  const told = new Map<TableName, Map<string, Row>>();
  for (const row of rows) {
    for (const [table, ...values] of JSON.parse(row[1] as string) as [TableName | typeof GONE, ...Row][]) {
      if (table !== GONE) {
        const known = told.get(table) ?? new Map<string, Row>();
        told.set(table, known.set(keyOf(table, values), values));
        continue;
      }
      const [no, callsign] = values;
      for (const [name, known] of told) {
        if (callsign === undefined) for (const [key, of] of known) if (of[0] === no) known.delete(key);
        if (callsign !== undefined && name !== 'heads') known.delete(`${no} ${callsign}`);
      }
    }
  }
  return told;
};

/** The rows of a table, each as the journal has it where it does. */
export const newest = (table: TableName, rows: Row[], told: Told): Row[] => {
  const known = told.get(table);
  if (!known || known.size === 0) return rows;
  return [...rows.filter((row) => !known.has(keyOf(table, row))), ...known.values()];
};

/** All rows that the journal tells of. */
export const inserts = (told: Told): Insert[] =>
  [...told].flatMap(([table, known]) => [...known.values()].map((row): Insert => [table, row]));
