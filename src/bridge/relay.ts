/**
 * Sending for an agent whose hub may be away. What cannot be sent now is put into the outbox and goes out, in order and
 * once, when the hub is back: each message has its key from the first attempt on, so an attempt of unknown end is
 * simply made again.
 */
import { randomUUID } from 'node:crypto';
import { Backoff, pause } from '../client/backoff.ts';
import { type ClientError, HubProblem, LinkError } from '../client/errors.ts';
import type { Input, Output } from '../client/operations.ts';
import type { Seat } from '../client/seat.ts';
import { HubError } from '../core/errors.ts';
import type { Outbox, Waiting } from './memory.ts';

/** The hub knows a key for 24 hours (R-SEND-11); an older message might go out twice. */
const KEY_MS = 23 * 3600_000;

/** What was refused and nobody asked about for so long is forgotten. */
const FORGOTTEN_MS = 7 * 24 * 3600_000;

type Sender = Pick<Waiting, 'channelId' | 'callsign'>;

/** A seat at the hub of a relay. */
export const senderName = ({ channelId, callsign }: Sender): string => `${channelId} ${callsign}`;

/** Whether there was no hub that could have taken a message, or none that could store one. A guard or a rate is a word of the hub. */
const isAway = (error: unknown): error is ClientError =>
  error instanceof LinkError || (error instanceof HubProblem && (error.status === 503 || error.code === 'internal'));

/** The message waits on this machine. */
export class QueuedHere extends Error {
  /** Messages of this seat that wait, this one included. */
  readonly waiting: number;
  readonly why: string;

  constructor(waiting: number, why: string) {
    super('queued here');
    this.waiting = waiting;
    this.why = why;
  }
}

export interface RelayOptions {
  readonly hub: string;
  readonly outbox: Outbox;
  /** The seat that sends; undefined when it is not known any more. */
  seatOf(message: Sender): Seat | undefined;
  readonly signal: AbortSignal;
  readonly now?: () => number;
}

export class Relay {
  readonly #options: RelayOptions;
  readonly #now: () => number;
  /** Seats whose messages are on their way. */
  readonly #running = new Set<string>();

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** What waits for this hub, of one seat or of all of this home. */
  #waiting(sender?: string): Waiting[] {
    const waits = (one: Waiting): boolean => one.hub === this.#options.hub && one.refused === undefined;
    return this.#options.outbox.list().filter((one) => waits(one) && (sender === undefined || senderName(one) === sender));
  }

  /**
   * Sends at once, unless earlier messages of this seat still wait.
   * @throws QueuedHere when it is in the outbox; HubProblem when the hub refuses; HubError storage_unavailable when the outbox takes nothing
   */
  async send(seat: Seat, fields: Input<'send'>): Promise<Output<'send'>> {
    const input = { ...fields, idempotency_key: fields.idempotency_key ?? randomUUID() };
    const { channelId, callsign } = seat.state;
    const before = this.#waiting(senderName(seat.state));
    let why = 'Earlier messages of yours wait for the hub.';
    if (before.length === 0) {
      try {
        return (await seat.ask('send', input, { signal: this.#options.signal })).value;
      } catch (error) {
        if (!isAway(error)) throw error;
        why = error.detail;
      }
    }
    try {
      this.#options.outbox.put({ hub: this.#options.hub, channelId, callsign, at: this.#now(), input });
    } catch (error) {
      throw new HubError('storage_unavailable', `${why} And it cannot wait here: ${(error as Error).message}.`, {
        hint: `Send it again in a moment with idempotency_key "${input.idempotency_key}", so that nobody gets it twice.`,
      });
    }
    void this.deliver();
    throw new QueuedHere(before.length + 1, why);
  }

  /**
   * What the hub refused of some senders since they were last told. Each is told once.
   * @param isTold whose messages; those of other agents of this home stay for them
   */
  refusals(isTold: (sender: Sender) => boolean): string[] {
    const { outbox, hub } = this.#options;
    const told: string[] = [];
    for (const one of outbox.list()) {
      if (one.hub !== hub || one.refused === undefined) continue;
      const mine = isTold(one);
      if (mine) told.push(`A message to ${one.input.to} that was queued here was not sent. ${one.refused}`);
      if (mine || this.#now() - one.at > FORGOTTEN_MS) outbox.remove(one);
    }
    return told;
  }

  /** Begins to send what waits, until nothing does: each seat's in order, and none behind another seat's. Never throws. */
  deliver(): void {
    try {
      for (const sender of new Set(this.#waiting().map(senderName))) {
        if (!this.#running.has(sender)) void this.#deliverOf(sender);
      }
    } catch {
      // A disk that cannot be read now: the messages stay where they are.
    }
  }

  async #deliverOf(sender: string): Promise<void> {
    this.#running.add(sender);
    const backoff = new Backoff();
    const { signal } = this.#options;
    try {
      for (let batch = this.#waiting(sender); batch.length > 0; batch = this.#waiting(sender)) {
        for (const message of batch) {
          if (signal.aborted) return;
          await this.#insist(message, backoff);
        }
      }
    } catch {
      // The signal, or a disk that is full: the messages stay where they are.
    } finally {
      this.#running.delete(sender);
    }
  }

  async #insist(message: Waiting, backoff: Backoff): Promise<void> {
    const { outbox, signal } = this.#options;
    const seat = this.#options.seatOf(message);
    if (!seat) return outbox.refuse(message, 'Its seat is not known any more.');
    for (;;) {
      if (this.#now() - message.at > KEY_MS) return outbox.refuse(message, 'The hub was away for too long.');
      try {
        await seat.ask('send', message.input as Input<'send'>, { signal });
        outbox.remove(message);
        backoff.reset();
        return;
      } catch (error) {
        const passes = isAway(error) || (error instanceof HubProblem && error.code === 'rate_limited');
        if (passes) await pause(backoff.next(error), signal);
        else if (error instanceof HubProblem) return outbox.refuse(message, `${error.code}: ${error.detail}`);
        else throw error;
      }
    }
  }
}
