/**
 * The verbs of the product. A hub knows the rules and no wire and no database: what must be atomic it asks of its
 * engine, who waits stands in its waiters, and whatever calls it (REST, MCP, a test) has proved who is calling.
 *
 * The path of a message: {@link Hub.send} checks it, `engine.append` stores it, `waiters.deliver` wakes whom it is
 * for, and their own {@link Hub.listen} goes on and answers.
 */
import { type Clock, systemClock } from './clock.ts';
import type { ChannelCounts, Engine } from './engine.ts';
import { HubError, type HubErrorOptions } from './errors.ts';
import { andThen } from './eventually.ts';
import { type Courier, Hooks } from './hooks.ts';
import { hashSecret, sameHash } from './ids.ts';
import { type JoinRequest, type NewIdentity, newIdentity, type Seated, takeSeat } from './joining.ts';
import type { Limits, Rate } from './limits.ts';
import { type Answer, type Cancel, hear, hearOn, type ListenRequest, type StreamItem } from './listening.ts';
import { cost } from './mailbox.ts';
import { type ChannelRequest, type OpenedChannel, openChannel } from './opening.ts';
import { OWNER_ASKED, Owner } from './owning.ts';
import { perAddress, tooFast } from './rates.ts';
import { closedError, refuseSession, rotatedError } from './refusing.ts';
import { type SendRequest, type Sent, sendMessage } from './sending.ts';
import { Traffic } from './traffic.ts';
import { readTranscript } from './transcripts.ts';
import type { Channel, Eventually, HubMode, Message, Position, Receipt, RosterEntry, Session, Since, TranscriptEvent } from './types.ts';
import { Waiters } from './waiters.ts';
import { watch } from './watching.ts';

export interface HubOptions {
  readonly engine: Engine;
  readonly limits: Limits;
  readonly mode?: HubMode;
  /** It has bands. */
  readonly bands?: boolean;
  readonly clock?: Clock;
  /** Who posts to webhooks; a hub without one takes none. */
  readonly courier?: Courier;
  /** Told of what went wrong where no caller can be told. */
  readonly report?: (error: unknown) => void;
}

/** A seat taken, and what its holder is told of the channel. */
export interface Joined extends Seated {
  readonly roster: readonly RosterEntry[];
  readonly history: readonly Message[];
}

/** How many messages a join shows of what was said before. */
const JOIN_HISTORY = 20;
const SWEEP_MS = 30_000;
const NO_HASH = '0'.repeat(64);

export class Hub {
  readonly engine: Engine;
  readonly limits: Limits;
  readonly mode: HubMode;
  /** Whether it has bands; they are made by openBands(). */
  readonly bands: boolean;
  readonly clock: Clock;
  readonly waiters = new Waiters();
  readonly owner = new Owner(this);
  readonly courier: Courier | null;
  readonly hooks: Hooks = new Hooks(this);
  readonly traffic: Traffic;
  readonly #report: (error: unknown) => void;
  #closed = false;
  #stopSweep: () => void = () => {};

  constructor(options: HubOptions) {
    this.engine = options.engine;
    this.limits = options.limits;
    this.mode = options.mode ?? 'local';
    this.bands = options.bands ?? false;
    this.clock = options.clock ?? systemClock;
    this.courier = options.courier ?? null;
    this.traffic = new Traffic(this.clock.uptime());
    this.#report = options.report ?? (() => {});
    this.engine.onAppended((channelId, message) => this.waiters.announce(channelId, message));
    this.engine.onTurned((channelId, callsign) => this.waiters.turn(channelId, callsign));
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
   * @param closedToo also when its owner closed it
   * @throws HubError unauthorized, alike for an unknown channel and a wrong token; rate_limited after too many
   */
  channelFor(channelId: string, token: string, address: string, closedToo = false): Eventually<Channel> {
    return andThen(this.engine.channel(channelId), (channel) => {
      const right = sameHash(hashSecret(token), channel?.joinTokenHash ?? NO_HASH);
      if (!channel || !right) return this.#wrongToken(address);
      if (channel.closedAt !== null && !closedToo) throw closedError();
      return channel;
    });
  }

  /**
   * The channel that an owner token manages.
   * @param closedToo also when its owner closed it
   * @param asked the hint for whoever shows a wrong token
   * @throws HubError unauthorized, alike for an unknown channel and a wrong token; rate_limited after too many
   */
  async ownedChannelFor(channelId: string, token: string, address: string, closedToo = false, asked = OWNER_ASKED): Promise<Channel> {
    const channel = await this.engine.channel(channelId);
    const right = sameHash(hashSecret(token), channel?.ownerTokenHash ?? NO_HASH);
    if (!channel || !right) return this.#wrongToken(address, { hint: asked });
    if (channel.closedAt !== null && !closedToo) throw closedError();
    return channel;
  }

  async #wrongToken(address: string, options: HubErrorOptions = {}): Promise<never> {
    await this.spend(perAddress('wrong-token', address), this.limits.rates.wrongToken, 'Too many wrong tokens from this address.');
    throw new HubError('unauthorized', undefined, options);
  }

  /**
   * The channel and session of a session id that comes without a token.
   * @throws HubError not_joined, alike for an unknown channel and a session that is not on it; session_expired, kicked,
   *   unauthorized when the owner closed the channel or changed its token
   */
  memberFor(channelId: string, sessionId: string): Eventually<{ channel: Channel; session: Session }> {
    return andThen(this.engine.channel(channelId), (channel) => {
      if (!channel) throw new HubError('not_joined');
      return andThen(this.engine.session(channelId, hashSecret(sessionId)), (found) => {
        if (found.state === 'rotated') throw rotatedError();
        return { channel, session: found.state === 'live' ? found.session : refuseSession(found.state) };
      });
    });
  }

  /**
   * The session that a session id names on a channel; a sign of life.
   * @throws HubError not_joined, session_expired, kicked
   */
  sessionFor(channel: Channel, sessionId: string): Eventually<Session> {
    return andThen(this.engine.session(channel.id, hashSecret(sessionId)), (found) =>
      found.state === 'live' ? found.session : refuseSession(found.state),
    );
  }

  /** Takes one call from an allowance. @throws HubError rate_limited */
  spend(key: string, rate: Rate, detail: string): Eventually<void> {
    if (rate.burst === Number.POSITIVE_INFINITY) return;
    return andThen(this.engine.spend(key, rate), (answer) => {
      if (!answer.allowed) throw tooFast({ rate, detail }, answer);
    });
  }

  // Channels

  /** Makes a channel. @throws HubError invalid_trust, hub_full, storage_unavailable */
  createChannel(request: ChannelRequest): Promise<OpenedChannel> {
    return openChannel(this, request);
  }

  counts(channel: Channel): Eventually<ChannelCounts> {
    return this.engine.counts(channel.id);
  }

  // Coming and going

  /**
   * Takes a callsign's seat, or takes it up again. Moves no position of its mailbox.
   * @throws HubError unauthorized (unknown identity key, or the owner closed the channel or changed its token meanwhile),
   *   identity_required, owner_password_wrong, rate_limited, kicked, callsign_taken, hub_full, storage_unavailable
   */
  async join(request: JoinRequest): Promise<Joined> {
    const { channel, callsign } = request;
    const seated = await this.waiters.ending(channel.id, callsign, takeSeat(this, request));
    // Whoever listens with a session that this one took the place of is out.
    if (!seated.resumed) this.waiters.turn(channel.id, callsign);
    return {
      ...seated,
      roster: await this.engine.roster(channel.id),
      history: await this.history(channel, JOIN_HISTORY, this.limits.sizes.answerBytes / 4),
    };
  }

  /** Makes an identity; its key is shown once. @throws HubError hub_full, storage_unavailable */
  createIdentity(name: string | null): Promise<NewIdentity> {
    return newIdentity(this, name);
  }

  /** Ends a session. Its parked listens end too; its mailbox stays. */
  async leave(session: Session): Promise<void> {
    const { channelId, callsign, hash } = session;
    await this.waiters.ending(channelId, callsign, this.engine.leave(channelId, hash));
    const error = new HubError('not_joined', 'This session left the channel.');
    this.waiters.endSession(channelId, hash, error);
    this.waiters.announceRoster(channelId);
  }

  roster(channel: Channel): Eventually<readonly RosterEntry[]> {
    return this.engine.roster(channel.id);
  }

  // Talking

  /**
   * Sends to one callsign or to all. Resolves when the message is stored, and when those who were listening here
   * have been answered, so that `delivered` is something the hub knows.
   * @throws HubError invalid_to, invalid_message, message_too_large, rate_limited, idempotency_conflict, channel_paused,
   *   loop_suspected, budget_spent, hub_full, storage_unavailable
   */
  send(session: Session, request: SendRequest): Promise<Sent> {
    return sendMessage(this, session, request);
  }

  // Hearing

  /** Waits for mail, at most `timeoutMs`. @throws HubError when the session ends meanwhile */
  listen(session: Session, request: ListenRequest, signal?: Cancel): Promise<Answer> {
    return hear(this, session, request, signal);
  }

  /** Hears a mailbox until the listener goes. */
  stream(session: Session, since: Since, signal: Cancel): AsyncGenerator<StreamItem, void, undefined> {
    return hearOn(this, session, since, signal);
  }

  /** Watches a channel without a seat. */
  watch(channel: Channel, since: Since, signal: Cancel): AsyncGenerator<StreamItem, void, undefined> {
    return watch(this, channel, since, signal);
  }

  /** Confirms without listening. */
  acknowledge(session: Session, since: Since): Eventually<Position> {
    return this.engine.acknowledge(session.channelId, session.callsign, since);
  }

  /** The last `n` messages that fit into `bytes`, oldest first. Consumes nothing. */
  async history(channel: Channel, n: number, bytes: number = this.limits.sizes.answerBytes): Promise<readonly Message[]> {
    const messages = await this.engine.history(channel.id, n);
    let room = bytes;
    let first = messages.length;
    while (first > 0) {
      room -= cost(messages[first - 1]!);
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
    if (channel.retention === 'none') throw new HubError('no_transcript', 'The channel was made with the retention mode none.');
    return readTranscript(this.engine, channel.id, after, limit);
  }

  #sweepLater(): void {
    this.#stopSweep = this.clock.after(SWEEP_MS, () => {
      this.traffic.look(this.clock.uptime(), this.waiters.count);
      this.engine
        .sweep()
        .then((removed) => {
          const gone = new HubError('unauthorized', 'The channel was removed.');
          for (const channelId of removed) this.waiters.endChannel(channelId, { type: 'ended', error: gone });
        })
        .catch((error) => {
          // What the end of the hub cuts off is no trouble.
          if (!this.#closed) this.#report(error);
        })
        .finally(() => {
          if (!this.#closed) this.#sweepLater();
        });
    });
  }
}
