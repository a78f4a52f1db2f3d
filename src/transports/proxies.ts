/** Whose `X-Forwarded-For` counts: addresses and networks that the operator named. */
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

const family = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 4 ? 'ipv4' : 'ipv6');

/** An IPv4 address as a socket for both families shows it. */
const MAPPED = /^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i;

/**
 * @param names addresses, and networks such as `10.0.0.0/8`
 * @returns whether an address is one of them
 */
export const proxiesOf = (names: readonly string[]): ((address: string) => boolean) => {
  if (names.length === 0) return () => false;
  const list = new BlockList();
  for (const name of names) {
    const [address = '', bits] = name.split('/', 2);
    if (bits === undefined) list.addAddress(address, family(address));
    else list.addSubnet(address, Number(bits), family(address));
  }
  return (address) => {
    const plain = address.replace(MAPPED, '');
    return isIP(plain) !== 0 && list.check(plain, family(plain));
  };
};

/** Some proxies tell the port of the client, too. */
const WITH_PORT = /^(?:\[([^\]]+)\](?::\d+)?|([\d.]+):\d+)$/;

/**
 * The address of whoever asks: the peer's, or what a trusted proxy says. What a proxy says that is no address counts as the proxy's
 * own: anybody could make up a new one for each call.
 */
export const addressOf = (request: IncomingMessage, isProxy: (address: string) => boolean): string => {
  const peer = request.socket.remoteAddress ?? 'unknown';
  if (!isProxy(peer)) return peer;
  const forwarded = request.headers['x-forwarded-for'];
  const hops = (Array.isArray(forwarded) ? forwarded.join(',') : (forwarded ?? '')).split(',').map((hop) => {
    const said = hop.trim();
    const [, bracketed, plain] = WITH_PORT.exec(said) ?? [];
    return bracketed ?? plain ?? said;
  });
  // From the right, the first address that is no proxy of ours is the one our own proxy saw.
  const client = hops.reverse().find((hop) => hop !== '' && !isProxy(hop));
  return client !== undefined && isIP(client) !== 0 ? client : peer;
};
