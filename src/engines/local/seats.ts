/** Seats and sessions of the local engine: claiming, sliding, expiring, leaving. */
import type { ClaimedSeat, SeatClaim, SessionState } from '../../core/engine.ts';
import { HubError } from '../../core/errors.ts';
import { TIMES } from '../../core/limits.ts';
import { confirm, openToBroadcasts, standing } from '../../core/mailbox.ts';
import { bannedError, closedError, heldError, rotatedError } from '../../core/refusing.ts';
import { rosterEntry, sessionOf, timeLeft } from '../../core/seats.ts';
import type { RosterEntry } from '../../core/types.ts';
import type { Book } from './book.ts';
import type { Outbox } from './outbox.ts';
import { type ChannelState, type KeptSeat, tombstoneRow } from './state.ts';
import { hooksOf } from './webhooks.ts';

const isBanned = ({ bans }: ChannelState, { callsign, identityId }: SeatClaim): boolean => {
  if (bans.has(callsign)) return true;
  if (identityId !== null) for (const banned of bans.values()) if (banned === identityId) return true;
  return false;
};

/** A live session of another token holds it, and no identity says that both are the same. */
const isHeld = ({ session, identityId }: KeptSeat, { tokenHash, identityId: shown }: SeatClaim): boolean =>
  session !== null && session.tokenHash !== tokenHash && (identityId === null || identityId !== shown);

/** Whether the claim goes on with the live session: not one that began before anybody had shown who they are. */
const goesOn = ({ session, identityId }: KeptSeat, { tokenHash, identityId: shown }: SeatClaim): boolean =>
  session?.tokenHash === tokenHash && (identityId !== null || shown === null);

export class Seats {
  readonly #book: Book;
  readonly #outbox: Outbox;

  constructor(book: Book, outbox: Outbox) {
    this.#book = book;
    this.#outbox = outbox;
  }

  async claim(claim: SeatClaim): Promise<ClaimedSeat> {
    const state = this.#book.state(claim.channelId);
    const known = state.seats.get(claim.callsign);
    if (state.sessions.size >= this.#book.limits.sizes.sessions) this.expireAll(state);
    else if (known?.session && timeLeft(known, state.channel, this.#book.clock.uptime()) <= 0) this.#expire(state, known);
    this.#check(state, claim);
    let claimed: ClaimedSeat | null = null;
    await this.#book.stored(state.channel.retention !== 'none' || claim.newIdentity !== null, () => {
      // Others may have come since.
      this.#check(state, claim);
      const undo = this.#remember(state, claim.callsign);
      claimed = this.#take(state, claim);
      const { session, resumed } = claimed;
      const forget = claim.newIdentity && this.#book.addIdentity(claim.newIdentity);
      const joined = { type: 'member.joined', callsign: claim.callsign, sender: session.sender } as const;
      const owed = resumed ? null : this.#outbox.put(state, joined);
      return () => {
        owed?.();
        forget?.();
        undo();
      };
    });
    if (state.hooks !== null) this.#outbox.tell();
    return claimed!;
  }

  /** @throws HubError unauthorized (closed, or another token), kicked, hub_full, callsign_taken; not_joined when there is nothing to resume */
  #check(state: ChannelState, claim: SeatClaim): void {
    if (state.channel.closedAt !== null) throw closedError();
    // Checking an owner password takes long enough for the owner to change the token meanwhile.
    if (claim.terms === 'any' && claim.tokenHash !== state.channel.joinTokenHash) throw rotatedError();
    if (state.bans.size > 0 && isBanned(state, claim)) throw bannedError();
    const known = state.seats.get(claim.callsign);
    if (!known?.session && state.sessions.size >= this.#book.limits.sizes.sessions) {
      throw new HubError('hub_full', `The channel has ${state.sessions.size} live sessions, as many as it may have.`);
    }
    if (!known) this.#book.checkRoom(state);
    else if (claim.terms !== 'any' && isHeld(known, claim)) {
      throw heldError();
    } else if (known.identityId !== null && known.identityId !== claim.identityId) throw new HubError('callsign_taken');
    if (claim.terms === 'resume' && !(known && goesOn(known, claim))) throw new HubError('not_joined');
    if (claim.newIdentity) this.#book.checkIdentities();
  }

  #take(state: ChannelState, claim: SeatClaim): ClaimedSeat {
    const ring = this.#book.ringOf(state);
    const seat = state.seats.get(claim.callsign) ?? this.#book.newSeat(state, claim.callsign);
    const resumed = goesOn(seat, claim);
    if (!resumed) this.#beginSession(state, seat, claim);
    const session = seat.session!;
    session.authorized ||= claim.authorized;
    seat.identityId ??= claim.identityId;
    session.told = undefined;
    seat.seenAt = state.touchedAt = this.#book.clock.uptime();
    const told = standing(seat, ring, claim.limits);
    this.#book.touchSeat(state, seat);
    this.#book.touchMailbox(state, seat);
    const expiresAt = this.#book.clock.now() + timeLeft(seat, state.channel, seat.seenAt);
    return { ...told, session: sessionOf(seat, session, state.channel), expiresAt, nonce: session.nonce, resumed };
  }

  /** How to put a seat back as it is now, for a call that cannot be stored. */
  #remember(state: ChannelState, callsign: string): () => void {
    const seat = state.seats.get(callsign);
    const before = seat && { ...seat, session: seat.session && { ...seat.session } };
    const { seq } = state;
    const { lastEvent } = this.#book;
    return () => {
      const now = state.seats.get(callsign);
      if (now?.session) state.sessions.delete(now.session.hash);
      if (seat && before) {
        // What listeners and clocks did to it meanwhile is not taken back.
        const { parked, seenAt } = seat;
        Object.assign(seat, before, { parked, seenAt });
        if (seat.session) state.sessions.set(seat.session.hash, seat);
      } else state.seats.delete(callsign);
      state.seq = seq;
      this.#book.lastEvent = lastEvent;
    };
  }

  #beginSession(state: ChannelState, seat: KeptSeat, claim: SeatClaim): void {
    if (seat.session) state.sessions.delete(seat.session.hash);
    seat.session = {
      hash: claim.sessionHash,
      nonce: claim.nonce,
      tokenHash: claim.tokenHash,
      authorized: claim.authorized,
      told: undefined,
    };
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
    const sender = { verified: (seat.identityId ?? claim.identityId) !== null, authorized: claim.authorized };
    this.#book.event(state, 'join', { callsign: seat.callsign, sender });
  }

  session(channelId: string, sessionHash: string): SessionState {
    const state = this.#book.state(channelId);
    const seat = state.sessions.get(sessionHash);
    const now = this.#book.clock.uptime();
    if (!seat?.session) {
      const stone = state.tombstones.get(sessionHash);
      return { state: stone && stone.until > now ? stone.state : 'unknown' };
    }
    if (timeLeft(seat, state.channel, now) <= 0) {
      this.#expire(state, seat);
      return this.session(channelId, sessionHash);
    }
    this.#book.sawSeat(state, seat, now);
    return { state: 'live', session: sessionOf(seat, seat.session, state.channel) };
  }

  async leave(channelId: string, sessionHash: string): Promise<boolean> {
    const state = this.#book.state(channelId);
    if (!state.sessions.has(sessionHash)) return false;
    let left = false;
    await this.#book.stored(state.channel.retention !== 'none', () => {
      const seat = state.sessions.get(sessionHash);
      if (!seat) return () => {};
      const undo = this.#remember(state, seat.callsign);
      state.sessions.delete(sessionHash);
      seat.session = null;
      seat.member = false;
      left = true;
      this.#book.event(state, 'leave', { callsign: seat.callsign });
      this.#book.touchSeat(state, seat);
      const owed = this.#outbox.put(state, { type: 'member.left', callsign: seat.callsign, reason: null });
      return () => {
        owed();
        undo();
      };
    });
    if (state.hooks !== null) this.#outbox.tell();
    return left;
  }

  roster(channelId: string): RosterEntry[] {
    const state = this.#book.state(channelId);
    const members = [...state.seats.values()].filter((seat) => seat.member);
    return members.map((seat) => rosterEntry(seat, state.channel, this.#book.clock, hooksOf(state)));
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
  #expire(state: ChannelState, seat: KeptSeat): void {
    const session = seat.session;
    if (!session) return;
    state.sessions.delete(session.hash);
    seat.session = null;
    const until = seat.seenAt + state.channel.sessionTtlMs + TIMES.tombstoneMs;
    const stone = { state: 'expired', until } as const;
    state.tombstones.set(session.hash, stone);
    this.#book.store.insert('tombstones', tombstoneRow(state.no, session.hash, stone, this.#book.clock));
    this.#book.event(state, 'leave', { callsign: seat.callsign, reason: 'expired' });
    // Nobody waits for it to be written, so it asks for that itself.
    this.#book.touchSeat(state, seat, true);
    if (state.hooks === null) return;
    this.#outbox.put(state, { type: 'member.left', callsign: seat.callsign, reason: 'expired' });
    this.#outbox.tellWhenStored();
  }

  /** Gives up the seats of a band that nobody has come back to. */
  giveUp(state: ChannelState): void {
    const now = this.#book.clock.uptime();
    for (const seat of state.seats.values()) {
      const most = seat.identityId === null ? TIMES.bandSeatMs : TIMES.bandBoundSeatMs;
      if (seat.session || seat.parked > 0 || now - seat.seenAt <= most) continue;
      const { callsign } = seat;
      state.seats.delete(callsign);
      this.#book.store.removeChannel(state.no, ['seats', 'mailboxes'], callsign);
    }
  }

  expireAll(state: ChannelState): void {
    const uptime = this.#book.clock.uptime();
    for (const seat of [...state.sessions.values()]) if (timeLeft(seat, state.channel, uptime) <= 0) this.#expire(state, seat);
  }
}
