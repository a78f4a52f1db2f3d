/** Everything in a data directory, as records that belong to no engine. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import {
  type ChannelRecord,
  type DeliveryRecord,
  dueWithin,
  isLasting,
  MoveError,
  type NoteRecord,
  type Outgoing,
  type SeatRecord,
  type StoreRecord,
} from '../../core/moving.ts';
import type { HookState, Item } from './hook.ts';
import { type Loaded, loadAll, readEvents } from './load.ts';
import { FOR_GOOD } from './notes.ts';
import { lockDirectory, openDatabase } from './open.ts';
import { DATABASE_FILE, REPAIRED_FILE } from './opening.ts';
import { isSound, readList } from './schema.ts';
import { type ChannelState, type KeptSeat, namedBy, wallOf } from './state.ts';
import { Store } from './store.ts';

/** Lines of a transcript that are read together. */
const EVENTS_AT_ONCE = 500;

const channelRecord = (state: ChannelState, clock: Clock): ChannelRecord => ({
  kind: 'channel',
  channel: state.channel,
  head: state.ring.head,
  broadcasts: state.ring.broadcasts,
  runs: state.ring.runs,
  seq: state.seq,
  touchedAt: wallOf(state.touchedAt, clock),
  guardFactor: state.guard.factor,
  salvaged: state.salvaged,
});

const seatRecord = (channelId: string, seat: KeptSeat, clock: Clock): SeatRecord => {
  const { callsign, member, identityId, joinedAt, spoken, session } = seat;
  const { confirmed, handed, sent, explicit, repeats, joinedAfter, broadcastsBefore, own, direct, seen, rewound, lost } = seat;
  return {
    ...{ kind: 'seat', channelId, callsign, member, identityId, joinedAt, seenAt: wallOf(seat.seenAt, clock), spoken, session },
    mailbox: { confirmed, handed, sent, explicit, repeats, joinedAfter, broadcastsBefore, own, direct, seen, rewound, lost },
  };
};

const deliveryRecord = (state: HookState, item: Item, clock: Clock): DeliveryRecord => {
  const { id, type, at, messageId, seq, data, reason, attempts } = item;
  const dueAt = item.state === 'pending' ? dueWithin(wallOf(item.dueAt, clock), clock.now()) : null;
  const { id: webhookId, channelId } = state.hook;
  return { kind: 'delivery', channelId, webhookId, id, type, at, messageId, seq, data, state: item.state, reason, attempts, dueAt };
};

function* hookRecords(state: HookState, clock: Clock): Generator<StoreRecord> {
  yield { kind: 'webhook', hook: state.hook, detached: state.channel === null };
  for (const item of [...state.done, ...state.pending].sort((a, b) => a.n - b.n)) yield deliveryRecord(state, item, clock);
}

function* channelRecords(store: Store, state: ChannelState, clock: Clock): Generator<StoreRecord> {
  const channelId = state.channel.id;
  yield channelRecord(state, clock);
  for (const [callsign, identityId] of state.bans) yield { kind: 'ban', channelId, callsign, identityId };
  for (const seat of state.seats.values()) yield seatRecord(channelId, seat, clock);
  for (const [hash, stone] of state.tombstones) {
    if (stone.until > clock.uptime()) yield { kind: 'tombstone', channelId, hash, state: stone.state, until: wallOf(stone.until, clock) };
  }
  for (const [name, { content, id, at }] of state.keys) {
    const [callsign, hash] = namedBy(name);
    yield { kind: 'key', channelId, callsign, hash, content, id, at };
  }
  let after = 0;
  for (;;) {
    const events = state.eventsOnDisk === 0 ? [] : readEvents(store, state, after, EVENTS_AT_ONCE);
    for (const event of events) yield { kind: 'event', channelId, event };
    if (events.length < EVENTS_AT_ONCE) break;
    after = events.at(-1)!.seq;
  }
  for (const hook of state.hooks ?? []) yield* hookRecords(hook, clock);
}

/** A row that is not sound is no note, as for the hub. */
function* noteRecords(store: Store, clock: Clock): Generator<NoteRecord> {
  for (const row of store.read(`SELECT ${readList('notes')} FROM notes`)) {
    if (!isSound(row)) continue;
    const [name, text, ends] = row as [string, string, number];
    const until = ends === FOR_GOOD ? null : ends;
    if (isLasting(until, clock.now())) yield { kind: 'note', name, text, until };
  }
}

/** Everything that was loaded from a database. @throws UnsoundRowError */
export function* recordsOf(store: Store, loaded: Loaded, clock: Clock): Generator<StoreRecord> {
  for (const identity of loaded.identities.values()) yield { kind: 'identity', identity };
  yield* noteRecords(store, clock);
  for (const state of loaded.channels.values()) yield* channelRecords(store, state, clock);
  for (const state of loaded.hooks.values()) if (state.channel === null) yield* hookRecords(state, clock);
}

/**
 * Takes a data directory that no hub runs on.
 * @param clock stands still
 * @throws MoveError when there is no database; DirectoryInUseError; DamagedDatabaseError; NewerDatabaseError
 */
export const openOutgoing = (directory: string, clock: Clock): Outgoing => {
  if (![DATABASE_FILE, REPAIRED_FILE].some((name) => existsSync(join(directory, name))))
    throw new MoveError(`There is no database in ${directory}.`);
  const lock = lockDirectory(directory);
  try {
    const { db, logPath } = openDatabase(directory);
    const store = new Store(db, logPath, clock, () => {});
    return {
      async *records() {
        yield* recordsOf(store, loadAll(store, clock), clock);
      },
      async close() {
        store.abandon();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
};
