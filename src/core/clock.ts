/**
 * Time as the product sees it, injected everywhere so that tests own it.
 *
 * Two clocks, because one lies: the wall clock dates messages and jumps when a laptop wakes or an operator
 * corrects it; the monotonic clock measures how long something lasted and never jumps.
 */
export interface Clock {
  /** Wall clock, ms since the epoch. For `at` fields and for what is written to disk. */
  now(): number;
  /** Monotonic, ms since some start. For every duration: session TTL, rates, presence. */
  uptime(): number;
  /** Calls `fn` once after `ms`; the answer cancels it. Never keeps the process alive. */
  after(ms: number, fn: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  uptime: () => performance.now(),
  after(ms, fn) {
    const timer = setTimeout(fn, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
