/** Waiting before the next attempt, longer each time, and never all at once. */
import { ClientError, LinkError } from './errors.ts';

/** Waits, unless the signal ends it. @throws the reason of the signal */
export const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });

/** What comes of it, unless the signal ends the waiting for it. @throws the reason of the signal, what it throws */
export const unlessEnded = <T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> =>
  new Promise((resolve, reject) => {
    const stop = (): void => reject(signal?.reason);
    if (signal?.aborted) stop();
    signal?.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal?.removeEventListener('abort', stop));
  });

export interface BackoffOptions {
  /** Milliseconds before the second attempt. */
  readonly firstMs?: number;
  /** The most milliseconds between two attempts. */
  readonly mostMs?: number;
  readonly random?: () => number;
}

/** Nobody is asked to wait for longer, whatever stands in an answer: a timer that cannot count so far would end at once. */
const MOST_ASKED_MS = 24 * 3600_000;

/** Delays that double from attempt to attempt, each shortened by up to a half so that many callers do not come back together. */
export class Backoff {
  readonly #first: number;
  readonly #most: number;
  readonly #random: () => number;
  #failures = 0;

  constructor({ firstMs = 200, mostMs = 10_000, random = Math.random }: BackoffOptions = {}) {
    this.#first = firstMs;
    this.#most = mostMs;
    this.#random = random;
  }

  get failures(): number {
    return this.#failures;
  }

  /** Milliseconds to wait after one more failure; at least what the hub asked for, up to a day. */
  next(error?: unknown): number {
    const most = Math.min(this.#most, this.#first * 2 ** this.#failures++);
    const asked = error instanceof ClientError ? Math.min((error.retryAfter ?? 0) * 1000, MOST_ASKED_MS) : 0;
    return Math.max(asked, most * (0.5 + this.#random() / 2));
  }

  reset(): void {
    this.#failures = 0;
  }
}

/** Whether it may pass without anybody doing anything. */
export const isPassing = (error: unknown): error is ClientError => error instanceof ClientError && error.passing;

/**
 * Whether it may pass at an address where a hub has answered before: while a hub is replaced, what stands before it may
 * answer anything.
 */
export const isPassingAtHub = (error: unknown): error is ClientError =>
  isPassing(error) || (error instanceof LinkError && error.code === 'not_a_hub');

/**
 * Waits out a failure of a connection that is kept up, or until the signal ends that.
 * @param met a hub has answered at this address before
 * @throws the failure, when it will not pass by itself
 */
export const waitOut = async (
  error: unknown,
  met: boolean,
  backoff: Backoff,
  options: { readonly signal?: AbortSignal | undefined; onTrouble?(error: ClientError, ms: number): void },
): Promise<void> => {
  if (!(met ? isPassingAtHub : isPassing)(error)) throw error;
  const ms = backoff.next(error);
  options.onTrouble?.(error, ms);
  await pause(ms, options.signal).catch(() => {});
};

export interface RetryOptions extends BackoffOptions {
  readonly attempts: number;
  readonly signal?: AbortSignal | undefined;
  /** Told before each wait, in milliseconds. */
  readonly onRetry?: ((error: ClientError, ms: number) => void) | undefined;
}

/** A hub that asks for a longer wait is not waited for: the caller is told. */
const PATIENCE_MS = 15_000;

/**
 * Tries again while the failure may pass soon. Only for what may be done twice: reads, and a send with its key.
 * @throws what the last attempt threw
 */
export const retrying = async <T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> => {
  const backoff = new Backoff(options);
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const ms = backoff.next(error);
      if (!isPassing(error) || backoff.failures >= options.attempts || ms > PATIENCE_MS) throw error;
      options.onRetry?.(error, ms);
      await pause(ms, options.signal);
    }
  }
};
