/** Whose `X-Forwarded-For` counts: addresses and networks that the operator named. */
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
