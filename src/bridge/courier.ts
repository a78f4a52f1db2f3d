/**
 * Sending for an agent whose hub may be away. What cannot be sent now is put into the outbox and goes out, in order and
 * once, when the hub is back: each message has its key from the first attempt on, so an attempt of unknown end is
 * simply made again.
 */
import { randomUUID } from 'node:crypto';
import { Backoff, isPassingAtHub, pause } from '../client/backoff.ts';
import { ClientError, HubProblem } from '../client/errors.ts';
import type { Input, Output } from '../client/operations.ts';
import type { Seat } from '../client/seat.ts';
import type { Outbox, Waiting } from './memory.ts';

/** The hub knows a key for 24 hours (R-SEND-11); an older message might go out twice. */
const KEY_MS = 23 * 3600_000;

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

export interface CourierOptions {
  readonly hub: string;
  readonly outbox: Outbox;
  /** The seat that sends; undefined when it is not known any more. */
  seatOf(message: Pick<Waiting, 'channelId' | 'callsign'>): Seat | undefined;
  readonly signal: AbortSignal;
  readonly now?: () => number;
}

export class Courier {
  readonly #options: CourierOptions;
  readonly #now: () => number;
  #running = false;
  #again = false;

  constructor(options: CourierOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  #waiting(): Waiting[] {
    return this.#options.outbox.list().filter((one) => one.hub === this.#options.hub && one.refused === undefined);
  }

  /**
   * Sends at once, unless earlier messages of this seat still wait.
   * @throws QueuedHere when it is in the outbox; HubProblem when the hub refuses
   */
  async send(seat: Seat, fields: Input<'send'>): Promise<Output<'send'>> {
    const input = { ...fields, idempotency_key: fields.idempotency_key ?? randomUUID() };
    const { channelId, callsign } = seat.state;
    const before = this.#waiting().filter((one) => one.channelId === channelId && one.callsign === callsign);
    let why = 'Earlier messages of yours wait for the hub.';
    if (before.length === 0) {
      try {
        return (await seat.ask('send', input, { signal: this.#options.signal })).value;
      } catch (error) {
        if (!isPassingAtHub(error) || error.code === 'rate_limited') throw error;
        why = error.detail;
      }
    }
    this.#options.outbox.put({ hub: this.#options.hub, channelId, callsign, at: this.#now(), input });
    void this.deliver();
    throw new QueuedHere(before.length + 1, why);
  }

  /** What the hub refused since the agent was last told. It is told once. */
  refusals(): string[] {
    const refused = this.#options.outbox.list().filter((one) => one.hub === this.#options.hub && one.refused !== undefined);
    return refused.map((one) => {
      this.#options.outbox.remove(one);
      return `A message to ${one.input.to} that was queued here was not sent. ${one.refused}`;
    });
  }

  /** Sends what waits, until nothing does. Never throws. */
  async deliver(): Promise<void> {
    this.#again = true;
    if (this.#running) return;
    this.#running = true;
    const backoff = new Backoff();
    const { signal } = this.#options;
    try {
      while (this.#again && !signal.aborted) {
        this.#again = false;
        for (const message of this.#waiting()) {
          await this.#insist(message, backoff);
          if (signal.aborted) return;
        }
      }
    } catch {
      // The signal, or a disk that is full: the messages stay where they are.
    } finally {
      this.#running = false;
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
        if (!(error instanceof ClientError)) throw error;
        if (error instanceof HubProblem && !error.passing) return outbox.refuse(message, `${error.code}: ${error.detail}`);
        await pause(backoff.next(error), signal);
      }
    }
  }
}
