/** Seats and sessions of the Redis engine: what the scripts are asked, and what they answer. */
import type { ClaimedSeat, SeatClaim, SessionState } from '../../core/engine.ts';
import { HubError } from '../../core/errors.ts';
import { OutdatedError, type Recalled, type Recollection } from '../../core/recalling.ts';
import { bannedError, closedError, heldError, rotatedError } from '../../core/refusing.ts';
import { rosterEntry, type Seat } from '../../core/seats.ts';
import type { Channel, RosterEntry, Session } from '../../core/types.ts';
import type { Webhook } from '../../core/webhooks.ts';
import { type Answer, type Book, refuseWith } from './book.ts';
import type { Channels } from './channels.ts';
import { gapOf } from './messages.ts';
import type { Outbox } from './outbox.ts';
import type { Presence } from './presence.ts';
import { openMessage } from './seal.ts';

refuseWith('banned', bannedError);
refuseWith('closed', closedError);
refuseWith('rotated', rotatedError);
refuseWith('callsign_taken held', heldError);
refuseWith('outdated', () => new OutdatedError());

/** Sessions that a hub remembers. */
const KNOWN = 20_000;

export class Seats {
  /** As they were when they were last asked about, by hash. */
  readonly #known = new Map<string, Session>();
  readonly #book: Book;
  readonly #channels: Channels;
  readonly #presence: Presence;
  readonly #outbox: Outbox;

  constructor(book: Book, channels: Channels, presence: Presence, outbox: Outbox) {
    this.#book = book;
    this.#channels = channels;
    this.#presence = presence;
    this.#outbox = outbox;
  }

  /** An identity is made before the seat, and taken back when that is not given: meanwhile nobody has its key. */
  async claim(claim: SeatClaim): Promise<ClaimedSeat> {
    const forget = claim.newIdentity && (await this.#channels.createIdentity(claim.newIdentity));
    try {
      return await this.#claim(claim);
    } catch (error) {
      // Where nobody knows whether the seat was given, an identity too many is the lesser evil.
      if (!(error instanceof HubError && error.code === 'storage_unavailable')) await forget?.();
      throw error;
    }
  }

  async #claim(claim: SeatClaim): Promise<ClaimedSeat> {
    const { channelId, callsign, tokenHash, nonce, sessionHash, identityId, authorized, terms, limits } = claim;
    const { sizes } = this.#book.limits;
    this.#presence.tell(channelId);
    const answer = (await this.#book.sure(
      'claim',
      channelId,
      ...[callsign, tokenHash, nonce, sessionHash, identityId ?? '', authorized, terms],
      ...[limits.messages, limits.bytes, sizes.sessions, sizes.mailboxes],
    )) as Answer;
    const [resumed, found, hash, verified, raised, left, at, tag, pending, gap, hooks, ...shown] = answer as [
      ...[number, string, string, number, number, number, number, string, number, Answer, number],
      ...string[],
    ];
    if (hooks > 0) this.#outbox.tell(channelId);
    return {
      session: this.#session(channelId, callsign, hash, verified, raised),
      expiresAt: this.#book.clock.now() + left,
      nonce: found,
      resumed: resumed === 1,
      cursor: { id: at, tag },
      unconfirmed: shown.flatMap((json) => {
        const message = openMessage(this.#book.seal, json);
        return message === null ? [] : [{ message, redelivered: true }];
      }),
      pending,
      gap: gapOf(gap),
    };
  }

  #session(channelId: string, callsign: string, hash: string, verified: number, authorized: number): Session {
    const sender = { verified: verified === 1, authorized: authorized === 1 };
    const session = { channelId, callsign, hash, sender };
    if (this.#known.size >= KNOWN) this.#known.clear();
    this.#known.set(hash, session);
    return session;
  }

  /** See `Engine.recall`. */
  recall(channelId: string, hash: string): Recalled | undefined {
    const session = this.#known.get(hash);
    const channel = session?.channelId === channelId ? this.#channels.known(channelId) : undefined;
    if (!session || !channel) return undefined;
    const { sender } = session;
    return { channel, session: { ...session, recalled: { sessionHash: hash, tokenHash: channel.joinTokenHash, sender, holds: false } } };
  }

  /** A step that shows what was recalled: it holds when the script went by it. */
  async show<T>(recalled: Recollection | null, step: Promise<T>): Promise<T> {
    if (!recalled) return step;
    try {
      const answer = await step;
      recalled.holds = true;
      return answer;
    } catch (error) {
      // The channel is gone, which a script sees before it looks at who calls.
      const outdated = error instanceof HubError && error.code === 'unauthorized' ? new OutdatedError() : error;
      if (outdated instanceof OutdatedError) this.#known.delete(recalled.sessionHash);
      else if (outdated instanceof HubError && outdated.code !== 'storage_unavailable') recalled.holds = true;
      throw outdated;
    }
  }

  async session(channelId: string, hash: string): Promise<SessionState> {
    this.#presence.tell(channelId);
    const [state, callsign, verified, authorized] = (await this.#book.run('session', channelId, hash)) as [
      SessionState['state'],
      ...[string, number, number],
    ];
    if (state !== 'live') {
      // An expiry may be owed to a webhook.
      if (state === 'expired' && Number(callsign) > 0) this.#outbox.tell(channelId);
      return { state };
    }
    return { state, session: this.#session(channelId, callsign, hash, verified, authorized) };
  }

  async leave(channelId: string, hash: string): Promise<boolean> {
    const left = (await this.#book.sure('leave', channelId, hash)) as number;
    if (left > 1) this.#outbox.tell(channelId);
    return left > 0;
  }

  async roster(channelId: string): Promise<RosterEntry[]> {
    this.#presence.tell(channelId);
    const [ttl, hooks, ...members] = (await this.#book.sure('roster', channelId)) as [number, string[], ...Answer[]];
    const now = this.#book.now();
    // The rules of a roster look at a seat with the clock of the process; the store's seats have the shared one.
    const clock = { ...this.#book.clock, now: () => this.#book.clock.now(), uptime: () => now };
    const channel = { sessionTtlMs: ttl } as Channel;
    const webhooks = hooks.map((hook) => JSON.parse(hook) as Webhook);
    return members.map((member) => {
      const [json, live, authorized, seen, parked] = member as [string, number, number, string, number];
      const kept = JSON.parse(json) as Seat & { readonly identityId?: string; readonly status?: string };
      const seat: Seat = {
        ...kept,
        identityId: kept.identityId ?? null,
        status: kept.status === undefined ? null : this.#book.seal.open(kept.status),
        session: live === 1 ? { hash: '', nonce: '', tokenHash: '', authorized: authorized === 1 } : null,
        seenAt: Number(seen),
        parked,
      };
      return rosterEntry(seat, channel, clock, webhooks);
    });
  }
}
