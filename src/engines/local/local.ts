/**
 * The embedded engine: everything in memory, one database file for what must survive.
 *
 * Rules are not decided here: each method finds the record, runs the rule of `core/mailbox.ts` or `core/seats.ts` on
 * it, and has the store write what changed. One process, one thread: a method without `await` is atomic by itself.
 */
import type { Clock } from '../../core/clock.ts';
import type {
  Appended,
  ChannelCounts,
  ClaimedSeat,
  Draft,
  Engine,
  RateAnswer,
  Read,
  Recipient,
  SeatClaim,
  SessionState,
} from '../../core/engine.ts';
import { HubError } from '../../core/errors.ts';
import { newTag } from '../../core/ids.ts';
import { type Limits, type Rate, TIMES } from '../../core/limits.ts';
import { type AnswerLimits, arrive, confirm, handOver, isFor, openToBroadcasts, receiptFor, standing, take } from '../../core/mailbox.ts';
import { advanceHead, findMessage, indexAfter, inHistory, positionOf, pushMessage, undoPush } from '../../core/ring.ts';
import { presenceOf, rosterEntry, type Seat, sessionOf, timeLeft } from '../../core/seats.ts';
import type {
  Channel,
  Eventually,
  Identity,
  Message,
  Position,
  Receipt,
  RosterEntry,
  Since,
  Slice,
  TranscriptEvent,
} from '../../core/types.ts';
import { type EventData, type Loaded, readEvents, readRing, UnsoundRowError } from './load.ts';
import { Allowances } from './rates.ts';
import {
  type ChannelState,
  channelRow,
  headRow,
  identityRow,
  keyName,
  mailboxRow,
  newSeat,
  newState,
  seatRow,
  tombstoneRow,
} from './state.ts';
import type { Dirty, Insert, Store } from './store.ts';

const ROTATED_KEPT = 400;
/** How stale `last_seen_at` may be on disk. */
const SEEN_MS = 5_000;

interface LocalEngineOptions {
  readonly store: Store;
  readonly loaded: Loaded;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly report: (error: unknown) => void;
  /** Called last when it closes. */
  readonly release: () => void;
}

export class LocalEngine implements Engine {
  readonly #store: Store;
  readonly #channels: Map<string, ChannelState>;
  readonly #identities: Map<string, Identity>;
  readonly #limits: Limits;
  readonly #clock: Clock;
  readonly #report: (error: unknown) => void;
  readonly #release: () => void;
  readonly #allowances: Allowances;
  /** Names this run of the store in cursors. */
  readonly #tag = newTag();
  /** Of channels their heads, of seats their mailboxes; a seat's own row in the other. */
  readonly #dirtyRows = new WeakMap<object, Dirty>();
  readonly #dirtySeats = new WeakMap<object, Dirty>();
  #lastNo: number;
  #lastEvent: number;
  #damage: string | null = null;

  constructor(options: LocalEngineOptions) {
    this.#store = options.store;
    this.#channels = options.loaded.channels;
    this.#identities = options.loaded.identities;
    this.#lastNo = options.loaded.lastNo;
    this.#lastEvent = options.loaded.lastEvent;
    this.#limits = options.limits;
    this.#clock = options.clock;
    this.#report = options.report;
    this.#release = options.release;
    this.#allowances = new Allowances(options.clock);
  }

  onAppended(): void {
    // No other process shares this store.
  }

  health(): string | null {
    return this.#damage ?? this.#store.failure;
  }

  async close(): Promise<void> {
    await this.#store.close();
    this.#release();
  }

  /** @internal For crash tests: dies without writing what is left. */
  abandon(): void {
    this.#store.abandon();
    this.#release();
  }

  // Channels

  async createChannel(channel: Channel): Promise<void> {
    if (this.#channels.size >= this.#limits.sizes.channels) throw new HubError('hub_full', 'The hub has as many channels as it may have.');
    const state = newState(++this.#lastNo, channel, this.#clock);
    this.#channels.set(channel.id, state);
    this.#store.insert('channels', channelRow(state));
    this.#event(state, 'channel_created', {});
    this.#touchHead(state);
    await this.#store.commit(channel.retention !== 'none');
  }

  channel(channelId: string): Channel | undefined {
    return this.#channels.get(channelId)?.channel;
  }

  counts(channelId: string): ChannelCounts {
    const state = this.#state(channelId);
    const seats = [...state.seats.values()];
    return {
      members: seats.filter((seat) => seat.member).length,
      listening: seats.filter((seat) => seat.parked > 0).length,
      messages: this.#ringOf(state).messages.length,
      head: state.ring.head,
    };
  }

  channelCount(): number {
    return this.#channels.size;
  }

  // Identities

  async createIdentity(identity: Identity): Promise<void> {
    if (this.#identities.size >= this.#limits.sizes.identities)
      throw new HubError('hub_full', 'The hub has as many identities as it may have.');
    this.#identities.set(identity.keyHash, identity);
    this.#store.insert('identities', identityRow(identity));
    await this.#store.commit(true);
  }

  identity(keyHash: string): Identity | undefined {
    return this.#identities.get(keyHash);
  }

  // Seats

  async claimSeat(claim: SeatClaim): Promise<ClaimedSeat> {
    const state = this.#state(claim.channelId);
    if (state.sessions.size >= this.#limits.sizes.sessions) this.#expireAll(state);
    const known = state.seats.get(claim.callsign);
    if (!known?.session && state.sessions.size >= this.#limits.sizes.sessions) {
      throw new HubError('hub_full', `The channel has ${state.sessions.size} live sessions, as many as it may have.`);
    }
    const seat = known ?? this.#newSeat(state, claim.callsign);
    if (seat.identityId !== null && seat.identityId !== claim.identityId) throw new HubError('callsign_taken');
    if (seat.session && timeLeft(seat, state.channel, this.#clock) <= 0) this.#expire(state, seat);

    const resumed = seat.session?.tokenHash === claim.tokenHash;
    if (!resumed) this.#beginSession(state, seat, claim);
    const session = seat.session!;
    session.authorized ||= claim.authorized;
    seat.identityId ??= claim.identityId;
    seat.seenAt = state.touchedAt = this.#clock.uptime();
    const told = standing(seat, this.#ringOf(state), claim.limits);
    const claimed = { ...told, session: sessionOf(seat, session, state.channel, this.#clock), nonce: session.nonce, resumed };
    this.#touchSeat(state, seat);
    this.#touchMailbox(state, seat);
    await this.#store.commit(state.channel.retention !== 'none');
    return claimed;
  }

  #beginSession(state: ChannelState, seat: Seat, claim: SeatClaim): void {
    if (seat.session) state.sessions.delete(seat.session.hash);
    seat.session = { hash: claim.sessionHash, nonce: claim.nonce, tokenHash: claim.tokenHash, authorized: claim.authorized };
    seat.explicit = false;
    seat.repeats = 0;
    seat.member = true;
    seat.status = null;
    seat.joinedAt = this.#clock.now();
    if (seat.joinedAfter === null) {
      // The mailbox of somebody who was never written to begins here and now.
      if (seat.direct === 0) confirm(seat, state.ring, state.ring.head, this.#clock.now());
      openToBroadcasts(seat, state.ring);
    }
    state.sessions.set(claim.sessionHash, seat);
    this.#event(state, 'join', { callsign: seat.callsign });
  }

  session(channelId: string, sessionHash: string): SessionState {
    const state = this.#state(channelId);
    const seat = state.sessions.get(sessionHash);
    const now = this.#clock.uptime();
    if (!seat?.session) {
      const stone = state.tombstones.get(sessionHash);
      return { state: stone && stone.until > now ? stone.state : 'unknown' };
    }
    if (timeLeft(seat, state.channel, this.#clock) <= 0) {
      this.#expire(state, seat);
      return this.session(channelId, sessionHash);
    }
    this.#sawSeat(state, seat);
    return { state: 'live', session: sessionOf(seat, seat.session, state.channel, this.#clock) };
  }

  async leave(channelId: string, sessionHash: string): Promise<boolean> {
    const state = this.#state(channelId);
    const seat = state.sessions.get(sessionHash);
    if (!seat) return false;
    state.sessions.delete(sessionHash);
    seat.session = null;
    seat.member = false;
    this.#event(state, 'leave', { callsign: seat.callsign });
    this.#touchSeat(state, seat);
    await this.#store.commit(state.channel.retention !== 'none');
    return true;
  }

  roster(channelId: string): RosterEntry[] {
    const state = this.#state(channelId);
    const members = [...state.seats.values()].filter((seat) => seat.member);
    return members.map((seat) => rosterEntry(seat, state.channel, this.#clock));
  }

  park(channelId: string, callsign: string): void {
    const seat = this.#state(channelId).seats.get(callsign);
    if (seat) seat.parked++;
  }

  unpark(channelId: string, callsign: string): void {
    const state = this.#channels.get(channelId);
    const seat = state?.seats.get(callsign);
    if (!state || !seat) return;
    seat.parked--;
    this.#sawSeat(state, seat);
  }

  /** A session that outlived its TTL becomes a tombstone, so that its holder is told to join again. */
  #expire(state: ChannelState, seat: Seat): void {
    const session = seat.session;
    if (!session) return;
    state.sessions.delete(session.hash);
    seat.session = null;
    const until = seat.seenAt + state.channel.sessionTtlMs + TIMES.tombstoneMs;
    const stone = { state: 'expired', until } as const;
    state.tombstones.set(session.hash, stone);
    this.#store.insert('tombstones', tombstoneRow(state.no, session.hash, stone, this.#clock));
    this.#event(state, 'leave', { callsign: seat.callsign, reason: 'expired' });
    this.#touchSeat(state, seat);
  }

  #sawSeat(state: ChannelState, seat: Seat): void {
    const now = this.#clock.uptime();
    if (now - seat.seenAt > SEEN_MS) {
      this.#touchSeat(state, seat, true);
      this.#store.touchLazily(this.#dirtyHead(state));
    }
    seat.seenAt = state.touchedAt = now;
  }

  #expireAll(state: ChannelState): void {
    for (const seat of [...state.sessions.values()]) if (timeLeft(seat, state.channel, this.#clock) <= 0) this.#expire(state, seat);
  }

  #newSeat(state: ChannelState, callsign: string): Seat {
    if (state.seats.size >= this.#limits.sizes.mailboxes) {
      throw new HubError('hub_full', `The channel has ${state.seats.size} mailboxes, as many as it may have.`);
    }
    const seat = newSeat(callsign, state, this.#clock);
    state.seats.set(callsign, seat);
    return seat;
  }

  // Messages

  async append(draft: Draft): Promise<Appended> {
    const state = this.#state(draft.channelId);
    const name = draft.key ? keyName(draft.from, draft.key.hash) : null;
    const used = name ? state.keys.get(name) : undefined;
    if (used && draft.key) return this.#repeat(state, draft, used);

    // A mailbox for somebody who has not joined is made before the message, so that the message is after its start.
    const direct = draft.to === 'all' ? null : (state.seats.get(draft.to) ?? this.#newSeat(state, draft.to));
    const { recipients, count } = this.#recipients(state, draft, direct);
    const id = ++state.lastId;
    const now = this.#clock.now();
    const message: Message = {
      id,
      from: draft.from,
      to: draft.to,
      text: draft.text,
      at: new Date(now).toISOString(),
      ...(draft.kind === 'status' ? { kind: draft.kind } : {}),
      ...(draft.replyTo === null ? {} : { reply_to: draft.replyTo }),
      sender: draft.sender,
    };
    const synced = state.channel.retention !== 'none';
    const stored = this.#store.commit(synced, () => {
      if (draft.key) this.#store.insert('keys', [state.no, draft.from, draft.key.hash, draft.key.content, id, now]);
      return draft.kind === 'status' ? this.#applyStatus(state, message) : this.#apply(state, message, direct, now);
    });
    if (name && draft.key) {
      const { content } = draft.key;
      state.keys.set(name, { content, id, at: now, stored });
      stored.then(
        () => state.keys.set(name, { content, id, at: now, stored: null }),
        // Written but perhaps not synced, it is in the ring and may be heard: then the key stays its name.
        () => (findMessage(state.ring, id) ? state.keys.set(name, { content, id, at: now, stored: null }) : state.keys.delete(name)),
      );
    }
    await stored;
    return { message, recipients, recipientCount: count, duplicate: false };
  }

  /** A message whose key was used before. */
  async #repeat(
    state: ChannelState,
    draft: Draft,
    used: { content: string; id: number; at: number; stored: Promise<void> | null },
  ): Promise<Appended> {
    if (used.content !== draft.key?.content) throw new HubError('idempotency_conflict');
    await used.stored;
    const direct = draft.to === 'all' ? null : (state.seats.get(draft.to) ?? null);
    const { recipients, count } = this.#recipients(state, draft, direct);
    const message: Message = {
      ...{ id: used.id, from: draft.from, to: draft.to, text: draft.text, at: new Date(used.at).toISOString() },
      sender: draft.sender,
    };
    return { message, recipients, recipientCount: count, duplicate: true };
  }

  #recipients(state: ChannelState, draft: Draft, direct: Seat | null): { recipients: Recipient[]; count: number } {
    const { channel } = state;
    if (draft.to !== 'all') {
      const presence = direct ? presenceOf(direct, channel, this.#clock) : 'offline';
      return { recipients: [{ callsign: draft.to, presence }], count: 1 };
    }
    const recipients: Recipient[] = [];
    let count = 0;
    for (const seat of state.seats.values()) {
      if (!seat.member || seat.callsign === draft.from) continue;
      if (++count <= this.#limits.sizes.recipients) {
        recipients.push({ callsign: seat.callsign, presence: presenceOf(seat, channel, this.#clock) });
      }
    }
    return { recipients, count };
  }

  #apply(state: ChannelState, message: Message, direct: Seat | null, now: number): () => void {
    const { ring } = state;
    this.#ringOf(state);
    const before = { head: ring.head, floor: ring.floor, seq: state.seq, lastEvent: this.#lastEvent, rotated: state.rotated.length };
    const sender = state.seats.get(message.from);
    advanceHead(ring, message.id, this.#tag);
    const left = pushMessage(ring, message, this.#limits.sizes);
    if (direct) direct.direct++;
    else {
      ring.broadcasts++;
      if (sender) sender.own++;
    }
    for (const { id, from, to } of left) state.rotated.push({ id, from, to });
    if (state.rotated.length > 2 * ROTATED_KEPT) state.rotated.splice(0, ROTATED_KEPT);
    state.touchedAt = this.#clock.uptime();
    const firstWords = sender !== undefined && !sender.spoken && state.channel.retention === 'prompts';
    if (firstWords) sender.spoken = true;
    this.#messageEvent(state, message, firstWords, now);
    this.#touchHead(state);
    // Who is counted: the addressee of a direct message, the author of a broadcast (it is not for them).
    const counted = direct ?? sender;
    if (counted) this.#touchMailbox(state, counted);
    if (firstWords) this.#touchMailbox(state, sender);
    return () => {
      undoPush(ring, left, before.floor);
      ring.head = before.head;
      if (direct) direct.direct--;
      else {
        ring.broadcasts--;
        if (sender) sender.own--;
      }
      if (firstWords) sender.spoken = false;
      state.seq = before.seq;
      this.#lastEvent = before.lastEvent;
      state.rotated.length = Math.min(state.rotated.length, before.rotated);
    };
  }

  /** A status takes an id, so that ids grow in the order of hearing, and leaves nothing else. */
  #applyStatus(state: ChannelState, message: Message): () => void {
    const seat = state.seats.get(message.from);
    const before = { head: state.ring.head, status: seat?.status ?? null };
    advanceHead(state.ring, message.id, this.#tag);
    if (seat) seat.status = message.text;
    this.#touchHead(state);
    return () => {
      state.ring.head = before.head;
      if (seat) seat.status = before.status;
    };
  }

  arrive(channelId: string, callsign: string, since: Since): Position {
    const { state, seat } = this.#seat(channelId, callsign);
    const { confirmed, explicit, rewound } = seat;
    const from = arrive(seat, state.ring, since, this.#clock.now());
    if (seat.confirmed !== confirmed || seat.explicit !== explicit || seat.rewound !== rewound) this.#touchMailboxLazily(state, seat);
    return positionOf(state.ring, from);
  }

  read(read: Read): Eventually<Slice | null> {
    const { state, seat } = this.#seat(read.channelId, read.callsign);
    const before = seat.sent;
    const slice = take(seat, state.ring, read);
    if (!slice || seat.sent === before) return slice;
    this.#touchMailboxLazily(state, seat);
    if (state.channel.retention !== 'full' || slice.heard.length === 0) return slice;
    // Where messages survive a crash, so must the knowledge that they were given out, or a repeat would look new.
    this.#touchMailbox(state, seat);
    return this.#store.commit(false).then(() => slice);
  }

  handed(channelId: string, callsign: string, slice: Slice): void {
    const state = this.#channels.get(channelId);
    const seat = state?.seats.get(callsign);
    if (!state || !seat) return;
    handOver(seat, slice, this.#clock.now());
    this.#touchMailboxLazily(state, seat);
  }

  acknowledge(channelId: string, callsign: string, since: Since): Position {
    const { state, seat } = this.#seat(channelId, callsign);
    arrive(seat, state.ring, since, this.#clock.now());
    this.#touchMailboxLazily(state, seat);
    return positionOf(state.ring, seat.confirmed);
  }

  observe(channelId: string, since: Since, limits: AnswerLimits): Slice {
    const state = this.#state(channelId);
    const ring = this.#ringOf(state);
    const lost = since.at === 'position' && !inHistory(ring, since.id, since.tag);
    const from = since.at === 'position' ? (lost ? ring.floor : since.id) : since.at === 'start' ? ring.floor : ring.head;
    const found = ring.messages.slice(indexAfter(ring, from));
    const messages = found.slice(0, limits.messages);
    const more = found.length > messages.length;
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
    return this.#ringOf(this.#state(channelId)).messages.slice(-n);
  }

  receipts(channelId: string, id: number): { message: Message | null; receipts: Receipt[] } | undefined {
    const state = this.#state(channelId);
    const ring = this.#ringOf(state);
    if (id < 1 || id > ring.head) return undefined;
    const message = findMessage(ring, id) ?? null;
    const about = message ?? state.rotated.find((rotated) => rotated.id === id);
    if (!about) return { message: null, receipts: [] };
    const receipts: Receipt[] = [];
    for (const seat of state.seats.values()) {
      if (!isFor(seat, about as Message)) continue;
      const { state: reached, at } = receiptFor(seat, ring, id);
      const since = reached === 'queued' && message ? message.at : at === null ? null : new Date(at).toISOString();
      receipts.push({ callsign: seat.callsign, state: reached, at: since });
    }
    return { message, receipts };
  }

  transcript(channelId: string, after: number, limit: number): TranscriptEvent[] {
    return this.#believing(() => readEvents(this.#store, this.#state(channelId).no, after, limit));
  }

  spend(key: string, rate: Rate, calls: 1 | -1 = 1): RateAnswer {
    return this.#allowances.spend(key, rate, calls);
  }

  async sweep(): Promise<string[]> {
    this.#allowances.sweep();
    const uptime = this.#clock.uptime();
    const oldest = this.#clock.now() - TIMES.idempotencyMs;
    const removed: string[] = [];
    for (const state of this.#channels.values()) {
      this.#expireAll(state);
      for (const [hash, stone] of state.tombstones) if (stone.until <= uptime) state.tombstones.delete(hash);
      for (const [name, key] of state.keys) if (key.at < oldest && !key.stored) state.keys.delete(name);
      const idle = state.channel.retention === 'none' ? TIMES.idleChannelMs : TIMES.idleTranscriptMs;
      // Who waits for hours is alive; on disk too, should this process die meanwhile.
      for (const seat of state.seats.values()) if (seat.parked > 0) this.#sawSeat(state, seat);
      if (uptime - state.touchedAt > idle) {
        this.#remove(state);
        removed.push(state.channel.id);
      }
    }
    this.#store.remove('DELETE FROM tombstones WHERE until < ?', [this.#clock.now()]);
    this.#store.remove('DELETE FROM keys WHERE at < ?', [oldest]);
    return removed;
  }

  #remove(state: ChannelState): void {
    this.#channels.delete(state.channel.id);
    for (const table of ['channels', 'heads', 'seats', 'mailboxes', 'tombstones', 'keys', 'events']) {
      this.#store.remove(`DELETE FROM ${table} WHERE no = ?`, [state.no]);
    }
  }

  // What changed

  #touchHead(state: ChannelState): void {
    this.#store.touch(this.#dirtyHead(state));
  }

  #dirtyHead(state: ChannelState): Dirty {
    return this.#dirty(this.#dirtyRows, state, state, () => ['heads', headRow(state, this.#clock)]);
  }

  #touchMailbox(state: ChannelState, seat: Seat): void {
    this.#store.touch(this.#dirtyMailbox(state, seat));
  }

  #touchMailboxLazily(state: ChannelState, seat: Seat): void {
    this.#store.touchLazily(this.#dirtyMailbox(state, seat));
  }

  #dirtyMailbox(state: ChannelState, seat: Seat): Dirty {
    return this.#dirty(this.#dirtyRows, seat, state, () => ['mailboxes', mailboxRow(state.no, seat)]);
  }

  #touchSeat(state: ChannelState, seat: Seat, lazily = false): void {
    const dirty = this.#dirty(this.#dirtySeats, seat, state, () => ['seats', seatRow(state.no, seat, this.#clock)]);
    if (lazily) this.#store.touchLazily(dirty);
    else this.#store.touch(dirty);
  }

  /** The one object that stands for a row in the store's sets, made once a record. */
  #dirty(known: WeakMap<object, Dirty>, record: object, state: ChannelState, row: () => Insert): Dirty {
    let dirty = known.get(record);
    if (!dirty) {
      dirty = { rows: () => (this.#channels.get(state.channel.id) === state ? [row()] : []) };
      known.set(record, dirty);
    }
    return dirty;
  }

  #event(state: ChannelState, type: TranscriptEvent['type'], data: EventData, at: number = this.#clock.now()): void {
    if (state.channel.retention === 'none') return;
    this.#store.insert('events', [++this.#lastEvent, state.no, ++state.seq, at, type, JSON.stringify(data)]);
    this.#touchHead(state);
  }

  #messageEvent(state: ChannelState, message: Message, firstWords: boolean, at: number): void {
    const { retention } = state.channel;
    if (retention === 'none') return;
    const { id, from, to, text, reply_to, sender } = message;
    const kept = retention === 'full' || firstWords ? { text } : {};
    const reply = reply_to === undefined ? {} : { reply_to };
    this.#event(state, 'message', { id, from, to, bytes: Buffer.byteLength(text), ...reply, sender, ...kept }, at);
  }

  // Finding

  #state(channelId: string): ChannelState {
    const state = this.#channels.get(channelId);
    // The gate has proved the channel; it can only have been removed since.
    if (!state) throw new HubError('unauthorized');
    return state;
  }

  #seat(channelId: string, callsign: string): { state: ChannelState; seat: Seat } {
    const state = this.#state(channelId);
    const seat = state.seats.get(callsign);
    if (!seat) throw new HubError('not_joined');
    if (state.ringOnDisk) this.#ringOf(state);
    return { state, seat };
  }

  /** The ring, its texts read from disk at the first look after a start. */
  #ringOf(state: ChannelState): ChannelState['ring'] {
    const { ring } = state;
    if (!state.ringOnDisk) return ring;
    const messages = this.#believing(() => readRing(this.#store, state.no, this.#limits.sizes.ringMessages));
    state.ringOnDisk = false;
    ring.floor = messages.length > 0 ? messages[0]!.id - 1 : ring.head;
    for (const message of messages) {
      for (const { id, from, to } of pushMessage(ring, message, this.#limits.sizes)) state.rotated.push({ id, from, to });
    }
    return ring;
  }

  /** @throws HubError storage_unavailable instead of believing a damaged row */
  #believing<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (error instanceof UnsoundRowError)
        this.#damage = `the database is damaged: ${error.message}; stop the hub and start it with --repair`;
      this.#report(error);
      throw new HubError('storage_unavailable', 'A part of the database cannot be read.');
    }
  }
}
