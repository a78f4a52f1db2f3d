/**
 * Stands between the hub and its engine, changes nothing, and knows what each call may move. It can let calls take a
 * few turns of the event loop, as calls of an engine on another machine do.
 */
import type {
  Appended,
  Arrival,
  ChannelCounts,
  ChannelFacts,
  ClaimedSeat,
  Draft,
  Engine,
  RateAnswer,
  Read,
  SeatClaim,
  SessionState,
} from '../../src/core/engine.ts';
import type { Rate } from '../../src/core/limits.ts';
import type { AnswerLimits, Unready } from '../../src/core/mailbox.ts';
import type { Notes } from '../../src/core/notes.ts';
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
} from '../../src/core/types.ts';
import type { LocalEngine } from '../../src/engines/local/local.ts';
import type { Job } from '../../src/engines/local/store.ts';
import type { Node } from './node.ts';
import { PassOutbox } from './pass-outbox.ts';
import { arrived, claimed, given, handedOver, type Moment } from './port-rules.ts';
import { FIELDS, type Field, type PositionsOptions, PositionsWatch } from './positions.ts';

/** A new one each time: who waits for it is forgotten with it. */
const never = (): Promise<never> => new Promise(() => {});

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export interface TapOptions extends PositionsOptions {
  readonly node: Node;
  readonly lag: readonly number[];
}

export class Tap extends PassOutbox implements Engine {
  /** The process died: no call answers any more. */
  dead = false;
  /** Calls that have not answered yet. */
  busy = 0;
  /** Where the answer to a listen starts, by the `since` it brought. */
  readonly starts = new WeakMap<Since, number>();
  /** Monotonic ms at which a listen of a seat was last over. */
  readonly risen = new Map<string, number>();
  readonly positions: PositionsWatch;
  /** Notes move no position. */
  readonly notes: Notes;
  readonly #options: TapOptions;
  readonly #engine: LocalEngine;
  #calls = 0;

  constructor(options: TapOptions) {
    super(options.node.engine);
    this.#options = options;
    this.#engine = options.node.engine;
    this.notes = options.node.engine.notes;
    this.positions = new PositionsWatch(options);
  }

  // How a call goes

  /** Runs a call of the engine; only the named positions of one seat may move in it. */
  #step<T>(what: string, mover: string | null, may: readonly Field[], call: (moment: Moment | null) => T): T {
    this.positions.check(`something before ${what}`, null, []);
    const state = this.#options.peek();
    const result = call(state ? { ledger: this.#options.ledger, state, uptime: this.#options.uptime() } : null);
    this.positions.check(what, mover, may);
    return result;
  }

  /** A call whose change is applied when the store writes it. */
  #stored<T>(what: string, call: () => Promise<T>): Promise<T> {
    const apply = (job: Job) => () => this.#step(what, null, [], job);
    return Promise.resolve(this.#call(what, null, [], () => this.#options.node.watching(apply, call)));
  }

  #lag(): number {
    const { lag } = this.#options;
    return lag[this.#calls++ % lag.length] ?? 0;
  }

  #call<T>(what: string, mover: string | null, may: readonly Field[], call: (moment: Moment | null) => Eventually<T>): Eventually<T> {
    if (this.dead) return never();
    if (this.#options.lag.length > 0) return this.#later(() => this.#step(what, mover, may, call));
    const result = this.#step(what, mover, may, call);
    return result instanceof Promise ? this.#wait(result) : result;
  }

  async #wait<T>(result: Promise<T>): Promise<T> {
    this.busy++;
    try {
      const value = await result;
      return this.dead ? never() : value;
    } catch (error) {
      if (this.dead) return never();
      throw error;
    } finally {
      this.busy--;
    }
  }

  async #later<T>(call: () => Eventually<T>): Promise<T> {
    this.busy++;
    try {
      for (let turns = this.#lag(); turns > 0; turns--) await turn();
      if (this.dead) return never();
      const value = await this.#wait(Promise.resolve(call()));
      for (let turns = this.#lag(); turns > 0; turns--) await turn();
      return this.dead ? never() : value;
    } finally {
      this.busy--;
    }
  }

  // The port

  onAppended(): void {
    // No other process shares this store.
  }

  onTurned(): void {
    // Nor begins or ends a session in it.
  }

  // The model's rooms have no bands and no owner.

  openBand(channel: Channel): Promise<void> {
    return this.#engine.openBand(channel);
  }

  closeChannel(channelId: string, erase: boolean): Promise<void> {
    return this.#engine.closeChannel(channelId, erase);
  }

  rotateToken(channelId: string, joinTokenHash: string): Promise<void> {
    return this.#engine.rotateToken(channelId, joinTokenHash);
  }

  kick(channelId: string, callsign: string, ban: boolean | null) {
    return this.#engine.kick(channelId, callsign, ban);
  }

  pause(channelId: string, paused: boolean): Promise<void> {
    return this.#engine.pause(channelId, paused);
  }

  guards(channelId: string) {
    return this.#engine.guards(channelId);
  }

  setGuards(channelId: string, factor: number | null, reset: boolean): Promise<void> {
    return this.#engine.setGuards(channelId, factor, reset);
  }

  health(): string | null {
    return this.#engine.health();
  }

  close(): Promise<void> {
    return this.#engine.close();
  }

  async createChannel(channel: Channel): Promise<void> {
    return this.#engine.createChannel(channel);
  }

  channel(channelId: string): Eventually<Channel | undefined> {
    return this.#call('channel', null, [], () => this.#engine.channel(channelId));
  }

  counts(channelId: string): Eventually<ChannelCounts> {
    return this.#call('counts', null, [], () => this.#engine.counts(channelId));
  }

  survey(): readonly ChannelFacts[] {
    return this.#engine.survey();
  }

  channelCount(): number {
    return this.#engine.channelCount();
  }

  sessionCount(): number {
    return this.#engine.sessionCount();
  }

  async createIdentity(identity: Identity): Promise<void> {
    return this.#engine.createIdentity(identity);
  }

  identity(keyHash: string): Eventually<Identity | undefined> {
    return this.#call('identity', null, [], () => this.#engine.identity(keyHash));
  }

  async claimSeat(claim: SeatClaim): Promise<ClaimedSeat> {
    const { callsign } = claim;
    let judge = (_: ClaimedSeat): void => {};
    const watch = (job: Job) => () => {
      const first = (this.#options.peek()?.seats.get(callsign)?.joinedAfter ?? null) === null;
      const done = this.#step('join', callsign, first ? FIELDS : [], (moment) => claimed(moment!, claim, job));
      judge = done.judge;
      return () => {
        done.undo();
        this.positions.reset();
      };
    };
    const told = await this.#call('join', null, [], () => this.#options.node.watching(watch, () => this.#engine.claimSeat(claim)));
    judge(told);
    return told;
  }

  session(channelId: string, sessionHash: string): Eventually<SessionState> {
    return this.#call('session', null, [], () => this.#engine.session(channelId, sessionHash));
  }

  async leave(channelId: string, sessionHash: string): Promise<boolean> {
    return this.#stored('leave', () => this.#engine.leave(channelId, sessionHash));
  }

  roster(channelId: string): Eventually<readonly RosterEntry[]> {
    return this.#call('roster', null, [], () => this.#engine.roster(channelId));
  }

  park(channelId: string, callsign: string): void {
    if (!this.dead) this.#engine.park(channelId, callsign);
  }

  unpark(channelId: string, callsign: string): void {
    if (this.dead) return;
    this.#engine.unpark(channelId, callsign);
    this.risen.set(callsign, this.#options.uptime());
  }

  recall(): undefined {
    // Every call of the model's is asked about.
  }

  async append(draft: Draft): Promise<Appended> {
    return this.#stored('send', () => this.#engine.append(draft));
  }

  arrive(channelId: string, callsign: string, since: Since, arrival: Arrival): Eventually<Position> {
    return this.#call('evidence', callsign, FIELDS, (moment) => {
      const from = arrived(moment!, callsign, since, () => this.#engine.arrive(channelId, callsign, since, arrival));
      this.starts.set(since, from.id);
      return from;
    });
  }

  read(read: Read): Eventually<Slice | Unready> {
    return this.#call('read', read.callsign, ['sent'], (moment) => given(moment!, read, () => this.#engine.read(read)));
  }

  handed(channelId: string, callsign: string, slice: Slice): void {
    if (this.dead) return;
    this.#step('handed', callsign, ['handed'], (moment) =>
      handedOver(moment!, callsign, slice, () => this.#engine.handed(channelId, callsign, slice)),
    );
  }

  acknowledge(channelId: string, callsign: string, since: Since): Eventually<Position> {
    return this.#call('ack', callsign, FIELDS, (moment) =>
      arrived(moment!, callsign, since, () => this.#engine.acknowledge(channelId, callsign, since)),
    );
  }

  observe(channelId: string, tokenHash: string, from: Since, limits: AnswerLimits): Eventually<Slice | 'away'> {
    return this.#call('observe', null, [], () => this.#engine.observe(channelId, tokenHash, from, limits));
  }

  history(channelId: string, n: number): Eventually<readonly Message[]> {
    return this.#call('history', null, [], () => this.#engine.history(channelId, n));
  }

  receipts(channelId: string, id: number): Eventually<{ message: Message | null; receipts: readonly Receipt[] } | undefined> {
    return this.#call('receipts', null, [], () => this.#engine.receipts(channelId, id));
  }

  transcript(channelId: string, after: number, limit: number): Eventually<readonly TranscriptEvent[]> {
    return this.#call('transcript', null, [], () => this.#engine.transcript(channelId, after, limit));
  }

  spend(key: string, rate: Rate, calls: 1 | -1 = 1): Eventually<RateAnswer> {
    return this.#call('spend', null, [], () => this.#engine.spend(key, rate, calls));
  }

  async sweep(): Promise<readonly string[]> {
    return this.#call('sweep', null, [], () => this.#engine.sweep());
  }
}
