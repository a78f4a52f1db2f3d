/** Owners' steps of the local engine: each applied to memory and written in one go, or not at all. */
import type { GuardReport, Kicked } from '../../core/engine.ts';
import { hourOf, resetGuard } from '../../core/guards.ts';
import { TIMES } from '../../core/limits.ts';
import { fullOfBans } from '../../core/refusing.ts';
import type { Channel } from '../../core/types.ts';
import type { Book } from './book.ts';
import type { Outbox } from './outbox.ts';
import type { TableName } from './schema.ts';
import { type ChannelState, channelRow, haltOf, type KeptSeat, orderRow, type Tombstone, tombstoneRow } from './state.ts';
import type { Job } from './store.ts';

/** Tables with rows of a channel that mean nothing once it is closed. */
export const OF_THE_LIVING: readonly TableName[] = ['seats', 'mailboxes', 'keys', 'bans'];

type Undo = () => void;

const undoAll = (undo: readonly Undo[]): void => {
  for (const back of undo.toReversed()) back();
};

export class Owners {
  readonly #book: Book;
  readonly #outbox: Outbox;

  constructor(book: Book, outbox: Outbox) {
    this.#book = book;
    this.#outbox = outbox;
  }

  /** @param remove takes every trace of the channel away; null: it leaves its transcript */
  async close(channelId: string, remove: ((state: ChannelState) => Undo) | null): Promise<void> {
    const { channels, clock, store } = this.#book;
    const state = this.#book.state(channelId);
    state.halted = 'closed';
    await this.#halting(state, () => {
      if (remove) {
        const back = remove(state);
        return () => {
          channels.set(channelId, state);
          back();
        };
      }
      if (state.channel.closedAt !== null) return () => {};
      const undo = [
        this.#outbox.closeChannel(state, 'closed'),
        this.#keepEvents(state),
        this.#endAll(state, 'closed'),
        this.#order(state, { closedAt: clock.now() }),
      ];
      const { seats, keys, bans, ring } = state;
      const [seated, used, banned] = [[...seats], [...keys], [...bans]];
      const { bytes } = ring;
      const said = ring.messages.splice(0);
      ring.bytes = 0;
      for (const map of [seats, keys, bans]) map.clear();
      // With its head, too, where the journal has it: the newest is written again below.
      store.removeChannel(state.no, OF_THE_LIVING);
      this.#book.event(state, 'close', {});
      state.touchedAt = clock.uptime();
      this.#book.touchHead(state);
      return () => {
        for (const [callsign, seat] of seated) seats.set(callsign, seat);
        for (const [name, key] of used) keys.set(name, key);
        for (const [callsign, identity] of banned) bans.set(callsign, identity);
        ring.messages.push(...said);
        ring.bytes = bytes;
        undoAll(undo);
      };
    });
  }

  async rotate(channelId: string, joinTokenHash: string): Promise<void> {
    await this.#book.stored(true, () => {
      const state = this.#book.state(channelId);
      const undo = [
        this.#keepEvents(state),
        this.#endAll(state, 'rotated'),
        this.#outbox.rotate(state),
        this.#change(state, { joinTokenHash }),
      ];
      this.#book.store.insert('channels', channelRow(state));
      this.#book.event(state, 'rotate', {});
      return () => undoAll(undo);
    });
  }

  async kick(channelId: string, callsign: string, ban: boolean | null): Promise<Kicked> {
    const { store } = this.#book;
    let kicked = false;
    let banned = false;
    await this.#book.stored(true, () => {
      const state = this.#book.state(channelId);
      const seat = state.seats.get(callsign);
      const was = state.bans.has(callsign);
      if (ban === true && !was) this.#checkBans(state);
      const undo = [this.#keepEvents(state)];
      const identity = state.bans.get(callsign) ?? seat?.identityId ?? null;
      if (ban === true) {
        state.bans.set(callsign, identity);
      } else if (ban === false) state.bans.delete(callsign);
      undo.push(() => (was ? state.bans.set(callsign, identity) : state.bans.delete(callsign)));
      banned = state.bans.has(callsign);
      if (was !== banned) store.insert('bans', [state.no, callsign, identity, Number(banned)]);
      if (was && !banned) store.remove('DELETE FROM bans WHERE no = ? AND callsign = ? AND stands = 0', [state.no, callsign]);
      kicked = seat?.member === true;
      if (seat && kicked) {
        undo.push(this.#end(state, seat, 'kicked'));
        seat.member = false;
        this.#book.touchSeat(state, seat);
        undo.push(() => {
          seat.member = true;
        });
        undo.push(this.#outbox.put(state, { type: 'member.left', callsign, reason: 'kicked' }));
      }
      if (kicked || was !== banned) {
        const reason = was === banned ? {} : { reason: banned ? 'banned' : 'ban lifted' };
        this.#book.event(state, 'kick', { callsign, ...reason });
      }
      return () => undoAll(undo);
    });
    this.#outbox.tell();
    return { kicked, banned };
  }

  /** @throws HubError hub_full when the channel has no room for another ban: as many as mailboxes */
  #checkBans({ bans }: ChannelState): void {
    if (bans.size >= this.#book.limits.sizes.mailboxes) throw fullOfBans(bans.size);
  }

  async pause(channelId: string, paused: boolean): Promise<void> {
    const state = this.#book.state(channelId);
    if (paused) state.halted ??= 'paused';
    await this.#halting(state, () => {
      if (state.channel.paused === paused) return () => {};
      const undo = [this.#keepEvents(state), this.#order(state, { paused })];
      this.#book.event(state, paused ? 'pause' : 'resume', {});
      return () => undoAll(undo);
    });
  }

  guards(channelId: string): GuardReport {
    const { guard } = this.#book.state(channelId);
    return { factor: guard.factor, messages: hourOf(guard, this.#book.clock), trips: [...(guard.trips?.values() ?? [])] };
  }

  async setGuards(channelId: string, factor: number | null, reset: boolean): Promise<void> {
    await this.#book.stored(true, () => {
      const state = this.#book.state(channelId);
      const { guard } = state;
      const before = guard.factor;
      guard.factor = factor ?? before;
      this.#book.store.insert('orders', orderRow(state));
      if (reset) {
        resetGuard(guard);
        for (const seat of state.seats.values()) seat.guard = null;
      }
      return () => {
        guard.factor = before;
      };
    });
  }

  /** Stores a step after which something else may be sent than before; what is sent meanwhile goes by the stricter of both. */
  async #halting(state: ChannelState, job: Job): Promise<void> {
    try {
      await this.#book.stored(true, job);
    } finally {
      state.halted = haltOf(state.channel);
    }
  }

  /** Ends every live session, leaving a word for whoever still shows it. */
  #endAll(state: ChannelState, why: Tombstone['state']): Undo {
    const undo = [...state.sessions.values()].map((seat) => this.#end(state, seat, why));
    return () => undoAll(undo);
  }

  #end(state: ChannelState, seat: KeptSeat, why: Tombstone['state']): Undo {
    const { session } = seat;
    if (!session) return () => {};
    const stone = { state: why, until: this.#book.clock.uptime() + TIMES.tombstoneMs };
    state.sessions.delete(session.hash);
    state.tombstones.set(session.hash, stone);
    seat.session = null;
    this.#book.store.insert('tombstones', tombstoneRow(state.no, session.hash, stone, this.#book.clock));
    this.#book.touchSeat(state, seat);
    return () => {
      seat.session = session;
      state.sessions.set(session.hash, seat);
      state.tombstones.delete(session.hash);
    };
  }

  /** Changes what stands on the owner's order. */
  #order(state: ChannelState, change: Partial<Channel>): Undo {
    const undo = this.#change(state, change);
    this.#book.store.insert('orders', orderRow(state));
    return undo;
  }

  #change(state: ChannelState, change: Partial<Channel>): Undo {
    const before = state.channel;
    state.channel = { ...before, ...change };
    return () => {
      state.channel = before;
    };
  }

  #keepEvents(state: ChannelState): Undo {
    const { seq } = state;
    const { lastEvent } = this.#book;
    return () => {
      state.seq = seq;
      this.#book.lastEvent = lastEvent;
    };
  }
}
