/**
 * The book that the parts of the local engine share: where a channel's record is found, and how a change to it comes
 * to the store.
 */
import type { Clock } from '../../core/clock.ts';
import { HubError } from '../../core/errors.ts';
import type { Limits } from '../../core/limits.ts';
import { closedError, fullHub, refuseHearing } from '../../core/refusing.ts';
import { pushMessage } from '../../core/ring.ts';
import type { Identity, Message, TranscriptEvent } from '../../core/types.ts';
import type { RestOfMessage } from '../../core/webhooks.ts';
import type { Item } from './hook.ts';
import type { Dirty, Insert } from './journal.ts';
import { type EventData, type Loaded, readEvents, readRing, UnsoundRowError } from './load.ts';
import { type ChannelState, headRow, identityRow, type KeptSeat, mailboxRow, namedBy, newSeat, seatRow } from './state.ts';
import type { Job, Store } from './store.ts';

/** How stale `last_seen_at` may be on disk. */
const SEEN_MS = 5_000;

export interface BookOptions {
  readonly store: Store;
  readonly loaded: Loaded;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly report: (error: unknown) => void;
}

export class Book {
  readonly store: Store;
  readonly channels: Map<string, ChannelState>;
  /** By the hash of their key. */
  readonly identities: Map<string, Identity>;
  readonly limits: Limits;
  readonly clock: Clock;
  /** What is wrong with the database, once something is. */
  damage: string | null = null;
  /** The number of the last transcript event of any channel. */
  lastEvent: number;
  readonly #report: (error: unknown) => void;

  constructor(options: BookOptions) {
    this.store = options.store;
    this.channels = options.loaded.channels;
    this.identities = options.loaded.identities;
    this.lastEvent = options.loaded.lastEvent;
    this.limits = options.limits;
    this.clock = options.clock;
    this.#report = options.report;
  }

  // What changed

  touchHeadLazily(state: ChannelState): void {
    this.store.touchLazily(this.#dirtyHead(state));
  }

  touchHead(state: ChannelState): void {
    this.store.touch(this.#dirtyHead(state));
  }

  touchMailbox(state: ChannelState, seat: KeptSeat): void {
    this.store.touch(this.#dirtyMailbox(state, seat));
  }

  touchMailboxLazily(state: ChannelState, seat: KeptSeat): void {
    this.store.touchLazily(this.#dirtyMailbox(state, seat));
  }

  touchSeat(state: ChannelState, seat: KeptSeat, lazily = false): void {
    seat.seatRow ??= this.#dirty(state, seat, () => ['seats', seatRow(state.no, seat, this.clock)]);
    if (lazily) this.store.touchLazily(seat.seatRow);
    else this.store.touch(seat.seatRow);
  }

  // The one object that stands for a row in the store's sets, made once a record.

  #dirtyHead(state: ChannelState): Dirty {
    state.headRow ??= this.#dirty(state, null, () => ['heads', headRow(state, this.clock)]);
    return state.headRow;
  }

  #dirtyMailbox(state: ChannelState, seat: KeptSeat): Dirty {
    seat.mailboxRow ??= this.#dirty(state, seat, () => ['mailboxes', mailboxRow(state, seat)]);
    return seat.mailboxRow;
  }

  #dirty(state: ChannelState, seat: KeptSeat | null, row: () => Insert): Dirty {
    return {
      row: () => {
        // A channel that was removed, or a seat that was taken back, has no row.
        const stands = this.channels.get(state.channel.id) === state && (seat === null || state.seats.get(seat.callsign) === seat);
        return stands ? row() : null;
      },
    };
  }

  /**
   * Applies a change and writes it, or neither.
   * @param job may throw before it changes anything
   * @throws HubError storage_unavailable, or what the job threw
   */
  async stored(synced: boolean, job: Job): Promise<void> {
    let refused: { readonly error: unknown } | null = null;
    await this.store.commit(synced, () => {
      try {
        return job();
      } catch (error) {
        refused = { error };
        return () => {};
      }
    });
    if (refused) throw (refused as { readonly error: unknown }).error;
  }

  event(state: ChannelState, type: TranscriptEvent['type'], data: EventData, at: number = this.clock.now()): void {
    if (state.channel.retention === 'none') return;
    this.store.insert('events', [++this.lastEvent, state.no, ++state.seq, at, type, JSON.stringify(data)]);
    // A message's own row brings the number along (see Messages).
    if (type !== 'message') this.touchHead(state);
  }

  messageEvent(state: ChannelState, message: Message, firstWords: boolean, at: number): void {
    const { retention } = state.channel;
    if (retention === 'none') return;
    const { id, from, to, text, reply_to, sender } = message;
    const kept = retention === 'full' || firstWords ? { text } : {};
    const reply = reply_to === undefined ? {} : { reply_to };
    this.event(state, 'message', { id, from, to, bytes: Buffer.byteLength(text), ...reply, sender, ...kept }, at);
  }

  sawSeat(state: ChannelState, seat: KeptSeat, now = this.clock.uptime()): void {
    if (now - seat.seenAt > SEEN_MS) {
      this.touchSeat(state, seat, true);
      this.touchHeadLazily(state);
    }
    seat.seenAt = state.touchedAt = now;
  }

  /** @throws HubError hub_full when the channel has no room for another mailbox */
  checkRoom(state: ChannelState): void {
    if (state.seats.size >= this.limits.sizes.mailboxes) {
      throw new HubError('hub_full', `The channel has ${state.seats.size} mailboxes, as many as it may have.`);
    }
  }

  newSeat(state: ChannelState, callsign: string): KeptSeat {
    this.checkRoom(state);
    const seat = newSeat(callsign, state, this.clock);
    state.seats.set(callsign, seat);
    return seat;
  }

  /** @throws HubError hub_full when the hub has no room for another identity */
  checkIdentities(): void {
    if (this.identities.size >= this.limits.sizes.identities) throw fullHub('identities');
  }

  /** Adds an identity and returns how to take it back. */
  addIdentity(identity: Identity): () => void {
    this.identities.set(identity.keyHash, identity);
    this.store.insert('identities', identityRow(identity));
    return () => this.identities.delete(identity.keyHash);
  }

  /** Forgets the oldest Idempotency-Keys of a channel that has more than it may remember. */
  forgetKeys({ no, keys }: ChannelState): void {
    for (const [name, { id, stored }] of keys) {
      if (keys.size <= this.limits.sizes.idempotencyKeys || stored !== null) return;
      keys.delete(name);
      const row = [no, ...namedBy(name), id];
      // With the id: the same key may have been used anew in this very transaction.
      this.store.remove('DELETE FROM keys WHERE no = ? AND callsign = ? AND hash = ? AND id = ?', row);
    }
  }

  // Finding

  state(channelId: string): ChannelState {
    const state = this.channels.get(channelId);
    // The gate has proved the channel; it can only have been removed since.
    if (!state) throw new HubError('unauthorized');
    return state;
  }

  seat(channelId: string, callsign: string): { state: ChannelState; seat: KeptSeat } {
    const state = this.state(channelId);
    const seat = state.seats.get(callsign);
    if (!seat) throw new HubError('not_joined');
    if (state.ringOnDisk) this.ringOf(state);
    return { state, seat };
  }

  /** The seat of whoever hears. @throws HubError when its session is not live */
  listener(channelId: string, callsign: string, sessionHash: string): { state: ChannelState; seat: KeptSeat } {
    const state = this.state(channelId);
    const seat = state.sessions.get(sessionHash);
    if (seat?.callsign === callsign) {
      if (state.ringOnDisk) this.ringOf(state);
      return { state, seat };
    }
    const stone = state.tombstones.get(sessionHash);
    if (stone && stone.until > this.clock.uptime()) return refuseHearing(stone.state);
    throw state.halted === 'closed' ? closedError() : new HubError('not_joined');
  }

  /** The ring, its texts read from disk at the first look after a start. */
  ringOf(state: ChannelState): ChannelState['ring'] {
    const { ring } = state;
    if (!state.ringOnDisk) return ring;
    const messages = this.believing(() => readRing(this.store, state, this.limits.sizes.ringMessages));
    state.ringOnDisk = false;
    ring.floor = ring.goneFloor = messages.length > 0 ? messages[0]!.id - 1 : ring.head;
    for (const message of messages) pushMessage(ring, message, this.limits.sizes);
    return ring;
  }

  /** What the transcript has of a message whose text was in the memory of a process that is gone. */
  restOf(channel: ChannelState | null, { messageId, seq }: Pick<Item, 'messageId' | 'seq'>): RestOfMessage {
    const nothing = { id: messageId!, text: null };
    if (channel === null || seq === null) return nothing;
    try {
      const event = this.believing(() => readEvents(this.store, channel, seq - 1, 1))[0];
      if (event?.id !== messageId) return nothing;
      const { id, from, to, text = null, at, reply_to, sender } = event!;
      return { id: id!, from: from!, to: to!, text, at, ...(reply_to === undefined ? {} : { reply_to }), sender: sender! };
    } catch {
      // The damage was reported; that there was a message is still true.
      return nothing;
    }
  }

  /** @throws HubError storage_unavailable instead of believing a damaged row */
  believing<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (error instanceof UnsoundRowError)
        this.damage = `the database is damaged: ${error.message}; stop the hub and start it with --repair`;
      this.#report(error);
      throw new HubError('storage_unavailable', 'A part of the database cannot be read.');
    }
  }
}
