/** Allowances by GCRA: one number a key says when its next call is due. */
import type { Clock } from '../../core/clock.ts';
import type { RateAnswer } from '../../core/engine.ts';
import type { Rate } from '../../core/limits.ts';

export class Allowances {
  readonly #clock: Clock;
  /** Monotonic ms at which a key's allowance is full again. */
  readonly #fullAt = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  spend(key: string, { burst, perSecond }: Rate, calls: 1 | -1): RateAnswer {
    const now = this.#clock.uptime();
    const each = 1000 / perSecond;
    const full = Math.max(this.#fullAt.get(key) ?? now, now) + calls * each;
    const retryAfterMs = full - now - burst * each;
    if (retryAfterMs > 0) return { allowed: false, remaining: 0, retryAfterMs };
    this.#fullAt.set(key, full);
    return { allowed: true, remaining: Math.floor(burst - (full - now) / each), retryAfterMs: 0 };
  }

  /** Forgets keys whose allowance is full. */
  sweep(): void {
    const now = this.#clock.uptime();
    for (const [key, full] of this.#fullAt) if (full <= now) this.#fullAt.delete(key);
  }
}
