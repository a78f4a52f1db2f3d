/** An end that comes for certain. */

export interface Ending {
  readonly signal: AbortSignal;
  /** Stops the clock: the end is not needed any more. */
  forget(): void;
}

/**
 * A signal that aborts with another, or after so many milliseconds (2^31 - 1 at the most). The timer holds its controller:
 * AbortSignal.any keeps an AbortSignal.timeout only weakly, and Node 20 collects it with its timer.
 */
export const endingAfter = (ms: number, signal: AbortSignal): Ending => {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), ms);
  return { signal: AbortSignal.any([signal, stop.signal]), forget: () => clearTimeout(timer) };
};
