/** Opens the engine for many hubs on one store. */

import { randomBytes } from 'node:crypto';
import { type Clock, systemClock } from '../../core/clock.ts';
import type { Limits } from '../../core/limits.ts';
import { checkCustody } from './custody.ts';
import { RIGHTS } from './link/link.ts';
import { SCRIPTED } from './lua/index.ts';
import { RedisEngine } from './redis.ts';
import { SEAL_ASK, SharedSeal } from './seal.ts';
import { DEFAULT_PREFIX, Store } from './store.ts';
import { RedisUnfitError } from './unfit.ts';

export interface RedisOptions {
  /** redis:// or rediss://, with user and password where the server asks for them. */
  readonly url: string;
  readonly limits: Limits;
  readonly durability?: 'async' | 'replicated';
  /** Every key begins with it: hubs with different ones share a server and nothing else. */
  readonly prefix?: string;
  readonly clock?: Clock;
  /** So long a hub that starts waits for those that were there a minute ago and are not heard now, ms; see seal.ts. */
  readonly patienceMs?: number;
  /** Told of failures that no caller can be told of. */
  readonly report?: (error: unknown) => void;
}

/** Each hub notes its time with every sweep, which is every half a minute. */
const UNHEARD_MS = 60_000;

/** @throws RedisUnfitError when nothing could be acknowledged */
const checkReplica = async (store: Store): Promise<void> => {
  try {
    await store.command(['SET', store.key('replica'), '', 'PX', '1000'], true);
  } catch {
    throw new RedisUnfitError('the server has no replica that answers, and "--durability replicated" acknowledges nothing without one');
  }
};

/** @throws RedisUnfitError when the user of the address may not do what a hub does */
const checkRights = async (store: Store): Promise<void> => {
  const denied = (await store.run('may', store.topic(SEAL_ASK), SCRIPTED)) as string[];
  if (denied.length === 0) return;
  throw new RedisUnfitError(`the user of the address may not use ${denied.join(', ')}; with ACL SETUSER it needs "${RIGHTS}"`);
};

/** Failures that are told once it is known that they do not end the start: that has a sentence of its own. */
const afterStart = (report: (error: unknown) => void): { report(error: unknown): void; started(): void } => {
  let held: unknown[] | null = [];
  return {
    report: (error) => (held === null ? report(error) : held.push(error)),
    started() {
      for (const error of held ?? []) report(error);
      held = null;
    },
  };
};

/** @throws RedisUnfitError with a sentence for the operator */
export const openRedis = async (options: RedisOptions): Promise<RedisEngine> => {
  const { url, limits, durability = 'async', prefix = DEFAULT_PREFIX, clock = systemClock } = options;
  const { report, started } = afterStart(options.report ?? (() => {}));
  const store = await Store.open({ url, prefix, durability, report });
  const node = randomBytes(6).toString('hex');
  try {
    await checkRights(store);
    const seal = await SharedSeal.agree(store, node, options.patienceMs);
    await checkCustody(store);
    if (durability === 'replicated') await checkReplica(store);
    // Hubs on several machines measure durations by one clock: that of those which run, and of the store when none does; a test has a
    // time of its own. It never goes back behind what a hub has seen, so that no session lives longer because a clock was set back.
    const real = clock === systemClock;
    const unheardMs = real ? UNHEARD_MS : 0;
    const follows = seal.shared && (await store.command(['GET', store.key('clock')])) !== null;
    const read = follows ? 0 : await store.time();
    const shared = Number(await store.run('tick', store.key('clock'), [String(real ? read : clock.now()), String(unheardMs)]));
    const engine = new RedisEngine({ store, clock, limits, seal, node, offset: shared - clock.uptime(), unheardMs, report });
    started();
    return engine;
  } catch (error) {
    await store.close();
    throw store.unfit(error);
  }
};

export type { RedisEngine } from './redis.ts';
