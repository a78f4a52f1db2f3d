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

const GROUPS = 8;
/** Of an IPv6 address those that a provider gives away: whoever has one address has the rest of its /64 as well. */
const NETWORK_GROUPS = 4;

/**
 * What of an address limits count: an IPv4 address, also when a socket for both families shows it as IPv6, or the /64 of an IPv6 address.
 * What is no address is counted as it stands.
 */
export const networkOf = (address: string): string => {
  const plain = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
  if (!plain.includes(':')) return plain;
  const [head = [], tail = []] = plain.split('::', 2).map((half) => (half === '' ? [] : half.split(':')));
  const groups = [...head, ...Array<string>(Math.max(0, GROUPS - head.length - tail.length)).fill('0'), ...tail];
  const network = groups.slice(0, NETWORK_GROUPS).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(':')}::/64`;
};

/** Under what a rate counts the calls of an address. */
export const perAddress = (what: string, address: string): string => `${what} ${networkOf(address)}`;

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
