/** What a caller is told whose allowance is used up. */
import type { RateAnswer } from './engine.ts';
import { HubError } from './errors.ts';
import type { Rate } from './limits.ts';

/** One call to be taken from a rate. */
export interface Allowance {
  /** Who is counted. */
  readonly key: string;
  readonly rate: Rate;
  /** What is said to who has none left. */
  readonly detail: string;
}

/** The refusal by a rate: when to try again, and the header fields of draft-ietf-httpapi-ratelimit-headers. */
export const tooFast = ({ rate, detail }: Omit<Allowance, 'key'>, { remaining, retryAfterMs }: Omit<RateAnswer, 'allowed'>): HubError => {
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1000));
  return new HubError('rate_limited', detail, {
    retryAfter: seconds,
    headers: {
      'RateLimit-Policy': `"default";q=${rate.burst};w=${Math.ceil(rate.burst / rate.perSecond)}`,
      RateLimit: `"default";r=${remaining};t=${seconds}`,
    },
  });
};
