/** A store made out of records. A mark keeps hubs away until everything is in it; what a move that was cut off left is removed by the next. */
import { isBand } from '../../core/bands.ts';
import type { Clock } from '../../core/clock.ts';
import type { Limits } from '../../core/limits.ts';
import {
  type ChannelRecord,
  type DeliveryRecord,
  type Incoming,
  MoveError,
  type SeatRecord,
  type StoreRecord,
  UnsureMoveError,
} from '../../core/moving.ts';
import { newRing, pushMessage, type Ring } from '../../core/ring.ts';
import { messageOf } from '../../core/transcripts.ts';
import type { TranscriptEvent } from '../../core/types.ts';
import type { Webhook } from '../../core/webhooks.ts';
import { Custody, channelIds, noteKeys, REGISTERS } from './custody.ts';
import { offsetOf, Reader } from './export.ts';
import { OF_CHANNEL, OF_CLOSED, OF_HOOK, OF_OUTBOX } from './lua/parts.ts';
import { itemOf } from './outbox.ts';
import type { Store } from './store.ts';

type Command = Parameters<Store['command']>[0];

const PARTS = [...OF_CHANNEL, ...OF_CLOSED, ...OF_OUTBOX];

class Writer {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #offset: number;
  readonly #limits: Limits;
  /** Keys of the notes that were put. */
  readonly notes: string[] = [];
  /** Of channels that are there. */
  readonly #channels = new Set<string>();
  /** Of the channel whose events come now, when it keeps texts. */
  #ring: { readonly channelId: string; readonly head: number; readonly ring: Ring } | null = null;
  #seats = 0;
  #items = 0;

  constructor(store: Store, clock: Clock, offset: number, limits: Limits) {
    this.#store = store;
    this.#clock = clock;
    this.#offset = offset;
    this.#limits = limits;
  }

  async put(records: readonly StoreRecord[]): Promise<void> {
    // First, so that whatever is written can be found.
    const found = records.flatMap((record): Command[] => {
      if (record.kind === 'webhook') return [['HSET', this.#store.key('hooked'), record.hook.channelId, '']];
      if (record.kind !== 'channel' || isBand(record.channel.id)) return [];
      return [['HSET', this.#store.key('channels'), record.channel.id, '']];
    });
    await this.#run(found);
    await this.#run(records.flatMap((record) => this.#commands(record)));
  }

  /** The ring of the last channel. */
  end(): Promise<void> {
    return this.#run(this.#endRing());
  }

  async #run(commands: readonly Command[]): Promise<void> {
    await Promise.all(commands.map((command) => this.#store.command(command)));
  }

  #shared(wall: number): string {
    return String(wall + this.#offset);
  }

  #commands(record: StoreRecord): Command[] {
    switch (record.kind) {
      case 'identity':
        return [['HSET', this.#store.key('identities'), record.identity.keyHash, JSON.stringify(record.identity)]];
      case 'note': {
        const { name, text, until } = record;
        const key = this.#store.key(`note:${name}`);
        this.notes.push(key);
        if (until === null) return [['SET', key, text]];
        return [['SET', key, `${this.#shared(until)}|${text}`, 'PX', String(Math.max(1, until - this.#clock.now()))]];
      }
      case 'channel':
        return [...this.#endRing(), this.#channel(record)];
      case 'ban':
        return [['HSET', this.#at(record, 'bans'), record.callsign, record.identityId ?? '']];
      case 'seat':
        return this.#seat(record);
      case 'tombstone':
        return [['HSET', this.#at(record, 'stones'), record.hash, `${record.state} ${this.#shared(record.until)}`]];
      case 'key': {
        const { callsign, hash, content, id, at } = record;
        const name = `${callsign} ${hash}`;
        return [
          ['HSET', this.#at(record, 'keys'), name, `${content} ${id} ${at}`],
          ['ZADD', this.#at(record, 'keysat'), String(at), name],
        ];
      }
      case 'event':
        return [this.#event(record.channelId, record.event)];
      case 'webhook':
        return this.#hook(record.hook);
      case 'delivery':
        return this.#delivery(record);
    }
  }

  #at({ channelId }: { readonly channelId: string }, part: string): string {
    return `${this.#store.base(channelId)}:${part}`;
  }

  /** Texts that are not kept stayed behind: everything has rotated, as after a restart. */
  #channel(record: ChannelRecord): Command {
    const { channel, head, broadcasts, runs, seq, touchedAt, guardFactor, salvaged } = record;
    const { id, sessionTtlMs, retention, joinTokenHash, closedAt, paused } = channel;
    this.#channels.add(id);
    this.#seats = 0;
    if (retention === 'full' && closedAt === null) this.#ring = { channelId: id, head, ring: newRing() };
    const halt = closedAt !== null ? 'closed' : paused ? 'paused' : '';
    const fields: Record<string, string | number> = {
      ...{ config: JSON.stringify(channel), ttl: sessionTtlMs, keep: retention, head, floor: head, goneFloor: head, bytes: 0, broadcasts },
      ...{ runs: runs.map(({ from, tag }) => `${from}:${tag}`).join(' '), seq, seal: '', touched: this.#shared(touchedAt) },
      ...{ factor: guardFactor, token: joinTokenHash, seats: 0 },
      ...(halt === '' ? {} : { halt }),
      ...(salvaged ? { salvaged: 1 } : {}),
    };
    return ['HSET', this.#store.base(id), ...Object.entries(fields).flatMap(([name, value]) => [name, String(value)])];
  }

  #seat(record: SeatRecord): Command[] {
    const { channelId, callsign, member, identityId, joinedAt, seenAt, spoken, session, mailbox } = record;
    const { joinedAfter, ...rest } = mailbox;
    const n = ++this.#seats;
    // Lua knows what is absent, and not what is null.
    const kept = {
      ...{ callsign, n, ...rest, member, joinedAt, spoken },
      ...(joinedAfter === null ? {} : { joinedAfter }),
      ...(identityId === null ? {} : { identityId }),
    };
    const live = session && [
      session.hash,
      session.nonce,
      session.tokenHash,
      session.authorized ? '1' : '0',
      identityId === null ? '0' : '1',
    ];
    const commands: Command[] = [
      ['HSET', this.#at(record, 'seats'), callsign, JSON.stringify(kept)],
      ['HSET', this.#at(record, 'seen'), callsign, this.#shared(seenAt)],
      ['HSET', this.#store.base(channelId), 'seats', String(n)],
    ];
    if (member) commands.push(['ZADD', this.#at(record, 'members'), String(n), callsign]);
    if (live) commands.push(['HSET', this.#at(record, 'live'), callsign, live.join('\n')]);
    if (session) commands.push(['HSET', this.#at(record, 'sessions'), session.hash, callsign]);
    return commands;
  }

  #event(channelId: string, event: TranscriptEvent): Command {
    const { seq, at, type, ...data } = event;
    if (type === 'message' && this.#ring?.channelId === channelId) pushMessage(this.#ring.ring, messageOf(event), this.#limits.sizes);
    const fields = ['type', type, 'at', String(Date.parse(at)), 'json', JSON.stringify(data)];
    return ['XADD', `${this.#store.base(channelId)}:events`, `${seq}-0`, ...fields];
  }

  #endRing(): Command[] {
    if (this.#ring === null) return [];
    const { channelId, head, ring } = this.#ring;
    this.#ring = null;
    const base = this.#store.base(channelId);
    const floor = String(ring.messages.length > 0 ? ring.messages[0]!.id - 1 : head);
    return [
      ...ring.messages.map((message): Command => {
        const { id, from, to, text } = message;
        const fields = ['from', from, 'to', to, 'bytes', String(Buffer.byteLength(text)), 'json', JSON.stringify(message)];
        return ['XADD', `${base}:ring`, `${id}-0`, ...fields];
      }),
      ['HSET', base, 'floor', floor, 'goneFloor', floor, 'bytes', String(ring.bytes)],
    ];
  }

  #hook(hook: Webhook): Command[] {
    const { deliveriesWaiting: most, ringBytes: bytes } = this.#limits.sizes;
    const n = ++this.#items;
    const base = this.#store.base(hook.channelId);
    const commands: Command[] = [['HSET', `${base}:hooks`, hook.id, JSON.stringify({ ...hook, most, bytes, n })]];
    if (this.#channels.has(hook.channelId)) commands.push(['HINCRBY', base, 'hooks', '1'], ['HSET', base, 'hooksEver', String(n)]);
    return commands;
  }

  #delivery(record: DeliveryRecord): Command[] {
    const { webhookId, state, dueAt } = record;
    const n = String(++this.#items);
    return [
      ['HSET', this.#at(record, `items:${webhookId}`), n, JSON.stringify(itemOf(record))],
      ['HSET', this.#at(record, 'held'), '#', n],
      state === 'pending' && dueAt !== null
        ? ['ZADD', this.#at(record, `owed:${webhookId}`), this.#shared(dueAt), n]
        : ['RPUSH', this.#at(record, `done:${webhookId}`), n],
    ];
  }
}

/** Removes what a move that was cut off has written. */
const clear = async (store: Store): Promise<void> => {
  for (const channelId of await channelIds(store)) {
    const base = store.base(channelId);
    const hooks = (await store.command(['HKEYS', `${base}:hooks`])) as string[];
    const parts = PARTS.map((part) => `${base}:${part}`);
    await store.command(['UNLINK', base, ...parts, ...hooks.flatMap((hook) => OF_HOOK.map((part) => `${base}:${part}:${hook}`))]);
  }
  for (const key of [...REGISTERS.map((name) => store.key(name)), ...(await noteKeys(store))]) await store.command(['UNLINK', key]);
};

/** A replica that has the last write to a slot has those before it, too. */
const markIn = (key: string): Command => ['SET', key.includes('{') ? `${key}:mark` : `{${key}}:mark`, '', 'PX', '1000'];

/** As durable as the operator asked for, each channel where it lies. */
const replicated = async (store: Store): Promise<void> => {
  for (const register of REGISTERS) await store.command(markIn(store.key(register)), true);
  for (const channelId of await channelIds(store)) await store.command(markIn(store.base(channelId)), true);
};

/** @throws MoveError when there is anything in the store */
const expectEmpty = async (store: Store): Promise<void> => {
  const [channels, identities] = [
    await store.command(['HLEN', store.key('channels')]),
    await store.command(['HLEN', store.key('identities')]),
  ];
  const there = await Promise.all(
    (await channelIds(store)).map((id) => store.command(['EXISTS', store.base(id), `${store.base(id)}:hooks`])),
  );
  const found = there.filter((count) => count !== 0).length;
  if (channels === 0 && identities === 0 && found === 0) return;
  throw new MoveError(
    `A hub has used this Redis: it holds ${found} channels, bands among them, and ${identities} identities. Name an empty one.`,
  );
};

/**
 * Takes an empty store that no hub runs on.
 * @param clock stands still
 * @throws MoveError when it is not empty, a hub runs on it, or another move is under way
 */
export const openIncoming = async (store: Store, clock: Clock, limits: Limits): Promise<Incoming> => {
  const custody = new Custody(store);
  await custody.take();
  try {
    if (await custody.isUnfinished()) await clear(store);
    await expectEmpty(store);
    await custody.fill();
  } catch (error) {
    await custody.release();
    throw error;
  }
  const offset = await offsetOf(store, clock);
  const writer = new Writer(store, clock, offset, limits);
  const letGo = async (): Promise<void> => {
    await custody.release();
    await store.close();
  };
  return {
    async put(records) {
      // A process that was stopped for long goes on in what may be another's by now.
      await custody.check();
      await writer.put(records);
    },
    async *records() {
      await writer.end();
      yield* new Reader(store, clock, offset, async () => writer.notes).records();
    },
    async finish() {
      await custody.check();
      await replicated(store);
      try {
        await custody.filled();
      } catch (error) {
        if (error instanceof MoveError) throw error;
        await letGo();
        throw new UnsureMoveError('Everything is in the Redis and was read back, but it did not answer to the last step.');
      }
      await letGo();
    },
    async abandon() {
      try {
        if (!(await custody.isOurs())) return;
        await clear(store);
        await custody.filled();
      } finally {
        await letGo();
      }
    },
  };
};
