/**
 * Recovery of a damaged database: what is sound is kept, what is not is named, nothing is invented.
 *
 * The damaged file stays beside the new one. Whoever may have lost messages is told: all mailboxes of all channels
 * owe their seats a `rewound` gap, since a page that cannot be read does not say whose it was.
 */
import { chmodSync, copyFileSync, existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import type { Clock } from '../../core/clock.ts';
import { damageOfFiles } from './files.ts';
import { newest, readEntries } from './journal.ts';
import { DATABASE_FILE } from './open.ts';
import { NewerDatabaseError } from './opening.ts';
import {
  createTables,
  decodeRow,
  isSound,
  quickCheck,
  type Row,
  readList,
  seal,
  setVersion,
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
    } catch {
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
  } catch {
    return true;
  }
};

/**
 * Repairs the database of a locked directory, if it is damaged.
 * @returns a sentence about what was found and where the damaged file is, or null when all was sound
 */
export const repairDatabase = (directory: string, clock: Clock): string | null => {
  const path = join(directory, DATABASE_FILE);
  const seen = damageOfFiles(path);
  if (seen === null && !existsSync(path)) return null;
  const aside = `${path}.damaged-${new Date(clock.now()).toISOString().replaceAll(':', '')}`;
  // SQLite changes what it opens, and what is set aside shall be what was found.
  const copy = `${path}.copy`;
  for (const suffix of ['', '-wal']) if (existsSync(path + suffix)) copyFileSync(path + suffix, copy + suffix);
  let old: Database.Database | null = null;
  const tables = new Map<TableName, Row[]>();
  try {
    old = new Database(copy, { timeout: 1000 });
    const version = versionOf(old);
    if (version === 'newer') throw new NewerDatabaseError(path);
    if (seen === null && version !== 'damaged' && !isDamaged(old)) return null;
    for (const table of NAMES) tables.set(table, salvage(old, table).rows);
  } catch (error) {
    if (error instanceof NewerDatabaseError) throw error;
    // Not even a database any more: nothing can be recovered, the file is still set aside.
  } finally {
    old?.close();
    for (const suffix of ['', '-wal', '-shm']) rmSync(copy + suffix, { force: true });
  }
  for (const suffix of ['', '-wal', '-shm']) if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);

  // What the journal has is newer than the tables; the new database begins without one.
  const told = readEntries((tables.get('journal') ?? []).sort((a, b) => (a[0] as number) - (b[0] as number)));
  for (const table of NAMES) tables.set(table, table === 'journal' ? [] : newest(table, tables.get(table) ?? [], told));
  const kept = consistent(tables);
  const db = new Database(path);
  try {
    db.exec('PRAGMA journal_mode = WAL');
    db.exec('BEGIN');
    createTables(db);
    setVersion(db);
    for (const [table, rows] of kept) {
      const insert = db.prepare(upsertSql(table));
      for (const found of rows) {
        let row = found;
        if (table === 'heads') row = withColumn(table, row, 'salvaged', 1);
        if (table === 'mailboxes') row = withColumn(table, row, 'rewound', 'owed');
        insert.run(...row, seal(row));
      }
    }
    db.exec('COMMIT');
  } finally {
    db.close();
  }
  chmodSync(path, 0o600);
  const counts = NAMES.filter((table) => table !== 'journal')
    .map((table) => `${kept.get(table)?.length ?? 0} ${table}`)
    .join(', ');
  return `The database was damaged and has been repaired: ${counts} recovered. The damaged file is kept as ${aside}.`;
};
