/** What a hub says when it has started: where it is, who may use it, and the first two things to paste. */
import { networkInterfaces } from 'node:os';
import type { Config } from '../config.ts';
import { claudeCommand } from '../discovery/entries.ts';

/**
 * Addresses by which other machines may reach this one; those of a single link only are left out. Null where the system keeps them
 * to itself, as it does under deploy/rogerthat.service.
 */
export const networkAddresses = (): string[] | null => {
  let interfaces: ReturnType<typeof networkInterfaces>;
  try {
    interfaces = networkInterfaces();
  } catch {
    return null;
  }
  return Object.values(interfaces)
    .flatMap((found) => found ?? [])
    .filter(({ internal, address }) => !internal && !/^(?:fe80:|169\.254\.)/i.test(address))
    .map(({ address }) => address);
};

const MODES: Readonly<Record<Config['mode'], string>> = {
  local: 'local: anyone on this machine may create channels',
  shared: 'shared: callers show the token of the hub, here HUB_TOKEN, or that of a channel',
  open: 'hosted: anyone who reaches the hub may create channels, under its limits',
};

/** Where other machines find a hub that listens for them, when nobody said by which name; null when that is no question. */
const elsewhere = ({ host, origin }: Config, url: string, addresses: readonly string[] | null): readonly string[] | null => {
  if (origin !== null || (host !== '0.0.0.0' && host !== '::')) return null;
  const { port } = new URL(url);
  return (addresses ?? [])
    .filter((address) => host === '::' || !address.includes(':'))
    .map((address) => `http://${address.includes(':') ? `[${address}]` : address}${port === '' ? '' : `:${port}`}`);
};

/**
 * Every address in it is one that the hub answers to, and every line can be pasted as it is, but for HUB_TOKEN: the token
 * itself is never printed.
 * @param url where the hub is called
 * @param addresses of this machine, for a hub that listens at all of them; null: not known
 */
export const bannerOf = (config: Config, url: string, addresses: readonly string[] | null): string => {
  const shared = config.mode === 'shared';
  const others = elsewhere(config, url, addresses);
  const none = addresses === null ? 'by the addresses of this one, which the system does not tell' : 'this one has no network address';
  // What is made with these lines is for other machines, too: the links of a channel have the address that it was made at.
  const called = others?.[0] ?? url;
  const bearer = shared ? `-H 'Authorization: Bearer HUB_TOKEN' ` : '';
  return [
    '',
    `RogerThat is on the air: ${url}`,
    '',
    `Mode:             ${MODES[config.mode]}`,
    ...(others ? [`Other machines:   ${others.join('  ') || none}`] : []),
    ...(others && config.allowHosts.length === 0
      ? ['                  and by name only with --origin http://NAME:PORT, or --allow-host NAME']
      : []),
    `Claude Code:      ${claudeCommand(`${called}/mcp`, shared ? 'HUB_TOKEN' : undefined)}`,
    `Create a channel: curl -s -X POST ${called}/api/channels ${bearer}-H 'Content-Type: application/json' -d '{"retention":"none"}'`,
    '',
  ].join('\n');
};
