/**
 * The engine for many hubs on one store: Redis or Valkey. Nothing that matters is kept in the process, so any hub
 * serves any session, and one that dies takes nothing along.
 *
 * Each method is one script in the store (see lua/), which runs alone: that is what makes a step atomic.
 */
import type {
  Appended,
  Arrival,
  ChannelCounts,
  ChannelFacts,
  ClaimedSeat,
  Draft,
  Engine,
  GuardReport,
  Kicked,
  RateAnswer,
  Read,
  SeatClaim,
  SessionState,
} from '../../core/engine.ts';
import type { Rate } from '../../core/limits.ts';
import type { AnswerLimits, Unready } from '../../core/mailbox.ts';
import type { Recalled } from '../../core/recalling.ts';
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
import { Book, type BookOptions } from './book.ts';
import { Channels } from './channels.ts';
import { Hints } from './hints.ts';
import { Hooked } from './hooked.ts';
import { within } from './link/once.ts';
import { Messages } from './messages.ts';
import { Notes } from './notes.ts';
import { Outbox } from './outbox.ts';
import { Owners } from './owners.ts';
import { Presence } from './presence.ts';
import { Rounds } from './rounds.ts';
import { Seats } from './seats.ts';

/** So long a store may take that is told what a hub leaves, ms. */
const CLOSE_MS = 500;

export class RedisEngine extends Hooked implements Engine {
  readonly notes: Notes;
  readonly #book: Book;
  readonly #presence: Presence;
  readonly #hints: Hints;
  readonly #channels: Channels;
  readonly #messages: Messages;
  readonly #seats: Seats;
  readonly #owners: Owners;
  #closed = false;

  constructor(options: BookOptions) {
    const book = new Book(options);
    super(new Outbox(book));
    this.#book = book;
    this.notes = new Notes(book);
    this.#presence = new Presence(this.#book);
    this.#hints = new Hints(this.#book, (channelId) => this.#presence.has(channelId));
    this.#channels = new Channels(this.#book);
    this.#seats = new Seats(this.#book, this.#channels, this.#presence, this.outbox);
    this.#messages = new Messages(this.#book, this.#channels, this.#seats, this.#presence, this.#hints, this.outbox);
    this.#owners = new Owners(this.#book, this.#channels, this.#hints, this.outbox);
    const look = new Rounds(() => this.#hints.look(true).catch(this.#book.report));
    this.#book.store.onBack(() => {
      this.#presence.tellAll();
      void this.#keepUp();
      look.ask();
    });
  }

  onAppended(hear: (channelId: string, message: Message) => void): void {
    this.#hints.onAppended(hear);
  }

  onTurned(hear: (channelId: string, callsign: string | null) => void): void {
    this.#hints.onTurned(hear);
  }

  health(): string | null {
    return this.#book.store.trouble;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#hints.close();
    this.#presence.close();
    this.outbox.close();
    await within(CLOSE_MS, Promise.all([this.#book.tick(), this.#book.seal.end()])).catch(() => {});
    await this.#book.store.close();
  }

  /** Says again what other hubs have to find, also in a store that lost it. Never throws. */
  async #keepUp(): Promise<void> {
    try {
      await Promise.all([this.#book.tick(), this.#book.seal.keep(), this.notes.keep()]);
    } catch (error) {
      // What an end cuts off is no trouble.
      if (!this.#closed) this.#book.report(error);
    }
  }

  /** @internal For crash tests: dies like a killed process. */
  abandon(): void {
    this.#closed = true;
    this.#hints.close();
    this.outbox.close();
    this.#book.store.abandon();
    this.#presence.close();
  }

  /** @internal For tests: how many answers of the store are still to come. */
  get underWay(): number {
    return this.#book.store.underWay;
  }

  // Channels

  createChannel(channel: Channel): Promise<void> {
    return this.#channels.create(channel);
  }

  openBand(channel: Channel): Promise<void> {
    return this.#channels.openBand(channel);
  }

  channel(channelId: string): Promise<Channel | undefined> {
    return this.#channels.find(channelId);
  }

  counts(channelId: string): Promise<ChannelCounts> {
    this.#presence.tell(channelId);
    return this.#channels.counts(channelId);
  }

  channelCount(): Promise<number> {
    return this.#channels.count();
  }

  sessionCount(): Promise<number> {
    return this.#channels.sessionCount();
  }

  survey(): Promise<readonly ChannelFacts[]> {
    for (const channelId of this.#presence.channels()) this.#presence.tell(channelId);
    return this.#channels.survey();
  }

  // Owners

  closeChannel(channelId: string, erase: boolean): Promise<void> {
    return this.#owners.close(channelId, erase);
  }

  rotateToken(channelId: string, joinTokenHash: string): Promise<void> {
    return this.#owners.rotate(channelId, joinTokenHash);
  }

  kick(channelId: string, callsign: string, ban: boolean | null): Promise<Kicked> {
    return this.#owners.kick(channelId, callsign, ban);
  }

  pause(channelId: string, paused: boolean): Promise<void> {
    return this.#owners.pause(channelId, paused);
  }

  guards(channelId: string): Promise<GuardReport> {
    return this.#owners.guards(channelId);
  }

  setGuards(channelId: string, factor: number | null, reset: boolean): Promise<void> {
    return this.#owners.setGuards(channelId, factor, reset);
  }

  // Identities

  async createIdentity(identity: Identity): Promise<void> {
    await this.#channels.createIdentity(identity);
  }

  identity(keyHash: string): Promise<Identity | undefined> {
    return this.#channels.identity(keyHash);
  }

  // Seats

  claimSeat(claim: SeatClaim): Promise<ClaimedSeat> {
    return this.#seats.claim(claim);
  }

  session(channelId: string, sessionHash: string): Promise<SessionState> {
    return this.#seats.session(channelId, sessionHash);
  }

  recall(channelId: string, sessionHash: string): Recalled | undefined {
    return this.#seats.recall(channelId, sessionHash);
  }

  async leave(channelId: string, sessionHash: string): Promise<boolean> {
    const left = await this.#seats.leave(channelId, sessionHash);
    this.#hints.noteTurn(channelId);
    return left;
  }

  roster(channelId: string): Promise<readonly RosterEntry[]> {
    return this.#seats.roster(channelId);
  }

  park(channelId: string, callsign: string): void {
    this.#presence.park(channelId, callsign);
  }

  unpark(channelId: string, callsign: string): void {
    this.#presence.unpark(channelId, callsign);
    this.#messages.unpark(channelId, callsign);
  }

  // Messages

  append(draft: Draft): Promise<Appended> {
    return this.#messages.append(draft);
  }

  arrive(channelId: string, callsign: string, since: Since, arrival: Arrival): Promise<Position> {
    return this.#messages.arrive(channelId, callsign, since, arrival);
  }

  read(read: Read): Eventually<Slice | Unready> {
    return this.#messages.read(read);
  }

  handed(channelId: string, callsign: string, slice: Slice): void {
    this.#messages.handed(channelId, callsign, slice);
  }

  acknowledge(channelId: string, callsign: string, since: Since): Promise<Position> {
    return this.#messages.acknowledge(channelId, callsign, since);
  }

  observe(channelId: string, tokenHash: string, from: Since, limits: AnswerLimits): Promise<Slice | 'away'> {
    return this.#messages.observe(channelId, tokenHash, from, limits);
  }

  history(channelId: string, n: number): Promise<readonly Message[]> {
    return this.#messages.history(channelId, n);
  }

  receipts(channelId: string, id: number): Promise<{ message: Message | null; receipts: readonly Receipt[] } | undefined> {
    return this.#messages.receipts(channelId, id);
  }

  transcript(channelId: string, after: number, limit: number): Promise<readonly TranscriptEvent[]> {
    return this.#messages.transcript(channelId, after, limit);
  }

  // Rates and cleaning

  spend(key: string, rate: Rate, calls: 1 | -1 = 1): Eventually<RateAnswer> {
    return this.#channels.spend(key, rate, calls);
  }

  async sweep(): Promise<readonly string[]> {
    const [seats, hooks] = [(id: string) => this.#presence.tell(id), (id: string) => this.outbox.tell(id)];
    try {
      const removed = await this.#channels.sweep(seats, hooks);
      for (const channelId of removed) this.#hints.forget(channelId);
      return removed;
    } finally {
      // A store that is full takes nothing before room was made.
      await this.#keepUp();
    }
  }
}
