/** How busy this process is, minute by minute: numbers for its operator, never a word of what is said. */

export interface Minute {
  /** Minutes ago that it ended: 0 is the one that is still going on. */
  readonly ago: number;
  /** Messages and statuses stored in it. */
  readonly messages: number;
  /** The most listeners that were seen parked at once. */
  readonly parked: number;
}

interface Bucket {
  minute: number;
  messages: number;
  parked: number;
}

const MINUTE_MS = 60_000;
const KEPT = 60;

export class Traffic {
  /** Since the process started. Whoever stores one counts it here: an addition is all that a send pays. */
  messages = 0;
  /** Monotonic ms: when this process began to count. */
  readonly startedAt: number;
  #counted = 0;
  readonly #buckets: Bucket[] = Array.from({ length: KEPT }, () => ({ minute: -1, messages: 0, parked: 0 }));

  constructor(uptime: number) {
    this.startedAt = uptime;
  }

  /**
   * Books what was counted since the last look on the current minute.
   * @param uptime monotonic ms
   * @param parked listeners that are parked now
   */
  look(uptime: number, parked: number): void {
    const minute = Math.floor(uptime / MINUTE_MS);
    const bucket = this.#buckets[minute % KEPT]!;
    if (bucket.minute !== minute) Object.assign(bucket, { minute, messages: 0, parked: 0 });
    bucket.messages += this.messages - this.#counted;
    bucket.parked = Math.max(bucket.parked, parked);
    this.#counted = this.messages;
  }

  /** The last 60 minutes, oldest first; those before the process started had nothing. */
  minutes(uptime: number): Minute[] {
    const now = Math.floor(uptime / MINUTE_MS);
    return Array.from({ length: KEPT }, (_, i) => {
      const ago = KEPT - 1 - i;
      const bucket = this.#buckets[(now - ago + KEPT) % KEPT];
      const known = bucket?.minute === now - ago ? bucket : { messages: 0, parked: 0 };
      return { ago, messages: known.messages, parked: known.parked };
    });
  }
}
