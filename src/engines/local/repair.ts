/**
 * Recovery of a damaged database: what is sound is kept, what is not is named, nothing is invented.
 *
 * The damaged file stays beside the new one. Whoever may have lost messages is told: all mailboxes of all channels
 * owe their seats a `rewound` gap, since a page that cannot be read does not say whose it was.
 */
import { chownSync, copyFileSync, existsSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type Database from 'libsql';
import { openFile } from './driver.ts';
import { damageOfFiles } from './files.ts';
import { newest, readEntries } from './journal.ts';
import { makeDatabase, removeDatabase, scratchOf } from './making.ts';
import { DATABASE_FILE, isDiskTrouble, NewerDatabaseError, REPAIRED_FILE } from './opening.ts';
import {
  createTables,
  decodeRow,
  isSound,
  quickCheck,
  type Row,
  readList,
  seal,
  TABLES,
  type TableName,
  upsertSql,
  type Value,
  versionOf,
} from './schema.ts';

const NAMES = Object.keys(TABLES) as TableName[];

interface Found {
  readonly rows: Row[];
  readonly lost: boolean;
}

/** Every sound row of a table, from both ends where a damaged page cuts it in two. */
const salvage = (db: Database.Database, table: TableName): Found => {
  const key = TABLES[table].keys.replace('PRIMARY KEY ', '').slice(1, -1);
  const found = new Map<string, Row>();
  let lost = false;
  for (const direction of ['ASC', 'DESC']) {
    const order = key
      .split(', ')
      .map((column) => `${column} ${direction}`)
      .join(', ');
    try {
      for (const read of db
        .prepare(`SELECT ${readList(table)} FROM ${table} ORDER BY ${order}`)
        .raw()
        .iterate() as Iterable<unknown[]>) {
        const row = decodeRow(read);
        if (isSound(row)) {
          const values = row.slice(0, -1) as unknown as Row;
          found.set(JSON.stringify(values), values);
        } else lost = true;
      }
      // One clean pass has seen everything.
      break;
    } catch (error) {
      if (isDiskTrouble(error)) throw error;
      lost = true;
    }
  }
  return { rows: [...found.values()], lost };
};

/** Rows that refer to a channel whose own row is lost mean nothing any more. */
const consistent = (tables: Map<TableName, Row[]>): Map<TableName, Row[]> => {
  const heads = new Set((tables.get('heads') ?? []).map((row) => row[0]));
  const channels = new Set((tables.get('channels') ?? []).map((row) => row[0]).filter((no) => heads.has(no)));
  const mailboxes = new Set((tables.get('mailboxes') ?? []).map((row) => `${row[0]} ${row[1]}`));
  const hooks = new Set<Value>();
  const kept = new Map<TableName, Row[]>();
  for (const [table, rows] of tables) {
    const column = TABLES[table].columns.indexOf('no' as never);
    kept.set(
      table,
      rows.filter((row) => {
        const channel = column < 0 ? null : (row[column] ?? null);
        if (table === 'seats' && !mailboxes.has(`${row[0]} ${row[1]}`)) return false;
        if (table === 'deliveries') return hooks.has(row[2] ?? null);
        if (table === 'owned') return hooks.has(row[0] ?? null);
        return channel === null || channels.has(channel);
      }),
    );
    // They stand before what belongs to them in the list of tables.
    if (table === 'webhooks') for (const row of kept.get(table) ?? []) hooks.add(row[0] ?? null);
  }
  return kept;
};

/** The same row with one column changed. */
const withColumn = (table: TableName, row: Row, column: string, value: string | number): Row => {
  const at = (TABLES[table].columns as readonly string[]).indexOf(column);
  return row.map((old, index) => (index === at ? value : old));
};

/** @throws what the disk says, which is nothing about the database */
const isDamaged = (db: Database.Database): boolean => {
  try {
    if (quickCheck(db) !== 'ok') return true;
    // What an earlier program did not have is missing and not lost.
    createTables(db);
    return NAMES.some((table) =>
      (
        db
          .prepare(`SELECT ${readList(table)} FROM ${table}`)
          .raw()
          .all() as unknown[][]
      ).some((row) => !isSound(decodeRow(row))),
    );
  } catch (error) {
    if (isDiskTrouble(error)) throw error;
    return true;
  }
};

/** What a repair reads instead of the damaged database. */
const copyOf = (path: string): string => `${path}.copy`;

/**
 * Every sound row of a database, or null when all of it is sound.
 * @param seen what is wrong with its files
 * @throws NewerDatabaseError, or what the disk says
 */
const salvageAll = (path: string, seen: string | null): Map<TableName, Row[]> | null => {
  // SQLite changes what it opens, and what is set aside shall be what was found.
  const copy = copyOf(path);
  removeDatabase(copy);
  const tables = new Map<TableName, Row[]>();
  let old: Database.Database | null = null;
  try {
    for (const suffix of ['', '-wal']) if (existsSync(path + suffix)) copyFileSync(path + suffix, copy + suffix);
    old = openFile(copy, { timeout: 1000 });
    const version = versionOf(old);
    if (version === 'newer') throw new NewerDatabaseError(path);
    if (seen === null && version === 'ours' && !isDamaged(old)) return null;
    for (const table of NAMES) tables.set(table, salvage(old, table).rows);
  } catch (error) {
    if (error instanceof NewerDatabaseError || isDiskTrouble(error)) throw error;
    // Not even a database any more: nothing can be recovered, the file is still set aside.
  } finally {
    old?.close();
    removeDatabase(copy);
  }
  return tables;
};

/**
 * The last step of a repair: the damaged files go aside, and the new one gets their name. A program that dies in it leaves the repaired
 * one beside them, complete, and the next start takes the step again.
 * @returns where the damaged file is; null when no repair waits for this
 */
export const settleRepair = (directory: string): string | null => {
  const [path, repaired] = [join(directory, DATABASE_FILE), join(directory, REPAIRED_FILE)];
  // What a program that was killed was still at work on has texts in it that somebody may want erased.
  for (const unfinished of [copyOf(path), scratchOf(path), scratchOf(repaired)]) removeDatabase(unfinished);
  if (!existsSync(repaired)) return null;
  // Of the file's own time, so that all of the damaged ones have one name, however often it takes.
  const aside = `${path}.damaged-${statSync(repaired).mtime.toISOString().replaceAll(':', '')}`;
  // The database last: a log that is left behind would be taken for that of the new one.
  for (const suffix of ['-wal', '-shm', '']) if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
  renameSync(repaired, path);
  return aside;
};

/**
 * Repairs the database of a locked directory, if it is damaged.
 * @returns a sentence about what was found and where the damaged file is, or null when all was sound
 * @throws NewerDatabaseError, or what the disk says; then the damaged files are where they were
 */
export const repairDatabase = (directory: string): string | null => {
  const path = join(directory, DATABASE_FILE);
  settleRepair(directory);
  const seen = damageOfFiles(path);
  if (seen === null && !existsSync(path)) return null;
  const tables = salvageAll(path, seen);
  if (tables === null) return null;

  // What the journal has is newer than the tables; the new database begins without one.
  const told = readEntries((tables.get('journal') ?? []).sort((a, b) => (a[0] as number) - (b[0] as number)));
  for (const table of NAMES) tables.set(table, table === 'journal' ? [] : newest(table, tables.get(table) ?? [], told));
  const kept = consistent(tables);
  makeDatabase(join(directory, REPAIRED_FILE), (db) => {
    for (const [table, rows] of kept) {
      const insert = db.prepare(upsertSql(table));
      for (const found of rows) {
        let row = found;
        if (table === 'heads') row = withColumn(table, row, 'salvaged', 1);
        if (table === 'mailboxes') row = withColumn(table, row, 'rewound', 'owed');
        insert.run(...row, seal(row));
      }
    }
  });
  // Root repairs for others, and must not lock them out. A database may be missing where its log is there.
  const { uid, gid } = statSync(existsSync(path) ? path : directory);
  if (process.getuid?.() === 0) chownSync(join(directory, REPAIRED_FILE), uid, gid);
  const aside = settleRepair(directory);
  const counts = NAMES.filter((table) => table !== 'journal')
    .map((table) => `${kept.get(table)?.length ?? 0} ${table}`)
    .join(', ');
  return `The database was damaged and has been repaired: ${counts} recovered. The damaged file is kept as ${aside}.`;
};
