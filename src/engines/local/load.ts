/** Reading everything but texts back into memory, believing only rows whose seal holds. */
import type { Clock } from '../../core/clock.ts';
import { messageOf } from '../../core/transcripts.ts';
import type { Identity, Message, TranscriptEvent } from '../../core/types.ts';
import { type HookState, hookOf, itemOf, newHookState } from './hook.ts';
import { inserts, newest, readEntries, type Told } from './journal.ts';
import { isSound, type Row, readList, type TableName } from './schema.ts';
import {
  applyHeadRow,
  applyMailboxRow,
  applyOrderRow,
  applySeatRow,
  type ChannelState,
  channelOf,
  identityOf,
  keyName,
  newSeat,
  newState,
  tombstoneOf,
} from './state.ts';
import type { Store } from './store.ts';

/** A row does not carry the seal it was written with, or is not where it was written. */
export class UnsoundRowError extends Error {
  constructor(table: string, what = 'does not match its checksum') {
    super(`a row of table ${table} ${what}`);
  }
}

export interface Loaded {
  readonly channels: Map<string, ChannelState>;
  readonly identities: Map<string, Identity>;
  readonly lastNo: number;
  readonly lastEvent: number;
  /** By id. */
  readonly hooks: Map<string, HookState>;
  readonly lastItem: number;
  /** Numbers of channels that are gone, and whose events may still be on disk. */
  readonly removed: readonly number[];
}

const soundRows = (store: Store, table: TableName): Row[] => {
  const rows = store.read(`SELECT ${readList(table)} FROM ${table}`);
  for (const row of rows) if (!isSound(row)) throw new UnsoundRowError(table);
  return rows as unknown as Row[];
};

/** What an earlier run left in the journal: one that was killed. */
const readJournal = (store: Store): { told: Told; last: number | null } => {
  const rows = soundRows(store, 'journal').sort((a, b) => (a[0] as number) - (b[0] as number));
  for (let i = 1; i < rows.length; i++) {
    if (rows[i]![0] !== (rows[i - 1]![0] as number) + 1) throw new UnsoundRowError('journal', 'is missing');
  }
  return { told: readEntries(rows), last: (rows.at(-1)?.[0] as number | undefined) ?? null };
};

/** The webhooks, and what is and was owed to them. @throws UnsoundRowError */
const loadHooks = (store: Store, clock: Clock, byNo: ReadonlyMap<number, ChannelState>): Pick<Loaded, 'hooks' | 'lastItem'> => {
  const hooks = new Map<string, HookState>();
  const owned = new Set(soundRows(store, 'owned').map((row) => row[0] as string));
  for (const row of soundRows(store, 'webhooks')) {
    const no = row[1] as number | null;
    const channel = no === null ? null : byNo.get(no);
    if (channel === undefined) throw new UnsoundRowError('webhooks');
    const id = row[0] as string;
    hooks.set(id, newHookState(hookOf(row, owned.delete(id)), channel));
  }
  if (owned.size > 0) throw new UnsoundRowError('owned');
  const states = [...hooks.values()].sort((a, b) => a.hook.createdAt - b.hook.createdAt);
  for (const state of states) if (state.channel) state.channel.hooks = [...(state.channel.hooks ?? []), state];
  let lastItem = 0;
  for (const row of soundRows(store, 'deliveries')) {
    const state = hooks.get(row[2] as string);
    if (!state) throw new UnsoundRowError('deliveries');
    const item = itemOf(row, clock);
    // In the order of `n`, since the table is.
    (item.state === 'pending' ? state.pending : state.done).push(item);
    lastItem = Math.max(lastItem, item.n);
  }
  return { hooks, lastItem };
};

/** @throws UnsoundRowError */
export const loadAll = (store: Store, clock: Clock): Loaded => {
  const { told, last } = readJournal(store);
  const rowsOf = (table: TableName): Row[] => newest(table, soundRows(store, table), told);
  const byNo = new Map<number, ChannelState>();
  const channels = new Map<string, ChannelState>();
  const heads = new Map(rowsOf('heads').map((row) => [row[0] as number, row]));
  let lastNo = 0;
  for (const row of rowsOf('channels')) {
    const no = row[0] as number;
    const head = heads.get(no);
    // A channel and its head are written in one transaction.
    if (!head) throw new UnsoundRowError('heads', 'is missing');
    const state = newState(no, channelOf(row), clock, head[6] === 1);
    applyHeadRow(state, head, clock);
    state.ringOnDisk = state.channel.retention === 'full';
    byNo.set(no, state);
    channels.set(state.channel.id, state);
    lastNo = Math.max(lastNo, no);
  }
  const removed = soundRows(store, 'removed').map((row) => row[0] as number);
  for (const no of removed) {
    if (byNo.has(no)) throw new UnsoundRowError('removed');
    lastNo = Math.max(lastNo, no);
  }
  if (byNo.size !== heads.size) throw new UnsoundRowError('channels', 'is missing');
  const stateOf = (row: Row, table: string): ChannelState => {
    const state = byNo.get(row[0] as number);
    if (!state) throw new UnsoundRowError(table);
    return state;
  };
  for (const row of rowsOf('mailboxes')) {
    const state = stateOf(row, 'mailboxes');
    const seat = newSeat(row[1] as string, state, clock);
    applyMailboxRow(state, seat, row);
    state.seats.set(seat.callsign, seat);
  }
  for (const row of rowsOf('seats')) {
    const state = stateOf(row, 'seats');
    const seat = state.seats.get(row[1] as string);
    if (!seat) throw new UnsoundRowError('mailboxes', 'is missing');
    applySeatRow(seat, row, clock);
    if (seat.session) state.sessions.set(seat.session.hash, seat);
  }
  for (const row of rowsOf('tombstones')) stateOf(row, 'tombstones').tombstones.set(row[1] as string, tombstoneOf(row, clock));
  // A sweep relies on the order in which they were used.
  for (const row of rowsOf('keys').sort((a, b) => (a[5] as number) - (b[5] as number))) {
    const [, callsign, hash, content, id, at] = row as [number, string, string, string, number, number];
    stateOf(row, 'keys').keys.set(keyName(callsign, hash), { content, id, at, stored: null });
  }
  for (const row of rowsOf('orders')) applyOrderRow(stateOf(row, 'orders'), row);
  for (const row of rowsOf('bans')) if (row[3] === 1) stateOf(row, 'bans').bans.set(row[1] as string, row[2] as string | null);
  for (const state of byNo.values()) state.eventsOnDisk = state.channel.retention === 'none' ? 0 : state.seq;
  const identities = new Map(rowsOf('identities').map((row) => [row[1] as string, identityOf(row)]));
  const hooks = loadHooks(store, clock, byNo);
  // Only now that everything was found sound is anything written.
  if (last !== null) store.fold(inserts(told), last);
  const lastEvent = (store.read('SELECT max(n) FROM events')[0]?.[0] as number | null) ?? 0;
  return { channels, identities, lastNo, lastEvent, ...hooks, removed };
};

/** A transcript event as it stands in `data`: what every event has is in columns of its own. */
export type EventData = Omit<TranscriptEvent, 'seq' | 'at' | 'type'>;

const eventOf = (row: Row): TranscriptEvent => ({
  seq: row[2] as number,
  at: new Date(row[3] as number).toISOString(),
  type: row[4] as TranscriptEvent['type'],
  ...(JSON.parse(row[5] as string) as EventData),
});

/** What reading a channel's events needs to know of it. */
type Source = Pick<ChannelState, 'no' | 'eventsOnDisk' | 'salvaged'>;

/**
 * Rows of events, which follow each other without a hole: a flipped bit in the index or in a number hides a row.
 * After a repair there may be holes.
 */
const eventRows = (store: Store, source: Source, where: string, step: 1 | -1, ...values: Row): Row[] => {
  const rows = store.read(`SELECT ${readList('events')} FROM events WHERE no = ? AND ${where}`, source.no, ...values);
  rows.forEach((row, i) => {
    if (!isSound(row)) throw new UnsoundRowError('events');
    if (i > 0 && !source.salvaged && row[2] !== (rows[i - 1]![2] as number) + step) throw new UnsoundRowError('events', 'is missing');
  });
  return rows as unknown as Row[];
};

/** Events of a channel after `seq`. @throws UnsoundRowError */
export const readEvents = (store: Store, source: Source, after: number, limit: number): TranscriptEvent[] => {
  const rows = eventRows(store, source, 'seq > ? ORDER BY seq LIMIT ?', 1, after, limit);
  if (!source.salvaged) {
    const begins = rows.length === 0 || rows[0]![2] === after + 1;
    const ends = rows.length === limit || after + rows.length >= source.eventsOnDisk;
    if (!begins || !ends) throw new UnsoundRowError('events', 'is missing');
  }
  return rows.map(eventOf);
};

const RING_BATCH = 256;

/** The last messages of a channel that keeps their text, oldest first. @throws UnsoundRowError */
export const readRing = (store: Store, source: Source, most: number): Message[] => {
  const messages: Message[] = [];
  let before: number | null = null;
  while (messages.length < most) {
    const rows: Row[] =
      before === null
        ? eventRows(store, source, 'seq > 0 ORDER BY seq DESC LIMIT ?', -1, RING_BATCH)
        : eventRows(store, source, 'seq < ? ORDER BY seq DESC LIMIT ?', -1, before, RING_BATCH);
    const newest = (rows[0]?.[2] as number | undefined) ?? 0;
    const oldest = (rows.at(-1)?.[2] as number | undefined) ?? 0;
    if (!source.salvaged) {
      const begins = before === null ? newest >= source.eventsOnDisk : newest === before - 1;
      const ends = rows.length === RING_BATCH || oldest <= 1;
      if (!begins || !ends) throw new UnsoundRowError('events', 'is missing');
    }
    for (const row of rows) if (row[4] === 'message' && messages.length < most) messages.push(messageOf(eventOf(row)));
    if (rows.length < RING_BATCH) break;
    before = oldest;
  }
  return messages.reverse();
};
