/**
 * The tables of `rogerthat.db`, each row sealed with a checksum of its own.
 *
 * SQLite checks its log but not its pages, so a flipped bit in a page would come back as another cursor or other
 * words. The seal makes the hub refuse such a row instead of believing it.
 */
import { isUtf8 } from 'node:buffer';
import { crc32 } from 'node:zlib';
import type Database from 'libsql';

const SCHEMA_VERSION = 1;
/** The version stands in the file's header twice, so that a flipped bit is not taken for a newer program. */
const applicationId = (version: number): number => 0x52540000 + version;

/** Columns of every table in the order they are written; `sum` comes last in each. */
export const TABLES = {
  channels: {
    columns: [
      'no',
      'id',
      'created_at',
      'retention',
      'trust_mode',
      'require_identity',
      'session_ttl_ms',
      'join_hash',
      'owner_hash',
      'owner_password',
    ],
    keys: 'PRIMARY KEY (no)',
    rowid: true,
  },
  heads: { columns: ['no', 'head', 'broadcasts', 'seq', 'touched_at', 'runs', 'salvaged'], keys: 'PRIMARY KEY (no)', rowid: true },
  seats: {
    columns: ['no', 'callsign', 'member', 'identity_id', 'joined_at', 'seen_at', 'hash', 'nonce', 'token_hash', 'authorized'],
    keys: 'PRIMARY KEY (no, callsign)',
    rowid: false,
  },
  mailboxes: {
    columns: [
      'no',
      'callsign',
      'confirmed',
      'handed',
      'sent',
      'explicit',
      'repeats',
      'joined_after',
      'broadcasts_before',
      'own',
      'direct',
      'seen',
      'rewound',
      'lost',
      'spoken',
      'head',
      'broadcasts',
      'seq',
    ],
    keys: 'PRIMARY KEY (no, callsign)',
    rowid: false,
  },
  journal: { columns: ['n', 'data'], keys: 'PRIMARY KEY (n)', rowid: true },
  tombstones: { columns: ['no', 'hash', 'state', 'until'], keys: 'PRIMARY KEY (no, hash)', rowid: false },
  keys: { columns: ['no', 'callsign', 'hash', 'content', 'id', 'at'], keys: 'PRIMARY KEY (no, callsign, hash)', rowid: false },
  // Numbers of channels that are gone, and whose events are being deleted (see removing.ts).
  removed: { columns: ['no'], keys: 'PRIMARY KEY (no)', rowid: true },
  orders: { columns: ['no', 'paused', 'closed_at', 'guard_factor'], keys: 'PRIMARY KEY (no)', rowid: true },
  bans: { columns: ['no', 'callsign', 'identity_id', 'stands'], keys: 'PRIMARY KEY (no, callsign)', rowid: false },
  identities: { columns: ['id', 'key_hash', 'name', 'created_at'], keys: 'PRIMARY KEY (id)', rowid: false },
  // `no` is null once the channel is gone and its hooks are still to be told.
  webhooks: {
    columns: ['id', 'no', 'channel', 'url', 'events', 'callsign', 'secret', 'created_at', 'disabled'],
    keys: 'PRIMARY KEY (id)',
    rowid: false,
  },
  // The hooks that are their owner's. One that is not here goes with the join token.
  owned: { columns: ['hook'], keys: 'PRIMARY KEY (hook)', rowid: false },
  deliveries: {
    columns: ['n', 'id', 'hook', 'type', 'at', 'message', 'seq', 'data', 'state', 'reason', 'attempts', 'due'],
    keys: 'PRIMARY KEY (n)',
    rowid: true,
  },
  // Beside the rest: nothing that is promised hangs on it.
  notes: { columns: ['name', 'text', 'until'], keys: 'PRIMARY KEY (name)', rowid: false },
  // `n` is the order of arrival: rows are appended at one end, whatever channel they belong to.
  events: { columns: ['n', 'no', 'seq', 'at', 'type', 'data'], keys: 'PRIMARY KEY (n)', rowid: true },
} as const;

export type TableName = keyof typeof TABLES;
export type Value = string | number | null;
export type Row = readonly Value[];

const INTEGERS = new Set([
  'no',
  'created_at',
  'require_identity',
  'session_ttl_ms',
  'head',
  'broadcasts',
  'seq',
  'touched_at',
  'salvaged',
  'member',
  'joined_at',
  'seen_at',
  'authorized',
  'confirmed',
  'handed',
  'sent',
  'explicit',
  'repeats',
  'joined_after',
  'broadcasts_before',
  'own',
  'direct',
  'seen',
  'spoken',
  'stands',
  'paused',
  'closed_at',
  'until',
  'at',
  'n',
  'message',
  'due',
]);

const columnType = (table: TableName, column: string): string =>
  INTEGERS.has(column) || (table === 'keys' && column === 'id') ? 'INTEGER' : 'TEXT';

/** Makes the tables and indexes where they are missing: all of them, or those that an earlier program did not have. */
export const createTables = (db: Database.Database): void => {
  for (const name of Object.keys(TABLES) as TableName[]) {
    const { columns, keys, rowid } = TABLES[name];
    const fields = columns.map((column) => `"${column}" ${columnType(name, column)}`).join(', ');
    db.exec(`CREATE TABLE IF NOT EXISTS ${name} (${fields}, sum INTEGER, ${keys}) STRICT${rowid ? '' : ', WITHOUT ROWID'}`);
  }
  db.exec('CREATE INDEX IF NOT EXISTS events_by_channel ON events (no, seq)');
  db.exec('CREATE INDEX IF NOT EXISTS notes_by_end ON notes (until)');
};

const numberOf = (db: Database.Database, pragma: string): number => (db.prepare(`PRAGMA ${pragma}`).raw().all() as number[][])[0]?.[0] ?? 0;

/** Whose tables these are. */
export const versionOf = (db: Database.Database): 'none' | 'ours' | 'newer' | 'damaged' => {
  const version = numberOf(db, 'user_version');
  if (version === 0) return 'none';
  if (version === SCHEMA_VERSION) return 'ours';
  return numberOf(db, 'application_id') === applicationId(version) ? 'newer' : 'damaged';
};

export const setVersion = (db: Database.Database): void => {
  db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}; PRAGMA application_id = ${applicationId(SCHEMA_VERSION)}`);
};

/** What SQLite finds wrong with the pages of a database; `ok` when nothing. */
export const quickCheck = (db: Database.Database): string =>
  String(db.prepare('SELECT CAST(quick_check AS BLOB) FROM pragma_quick_check(1)').raw().all().flat()[0]);

const SEPARATOR = '\x1f';

/** The seal of a row: CRC-32 over its values. */
export const seal = (row: Row): number => {
  let text = '';
  for (const value of row) text += (value === null ? '\0' : value) + SEPARATOR;
  return crc32(text);
};

/** Whether a row read from disk (its seal last) is what was written. */
export const isSound = (row: readonly unknown[]): boolean => {
  const values = row.slice(0, -1);
  return (
    values.every((value) => value === null || typeof value === 'string' || typeof value === 'number') &&
    seal(values as Row) === row[row.length - 1]
  );
};

/**
 * The columns as they are read, the seal last: texts as bytes. The driver ends the whole process at a text that is not
 * UTF-8, and a flipped bit makes one; {@link decodeRow} looks at the bytes first.
 */
export const readList = (table: TableName): string =>
  [
    ...TABLES[table].columns.map((column) => `CAST("${column}" AS ${columnType(table, column) === 'TEXT' ? 'BLOB' : 'INTEGER'})`),
    'CAST(sum AS INTEGER)',
  ].join(', ');

/** A row of {@link readList} with its texts; what is none becomes undefined, which no seal fits. */
export const decodeRow = (row: readonly unknown[]): unknown[] =>
  row.map((value) => (value instanceof Uint8Array ? (isUtf8(value) ? Buffer.from(value).toString() : undefined) : value));

const columnList = (table: TableName): string => TABLES[table].columns.map((column) => `"${column}"`).join(', ');

/** `INSERT OR REPLACE` with a place for each column and the seal. */
export const upsertSql = (table: TableName): string =>
  `INSERT OR REPLACE INTO ${table} (${columnList(table)}, sum) VALUES (${TABLES[table].columns.map(() => '?').join(', ')}, ?)`;
