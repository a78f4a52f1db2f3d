/** What the local engine takes away: what is over by its time, channels that nobody uses, and one that its owner erases. */
import { isBand } from '../../core/bands.ts';
import { TIMES } from '../../core/limits.ts';
import type { Book } from './book.ts';
import type { Outbox } from './outbox.ts';
import { OF_THE_LIVING } from './owners.ts';
import type { Row } from './schema.ts';
import type { Seats } from './seats.ts';
import { type ChannelState, namedBy } from './state.ts';

export class Upkeep {
  readonly #book: Book;
  readonly #outbox: Outbox;
  readonly #seats: Seats;

  /** @param removed numbers of channels that an earlier run removed, and may not have come to the end with */
  constructor(book: Book, outbox: Outbox, seats: Seats, removed: readonly number[]) {
    this.#book = book;
    this.#outbox = outbox;
    this.#seats = seats;
    for (const no of removed) book.store.removing.transcript(no);
  }

  /** Takes away what is over. @returns the ids of the channels that are gone by that */
  sweep(): string[] {
    const uptime = this.#book.clock.uptime();
    const removed: string[] = [];
    for (const state of this.#book.channels.values()) {
      this.#seats.expireAll(state);
      this.#forgetTombstones(state);
      this.#forgetKeys(state);
      const idle = state.channel.retention === 'none' ? TIMES.idleChannelMs : TIMES.idleTranscriptMs;
      // Who waits for hours is alive; on disk too, should this process die meanwhile.
      for (const seat of state.seats.values()) if (seat.parked > 0) this.#book.sawSeat(state, seat);
      if (isBand(state.channel.id)) this.#seats.giveUp(state);
      else if (uptime - state.touchedAt > idle) {
        this.remove(state, 'idle');
        removed.push(state.channel.id);
      }
    }
    return removed;
  }

  #forgetTombstones({ no, tombstones }: ChannelState): void {
    const uptime = this.#book.clock.uptime();
    const over: Row[] = [];
    for (const [hash, { until }] of tombstones) {
      if (until > uptime) continue;
      tombstones.delete(hash);
      over.push([no, hash]);
    }
    this.#book.store.removing.over('tombstones', over);
  }

  /**
   * They stand in the order in which they were used, so those behind the first young one need no look. Where the wall
   * clock was put back, some are kept for longer by as much.
   */
  #forgetKeys({ no, keys }: ChannelState): void {
    const now = this.#book.clock.now();
    const oldest = now - TIMES.idempotencyMs;
    const over: Row[] = [];
    for (const [name, { at, stored }] of keys) {
      // From before the wall clock was put back: it says nothing about those behind it.
      if (at > now || stored) continue;
      if (at >= oldest) break;
      keys.delete(name);
      over.push([no, ...namedBy(name), at]);
    }
    this.#book.store.removing.over('keys', over);
  }

  /** Takes every trace of a channel away. @returns how its webhooks take it back; the rest is the caller's */
  remove(state: ChannelState, reason: string): () => void {
    const back = this.#outbox.closeChannel(state, reason);
    this.#book.channels.delete(state.channel.id);
    this.#book.store.removeChannel(state.no, [...OF_THE_LIVING, 'channels', 'heads', 'tombstones', 'orders']);
    this.#book.store.removeTranscript(state.no);
    return back;
  }
}
