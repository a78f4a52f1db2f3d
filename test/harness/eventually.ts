/** Asking again and again, without sleeping: each question takes its own time and goes to another process. */
const SAFETY_NET_MS = 55_000;

/**
 * Asks until the answer is yes.
 * @throws Error with what was waited for, long after it should have come
 */
export const eventually = async (what: string, ask: () => boolean | Promise<boolean>): Promise<void> => {
  const until = performance.now() + SAFETY_NET_MS;
  while (!(await ask())) {
    if (performance.now() > until) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
};
