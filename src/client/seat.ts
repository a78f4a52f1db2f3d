/** A callsign's place on a channel, as its owner holds it: joins, joins again when the session expired, and calls. */
import { randomUUID } from 'node:crypto';
import { retrying, unlessEnded } from './backoff.ts';
import type { Answered, CallOptions, Credentials, HubClient } from './client.ts';
import { type ClientError, HubProblem, LinkError } from './errors.ts';
import { ENTRIES, type Input, type Joined, type Output, type ValueName } from './operations.ts';

/** What must be kept to come back to a seat. */
export interface SeatState {
  readonly channelId: string;
  /** Absent on a public band. */
  readonly token?: string | undefined;
  readonly callsign: string;
  readonly sessionId: string;
  /** The position up to which everything is done with. */
  readonly cursor: string;
  readonly identityKey?: string | undefined;
}

export interface JoinRequest extends Input<'join'> {
  readonly channelId: string;
  readonly token?: string | undefined;
}

/** What a seat tells whoever holds it. */
export interface SeatEvents {
  /** The session had expired, and the seat has another now. */
  rejoined?(joined: Joined): void;
  /** The token of the channel as it is known by now; asked when the one that was shown is refused. */
  token?(state: SeatState): string | undefined | Promise<string | undefined>;
  /** The state changed: keep it. */
  changed?(state: SeatState): void;
  /** A call failed in a way that may pass, and is made again after so many milliseconds. */
  retry?(error: ClientError, ms: number): void;
}

const ATTEMPTS = 5;
/** A session that the hub took within this is in use: shorter than any session lives, longer than any listen. */
const IN_USE_MS = 60_000;
/** A dead session is refused within this; a later refusal ended a call that waited. */
const REFUSED_MS = 5_000;

/**
 * Takes a seat.
 * @throws HubProblem, LinkError
 */
export const joinSeat = async (
  client: HubClient,
  { channelId, token, ...fields }: JoinRequest,
  events: SeatEvents = {},
  options: CallOptions = {},
): Promise<{ readonly seat: Seat; readonly answered: Answered<Joined> }> => {
  const ask = (): Promise<Answered<Joined>> => client.ask('join', fields, { channelId, token }, options);
  // The same join gives the same session (R-JOIN-4), but each makes an identity that asks for one.
  const answered = fields.new_identity ? await ask() : await again(ask);
  const { callsign, session_id: sessionId, cursor, identity } = answered.value;
  const identityKey = identity?.identity_key ?? fields.identity_key;
  const seat = new Seat(client, { channelId, token, callsign, sessionId, cursor, identityKey }, events);
  seat.touch();
  return { seat, answered };
};

/** Again, when the answer was lost on its way. A hub that is not there is not waited for. */
const again = async <T>(ask: () => Promise<T>): Promise<T> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof LinkError && error.code === 'cut') || attempt === ATTEMPTS) throw error;
    }
  }
};

export class Seat {
  readonly client: HubClient;
  readonly #events: SeatEvents;
  #state: SeatState;
  /** The join under way; false when the call that began it was given up. */
  #rejoining: Promise<boolean> | null = null;
  /** When the hub last took this session, by the wall clock: a machine that sleeps does not stop it. */
  #aliveAt = Number.NEGATIVE_INFINITY;

  constructor(client: HubClient, state: SeatState, events: SeatEvents = {}) {
    this.client = client;
    this.#state = state;
    this.#events = events;
  }

  get state(): SeatState {
    return this.#state;
  }

  get shown(): Credentials {
    const { channelId, token, sessionId } = this.#state;
    return { channelId, token, sessionId };
  }

  /** Remembers how far the mailbox is done with; tells nobody but whoever keeps the state. */
  moveTo(cursor: string): void {
    this.#change({ ...this.#state, cursor });
  }

  #change(state: SeatState): void {
    this.#state = state;
    this.#events.changed?.(state);
  }

  /** Joins again with the same callsign. The mailbox stays where it stood, and so does the cursor. */
  async rejoin(options: CallOptions = {}): Promise<void> {
    // What another call has begun serves this one, too, unless that call is given up meanwhile.
    while (this.#rejoining) if (await unlessEnded(this.#rejoining, options.signal)) return;
    const joined = this.#join(options);
    this.#rejoining = joined
      .then(
        () => true,
        (error: unknown) => {
          if (options.signal?.aborted) return false;
          throw error;
        },
      )
      .finally(() => {
        this.#rejoining = null;
      });
    // Where nobody else waits for it.
    this.#rejoining.catch(() => {});
    return joined;
  }

  async #join(options: CallOptions): Promise<void> {
    const { channelId, token, callsign, identityKey } = this.#state;
    const fields = { callsign, ...(identityKey === undefined ? {} : { identity_key: identityKey }) };
    const joined = await this.client.call('join', fields, { channelId, token }, options);
    this.#change({ ...this.#state, sessionId: joined.session_id });
    this.#events.rejoined?.(joined);
  }

  /**
   * Takes the seat back with the token that is known by now.
   * @returns false when that is the one that was refused
   */
  async retoken(refused: string | undefined, options: CallOptions = {}): Promise<boolean> {
    const token = await this.#events.token?.(this.#state);
    if (token === undefined || token === refused) return false;
    this.#state = { ...this.#state, token };
    // Its session ended with the old one.
    this.#aliveAt = Number.NEGATIVE_INFINITY;
    await this.rejoin(options);
    return true;
  }

  /** The hub has just shown that it knows the session. */
  touch(): void {
    this.#aliveAt = Date.now();
  }

  /**
   * Makes a call as this seat, and once more in another session when the one it had is over, or the channel has another
   * token by now. A session that ends while it is used was ended by somebody, and is not opened again.
   */
  async attempt<T>(make: (shown: Credentials) => Promise<T>, options: CallOptions = {}): Promise<T> {
    const began = Date.now();
    const { shown } = this;
    try {
      const made = await make(shown);
      this.touch();
      return made;
    } catch (error) {
      if (!(error instanceof HubProblem)) throw error;
      const used = began - this.#aliveAt < IN_USE_MS || Date.now() - began > REFUSED_MS;
      // The hub forgets after an hour that a session expired (R-ERR-8).
      if (error.code === 'session_expired' || (error.code === 'not_joined' && !used)) await this.rejoin(options);
      else if (error.code !== 'unauthorized' || !(await this.retoken(shown.token, options))) throw error;
      const made = await make(this.shown);
      this.touch();
      return made;
    }
  }

  /** Calls an operation as this seat. @throws HubProblem, LinkError */
  ask<N extends ValueName>(name: N, input: Input<N>, options: CallOptions = {}): Promise<Answered<Output<N>>> {
    return this.attempt((shown) => this.client.ask(name, input, shown, options), options);
  }

  /** Calls an operation that may be made twice, until the hub answers or `attempts` have failed. */
  insist<N extends ValueName>(
    name: N,
    input: Input<N>,
    options: CallOptions & { readonly attempts?: number } = {},
  ): Promise<Answered<Output<N>>> {
    const { attempts = ATTEMPTS, signal } = options;
    if (ENTRIES[name].method !== 'GET' && name !== 'ack' && name !== 'send') throw new TypeError(`${name} is not made twice`);
    return retrying(() => this.ask(name, input, options), { attempts, signal, onRetry: this.#events.retry?.bind(this.#events) });
  }

  /** Sends, under a key of its own unless it has one, so that a lost answer is asked for again and the message goes out once. */
  send(input: Input<'send'>, options: CallOptions = {}): Promise<Answered<Output<'send'>>> {
    return this.insist('send', { idempotency_key: randomUUID(), ...input }, options);
  }
}
