/** Asking again and again. A pause between two questions leaves the processor to those who are asked about. */
// Not the global one, which tests of time take for themselves.
import { setTimeout as pause } from 'node:timers/promises';

const SAFETY_NET_MS = 55_000;
const LONGEST_PAUSE_MS = 20;

/**
 * Asks until the answer is yes.
 * @throws Error with what was waited for, long after it should have come
 */
export const eventually = async (what: string, ask: () => boolean | Promise<boolean>): Promise<void> => {
  const until = performance.now() + SAFETY_NET_MS;
  for (let pauseMs = 1; !(await ask()); pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    if (performance.now() > until) throw new Error(`waited in vain for ${what}`);
    await pause(pauseMs);
  }
};
