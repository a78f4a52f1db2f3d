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
/** A ring that was not answered with a listen is repeated for newer mail after this. */
const AGAIN_MS = 60_000;

export interface WatcherOptions {
  readonly seat: Seat;
  /** Everything up to this message is known to the agent. */
  readonly after: number;
  readonly signal: AbortSignal;
  /** There is mail. May be called again for newer mail. */
  mail(messages: readonly WireMessage[]): void;
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
  #unheard: WireMessage[] = [];
  #known: number;
  #timer: NodeJS.Timeout | null = null;
  /** Monotonic ms of a ring that was not answered yet. */
  #rungAt: number | null = null;
  #rungThrough = 0;

  constructor(options: WatcherOptions) {
    this.#options = options;
    this.#known = options.after;
    options.signal.addEventListener('abort', () => this.#stop(), { once: true });
  }

  /** The agent was given everything up to this message. */
  heard(through: number): void {
    this.#known = Math.max(this.#known, through);
    this.#rungAt = null;
    this.#unheard = this.#unheard.filter(({ id }) => id > this.#known);
  }

  /** Watches until the signal ends it. Never throws. */
  async run(): Promise<void> {
    const { seat, signal } = this.#options;
    const { channelId, token, callsign } = seat.state;
    try {
      // An observer begins at the message it is given, so nothing falls between the join and the connection.
      for await (const event of watch(seat.client, { channelId, token }, { since: String(this.#known), signal, met: true })) {
        if (event.type === 'roster') this.#options.connected?.();
        if (event.type !== 'message' || !isFor(callsign, event) || event.id <= this.#known) continue;
        this.#unheard.push(event);
        this.#later(GATHER_MS);
      }
    } catch (error) {
      if (error instanceof HubProblem) this.#options.lost?.(error);
    }
  }

  #later(ms: number): void {
    if (this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#look().catch(() => this.#later(AGAIN_MS));
    }, ms);
  }

  /** Tells of what waits in the mailbox: what another listener of this seat was given is no news. */
  async #look(): Promise<void> {
    const newest = this.#unheard.at(-1);
    if (!newest || newest.id <= this.#rungThrough) return;
    if (this.#rungAt !== null) {
      const left = this.#rungAt + AGAIN_MS - performance.now();
      if (left > 0) return this.#later(left);
    }
    for (const message of [...this.#unheard]) {
      if (await waits(this.#options.seat, message.id, this.#options.signal)) continue;
      this.#unheard = this.#unheard.filter(({ id }) => id !== message.id);
    }
    const messages = this.#unheard.filter(({ id }) => id > this.#known);
    if ((messages.at(-1)?.id ?? 0) <= this.#rungThrough) return;
    this.#rungAt = performance.now();
    this.#rungThrough = messages.at(-1)!.id;
    this.#options.mail(messages);
  }

  #stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
  }
}

/** Whether a message was not yet handed over to the seat it is for. @throws as HubClient.call, but for a message that left the ring */
export const waits = async ({ client, state }: Seat, id: number, signal?: AbortSignal): Promise<boolean> => {
  try {
    const { channelId, token, callsign } = state;
    const { receipts } = await client.call('message', { id }, { channelId, token }, { signal });
    const own = receipts.find((one) => one.callsign === callsign);
    // Of a broadcast to many not all receipts are listed.
    return own === undefined || own.state === 'queued';
  } catch (error) {
    if (error instanceof HubProblem && (error.code === 'rotated' || error.code === 'not_found')) return true;
    throw error;
  }
};
