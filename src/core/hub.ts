/**
 * The verbs of the product. A hub knows the rules and no wire and no database: what must be atomic it asks of its
 * engine, who waits stands in its waiters, and whatever calls it (REST, MCP, a test) has proved who is calling.
 *
 * The path of a message: {@link Hub.send} checks it, `engine.append` stores it, `waiters.deliver` wakes whom it is
 * for, and their own {@link Hub.listen} goes on and answers.
 */
import { type Clock, systemClock } from './clock.ts';
import type { ChannelCounts, Engine } from './engine.ts';
import { HubError } from './errors.ts';
import { deriveSessionId, hashSecret, newChannelId, newIdentityId, newNonce, newSecret, sameHash, sha256 } from './ids.ts';
import type { Limits, Rate } from './limits.ts';
import { type Answer, type Ear, hear, hearOn, type ListenRequest, type StreamItem, watch } from './listening.ts';
import { safeText } from './text.ts';
import { checkPassword, hashPassword, INSTRUCTIONS, postureOf } from './trust.ts';
import type {
  Channel,
  Gap,
  Heard,
  Identity,
  Kind,
  Message,
  Position,
  Posture,
  Presence,
  Receipt,
  ReceiptState,
  Retention,
  RosterEntry,
  Session,
  Since,
  TranscriptEvent,
  TrustMode,
} from './types.ts';
import { Waiters } from './waiters.ts';

/** How strangers reach this hub: `local` this machine only, `shared` with a hub token, `open` anyone. */
export type HubMode = 'local' | 'shared' | 'open';

export interface HubOptions {
  readonly engine: Engine;
  readonly limits: Limits;
  readonly mode?: HubMode;
  readonly clock?: Clock;
  /** Told of what went wrong where no caller can be told. */
  readonly report?: (error: unknown) => void;
}

export interface ChannelRequest {
  readonly retention: Retention;
  readonly trustMode: TrustMode;
  /** Null: what the trust mode asks for. */
  readonly requireIdentity: boolean | null;
  readonly ownerPassword: string | null;
  readonly sessionTtlMs: number;
}

export interface JoinRequest {
  readonly channel: Channel;
  /** The join token that was proved; session ids are derived from it. */
  readonly token: string;
  readonly callsign: string;
  readonly identityKey: string | null;
  readonly newIdentity: boolean;
  readonly ownerPassword: string | null;
  /** Who asks, for attempt limits. */
  readonly address: string;
}

export interface Joined {
  readonly session: Session;
  readonly sessionId: string;
  readonly resumed: boolean;
  readonly identity: { readonly id: string; readonly key: string } | null;
  readonly posture: Posture;
  readonly instructions: string;
  readonly roster: readonly RosterEntry[];
  readonly history: readonly Message[];
  readonly cursor: Position;
  readonly pending: number;
  readonly unconfirmed: readonly Heard[];
  readonly gap: Gap | null;
}

export interface SendRequest {
  readonly to: string;
  readonly text: string;
  readonly kind: Kind;
  readonly replyTo: number | null;
  readonly idempotencyKey: string | null;
}

export interface Sent {
  readonly message: Message;
  readonly recipients: readonly { readonly callsign: string; readonly state: ReceiptState; readonly presence: Presence }[];
  readonly recipientCount: number;
  readonly duplicate: boolean;
  readonly sanitized: number;
}

/** How many messages a join shows of what was said before. */
const JOIN_HISTORY = 20;
const SWEEP_MS = 30_000;
const NO_HASH = '0'.repeat(64);

export class Hub {
  readonly engine: Engine;
  readonly limits: Limits;
  readonly mode: HubMode;
  readonly clock: Clock;
  readonly waiters = new Waiters();
  readonly #report: (error: unknown) => void;
  #closed = false;
  #stopSweep: () => void = () => {};

  constructor(options: HubOptions) {
    this.engine = options.engine;
    this.limits = options.limits;
    this.mode = options.mode ?? 'local';
    this.clock = options.clock ?? systemClock;
    this.#report = options.report ?? (() => {});
    this.engine.onAppended((channelId, message) => this.waiters.announce(channelId, message));
    this.#sweepLater();
  }

  /** Ends every parked listener, so that their requests are answered. The engine is closed by whoever opened it. */
  close(): void {
    this.#closed = true;
    this.#stopSweep();
    this.waiters.endAll({ type: 'shutdown' });
  }

  get closed(): boolean {
    return this.#closed;
  }

  // Who is calling

  /**
   * The channel that a token opens.
   * @throws HubError unauthorized, alike for an unknown channel and a wrong token; rate_limited after too many
   */
  async channelFor(channelId: string, token: string, address: string): Promise<Channel> {
    const channel = await this.engine.channel(channelId);
    const right = sameHash(hashSecret(token), channel?.joinTokenHash ?? NO_HASH);
    if (channel && right) return channel;
    await this.spend(`wrong-token ${address}`, this.limits.rates.wrongToken, 'Too many wrong tokens from this address.');
    throw new HubError('unauthorized');
  }

  /**
   * The session that a session id names on a channel; a sign of life.
   * @throws HubError not_joined, session_expired, kicked
   */
  async sessionFor(channel: Channel, sessionId: string): Promise<Session> {
    const found = await this.engine.session(channel.id, hashSecret(sessionId));
    if (found.state === 'live') return found.session;
    if (found.state === 'expired') throw new HubError('session_expired');
    throw new HubError(found.state === 'kicked' ? 'kicked' : 'not_joined');
  }

  /** Takes one call from an allowance. @throws HubError rate_limited */
  async spend(key: string, rate: Rate, detail: string): Promise<void> {
    if (rate.burst === Number.POSITIVE_INFINITY) return;
    const answer = await this.engine.spend(key, rate);
    if (answer.allowed) return;
    const seconds = Math.max(1, Math.ceil(answer.retryAfterMs / 1000));
    throw new HubError('rate_limited', detail, {
      retryAfter: seconds,
      headers: {
        'RateLimit-Policy': `"default";q=${rate.burst};w=${Math.ceil(rate.burst / rate.perSecond)}`,
        RateLimit: `"default";r=${answer.remaining};t=${seconds}`,
      },
    });
  }

  // Channels

  /** @throws HubError invalid_trust, hub_full, storage_unavailable */
  async createChannel(request: ChannelRequest): Promise<{ channel: Channel; joinToken: string; ownerToken: string }> {
    if (request.trustMode === 'trusted' && request.requireIdentity === false) {
      throw new HubError('invalid_trust', 'A trusted channel always requires identities; leave require_identity out.');
    }
    const joinToken = newSecret('join');
    const ownerToken = newSecret('owner');
    const channel: Channel = {
      id: await this.#freeChannelId(),
      createdAt: this.clock.now(),
      retention: request.retention,
      trustMode: request.trustMode,
      requireIdentity: request.requireIdentity ?? request.trustMode === 'trusted',
      sessionTtlMs: request.sessionTtlMs,
      joinTokenHash: sha256(joinToken),
      ownerTokenHash: sha256(ownerToken),
      ownerPasswordHash: request.ownerPassword === null ? null : await hashPassword(request.ownerPassword),
    };
    await this.engine.createChannel(channel);
    return { channel, joinToken, ownerToken };
  }

  async #freeChannelId(): Promise<string> {
    for (;;) {
      const id = newChannelId();
      if (!(await this.engine.channel(id))) return id;
    }
  }

  counts(channel: Channel): ChannelCounts | Promise<ChannelCounts> {
    return this.engine.counts(channel.id);
  }

  // Coming and going

  /**
   * Takes a callsign's seat, or takes it up again. Moves no position of its mailbox.
   * @throws HubError unauthorized (unknown identity key), identity_required, owner_password_wrong, rate_limited,
   *   callsign_taken, hub_full, storage_unavailable
   */
  async join(request: JoinRequest): Promise<Joined> {
    const { channel, callsign, token } = request;
    const authorized = await this.#authorized(request);
    const identity = await this.#identity(request);
    if (channel.requireIdentity && !identity) throw new HubError('identity_required');

    const nonce = newNonce();
    const idFor = (given: string): string => deriveSessionId(token, channel.id, callsign, given);
    const claimed = await this.engine.claimSeat({
      channelId: channel.id,
      callsign,
      tokenHash: hashSecret(token),
      nonce,
      sessionHash: sha256(idFor(nonce)),
      identityId: identity?.id ?? null,
      authorized,
      limits: { messages: this.limits.sizes.ringMessages, bytes: this.limits.sizes.answerBytes / 2 },
    });
    if (!claimed.resumed) this.waiters.announceRoster(channel.id);
    const posture = postureOf(channel.trustMode, claimed.session.sender.authorized);
    return {
      session: claimed.session,
      sessionId: idFor(claimed.nonce),
      resumed: claimed.resumed,
      identity: identity?.key ? { id: identity.id, key: identity.key } : null,
      posture,
      instructions: INSTRUCTIONS[posture],
      roster: await this.engine.roster(channel.id),
      history: await this.history(channel, JOIN_HISTORY, this.limits.sizes.answerBytes / 4),
      cursor: claimed.cursor,
      pending: claimed.pending,
      unconfirmed: claimed.unconfirmed,
      gap: claimed.gap,
    };
  }

  async #authorized({ channel, ownerPassword, address }: JoinRequest): Promise<boolean> {
    if (ownerPassword === null) return false;
    // Spent before the check, so that guesses in parallel cannot slip past the limit.
    const tries = 'Too many owner passwords were tried on this channel.';
    const key = `owner-password ${channel.id} ${address}`;
    await this.spend(key, this.limits.rates.ownerPassword, tries);
    if (channel.ownerPasswordHash && (await checkPassword(ownerPassword, channel.ownerPasswordHash))) {
      await this.engine.spend(key, this.limits.rates.ownerPassword, -1);
      return true;
    }
    throw new HubError('owner_password_wrong', channel.ownerPasswordHash ? undefined : 'This channel has no owner password.');
  }

  async #identity(request: JoinRequest): Promise<{ id: string; key: string | null } | null> {
    if (request.identityKey !== null) {
      const known = await this.engine.identity(hashSecret(request.identityKey));
      if (known) return { id: known.id, key: null };
      const tries = 'Too many unknown identity keys from this address.';
      await this.spend(`wrong-token ${request.address}`, this.limits.rates.wrongToken, tries);
      throw new HubError('unauthorized', 'The identity_key is not known to this hub.', {
        hint: 'Check the key, or join with "new_identity": true.',
      });
    }
    return request.newIdentity ? this.createIdentity(request.callsign) : null;
  }

  /** Makes an identity; its key is shown once. @throws HubError hub_full, storage_unavailable */
  async createIdentity(name: string | null): Promise<{ id: string; key: string }> {
    const key = newSecret('identity');
    const identity: Identity = { id: newIdentityId(), keyHash: sha256(key), name, createdAt: this.clock.now() };
    await this.engine.createIdentity(identity);
    return { id: identity.id, key };
  }

  /** Ends a session. Its parked listens end too; its mailbox stays. */
  async leave(session: Session): Promise<void> {
    await this.engine.leave(session.channelId, session.hash);
    const error = new HubError('not_joined', 'This session left the channel.');
    this.waiters.endSession(session.channelId, session.hash, error);
    this.waiters.announceRoster(session.channelId);
  }

  roster(channel: Channel): readonly RosterEntry[] | Promise<readonly RosterEntry[]> {
    return this.engine.roster(channel.id);
  }

  // Talking

  /**
   * Sends to one callsign or to all. Resolves when the message is stored, and when those who were listening here
   * have been answered, so that `delivered` is something the hub knows.
   * @throws HubError invalid_to, invalid_message, message_too_large, rate_limited, idempotency_conflict,
   *   hub_full, storage_unavailable
   */
  async send(session: Session, request: SendRequest): Promise<Sent> {
    const { sizes, rates } = this.limits;
    if (request.to === session.callsign) throw new HubError('invalid_to', 'That is your own callsign.');
    const { text, sanitized } = safeText(request.text);
    if (text.trim() === '') throw new HubError('invalid_message', 'The message has no visible text.');
    const most = request.kind === 'status' ? sizes.statusBytes : sizes.messageBytes;
    // A UTF-16 unit is at most three bytes, so most texts need no count.
    if (text.length * 3 > most && Buffer.byteLength(text) > most) {
      throw new HubError(
        'message_too_large',
        `A ${request.kind} takes at most ${most} bytes of UTF-8; this one has ${Buffer.byteLength(text)}.`,
      );
    }
    await this.spend(`send ${session.hash}`, rates.send, 'This session sends too fast.');

    const { channelId } = session;
    const key = request.idempotencyKey;
    const appended = await this.engine.append({
      channelId,
      from: session.callsign,
      to: request.to,
      text,
      kind: request.kind,
      replyTo: request.replyTo,
      sender: session.sender,
      key: key === null ? null : { hash: sha256(key), content: sha256(JSON.stringify([request.to, request.kind, request.replyTo, text])) },
    });
    const { message, recipientCount, duplicate } = appended;
    const handed = duplicate ? await this.#handedBefore(channelId, message.id) : await this.waiters.deliver(channelId, message);
    const recipients = appended.recipients.map(({ callsign, presence }) => ({
      callsign,
      state: handed.has(callsign) ? ('delivered' as const) : ('queued' as const),
      presence,
    }));
    if (request.kind === 'status') {
      // Nobody will hear it later, so nothing is queued.
      const heard = recipients.filter(({ state }) => state === 'delivered');
      return { message, recipients: heard, recipientCount: handed.size, duplicate, sanitized };
    }
    return { message, recipients, recipientCount, duplicate, sanitized };
  }

  async #handedBefore(channelId: string, id: number): Promise<ReadonlySet<string>> {
    const found = await this.engine.receipts(channelId, id);
    const seen = (found?.receipts ?? []).filter(({ state }) => state === 'delivered' || state === 'confirmed');
    return new Set(seen.map(({ callsign }) => callsign));
  }

  // Hearing

  get #ear(): Ear {
    return this;
  }

  /** Waits for mail, at most `timeoutMs`. @throws HubError when the session ends meanwhile */
  listen(session: Session, request: ListenRequest, signal?: AbortSignal): Promise<Answer> {
    return hear(this.#ear, session, this.#closed ? { ...request, timeoutMs: 0 } : request, signal);
  }

  /** Hears a mailbox until the listener goes. */
  stream(session: Session, since: Since, signal: AbortSignal): AsyncGenerator<StreamItem, void, undefined> {
    return hearOn(this.#ear, session, since, signal);
  }

  /** Watches a channel without a seat. */
  watch(channel: Channel, since: Since, signal: AbortSignal): AsyncGenerator<StreamItem, void, undefined> {
    return watch(this.#ear, channel.id, since, signal);
  }

  /** Confirms without listening. */
  acknowledge(session: Session, since: Since): Position | Promise<Position> {
    return this.engine.acknowledge(session.channelId, session.callsign, since);
  }

  /** The last `n` messages that fit into `bytes`, oldest first. Consumes nothing. */
  async history(channel: Channel, n: number, bytes: number = this.limits.sizes.answerBytes): Promise<readonly Message[]> {
    const messages = await this.engine.history(channel.id, n);
    let room = bytes;
    let first = messages.length;
    while (first > 0) {
      room -= 256 + 2 * Buffer.byteLength(messages[first - 1]!.text);
      if (room < 0 && first < messages.length) break;
      first--;
    }
    return first === 0 ? messages : messages.slice(first);
  }

  /** A message and how far it has come. @throws HubError not_found, rotated (with the receipts still known) */
  async message(channel: Channel, id: number): Promise<{ message: Message; receipts: readonly Receipt[] }> {
    const found = await this.engine.receipts(channel.id, id);
    if (!found)
      throw new HubError('not_found', 'No message of this channel has that id.', { hint: 'Use an id that send or listen returned.' });
    if (!found.message) throw new HubError('rotated', undefined, { extra: { receipts: found.receipts } });
    return { message: found.message, receipts: found.receipts };
  }

  /**
   * The transcript from `after` on, read in pieces so that it never stands in memory whole.
   * @throws HubError no_transcript
   */
  transcript(channel: Channel, after: number, limit: number): AsyncGenerator<readonly TranscriptEvent[], void, undefined> {
    if (channel.retention === 'none') throw new HubError('no_transcript');
    return this.#transcript(channel.id, after, limit);
  }

  async *#transcript(channelId: string, after: number, limit: number): AsyncGenerator<readonly TranscriptEvent[], void, undefined> {
    let from = after;
    let left = limit;
    while (left > 0) {
      const events = await this.engine.transcript(channelId, from, Math.min(left, 256));
      if (events.length === 0) return;
      yield events;
      from = events[events.length - 1]!.seq;
      left -= events.length;
    }
  }

  #sweepLater(): void {
    this.#stopSweep = this.clock.after(SWEEP_MS, () => {
      this.engine
        .sweep()
        .then((removed) => {
          const gone = new HubError('unauthorized', 'The channel was removed.');
          for (const channelId of removed) this.waiters.endAll({ type: 'ended', error: gone }, channelId);
        })
        .catch(this.#report)
        .finally(() => {
          if (!this.#closed) this.#sweepLater();
        });
    });
  }
}
