/** Everything in a store, as records that belong to no engine. */
import type { Clock } from '../../core/clock.ts';
import {
  type DeliveryRecord,
  dueWithin,
  isLasting,
  type NoteRecord,
  type Outgoing,
  type SeatRecord,
  type StoreRecord,
  type TombstoneRecord,
} from '../../core/moving.ts';
import type { Channel, Identity } from '../../core/types.ts';
import { Custody, channelIds, noteKeys } from './custody.ts';
import { pairsOf } from './lua/prelude.ts';
import { eventOf } from './messages.ts';
import { dataOfItem, hookOf, type Item, type Kept, plain } from './outbox.ts';
import type { Store } from './store.ts';

/** Entries of a stream or a hash that are read together. */
const AT_ONCE = 500;

/** How times of the store stand to the wall clock, ms: what the store has is so much more. */
export const offsetOf = async (store: Store, clock: Clock): Promise<number> => {
  // It stands before the store's own (see tick in lua/notes.ts).
  const seen = Number.parseFloat(String((await store.command(['GET', store.key('clock')])) ?? 0));
  return Math.round(Math.max(await store.time(), seen)) - clock.now();
};

type KeptSeat = SeatRecord['mailbox'] & {
  readonly callsign: string;
  readonly n: number;
  readonly member: boolean;
  readonly identityId?: string;
  readonly joinedAt: number;
  readonly spoken: boolean;
};

/** What a store holds, read while nothing changes in it. */
export class Reader {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #offset: number;
  readonly #noteKeys: () => Promise<readonly string[]>;

  /** @param notes where its notes are; by default those that can be found */
  constructor(store: Store, clock: Clock, offset: number, notes: () => Promise<readonly string[]> = () => noteKeys(store)) {
    this.#store = store;
    this.#noteKeys = notes;
    this.#clock = clock;
    this.#offset = offset;
  }

  async *records(): AsyncGenerator<StoreRecord> {
    for await (const [, json] of this.#pairs(this.#store.key('identities')))
      yield { kind: 'identity', identity: JSON.parse(json) as Identity };
    yield* this.#notes();
    for (const channelId of await channelIds(this.#store)) yield* this.#channel(channelId);
  }

  async *#notes(): AsyncGenerator<NoteRecord> {
    for (const key of await this.#noteKeys()) {
      const kept = (await this.#store.command(['GET', key])) as string | null;
      if (kept === null) continue;
      const name = key.slice(this.#store.key('note:').length);
      const agreed = ((await this.#store.command(['PTTL', key])) as number) < 0;
      const bar = agreed ? -1 : kept.indexOf('|');
      const until = agreed ? null : this.#wallOf(kept.slice(0, bar));
      if (isLasting(until, this.#clock.now())) yield { kind: 'note', name, text: kept.slice(bar + 1), until };
    }
  }

  #wallOf(shared: string | number): number {
    return Math.round(Number(shared) - this.#offset);
  }

  #pastOf(shared: string | number | undefined): number {
    return shared === undefined ? this.#clock.now() : Math.min(this.#clock.now(), this.#wallOf(shared));
  }

  /** Fields and values of a hash, however many. */
  async *#pairs(key: string): AsyncGenerator<[string, string]> {
    // A field may come twice.
    const told = new Set<string>();
    let cursor = '0';
    do {
      const [next, found] = (await this.#store.command(['HSCAN', key, cursor, 'COUNT', String(AT_ONCE)])) as [string, string[]];
      cursor = next;
      for (let i = 0; i < found.length; i += 2) {
        if (told.has(found[i]!)) continue;
        told.add(found[i]!);
        yield [found[i]!, found[i + 1]!];
      }
    } while (cursor !== '0');
  }

  async #hash(key: string): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    for await (const [field, value] of this.#pairs(key)) found.set(field, value);
    return found;
  }

  async *#channel(channelId: string): AsyncGenerator<StoreRecord> {
    const base = this.#store.base(channelId);
    const facts = await this.#hash(base);
    const config = facts.get('config');
    const channel = config === undefined ? null : (JSON.parse(config) as Channel);
    if (channel) {
      const number = (name: string): number => Number(facts.get(name) ?? 0);
      const runs = (facts.get('runs') ?? '').split(' ').filter((run) => run !== '');
      yield {
        ...{ kind: 'channel', channel, head: number('head'), broadcasts: number('broadcasts') },
        runs: runs.map((run) => ({ from: Number.parseInt(run, 10), tag: run.slice(run.indexOf(':') + 1) })),
        ...{ seq: number('seq'), touchedAt: this.#pastOf(facts.get('touched')), guardFactor: number('factor') },
        salvaged: facts.get('salvaged') === '1',
      };
      for await (const [callsign, identity] of this.#pairs(`${base}:bans`)) {
        yield { kind: 'ban', channelId, callsign, identityId: identity === '' ? null : identity };
      }
      yield* this.#seats(channelId);
      yield* this.#tombstones(channelId);
      for await (const [name, used] of this.#pairs(`${base}:keys`)) {
        const [callsign = '', hash = ''] = name.split(' ');
        const [content = '', id, at] = used.split(' ');
        yield { kind: 'key', channelId, callsign, hash, content, id: Number(id), at: Number(at) };
      }
      yield* this.#events(channelId);
    }
    const detached = channel === null || channel.closedAt !== null;
    const hooks = [...(await this.#hash(`${base}:hooks`)).values()].map(hookOf).sort((a, b) => a.n - b.n);
    for (const kept of hooks) yield* this.#hook(kept, detached);
  }

  async *#seats(channelId: string): AsyncGenerator<SeatRecord> {
    const base = this.#store.base(channelId);
    const [live, seen] = [await this.#hash(`${base}:live`), await this.#hash(`${base}:seen`)];
    const seats = [...(await this.#hash(`${base}:seats`)).values()].map((json) => JSON.parse(json) as KeptSeat);
    for (const kept of seats.sort((a, b) => a.n - b.n)) {
      const { callsign, member, identityId = null, joinedAt, spoken } = kept;
      const [hash, nonce = '', tokenHash = '', authorized] = live.get(callsign)?.split('\n') ?? [];
      const { confirmed, handed, sent, explicit, repeats, joinedAfter = null, broadcastsBefore, own, direct, rewound } = kept;
      const lost = pairsOf(kept.lost);
      yield {
        ...{ kind: 'seat', channelId, callsign, member, identityId, joinedAt, seenAt: this.#pastOf(seen.get(callsign)), spoken },
        session: hash === undefined ? null : { hash, nonce, tokenHash, authorized: authorized === '1' },
        mailbox: { confirmed, handed, sent, explicit, repeats, joinedAfter, broadcastsBefore, own, direct, seen: kept.seen, rewound, lost },
      };
    }
  }

  async *#tombstones(channelId: string): AsyncGenerator<TombstoneRecord> {
    for await (const [hash, stone] of this.#pairs(`${this.#store.base(channelId)}:stones`)) {
      const [state, till] = stone.split(' ') as [TombstoneRecord['state'], string];
      const until = this.#wallOf(till);
      if (until > this.#clock.now()) yield { kind: 'tombstone', channelId, hash, state, until };
    }
  }

  async *#events(channelId: string): AsyncGenerator<StoreRecord> {
    const key = `${this.#store.base(channelId)}:events`;
    let after = '-';
    for (;;) {
      const found = (await this.#store.command(['XRANGE', key, after, '+', 'COUNT', String(AT_ONCE)])) as [string, string[]][];
      for (const entry of found) yield { kind: 'event', channelId, event: eventOf(entry) };
      if (found.length < AT_ONCE) return;
      after = `(${found.at(-1)![0]}`;
    }
  }

  async *#hook(kept: Kept, detached: boolean): AsyncGenerator<StoreRecord> {
    const hook = plain(kept);
    yield { kind: 'webhook', hook, detached };
    const base = this.#store.base(hook.channelId);
    const owed = (await this.#store.command(['ZRANGE', `${base}:owed:${hook.id}`, '0', '-1', 'WITHSCORES'])) as string[];
    const due = new Map<string, string>();
    for (let i = 0; i < owed.length; i += 2) due.set(owed[i]!, owed[i + 1]!);
    const items = [...(await this.#hash(`${base}:items:${hook.id}`))].sort(([a], [b]) => Number(a) - Number(b));
    for (const [n, json] of items) yield this.#delivery(kept, JSON.parse(json) as Item, due.get(n));
  }

  #delivery(kept: Kept, item: Item, due: string | undefined): DeliveryRecord {
    const now = this.#clock.now();
    const { id, type, at, messageId = null, seq = null, state, reason = null } = item;
    // Whoever held the lease is gone.
    const next = item.lease === undefined && due !== undefined ? this.#wallOf(due) : now;
    return {
      ...{ kind: 'delivery', channelId: kept.channelId, webhookId: kept.id, id, type, at, messageId, seq },
      data: type === 'message.created' ? null : dataOfItem(plain(kept), item),
      ...{ state, reason, attempts: Array.isArray(item.attempts) ? item.attempts : [] },
      dueAt: state === 'pending' ? dueWithin(next, now) : null,
    };
  }
}

/**
 * Takes a store that no hub runs on.
 * @param clock stands still
 * @throws MoveError when a hub runs on it, or another move is under way
 */
export const openOutgoing = async (store: Store, clock: Clock): Promise<Outgoing> => {
  const custody = new Custody(store);
  await custody.take();
  const reader = new Reader(store, clock, await offsetOf(store, clock));
  return {
    async *records() {
      yield* reader.records();
      await custody.check();
    },
    async close() {
      await custody.release();
      await store.close();
    },
  };
};
