/** The life of a seat's session, as everybody can know who sees all calls: when it must still be the same one. */
import { TTL_MS } from './history.ts';

/** How late a sign of life may be on disk: five seconds, and what a lazy write takes. */
const LATE_MS = 6_000;

export class Life {
  /** The session that must be there as long as it is {@link alive}. */
  known: string | null = null;
  /** Grows with everything after which a session id may be another. */
  era = 0;
  #seenAt = 0;
  /** A sign of life that is on disk. */
  #writtenAt = 0;
  readonly #uptime: () => number;
  readonly #parked: () => boolean;

  /** @param uptime monotonic ms; @param parked whether a listen of it stands */
  constructor(uptime: () => number, parked: () => boolean) {
    this.#uptime = uptime;
    this.#parked = parked;
  }

  get now(): number {
    return this.#uptime();
  }

  /** Its session must be there: it was, and called within its TTL. */
  get alive(): boolean {
    return this.known !== null && (this.#parked() || this.now - this.#seenAt < TTL_MS);
  }

  /** A call that began then was a sign of life at that time or later. */
  seen(at: number): void {
    if (at <= this.#seenAt) return;
    if (at - this.#seenAt > LATE_MS) this.#flushed();
    this.#seenAt = at;
  }

  /** A join is on disk when it is answered. */
  joined(at: number): void {
    this.seen(at);
    this.#writtenAt = Math.max(this.#writtenAt, at);
  }

  forget(): void {
    this.known = null;
    this.era++;
  }

  /**
   * The hub was stopped or killed; its disk knows a sign of life in wall time.
   * @param sure nothing was under way; @param jumpedAt when the wall clock was last set
   */
  restarted(sure: boolean, jumpedAt: number): void {
    if (this.now - this.#seenAt > LATE_MS) this.#flushed();
    if (!sure || jumpedAt >= this.#writtenAt) this.forget();
    this.#seenAt = this.#writtenAt;
  }

  #flushed(): void {
    this.#writtenAt = Math.max(this.#writtenAt, this.#seenAt - LATE_MS);
  }
}
