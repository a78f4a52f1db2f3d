/**
 * The door of the hub: which requests are looked at at all. One check for every route.
 *
 * The attacker of a hub on a laptop is a web page in its owner's browser. A page can make the browser send nearly
 * anything to 127.0.0.1, under a host name it controls if need be (DNS rebinding), but it cannot choose the Host,
 * Origin and Sec-Fetch-Site headers.
 */
import type { IncomingMessage } from 'node:http';
import { HubError } from '../core/errors.ts';
import { looksSecret } from '../core/ids.ts';

export interface GuardOptions {
  /** The hub's own address for people outside, such as `https://hub.example`; null when there is none. */
  readonly origin: string | null;
  /** Other host names the hub answers to, as `name` or `name:port`. */
  readonly allowHosts: readonly string[];
}

export type Guard = (request: IncomingMessage) => void;

/** Whether the guard knew the host of a request that it refused: only then may the answer repeat it. */
export const hostIsKnown = ({ code }: HubError): boolean => code === 'origin_not_allowed' || code === 'secret_in_url';

const SECRET_PARAMETERS = /(?:^|[?&])(?:[a-z0-9]+[_-])*(token|key|secret|password|session|session[_-]id|auth|authorization|bearer)=/i;

/** How often a header field stands in a request: of those that make no sense twice, Node keeps one and drops the rest silently. */
const countHeader = (request: IncomingMessage, name: string): number => {
  const raw = request.rawHeaders;
  let count = 0;
  for (let i = 0; i < raw.length; i += 2) {
    const field = raw[i]!;
    if (field.length === name.length && field.toLowerCase() === name) count++;
  }
  return count;
};

/**
 * Whether a Host is the very address, as an IP literal, at which its connection arrived: `192.168.1.5:7424` on a hub that
 * listens at all addresses. Nobody can rebind a literal, for no name stands in it (docs/decisions/025); any other is refused.
 */
const isWhereItArrived = ({ socket }: IncomingMessage, host: string, port: number): boolean => {
  const { localAddress } = socket;
  if (localAddress === undefined) return false;
  // A socket for both families has IPv4 addresses in this form.
  const address = localAddress.startsWith('::ffff:') ? localAddress.slice(7) : localAddress;
  const name = address.includes(':') ? `[${address}]` : address;
  return host === `${name}:${port}` || (port === 80 && host === name);
};

/**
 * Makes the guard of a hub.
 * @param port where the hub listens; asked with each request, since it may be chosen by the system
 * @returns a check that throws HubError host_not_allowed, origin_not_allowed, secret_in_url or bad_request
 */
export const createGuard = (options: GuardOptions, port: () => number): Guard => {
  let names: { readonly hosts: ReadonlySet<string>; readonly origins: ReadonlySet<string> } | null = null;

  /** Loopback under the listening port, the public origin, and what the operator allowed. */
  const allowed = (): NonNullable<typeof names> => {
    if (names) return names;
    const local = ['localhost', '127.0.0.1', '[::1]'].map((name) => `${name}:${port()}`);
    if (port() === 80) local.push('localhost', '127.0.0.1', '[::1]');
    const own = options.origin === null ? [] : [new URL(options.origin).host];
    const named = options.allowHosts.flatMap((name) => (/:[0-9]+$/.test(name) ? [name] : [name, `${name}:${port()}`]));
    const hosts = new Set([...local, ...own, ...named].map((host) => host.toLowerCase()));
    const origins = new Set([
      ...[...local, ...named].map((host) => `http://${host}`.toLowerCase()),
      ...named.map((host) => `https://${host}`.toLowerCase()),
      ...(options.origin === null ? [] : [options.origin.toLowerCase()]),
    ]);
    names = { hosts, origins };
    return names;
  };

  return (request) => {
    const { headers } = request;
    const url = request.url ?? '';
    // An absolute-form target names a host of its own, which frameworks believe over the Host header.
    if (url.charCodeAt(0) !== 47 /* / */) throw new HubError('bad_request', 'The request target must be a path.');
    const { host } = headers;
    if (host === undefined) throw new HubError('host_not_allowed', 'The request has no Host header.');
    const known = allowed();
    const named = known.hosts.has(host) || known.hosts.has(host.toLowerCase());
    if (!named && !isWhereItArrived(request, host.toLowerCase(), port()))
      throw new HubError('host_not_allowed', 'The Host header names none of the addresses of this hub.');
    if (countHeader(request, 'host') !== 1) throw new HubError('host_not_allowed', 'The request has more than one Host header.');
    const { origin } = headers;
    if (origin !== undefined && !known.origins.has(origin.toLowerCase())) {
      // A page of the hub that was opened at that very address.
      if (named || origin.toLowerCase() !== `http://${host.toLowerCase()}`)
        throw new HubError('origin_not_allowed', 'The Origin header names none of the addresses of this hub.');
    }
    const site = headers['sec-fetch-site'];
    if (site !== undefined && site !== 'same-origin' && site !== 'none') {
      // Following a link to one of the hub's pages is fine; reading or changing anything from elsewhere is not.
      const navigates = request.method === 'GET' && headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
      if (!navigates || url.startsWith('/api/')) throw new HubError('origin_not_allowed', 'Requests from other sites are not allowed.');
    }
    const query = url.indexOf('?');
    if (query >= 0) refuseSecrets(url.slice(query));
  };
};

/**
 * @param query with its question mark
 * @throws HubError secret_in_url, which repeats nothing that the client chose
 */
const refuseSecrets = (query: string): void => {
  const name = SECRET_PARAMETERS.exec(query)?.[1];
  if (name !== undefined) throw new HubError('secret_in_url', `The URL has a parameter whose name ends with "${name.toLowerCase()}".`);
  const isSecret = (pair: string): boolean => looksSecret(pair.slice(pair.indexOf('=') + 1));
  if (query.includes('rt_') && query.slice(1).split('&').some(isSecret))
    throw new HubError('secret_in_url', 'The URL has a value that begins as tokens of a hub do.');
};
