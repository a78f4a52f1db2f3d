/**
 * The live connection between turns: watches a channel without a seat, so that nothing counts as handed over, and tells
 * of mail that the agent has not been given.
 */
import { Backoff } from '../client/backoff.ts';
import { HubProblem } from '../client/errors.ts';
import type { WireMessage } from '../client/operations.ts';
import type { Seat } from '../client/seat.ts';
import { watch } from '../client/watch.ts';

/** Messages that come together are told of together, and a listen that is under way gets its chance. */
const GATHER_MS = 100;
/** A ring that was not answered with a listen is repeated for newer mail after this, and one that reached nobody for the same. */
const AGAIN_MS = 60_000;
/** The most between two rings for the same mail: where nobody can be told, that doubles with each. */
const MOST_AGAIN_MS = 3600_000;
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
  /** Between rings that reached nobody. */
  readonly #repeats: Backoff;
  #timer: NodeJS.Timeout | null = null;
  /** Monotonic ms at which the timer goes off. */
  #dueAt = 0;
  #looking = false;
  /** Monotonic ms of a ring that was not answered yet. */
  #rungAt: number | null = null;
  #rungThrough = 0;
  /** The ring that reached nobody last, and after how many ms it is repeated. */
  #vain = { through: 0, ms: 0 };

  constructor(options: WatcherOptions) {
    this.#options = options;
    this.#known = options.after;
    this.#againMs = options.againMs ?? AGAIN_MS;
    this.#repeats = new Backoff({ firstMs: this.#againMs, mostMs: Math.max(this.#againMs, MOST_AGAIN_MS), random: () => 1 });
    options.signal.addEventListener('abort', () => this.#stop(), { once: true });
  }

  /** The agent was given everything up to this message. */
  heard(through: number): void {
    this.#known = Math.max(this.#known, through);
    this.#rungAt = null;
    this.#repeats.reset();
    this.#unheard = this.#unheard.filter((id) => id > this.#known);
    this.#later();
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
        this.#later();
      }
    } catch (error) {
      if (error instanceof HubProblem) this.#options.lost?.(error);
    }
  }

  /** Milliseconds until it may be told of what was not heard yet; null when there is nothing to tell. */
  get #left(): number | null {
    const newest = this.#unheard.at(-1) ?? 0;
    if (newest <= this.#rungThrough) return null;
    if (this.#rungAt === null) return 0;
    return this.#rungAt + (newest > this.#vain.through ? this.#againMs : this.#vain.ms) - performance.now();
  }

  /** Looks once, as soon as it may be told of and so many milliseconds have passed; what comes while it looks has its own look. */
  #later(least = GATHER_MS): void {
    const left = this.#left;
    if (left === null || this.#looking || this.#options.signal.aborted) return;
    const ms = Math.max(least, left);
    const dueAt = performance.now() + ms;
    if (this.#timer !== null) {
      // What comes meanwhile does not put it off.
      if (this.#dueAt <= dueAt) return;
      clearTimeout(this.#timer);
    }
    this.#dueAt = dueAt;
    this.#timer = setTimeout(async () => {
      this.#timer = null;
      this.#looking = true;
      const failed = await this.#look().then(
        () => false,
        () => true,
      );
      this.#looking = false;
      this.#later(failed ? this.#againMs : GATHER_MS);
    }, ms);
  }

  /** Tells of what waits in the mailbox: what another listener of this seat was given is no news. */
  async #look(): Promise<void> {
    if ((this.#left ?? 1) > 0) return;
    const newest = this.#unheard.at(-1) ?? 0;
    const { seat, signal } = this.#options;
    const asked = await stillWaiting(seat, [...this.#unheard], signal);
    // Meanwhile more may have come, and the agent may have heard.
    this.#unheard = this.#unheard.filter((id) => id > newest || id >= (asked[0] ?? Number.POSITIVE_INFINITY));
    const waiting = this.#unheard.filter((id) => id <= newest);
    const through = waiting.at(-1) ?? 0;
    if (through <= this.#rungThrough) return;
    const before = this.#rungThrough;
    this.#rungAt = performance.now();
    this.#rungThrough = through;
    if ((await this.#options.mail({ count: waiting.length, through })) !== false) {
      this.#repeats.reset();
      return;
    }
    this.#rungThrough = before;
    this.#vain = { through, ms: this.#repeats.next() };
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
