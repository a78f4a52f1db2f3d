/**
 * What may be known at once. An engine in this process answers without a promise, and a promise that need not be
 * costs every send and listen a turn of the microtask queue and the garbage that goes with it.
 */
import type { Eventually } from './types.ts';

/** Goes on with a value at once when it is here, else when it comes. Throws, or rejects, as `next` does. */
export const andThen = <T, U>(value: Eventually<T>, next: (value: T) => Eventually<U>): Eventually<U> =>
  value instanceof Promise ? value.then(next) : next(value);
