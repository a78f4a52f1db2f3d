/**
 * A data directory made out of records. The database is written in a directory beside its place and moved there when
 * everything is in it, so a hub finds all of it or nothing.
 */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import {
  type ChannelRecord,
  type DeliveryRecord,
  type Incoming,
  MoveError,
  type SeatRecord,
  type StoreRecord,
  UnsureMoveError,
} from '../../core/moving.ts';
import { recordsOf } from './export.ts';
import { hookInserts, itemRow, newHookState } from './hook.ts';
import type { Insert } from './journal.ts';
import { loadAll } from './load.ts';
import { FOR_GOOD } from './notes.ts';
import { lockDirectory, openDatabase } from './open.ts';
import { DATABASE_FILE, REPAIRED_FILE } from './opening.ts';
import type { Row } from './schema.ts';
import {
  type ChannelState,
  channelRow,
  headRow,
  identityRow,
  mailboxRow,
  newSeat,
  newState,
  orderRow,
  seatRow,
  tombstoneRow,
} from './state.ts';
import { Store } from './store.ts';

const STAGE = 'incoming';

/** Rows of records. A channel comes before what belongs to it. */
class Rows {
  readonly #clock: Clock;
  readonly #channels = new Map<string, ChannelState>();
  #events = 0;
  #items = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  #uptimeOf(wall: number): number {
    return this.#clock.uptime() + wall - this.#clock.now();
  }

  #state(channelId: string): ChannelState {
    const state = this.#channels.get(channelId);
    if (!state) throw new MoveError(`A record belongs to the channel ${channelId}, which is not there.`);
    return state;
  }

  of(record: StoreRecord): Insert[] {
    switch (record.kind) {
      case 'identity':
        return [['identities', identityRow(record.identity)]];
      case 'note':
        return [['notes', [record.name, record.text, record.until ?? FOR_GOOD]]];
      case 'channel':
        return this.#channel(record);
      case 'ban':
        return [['bans', [this.#state(record.channelId).no, record.callsign, record.identityId, 1]]];
      case 'seat':
        return this.#seat(record);
      case 'tombstone': {
        const { channelId, hash, state, until } = record;
        return [['tombstones', tombstoneRow(this.#state(channelId).no, hash, { state, until: this.#uptimeOf(until) }, this.#clock)]];
      }
      case 'key': {
        const { channelId, callsign, hash, content, id, at } = record;
        return [['keys', [this.#state(channelId).no, callsign, hash, content, id, at]]];
      }
      case 'event': {
        const { seq, at, type, ...data } = record.event;
        const row: Row = [++this.#events, this.#state(record.channelId).no, seq, Date.parse(at), type, JSON.stringify(data)];
        return [['events', row]];
      }
      case 'webhook': {
        const state = record.detached ? null : this.#state(record.hook.channelId);
        return hookInserts(newHookState(record.hook, state));
      }
      case 'delivery':
        return [['deliveries', this.#delivery(record)]];
    }
  }

  #channel(record: ChannelRecord): Insert[] {
    const { channel, head, broadcasts, runs, seq, touchedAt, guardFactor, salvaged } = record;
    const state = newState(this.#channels.size + 1, channel, this.#clock, salvaged);
    const { ring, guard } = state;
    const usual = guard.factor;
    Object.assign(ring, { head, broadcasts });
    ring.runs.push(...runs);
    guard.factor = guardFactor;
    Object.assign(state, { seq, touchedAt: this.#uptimeOf(touchedAt) });
    this.#channels.set(channel.id, state);
    const ordered = channel.paused || channel.closedAt !== null || guardFactor !== usual;
    return [
      ['channels', channelRow(state)],
      ['heads', headRow(state, this.#clock)],
      ...(ordered ? [['orders', orderRow(state)] as const] : []),
    ];
  }

  #seat({ channelId, callsign, member, identityId, joinedAt, seenAt, spoken, session, mailbox }: SeatRecord): Insert[] {
    const state = this.#state(channelId);
    const seat = {
      ...newSeat(callsign, state, this.#clock),
      ...mailbox,
      lost: [...mailbox.lost],
      member,
      identityId,
      joinedAt,
      spoken,
      session,
    };
    seat.seenAt = this.#uptimeOf(seenAt);
    return [
      ['mailboxes', mailboxRow(state, seat)],
      ['seats', seatRow(state.no, seat, this.#clock)],
    ];
  }

  #delivery(record: DeliveryRecord): Row {
    const { webhookId, id, type, at, messageId, seq, data, state, reason, attempts } = record;
    const dueAt = this.#uptimeOf(record.dueAt ?? this.#clock.now());
    const rest = { message: null, lease: null, leasedUntil: 0 };
    return itemRow(
      webhookId,
      { n: ++this.#items, id, type, at, messageId, seq, data, state, reason, attempts, dueAt, ...rest },
      this.#clock,
    );
  }
}

const syncDirectory = (path: string): void => {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
};

/**
 * Takes a data directory that has no database, and makes it where it is missing.
 * @param clock stands still
 * @throws MoveError when there is a database; DirectoryInUseError
 */
export const openIncoming = (directory: string, clock: Clock): Incoming => {
  const lock = lockDirectory(directory);
  const stage = join(directory, STAGE);
  try {
    if ([DATABASE_FILE, `${DATABASE_FILE}-wal`, REPAIRED_FILE].some((name) => existsSync(join(directory, name)))) {
      throw new MoveError(`There is a database in ${directory} already. Name an empty directory.`);
    }
    // What a move that was killed left.
    rmSync(stage, { recursive: true, force: true });
    mkdirSync(stage, { mode: 0o700 });
    const { db, logPath } = openDatabase(stage);
    const store = new Store(db, logPath, clock, () => {});
    const rows = new Rows(clock);
    const clear = (): void => {
      rmSync(stage, { recursive: true, force: true });
      lock.release();
    };
    return {
      put(records) {
        store.fold(
          records.flatMap((record) => rows.of(record)),
          null,
        );
      },
      async *records() {
        yield* recordsOf(store, loadAll(store, clock), clock);
      },
      async finish() {
        await store.close();
        const made = join(stage, DATABASE_FILE);
        syncDirectory(made);
        renameSync(made, join(directory, DATABASE_FILE));
        try {
          syncDirectory(directory);
        } catch {
          throw new UnsureMoveError(`Everything is in ${directory} and was read back, but the disk did not confirm the last step.`);
        } finally {
          clear();
        }
      },
      async abandon() {
        store.abandon();
        clear();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
};
