/** Reading everything but texts back into memory, believing only rows whose seal holds. */
import type { Clock } from '../../core/clock.ts';
import type { Identity, Message, TranscriptEvent } from '../../core/types.ts';
import { isSound, type Row, readList, type TableName } from './schema.ts';
import {
  applyHeadRow,
  applyMailboxRow,
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

/** A row does not carry the seal it was written with. */
export class UnsoundRowError extends Error {
  constructor(table: string) {
    super(`a row of table ${table} does not match its checksum`);
  }
}

export interface Loaded {
  readonly channels: Map<string, ChannelState>;
  readonly identities: Map<string, Identity>;
  readonly lastNo: number;
  readonly lastEvent: number;
}

const rowsOf = (store: Store, table: TableName): Row[] => {
  const rows = store.read(`SELECT ${readList(table)} FROM ${table}`);
  for (const row of rows) if (!isSound(row)) throw new UnsoundRowError(table);
  return rows as unknown as Row[];
};

/** @throws UnsoundRowError */
export const loadAll = (store: Store, clock: Clock): Loaded => {
  const byNo = new Map<number, ChannelState>();
  const channels = new Map<string, ChannelState>();
  const heads = new Map(rowsOf(store, 'heads').map((row) => [row[0] as number, row]));
  let lastNo = 0;
  for (const row of rowsOf(store, 'channels')) {
    const no = row[0] as number;
    const head = heads.get(no);
    // A channel and its head are written in one transaction.
    if (!head) throw new UnsoundRowError('heads');
    const state = newState(no, channelOf(row), clock, head[6] === 1);
    applyHeadRow(state, head, clock);
    state.ringOnDisk = state.channel.retention === 'full';
    byNo.set(no, state);
    channels.set(state.channel.id, state);
    lastNo = Math.max(lastNo, no);
  }
  const stateOf = (row: Row, table: string): ChannelState => {
    const state = byNo.get(row[0] as number);
    if (!state) throw new UnsoundRowError(table);
    return state;
  };
  for (const row of rowsOf(store, 'mailboxes')) {
    const state = stateOf(row, 'mailboxes');
    const seat = newSeat(row[1] as string, state, clock);
    applyMailboxRow(state, seat, row);
    state.seats.set(seat.callsign, seat);
  }
  for (const row of rowsOf(store, 'seats')) {
    const state = stateOf(row, 'seats');
    const seat = state.seats.get(row[1] as string);
    if (!seat) throw new UnsoundRowError('mailboxes');
    applySeatRow(seat, row, clock);
    if (seat.session) state.sessions.set(seat.session.hash, seat);
  }
  for (const row of rowsOf(store, 'tombstones')) stateOf(row, 'tombstones').tombstones.set(row[1] as string, tombstoneOf(row, clock));
  for (const row of rowsOf(store, 'keys')) {
    const [, callsign, hash, content, id, at] = row as [number, string, string, string, number, number];
    stateOf(row, 'keys').keys.set(keyName(callsign, hash), { content, id, at, stored: null });
  }
  const identities = new Map(rowsOf(store, 'identities').map((row) => [row[1] as string, identityOf(row)]));
  const lastEvent = (store.read('SELECT max(n) FROM events')[0]?.[0] as number | null) ?? 0;
  return { channels, identities, lastNo, lastEvent };
};

/** A transcript event as it stands in `data`: what every event has is in columns of its own. */
export type EventData = Omit<TranscriptEvent, 'seq' | 'at' | 'type'>;

const eventOf = (row: Row): TranscriptEvent => ({
  seq: row[2] as number,
  at: new Date(row[3] as number).toISOString(),
  type: row[4] as TranscriptEvent['type'],
  ...(JSON.parse(row[5] as string) as EventData),
});

/** Events of a channel after `seq`. @throws UnsoundRowError */
export const readEvents = (store: Store, no: number, after: number, limit: number): TranscriptEvent[] =>
  store.read(`SELECT ${readList('events')} FROM events WHERE no = ? AND seq > ? ORDER BY seq LIMIT ?`, no, after, limit).map((row) => {
    if (!isSound(row)) throw new UnsoundRowError('events');
    return eventOf(row as unknown as Row);
  });

/** The last messages of a channel that keeps their text, oldest first. @throws UnsoundRowError */
export const readRing = (store: Store, no: number, most: number): Message[] =>
  store
    .read(`SELECT ${readList('events')} FROM events WHERE no = ? AND type = 'message' ORDER BY seq DESC LIMIT ?`, no, most)
    .map((row) => {
      if (!isSound(row)) throw new UnsoundRowError('events');
      const { id, from, to, text, at, reply_to, sender } = eventOf(row as unknown as Row);
      return {
        id: id!,
        from: from!,
        to: to!,
        text: text!,
        at,
        ...(reply_to === undefined ? {} : { reply_to }),
        sender: sender!,
      };
    })
    .reverse();
