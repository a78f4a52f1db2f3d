/**
 * The live connection between turns: watches a channel without a seat, so that nothing counts as handed over, and tells
 * of mail that the agent has not been given.
 */
import { HubProblem } from '../client/errors.ts';
import type { WireMessage } from '../client/operations.ts';
import type { Seat } from '../client/seat.ts';
import { watch } from '../client/watch.ts';

/** Messages that come together are told of together, and a listen that is under way gets its chance. */
const GATHER_MS = 100;
/** A ring that was not answered with a listen is repeated for newer mail after this, and one that nobody heard for the same. */
const AGAIN_MS = 60_000;
/** So many messages are counted at the most: ten times what a ring holds where nobody says another number. */
const MOST = 1000;

/** What waits in the mailbox: never the words, nor who sent them. */
export interface WaitingMail {
  readonly count: number;
  /** The newest. */
  readonly through: number;
}

export interface WatcherOptions {
  readonly seat: Seat;
  /** Everything up to this message is known to the agent. */
  readonly after: number;
  readonly signal: AbortSignal;
  /** Milliseconds between two rings that were not answered; default: a minute. */
  readonly againMs?: number;
  /** There is mail. Called again for newer mail, and for the same when it resolves with false: nobody could be told. */
  mail(waiting: WaitingMail): Promise<boolean> | undefined;
  /** The hub answers again. */
  connected?(): void;
  /** The channel is lost: nothing is watched any more. */
  lost?(error: HubProblem): void;
}

/** Whether a message waits in a callsign's mailbox: it is for it, and not only for those who listen now. */
export const isFor = (callsign: string, { from, to, kind }: Pick<WireMessage, 'from' | 'to' | 'kind'>): boolean =>
  kind !== 'status' && from !== callsign && (to === callsign || to === 'all');

export class Watcher {
  readonly #options: WatcherOptions;
  /** Ids, the oldest first. */
  #unheard: number[] = [];
  #known: number;
  readonly #againMs: number;
  #timer: NodeJS.Timeout | null = null;
  /** Monotonic ms of a ring that was not answered yet. */
  #rungAt: number | null = null;
  #rungThrough = 0;

  constructor(options: WatcherOptions) {
    this.#options = options;
    this.#known = options.after;
    this.#againMs = options.againMs ?? AGAIN_MS;
    options.signal.addEventListener('abort', () => this.#stop(), { once: true });
  }

  /** The agent was given everything up to this message. */
  heard(through: number): void {
    this.#known = Math.max(this.#known, through);
    this.#rungAt = null;
    this.#unheard = this.#unheard.filter((id) => id > this.#known);
  }

  /** Watches until the signal ends it or the channel is lost; may be called again then. Never throws. */
  async run(): Promise<void> {
    const { seat, signal } = this.#options;
    const { channelId, token, callsign } = seat.state;
    try {
      // An observer begins at the message it is given, so nothing falls between the join and the connection.
      for await (const event of watch(seat.client, { channelId, token }, { since: String(this.#known), signal, met: true })) {
        if (event.type === 'roster') this.#options.connected?.();
        if (event.type !== 'message' || !isFor(callsign, event) || event.id <= this.#known) continue;
        this.#unheard.push(event.id);
        if (this.#unheard.length > MOST) this.#unheard.shift();
        this.#later(GATHER_MS);
      }
    } catch (error) {
      if (error instanceof HubProblem) this.#options.lost?.(error);
    }
  }

  /** Looks once, so much later; what comes while it looks has its own look. */
  #later(ms: number): void {
    if (this.#timer !== null || this.#options.signal.aborted) return;
    this.#timer = setTimeout(async () => {
      const again = await this.#look().catch(() => this.#againMs);
      this.#timer = null;
      if (again !== null) this.#later(again);
      else if (this.#newest > this.#rungThrough) this.#later(GATHER_MS);
    }, ms);
  }

  get #newest(): number {
    return this.#unheard.at(-1) ?? 0;
  }

  /**
   * Tells of what waits in the mailbox: what another listener of this seat was given is no news.
   * @returns milliseconds until it may be told of; null when there is nothing more to tell
   */
  async #look(): Promise<number | null> {
    const newest = this.#newest;
    if (newest <= this.#rungThrough) return null;
    if (this.#rungAt !== null) {
      const left = this.#rungAt + this.#againMs - performance.now();
      if (left > 0) return left;
    }
    const { seat, signal } = this.#options;
    const asked = await stillWaiting(seat, [...this.#unheard], signal);
    // Meanwhile more may have come, and the agent may have heard.
    this.#unheard = this.#unheard.filter((id) => id > newest || id >= (asked[0] ?? Number.POSITIVE_INFINITY));
    const waiting = this.#unheard.filter((id) => id <= newest);
    const through = waiting.at(-1) ?? 0;
    if (through <= this.#rungThrough) return null;
    const before = this.#rungThrough;
    this.#rungAt = performance.now();
    this.#rungThrough = through;
    if ((await this.#options.mail({ count: waiting.length, through })) !== false) return null;
    this.#rungThrough = before;
    return this.#againMs;
  }

  #stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
  }
}

/** Whether a message may still be handed over to the seat it is for: it was not yet, and is still in the ring. */
const waits = async ({ client, state }: Seat, id: number, signal: AbortSignal): Promise<boolean> => {
  try {
    const { channelId, token, callsign } = state;
    const { receipts } = await client.call('message', { id }, { channelId, token }, { signal });
    const own = receipts.find((one) => one.callsign === callsign);
    // Of a broadcast to many not all receipts are listed.
    return own === undefined || own.state === 'queued';
  } catch (error) {
    if (error instanceof HubProblem && (error.code === 'rotated' || error.code === 'not_found')) return false;
    throw error;
  }
};

/**
 * Which of the messages for a seat may still be handed over to it. A mailbox is handed over in order and a ring is left in
 * order, so those are the newest, and a few questions find where they begin.
 * @param ids in order, the oldest first
 * @throws as HubClient.call
 */
export const stillWaiting = async (seat: Seat, ids: readonly number[], signal: AbortSignal): Promise<readonly number[]> => {
  let [low, high] = [0, ids.length];
  // The newest first: when it does not wait, none does.
  for (let at = high - 1; low < high; at = (low + high) >> 1) {
    if (await waits(seat, ids[at] ?? 0, signal)) high = at;
    else low = at + 1;
  }
  return ids.slice(low);
};
