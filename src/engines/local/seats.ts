/** Seats and sessions of the local engine: claiming, sliding, expiring, leaving. */
import type { ClaimedSeat, SeatClaim, SessionState } from '../../core/engine.ts';
import { HubError } from '../../core/errors.ts';
import { TIMES } from '../../core/limits.ts';
import { confirm, openToBroadcasts, standing } from '../../core/mailbox.ts';
import { rosterEntry, type Seat, sessionOf, timeLeft } from '../../core/seats.ts';
import type { RosterEntry } from '../../core/types.ts';
import type { Book } from './book.ts';
import { type ChannelState, tombstoneRow } from './state.ts';

export class Seats {
  readonly #book: Book;

  constructor(book: Book) {
    this.#book = book;
  }

  async claim(claim: SeatClaim): Promise<ClaimedSeat> {
    const state = this.#book.state(claim.channelId);
    if (state.sessions.size >= this.#book.limits.sizes.sessions) this.expireAll(state);
    const known = state.seats.get(claim.callsign);
    if (!known?.session && state.sessions.size >= this.#book.limits.sizes.sessions) {
      throw new HubError('hub_full', `The channel has ${state.sessions.size} live sessions, as many as it may have.`);
    }
    const seat = known ?? this.#book.newSeat(state, claim.callsign);
    if (seat.identityId !== null && seat.identityId !== claim.identityId) throw new HubError('callsign_taken');
    if (seat.session && timeLeft(seat, state.channel, this.#book.clock) <= 0) this.#expire(state, seat);

    const resumed = seat.session?.tokenHash === claim.tokenHash;
    if (!resumed) this.#beginSession(state, seat, claim);
    const session = seat.session!;
    session.authorized ||= claim.authorized;
    seat.identityId ??= claim.identityId;
    seat.seenAt = state.touchedAt = this.#book.clock.uptime();
    const told = standing(seat, this.#book.ringOf(state), claim.limits);
    const claimed = { ...told, session: sessionOf(seat, session, state.channel, this.#book.clock), nonce: session.nonce, resumed };
    this.#book.touchSeat(state, seat);
    this.#book.touchMailbox(state, seat);
    await this.#book.store.commit(state.channel.retention !== 'none');
    return claimed;
  }

  #beginSession(state: ChannelState, seat: Seat, claim: SeatClaim): void {
    if (seat.session) state.sessions.delete(seat.session.hash);
    seat.session = { hash: claim.sessionHash, nonce: claim.nonce, tokenHash: claim.tokenHash, authorized: claim.authorized };
    seat.explicit = false;
    seat.repeats = 0;
    seat.member = true;
    seat.status = null;
    seat.joinedAt = this.#book.clock.now();
    if (seat.joinedAfter === null) {
      // The mailbox of somebody who was never written to begins here and now.
      if (seat.direct === 0) confirm(seat, state.ring, state.ring.head, this.#book.clock.now());
      openToBroadcasts(seat, state.ring);
    }
    state.sessions.set(claim.sessionHash, seat);
    this.#book.event(state, 'join', { callsign: seat.callsign });
  }

  session(channelId: string, sessionHash: string): SessionState {
    const state = this.#book.state(channelId);
    const seat = state.sessions.get(sessionHash);
    const now = this.#book.clock.uptime();
    if (!seat?.session) {
      const stone = state.tombstones.get(sessionHash);
      return { state: stone && stone.until > now ? stone.state : 'unknown' };
    }
    if (timeLeft(seat, state.channel, this.#book.clock) <= 0) {
      this.#expire(state, seat);
      return this.session(channelId, sessionHash);
    }
    this.#book.sawSeat(state, seat);
    return { state: 'live', session: sessionOf(seat, seat.session, state.channel, this.#book.clock) };
  }

  async leave(channelId: string, sessionHash: string): Promise<boolean> {
    const state = this.#book.state(channelId);
    const seat = state.sessions.get(sessionHash);
    if (!seat) return false;
    state.sessions.delete(sessionHash);
    seat.session = null;
    seat.member = false;
    this.#book.event(state, 'leave', { callsign: seat.callsign });
    this.#book.touchSeat(state, seat);
    await this.#book.store.commit(state.channel.retention !== 'none');
    return true;
  }

  roster(channelId: string): RosterEntry[] {
    const state = this.#book.state(channelId);
    const members = [...state.seats.values()].filter((seat) => seat.member);
    return members.map((seat) => rosterEntry(seat, state.channel, this.#book.clock));
  }

  park(channelId: string, callsign: string): void {
    const seat = this.#book.state(channelId).seats.get(callsign);
    if (seat) seat.parked++;
  }

  unpark(channelId: string, callsign: string): void {
    const state = this.#book.channels.get(channelId);
    const seat = state?.seats.get(callsign);
    if (!state || !seat) return;
    seat.parked--;
    this.#book.sawSeat(state, seat);
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
    this.#book.store.insert('tombstones', tombstoneRow(state.no, session.hash, stone, this.#book.clock));
    this.#book.event(state, 'leave', { callsign: seat.callsign, reason: 'expired' });
    this.#book.touchSeat(state, seat);
  }

  expireAll(state: ChannelState): void {
    for (const seat of [...state.sessions.values()]) if (timeLeft(seat, state.channel, this.#book.clock) <= 0) this.#expire(state, seat);
  }
}
