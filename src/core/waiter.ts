/**
 * One who is listening in this process: a place to stand while the request's own stack waits. {@link Waiters} finds it.
 */
import type { HubError } from './errors.ts';
import { STATUSES_KEPT } from './limits.ts';
import type { RosterLook } from './look.ts';
import type { Message } from './types.ts';

/** Why a waiter stopped waiting. */
export type Wake =
  | { readonly type: 'mail' }
  | { readonly type: 'time' }
  | { readonly type: 'aborted' }
  | { readonly type: 'superseded' }
  | { readonly type: 'shutdown' }
  | { readonly type: 'ended'; readonly error: HubError };

/** There may be something for it. */
export const MAIL: Wake = { type: 'mail' };
const ABORTED: Wake = { type: 'aborted' };
/** Its time is up. */
export const TIME: Wake = { type: 'time' };

/** One send that waits to know who was given its message. */
export class Tally {
  readonly message: Message;
  /** Callsigns whose answer carried it. */
  readonly handed = new Set<string>();
  readonly #resolve: (handed: ReadonlySet<string>) => void;
  #open: number;

  /** @param open how many answers it waits for */
  constructor(message: Message, open: number, resolve: (handed: ReadonlySet<string>) => void) {
    this.message = message;
    this.#open = open;
    this.#resolve = resolve;
  }

  close(): void {
    if (--this.#open === 0) this.#resolve(this.handed);
  }
}

const NO_STATUSES: readonly Message[] = [];

export class Waiter {
  readonly channelId: string;
  /** Null: an observer. */
  readonly callsign: string | null;
  readonly sessionHash: string | null;
  /** Statuses heard since the last read, the last of them; they are in no mailbox. Never changed: another list takes its place. */
  statuses: readonly Message[] = NO_STATUSES;
  /** For observers: somebody joined or left since the last look, and this is the next one. */
  look: RosterLook | null = null;
  /** Its last answer is still being written, for who knows how long: nobody waits to learn of the next. */
  busy = false;
  #pending: Wake | null = null;
  #resolve: ((wake: Wake) => void) | null = null;
  /** Sends that woke it and wait for its answer; nearly always none or one. */
  #tallies: Tally[] | null = null;

  constructor(channelId: string, callsign: string | null, sessionHash: string | null) {
    this.channelId = channelId;
    this.callsign = callsign;
    this.sessionHash = sessionHash;
  }

  /** Its caller went away: a waiter is the listener of its own abort signal. */
  handleEvent(): void {
    this.wake(ABORTED);
  }

  /** Whether it was told to stop, and has not heard it yet: it need not look for more. */
  get over(): boolean {
    return this.#pending !== null && this.#pending.type !== 'mail';
  }

  /** Resolves at the next wake, at once if one came since the last. */
  wait(): Promise<Wake> {
    if (this.#pending) {
      const wake = this.#pending;
      if (wake.type === 'mail') this.#pending = null;
      return Promise.resolve(wake);
    }
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  wake(wake: Wake): void {
    if (this.#resolve) {
      const resolve = this.#resolve;
      this.#resolve = null;
      // An end stays an end: whoever waits again hears it again.
      if (wake.type !== 'mail') this.#pending = wake;
      resolve(wake);
    } else if (this.#pending === null || this.#pending.type === 'mail') {
      this.#pending = wake;
    }
  }

  /** @internal */
  hear(message: Message, tally: Tally | null): void {
    if (message.kind === 'status') this.statuses = [...this.statuses.slice(1 - STATUSES_KEPT), message];
    if (tally && this.busy) tally.close();
    else if (tally) {
      this.#tallies ??= [];
      this.#tallies.push(tally);
    }
    this.wake(MAIL);
  }

  /** Tells the sends that woke this waiter whether its answer, accepted by a socket, carried their message. */
  settle(carried: (message: Message) => boolean): void {
    const tallies = this.#tallies;
    if (tallies === null) return;
    this.#tallies = null;
    for (const tally of tallies) {
      if (this.callsign !== null && carried(tally.message)) tally.handed.add(this.callsign);
      tally.close();
    }
  }
}
