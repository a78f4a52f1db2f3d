/** Waiting without sleeping: the event loop turns until something is so. */

const TURNS = 2_000_000;

/** Lets what is ready in the event loop run. */
export const turns = async (count = 3): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
};

/** Turns the event loop until `so`; fails after a bounded number of turns. */
export const until = async (so: () => boolean, what = 'it'): Promise<void> => {
  for (let i = 0; i < TURNS; i++) {
    if (so()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`waited in vain for ${what}`);
};
