/**
 * Where the hub may be made to post by a stranger: which URLs, which ports, which addresses.
 *
 * A name is worth nothing by itself: it may resolve to anything, and to something else a moment later. So what is
 * checked are the addresses of a connection, when it is made; a look at the URL only says so earlier.
 */
import ipaddr from 'ipaddr.js';

/** One address that a name resolves to. */
export interface Address {
  readonly address: string;
  readonly family: number;
}

/** The addresses of a host name. Injected, so that tests own the names. */
export type Resolve = (hostname: string) => Promise<readonly Address[]>;

/** Why nothing is posted; in the log of deliveries and in the answer to whoever gave the URL. */
export class RefusedError extends Error {
  /** What to give instead. */
  readonly instead: string;

  constructor(why: string, instead: string) {
    super(`refused: ${why}`);
    this.instead = instead;
  }
}

const WHOLE = 'Use an http or https URL without a user name or password, for example https://agent.example/hook.';
const WEB_PORT = 'Use a port that web servers have, for example 443 or 8080.';
const PUBLIC = 'Use the URL of a public address.';

/** @param allowPrivate whether the operator has opened the networks around already */
const nearby = (allowPrivate: boolean): RefusedError =>
  new RefusedError(
    'private address',
    allowPrivate ? PUBLIC : 'Use the URL of a public address, or ask the operator of the hub for --allow-private-webhooks.',
  );

/** Ranges (of ipaddr.js) that an operator opens with --allow-private-webhooks: this machine and the networks around it. */
const PRIVATE = new Set(['loopback', 'private', 'uniqueLocal', 'carrierGradeNat']);

/**
 * Ports of the "bad port" list of the Fetch standard on which something else than HTTP listens that could take a
 * request for commands.
 */
const BAD_PORTS = new Set([
  ...[1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110, 111, 113, 115],
  ...[117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587],
  ...[601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6379, 6566, 6665, 6666, 6667, 6668, 6669],
  ...[6679, 6697, 10080],
]);

/** Ranges that lead to this machine or the networks around it, by whatever way. */
const NEAR = new Set([...PRIVATE, 'linkLocal', 'ipv4Mapped', 'unspecified']);

/**
 * Where clouds serve a machine its secrets, outside of the link-local range: Azure (also to whom only public addresses are open),
 * Alibaba Cloud, EC2, the agent of EKS and Google Cloud over IPv6, as their documentation of the metadata service has them.
 */
const METADATA = new Set(['168.63.129.16', '100.100.100.200', 'fd00:ec2::254', 'fd00:ec2::23', 'fd20:ce::254']);

const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/** What an address is when it is not one to post to; null when it is. */
const kindOf = (text: string, allowPrivate: boolean): string | null => {
  if (!ipaddr.isValid(text)) return 'not an address';
  // An IPv4-compatible address, `::1.2.3.4`, which the parser takes for the mapped one.
  if (/^::[0-9.]*\.[0-9.]*$/.test(text)) return 'not a public unicast address';
  // The zone of a link-local address is of no use to the parser.
  let address = ipaddr.parse(text.split('%', 1)[0]!);
  // A socket for both families names IPv4 peers so; where the networks around are allowed, it counts for what it is.
  if (allowPrivate && address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress()) address = address.toIPv4Address();
  if (METADATA.has(address.toString())) return 'private address';
  const range = address.range();
  // All that is allocated as global unicast (RFC 4291, 2.4). The rest has old ways to write an IPv4 address in it.
  if (range === 'unicast' && address instanceof ipaddr.IPv6 && !address.match(GLOBAL_UNICAST)) return 'not a public unicast address';
  if (range === 'unicast' || (allowPrivate && PRIVATE.has(range))) return null;
  return NEAR.has(range) ? 'private address' : 'not a public unicast address';
};

/** @throws RefusedError unless the hub may post to the address */
export const checkAddress = (address: string, allowPrivate: boolean): void => {
  const kind = kindOf(address, allowPrivate);
  if (kind === 'private address') throw nearby(allowPrivate);
  if (kind !== null) throw new RefusedError(kind, PUBLIC);
};

/** The host of a URL as a resolver takes it: no brackets, no dot at the end. */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.+$/, '');

/** Whether the host of a URL is an address and no name. The parser has made one form of all the ways to write one. */
export const isLiteral = (host: string): boolean => ipaddr.isValid(host);

/**
 * The parts of a URL that can be judged without a look at the network.
 * @throws RefusedError
 */
export const checkUrl = (text: string, allowPrivate: boolean): URL => {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new RefusedError('not a URL', WHOLE);
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new RefusedError('neither http nor https', WHOLE);
  if (url.username !== '' || url.password !== '') throw new RefusedError('a user name or password in the URL', WHOLE);
  if (BAD_PORTS.has(Number(url.port))) throw new RefusedError('a port of another protocol', WEB_PORT);
  const host = hostOf(url);
  if (host === '') throw new RefusedError('no host', WHOLE);
  if (isLiteral(host)) checkAddress(host, allowPrivate);
  else if (!allowPrivate && /(?:^|\.)(?:localhost|local|internal)$/.test(host)) throw nearby(allowPrivate);
  return url;
};

/**
 * All addresses of a name, each of them one to post to. One bad address spoils the name: its owner could otherwise try
 * until it is the bad one's turn.
 * @throws RefusedError, or what the resolver throws
 */
export const resolveChecked = async (host: string, resolve: Resolve, allowPrivate: boolean): Promise<readonly Address[]> => {
  const found = await resolve(host);
  if (found.length === 0) throw Object.assign(new Error('no addresses'), { code: 'ENOTFOUND' });
  for (const { address } of found) checkAddress(address, allowPrivate);
  return found;
};
