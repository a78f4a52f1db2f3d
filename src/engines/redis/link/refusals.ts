/** What the store refuses with, and what a caller is told of it. */
import { HubError } from '../../../core/errors.ts';

const RETRY_SECONDS = 2;

export const unavailable = (detail = 'The hub cannot reach its store now.'): HubError =>
  new HubError('storage_unavailable', detail, { retryAfter: RETRY_SECONDS });

/** Refusals of a server that say "not now" or "not here", and not "wrong". */
const NOT_NOW = /^(?:OOM|MISCONF|READONLY|LOADING|BUSY|MASTERDOWN|NOREPLICAS|CLUSTERDOWN|TRYAGAIN|UNBLOCKED|NOSCRIPT|MOVED|ASK)\b/;

/** What a caller is told of those of a server that is there and takes no writes: an operator has to act. */
const NO_WRITES: Readonly<Record<string, string>> = {
  OOM: 'The store of the hub is full.',
  MISCONF: 'The store of the hub cannot write to its disk.',
  NOREPLICAS: 'The store of the hub has too few replicas to take anything.',
  READONLY: 'The store of the hub is a replica now and takes nothing.',
};

/** The text of a failure, whatever it is. */
export const wordsOf = (error: unknown): string =>
  (error as Error | undefined)?.message || String((error as { code?: string } | undefined)?.code);

/**
 * A failure as callers are told it.
 * @param isReply whether a server said so
 */
export const translated = (error: unknown, isReply: boolean): unknown => {
  if (error instanceof HubError) return error;
  const words = wordsOf(error);
  if (isReply && !NOT_NOW.test(words)) return error;
  const told = unavailable(isReply ? NO_WRITES[words.split(' ', 1)[0]!] : undefined);
  told.cause = error;
  return told;
};
