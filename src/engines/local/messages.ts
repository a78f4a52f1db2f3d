/** Messages of the local engine: appending, reading mailboxes, receipts. */
import { isBand } from '../../core/bands.ts';
import type { Appended, Arrival, Draft, Read, Recipient } from '../../core/engine.ts';
import { HubError } from '../../core/errors.ts';
import { checkGuards, newSeatGuard, noteHops, type SeatGuard, takeBack } from '../../core/guards.ts';
import { newTag } from '../../core/ids.ts';
import { type AnswerLimits, arrive, cost, handOver, isFor, receiptFor, take, type Unready } from '../../core/mailbox.ts';
import { tooFast } from '../../core/rates.ts';
import { closedError, notOnBand, rotatedError } from '../../core/refusing.ts';
import { advanceHead, findMessage, indexAfter, inHistory, positionOf, pushMessage, undoPush } from '../../core/ring.ts';
import { presenceOf } from '../../core/seats.ts';
import type { Eventually, Message, Position, Receipt, Since, Slice } from '../../core/types.ts';
import type { Book } from './book.ts';
import type { Outbox } from './outbox.ts';
import type { Allowances } from './rates.ts';
import { type ChannelState, type KeptSeat, keyName, type UsedKey } from './state.ts';

let isoMs = 0;
let isoText = '';

/** A wall time as the wire has it; messages of one millisecond share the text. */
const isoOf = (now: number): string => {
  if (now !== isoMs || isoText === '') {
    isoMs = now;
    isoText = new Date(now).toISOString();
  }
  return isoText;
};

/** What is known of what a seat said; nothing is guarded that no seat says. */
const guardOf = (seat: KeptSeat | undefined): SeatGuard | null => {
  if (!seat) return null;
  seat.guard ??= newSeatGuard();
  return seat.guard;
};

export class Messages {
  readonly #book: Book;
  readonly #outbox: Outbox;
  /** Names this run of the store in cursors. */
  readonly #tag = newTag();
  /** Where messages survive a crash: how far `sent` of a seat surely is on disk. */
  readonly #sentOnDisk = new WeakMap<KeptSeat, number>();
  /** Some guard has a limit. */
  readonly #guarded: boolean;

  readonly #allowances: Allowances;
  #hear: (channelId: string, message: Message) => void = () => {};

  constructor(book: Book, outbox: Outbox, allowances: Allowances) {
    this.#book = book;
    this.#allowances = allowances;
    this.#guarded = Object.values(book.limits.guards).some((most) => most !== Number.POSITIVE_INFINITY);
    this.#outbox = outbox;
  }

  onAppended(hear: (channelId: string, message: Message) => void): void {
    this.#hear = hear;
  }

  async append(draft: Draft): Promise<Appended> {
    const { allowance } = draft;
    const spent = allowance && this.#allowances.spend(allowance.key, allowance.rate, 1);
    if (spent && !spent.allowed) throw tooFast(allowance, spent);
    const state = this.#book.state(draft.channelId);
    const name = draft.key ? keyName(draft.from, draft.key.hash) : null;
    const used = name ? state.keys.get(name) : undefined;
    if (used && draft.key) return this.#repeat(state, draft, used);

    if (state.halted !== null) throw state.halted === 'closed' ? closedError() : new HubError('channel_paused');
    // What cannot be read fails this call, and not those that it would be stored with.
    this.#book.ringOf(state);
    const guard = this.#guarded ? guardOf(state.seats.get(draft.from)) : null;
    const depth = guard ? checkGuards(this.#book.limits.guards, state.guard, guard, draft, this.#book.clock) : 0;
    try {
      // A mailbox for somebody who has not joined is made before the message, so that the message is after its start.
      // A status waits for nobody, so it makes none.
      const known = state.seats.get(draft.to) ?? null;
      if (!known && draft.to !== 'all' && isBand(draft.channelId)) throw notOnBand();
      const direct = draft.to === 'all' || draft.kind === 'status' ? known : (known ?? this.#book.newSeat(state, draft.to));
      const { recipients, count } = this.#recipients(state, draft, direct);
      const id = ++state.lastId;
      if (depth > 0) noteHops(state.guard, id, depth);
      const now = this.#book.clock.now();
      const message: Message = {
        id,
        from: draft.from,
        to: draft.to,
        text: draft.text,
        at: isoOf(now),
        ...(draft.kind === 'status' ? { kind: draft.kind } : {}),
        ...(draft.replyTo === null ? {} : { reply_to: draft.replyTo }),
        sender: draft.sender,
      };
      const synced = state.channel.retention !== 'none';
      const stored = this.#book.store.commit(synced, () => {
        if (draft.key) this.#book.store.insert('keys', [state.no, draft.from, draft.key.hash, draft.key.content, id, now]);
        return draft.kind === 'status' ? this.#applyStatus(state, message) : this.#apply(state, message, direct, now);
      });
      if (name && draft.key) {
        const { content } = draft.key;
        state.keys.set(name, { content, id, at: now, stored });
        stored.then(
          () => {
            state.keys.set(name, { content, id, at: now, stored: null });
            this.#book.forgetKeys(state);
          },
          // Written and not synced, it is in the ring and may be heard: then the key stays its name.
          () => (findMessage(state.ring, id) ? state.keys.set(name, { content, id, at: now, stored: null }) : state.keys.delete(name)),
        );
      }
      try {
        await stored;
      } catch (error) {
        // Whoever comes now hears what was written and could not be synced, so whoever is parked is woken for it.
        if (findMessage(state.ring, id)) this.#hear(draft.channelId, message);
        throw error;
      } finally {
        if (state.hooks !== null) this.#outbox.tell();
      }
      return { message, recipients, recipientCount: count, duplicate: false };
    } catch (error) {
      if (guard) takeBack(state.guard, guard, draft);
      throw error;
    }
  }

  /** A message whose key was used before. */
  async #repeat(state: ChannelState, draft: Draft, used: UsedKey): Promise<Appended> {
    if (used.content !== draft.key?.content) throw new HubError('idempotency_conflict');
    // Its sync may have failed, or an earlier process may have died before it.
    await (used.stored ?? (state.channel.retention === 'none' ? null : this.#book.store.commit(true)));
    const direct = draft.to === 'all' ? null : (state.seats.get(draft.to) ?? null);
    const { recipients, count } = this.#recipients(state, draft, direct);
    const message: Message = {
      ...{ id: used.id, from: draft.from, to: draft.to, text: draft.text, at: new Date(used.at).toISOString() },
      sender: draft.sender,
    };
    return { message, recipients, recipientCount: count, duplicate: true };
  }

  #recipients(state: ChannelState, draft: Draft, direct: KeptSeat | null): { recipients: Recipient[]; count: number } {
    const { channel } = state;
    if (draft.to !== 'all') {
      const presence = direct ? presenceOf(direct, channel, this.#book.clock) : 'offline';
      return { recipients: [{ callsign: draft.to, presence }], count: 1 };
    }
    const recipients: Recipient[] = [];
    let count = 0;
    for (const seat of state.seats.values()) {
      if (!seat.member || seat.callsign === draft.from) continue;
      if (++count <= this.#book.limits.sizes.recipients) {
        recipients.push({ callsign: seat.callsign, presence: presenceOf(seat, channel, this.#book.clock) });
      }
    }
    return { recipients, count };
  }

  #apply(state: ChannelState, message: Message, direct: KeptSeat | null, now: number): () => void {
    const { ring } = state;
    this.#book.ringOf(state);
    const before = { head: ring.head, floor: ring.floor, seq: state.seq, lastEvent: this.#book.lastEvent };
    const sender = state.seats.get(message.from);
    if (advanceHead(ring, message.id, this.#tag)) this.#book.touchHead(state);
    const left = pushMessage(ring, message, this.#book.limits.sizes);
    if (direct) direct.direct++;
    else {
      ring.broadcasts++;
      if (sender) sender.own++;
    }
    state.touchedAt = this.#book.clock.uptime();
    const firstWords = sender !== undefined && !sender.spoken && state.channel.retention === 'prompts';
    if (firstWords) sender.spoken = true;
    this.#book.messageEvent(state, message, firstWords, now);
    const seq = state.channel.retention === 'none' ? null : state.seq;
    const owed = state.hooks === null ? null : this.#outbox.put(state, { type: 'message.created', message }, seq);
    // Who is counted: the addressee of a direct message, the author of a broadcast (it is not for them). Their row has
    // the channel's numbers too, so that a message costs one row; the channel's own follows.
    const counted = direct ?? sender;
    if (counted) this.#book.touchMailbox(state, counted);
    this.#book.touchHeadLazily(state);
    if (firstWords) this.#book.touchMailbox(state, sender);
    return () => {
      owed?.();
      undoPush(ring, left, before.floor);
      ring.head = before.head;
      if (direct) direct.direct--;
      else {
        ring.broadcasts--;
        if (sender) sender.own--;
      }
      if (firstWords) sender.spoken = false;
      state.seq = before.seq;
      this.#book.lastEvent = before.lastEvent;
    };
  }

  /** A status takes an id, so that ids grow in the order of hearing, and leaves nothing else. */
  #applyStatus(state: ChannelState, message: Message): () => void {
    const seat = state.seats.get(message.from);
    const before = { head: state.ring.head, status: seat?.status ?? null };
    advanceHead(state.ring, message.id, this.#tag);
    if (seat) seat.status = message.text;
    this.#book.touchHead(state);
    return () => {
      state.ring.head = before.head;
      if (seat) seat.status = before.status;
    };
  }

  arrive(channelId: string, callsign: string, since: Since, { sessionHash }: Arrival): Position {
    const { state, seat } = this.#book.listener(channelId, callsign, sessionHash);
    const { confirmed, explicit, rewound } = seat;
    const from = arrive(seat, state.ring, since, this.#book.clock.now());
    if (seat.confirmed !== confirmed || seat.explicit !== explicit || seat.rewound !== rewound) this.#book.touchMailboxLazily(state, seat);
    return positionOf(state.ring, from);
  }

  read(read: Read): Eventually<Slice | Unready> {
    const { state, seat } = this.#book.listener(read.channelId, read.callsign, read.sessionHash);
    const before = seat.sent;
    const slice = take(seat, state.ring, read);
    if (typeof slice === 'string') return slice;
    const { sent } = seat;
    if (sent !== before) this.#book.touchMailboxLazily(state, seat);
    const newest = slice.heard[slice.heard.length - 1]?.message.id ?? 0;
    if (state.channel.retention !== 'full' || newest <= (this.#sentOnDisk.get(seat) ?? 0)) return slice;
    // Where messages survive a crash, so must the knowledge that they were given out, or a repeat would look new. Also
    // for who gets a second copy while that of the first is still being written.
    this.#book.touchMailbox(state, seat);
    return this.#book.store.commit(false).then(() => {
      this.#sentOnDisk.set(seat, Math.max(sent, this.#sentOnDisk.get(seat) ?? 0));
      return slice;
    });
  }

  handed(channelId: string, callsign: string, slice: Slice): void {
    const state = this.#book.channels.get(channelId);
    const seat = state?.seats.get(callsign);
    if (!state || !seat) return;
    handOver(seat, slice, this.#book.clock.now());
    this.#book.touchMailboxLazily(state, seat);
  }

  acknowledge(channelId: string, callsign: string, since: Since): Position {
    const { state, seat } = this.#book.seat(channelId, callsign);
    if (since.at !== 'start') {
      arrive(seat, state.ring, since, this.#book.clock.now());
      this.#book.touchMailboxLazily(state, seat);
    }
    return positionOf(state.ring, seat.confirmed);
  }

  observe(channelId: string, tokenHash: string, since: Since, limits: AnswerLimits): Slice {
    const state = this.#book.state(channelId);
    if (state.halted === 'closed') throw closedError();
    if (state.channel.joinTokenHash !== tokenHash) throw rotatedError();
    const ring = this.#book.ringOf(state);
    const lost = since.at === 'position' && !inHistory(ring, since.id, since.tag);
    const from = since.at === 'position' ? (lost ? ring.floor : since.id) : since.at === 'start' ? ring.floor : ring.head;
    const found = ring.messages.slice(indexAfter(ring, from), indexAfter(ring, from) + limits.messages);
    let bytes = 0;
    const most = found.findIndex((message, i) => {
      bytes += cost(message);
      return i > 0 && bytes > limits.bytes;
    });
    const messages = most < 0 ? found : found.slice(0, most);
    const more = indexAfter(ring, from) + messages.length < ring.messages.length;
    const oldest = ring.messages[0]?.id ?? null;
    const rotated = from < ring.floor ? { reason: 'rotated' as const, missed_at_most: ring.floor - from, oldest } : null;
    return {
      heard: messages.map((message) => ({ message, redelivered: false })),
      after: positionOf(ring, from),
      cursor: positionOf(ring, more ? messages[messages.length - 1]!.id : ring.head),
      more,
      gap: lost ? { reason: 'rewound', missed_at_most: null, oldest } : rotated,
    };
  }

  history(channelId: string, n: number): readonly Message[] {
    return this.#book.ringOf(this.#book.state(channelId)).messages.slice(-n);
  }

  receipts(channelId: string, id: number): { message: Message | null; receipts: Receipt[] } | undefined {
    const state = this.#book.state(channelId);
    const ring = this.#book.ringOf(state);
    if (id < 1 || id > ring.head) return undefined;
    const message = findMessage(ring, id) ?? null;
    const about = message ?? ring.gone.find((gone) => gone.id === id);
    if (!about) return { message: null, receipts: [] };
    const receipts: Receipt[] = [];
    for (const seat of state.seats.values()) {
      if (!isFor(seat, about)) continue;
      const { state: reached, at } = receiptFor(seat, ring, id);
      const since = reached === 'queued' && message ? message.at : at === null ? null : new Date(at).toISOString();
      receipts.push({ callsign: seat.callsign, state: reached, at: since });
    }
    return { message, receipts };
  }
}
