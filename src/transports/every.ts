/** Doing something every so often, by the hub's own clock. */
import type { Clock } from '../core/clock.ts';

/** Calls `fn` every `ms`, until the answer is called. */
export const every = (clock: Clock, ms: number, fn: () => void): (() => void) => {
  let stop = (): void => {};
  const next = (): void => {
    stop = clock.after(ms, () => {
      next();
      fn();
    });
  };
  next();
  return () => stop();
};
