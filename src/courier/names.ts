/** How names become addresses. */
import { lookup, Resolver } from 'node:dns/promises';
import type { Address, Resolve } from './addresses.ts';

/**
 * As this machine resolves names, with its hosts file and its search domains. The system's resolver takes a thread of
 * the pool that also syncs the database, so it is for hubs whose users may be trusted not to hold it up.
 */
const asThisMachine: Resolve = (hostname) => lookup(hostname, { all: true, verbatim: true });

/** Asks name servers only: a stranger's slow name holds up nothing else. */
const asTheInternet = (): Resolve => {
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  const ask = async (query: Promise<string[]>, family: number): Promise<Address[]> => (await query).map((address) => ({ address, family }));
  return async (hostname) => {
    const answers = await Promise.allSettled([ask(resolver.resolve4(hostname), 4), ask(resolver.resolve6(hostname), 6)]);
    const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    // Neither family: what the name server said.
    if (found.length === 0) throw (answers[0] as PromiseRejectedResult).reason;
    return found;
  };
};

export const systemResolve = (allowPrivate: boolean): Resolve => (allowPrivate ? asThisMachine : asTheInternet());
