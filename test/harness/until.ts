/** Waiting for what happens in this process: the event loop turns until something is so. */
// Not the global one, which tests of time take for themselves.
import { setTimeout as pause } from 'node:timers/promises';

/** What is ready needs few turns; who waits longer waits for the system, and leaves it the processor. */
const QUICK_TURNS = 2_000;
const PAUSE_MS = 5;
const MOST_TURNS = 12_000;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Lets what is ready in the event loop run. */
export const turns = async (count = 3): Promise<void> => {
  for (let i = 0; i < count; i++) await turn();
};

/** Turns the event loop until `so`; fails after a bounded number of turns, about a minute. */
export const until = async (so: () => boolean, what = 'it'): Promise<void> => {
  for (let i = 0; i < MOST_TURNS; i++) {
    if (so()) return;
    await (i < QUICK_TURNS ? turn() : pause(PAUSE_MS));
  }
  throw new Error(`waited in vain for ${what}`);
};
