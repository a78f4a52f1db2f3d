/** How far messages have come, asked for those that are in sight and may still move. */
import { type Signal, signal } from '@preact/signals';
import { call, Refused } from '../shared/api.ts';
import type { Logged } from './logbook.ts';
import type { Receipt } from './wire.ts';

interface Watched {
  readonly state: Signal<readonly Receipt[] | null>;
  settled: boolean;
  asked: number;
  /** As performance.now. */
  due: number;
}

const TICK_MS = 700;
const AT_ONCE = 4;
const FIRST_MS = 900;
const MOST_MS = 30_000;

const isSettled = (receipts: readonly Receipt[]): boolean =>
  receipts.length > 0 && receipts.every(({ state }) => state === 'confirmed' || state === 'expired');

export class Receipts {
  /** By the message itself: an id may be given again after a hub was rolled back, and what the log lets go is let go here. */
  readonly #known = new WeakMap<Logged, Watched>();
  readonly #ask: (id: number) => Promise<{ receipts: readonly Receipt[] }>;
  readonly #live: () => boolean;
  readonly #timer: number;
  #sight: readonly Logged[] = [];
  #open = 0;

  /**
   * @param path of the channel's messages
   * @param live whether the hub answers under this token: asking on after a refusal would count as guessing
   */
  constructor(path: string, token: () => string, live: () => boolean) {
    this.#live = live;
    this.#ask = (id) => call(`${path}/${id}`, { token: token() });
    this.#timer = window.setInterval(() => this.#tick(), TICK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Null until the hub was asked. */
  of(message: Logged): Signal<readonly Receipt[] | null> {
    return this.#watched(message).state;
  }

  /** These are on the screen now. */
  inSight(messages: readonly Logged[]): void {
    this.#sight = messages;
  }

  /** Somebody spoke, so what was sent to them has likely been heard. */
  stir(callsign: string): void {
    for (const message of this.#sight) {
      const watched = this.#known.get(message);
      if (watched && (message.to === callsign || message.to === 'all')) watched.due = Math.min(watched.due, performance.now() + FIRST_MS);
    }
  }

  #watched(message: Logged): Watched {
    let watched = this.#known.get(message);
    if (!watched) {
      watched = { state: signal(null), settled: false, asked: 0, due: 0 };
      this.#known.set(message, watched);
    }
    return watched;
  }

  #tick(): void {
    if (document.visibilityState !== 'visible' || !this.#live()) return;
    const now = performance.now();
    for (const message of this.#sight) {
      if (this.#open >= AT_ONCE) return;
      const watched = this.#watched(message);
      if (watched.settled || watched.due > now) continue;
      watched.due = Number.POSITIVE_INFINITY;
      this.#open++;
      void this.#look(message.id, watched).finally(() => {
        this.#open--;
        watched.due = performance.now() + Math.min(MOST_MS, FIRST_MS * 2 ** watched.asked++);
      });
    }
  }

  async #look(id: number, watched: Watched): Promise<void> {
    try {
      const { receipts } = await this.#ask(id);
      watched.state.value = receipts;
      watched.settled = isSettled(receipts);
    } catch (error) {
      // Rotated: what is still known comes with the refusal, and it will not change. The line being down is shown elsewhere.
      if (!(error instanceof Refused) || error.problem.status !== 410) return;
      watched.state.value = (error.problem as { receipts?: readonly Receipt[] }).receipts ?? [];
      watched.settled = true;
    }
  }
}
