/**
 * The embedded engine: everything in memory, one database file for what must survive.
 *
 * Rules are not decided here: each method finds the record, runs the rule of `core/mailbox.ts` or `core/seats.ts` on
 * it, and has the store write what changed. One process, one thread: a method without `await` is atomic by itself.
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
import { fullHub } from '../../core/refusing.ts';
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
import { readEvents } from './load.ts';
import { Messages } from './messages.ts';
import { Notes } from './notes.ts';
import { Owners } from './owners.ts';
import { Allowances } from './rates.ts';
import { Seats } from './seats.ts';
import { channelRow, newState } from './state.ts';
import { channelsOf, countsOf, sessionsOf, survey } from './survey.ts';
import { Upkeep } from './upkeep.ts';
import { Webhooks } from './webhooks.ts';

interface LocalEngineOptions extends BookOptions {
  /** Called last when it closes. */
  readonly release: () => void;
}

export class LocalEngine extends Webhooks implements Engine {
  readonly notes: Notes;
  readonly #book: Book;
  readonly #seats: Seats;
  readonly #messages: Messages;
  readonly #owners: Owners;
  readonly #allowances: Allowances;
  readonly #upkeep: Upkeep;
  readonly #release: () => void;
  #lastNo: number;

  constructor(options: LocalEngineOptions) {
    const book = new Book(options);
    super(book, options.loaded);
    this.#book = book;
    this.notes = new Notes(book);
    this.#seats = new Seats(book, this.outbox);
    this.#allowances = new Allowances(options.clock);
    this.#messages = new Messages(book, this.outbox, this.#allowances);
    this.#owners = new Owners(book, this.outbox);
    this.#upkeep = new Upkeep(book, this.outbox, this.#seats, options.loaded.removed);
    this.#lastNo = options.loaded.lastNo;
    this.#release = options.release;
  }

  onAppended(hear: (channelId: string, message: Message) => void): void {
    this.#messages.onAppended(hear);
  }

  onTurned(): void {
    // No other process shares this store.
  }

  health(): string | null {
    return this.#book.damage ?? this.#book.store.trouble();
  }

  async close(): Promise<void> {
    try {
      await this.#book.store.close();
    } finally {
      this.#release();
    }
  }

  /** @internal For crash tests: dies without writing what is left. */
  abandon(): void {
    this.#book.store.abandon();
    this.#release();
  }

  // Channels

  async createChannel(channel: Channel): Promise<void> {
    const check = (): void => {
      if (this.channelCount() >= this.#book.limits.sizes.channels) throw fullHub('channels');
    };
    check();
    await this.#book.stored(channel.retention !== 'none', () => {
      check();
      return this.#add(channel);
    });
  }

  async openBand(channel: Channel): Promise<void> {
    if (this.#book.channels.has(channel.id)) return;
    await this.#book.stored(true, () => {
      if (this.#book.channels.has(channel.id)) return () => {};
      return this.#add(channel);
    });
  }

  /** Adds a channel and returns how to take it back. */
  #add(channel: Channel): () => void {
    const { channels, store, lastEvent } = this.#book;
    const state = newState(++this.#lastNo, channel, this.#book.clock);
    channels.set(channel.id, state);
    store.insert('channels', channelRow(state));
    this.#book.event(state, 'channel_created', {});
    this.#book.touchHead(state);
    return () => {
      channels.delete(channel.id);
      this.#book.lastEvent = lastEvent;
    };
  }

  channel(channelId: string): Channel | undefined {
    return this.#book.channels.get(channelId)?.channel;
  }

  counts(channelId: string): ChannelCounts {
    const state = this.#book.state(channelId);
    this.#book.ringOf(state);
    return countsOf(state);
  }

  survey(): ChannelFacts[] {
    return survey(this.#book);
  }

  channelCount(): number {
    return channelsOf(this.#book);
  }

  // Owners

  async closeChannel(channelId: string, erase: boolean): Promise<void> {
    const { no } = this.#book.state(channelId);
    await this.#owners.close(channelId, erase ? (state) => this.#upkeep.remove(state, 'closed') : null);
    if (erase) await this.#book.store.removing.transcriptGone(no);
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

  guards(channelId: string): GuardReport {
    return this.#owners.guards(channelId);
  }

  setGuards(channelId: string, factor: number | null, reset: boolean): Promise<void> {
    return this.#owners.setGuards(channelId, factor, reset);
  }

  sessionCount(): number {
    return sessionsOf(this.#book);
  }

  // Identities

  async createIdentity(identity: Identity): Promise<void> {
    this.#book.checkIdentities();
    await this.#book.stored(true, () => {
      this.#book.checkIdentities();
      return this.#book.addIdentity(identity);
    });
  }

  identity(keyHash: string): Identity | undefined {
    return this.#book.identities.get(keyHash);
  }

  // Seats

  claimSeat(claim: SeatClaim): Promise<ClaimedSeat> {
    return this.#seats.claim(claim);
  }

  session(channelId: string, sessionHash: string): SessionState {
    return this.#seats.session(channelId, sessionHash);
  }

  leave(channelId: string, sessionHash: string): Promise<boolean> {
    return this.#seats.leave(channelId, sessionHash);
  }

  roster(channelId: string): RosterEntry[] {
    return this.#seats.roster(channelId);
  }

  park(channelId: string, callsign: string): void {
    this.#seats.park(channelId, callsign);
  }

  unpark(channelId: string, callsign: string): void {
    this.#seats.unpark(channelId, callsign);
  }

  // Messages

  append(draft: Draft): Promise<Appended> {
    return this.#messages.append(draft);
  }

  arrive(channelId: string, callsign: string, since: Since, arrival: Arrival): Position {
    return this.#messages.arrive(channelId, callsign, since, arrival);
  }

  read(read: Read): Eventually<Slice | Unready> {
    return this.#messages.read(read);
  }

  handed(channelId: string, callsign: string, slice: Slice): void {
    this.#messages.handed(channelId, callsign, slice);
  }

  acknowledge(channelId: string, callsign: string, since: Since): Position {
    return this.#messages.acknowledge(channelId, callsign, since);
  }

  observe(channelId: string, tokenHash: string, since: Since, limits: AnswerLimits): Slice {
    return this.#messages.observe(channelId, tokenHash, since, limits);
  }

  history(channelId: string, n: number): readonly Message[] {
    return this.#messages.history(channelId, n);
  }

  receipts(channelId: string, id: number): { message: Message | null; receipts: readonly Receipt[] } | undefined {
    return this.#messages.receipts(channelId, id);
  }

  transcript(channelId: string, after: number, limit: number): TranscriptEvent[] {
    const state = this.#book.state(channelId);
    return this.#book.believing(() => readEvents(this.#book.store, state, after, limit));
  }

  // Rates and cleaning

  spend(key: string, rate: Rate, calls: 1 | -1 = 1): RateAnswer {
    return this.#allowances.spend(key, rate, calls);
  }

  async sweep(): Promise<string[]> {
    this.#allowances.sweep();
    this.notes.sweep();
    return this.#upkeep.sweep();
  }
}
