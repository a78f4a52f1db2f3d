/** Time that stands still until a test moves it. */
import type { Clock } from '../../src/core/clock.ts';

export interface TestClock extends Clock {
  /** Lets `ms` pass on both clocks, firing timers in order. */
  advance(ms: number): void;
  /** The operator sets the wall clock; nothing else happens. */
  jump(ms: number): void;
  /** Timers that have not fired. */
  readonly pending: number;
}

interface Timer {
  readonly due: number;
  readonly fn: () => void;
}

export const testClock = (start = Date.UTC(2026, 0, 1)): TestClock => {
  let uptime = 1_000_000;
  let offset = start - uptime;
  const timers = new Set<Timer>();
  return {
    now: () => uptime + offset,
    uptime: () => uptime,
    after(ms, fn) {
      const timer = { due: uptime + ms, fn };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(ms) {
      const until = uptime + ms;
      for (;;) {
        const next = [...timers].filter(({ due }) => due <= until).sort((a, b) => a.due - b.due)[0];
        if (!next) break;
        timers.delete(next);
        uptime = Math.max(uptime, next.due);
        next.fn();
      }
      uptime = until;
    },
    jump(ms) {
      offset += ms;
    },
    get pending() {
      return timers.size;
    },
  };
};
