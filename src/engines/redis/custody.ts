/**
 * A store that is moved from or into, with no hub on it: two marks among its keys say so, and every hub that starts looks at them.
 *
 * A hub answers for the seal before it looks at the marks, and a move sets its mark before it asks for hubs; so one of the two sees the
 * other, whoever comes first.
 */
import { randomBytes } from 'node:crypto';
import { BANDS } from '../../core/bands.ts';
import { MoveError } from '../../core/moving.ts';
import { MCP_PROOF } from '../../core/notes.ts';
import { SEAL_ASK } from './seal.ts';
import type { Store } from './store.ts';
import { RedisUnfitError } from './unfit.ts';

/** A move is under way. Ends by itself when the program that moves dies. */
const MOVING = 'move:lock';
/** The store is being filled. Stays until everything is in it. */
const UNFINISHED = 'move:unfinished';
const LOCK_MS = 30_000;
const RENEW_MS = 5_000;

const RUNNING = 'A hub is running on this Redis. Stop every hub of the fleet and run the command again.';
const LOST =
  'This command was stopped for so long that its hold on the Redis ended, and another one may have taken it. What is there now is left alone.';

/** @throws RedisUnfitError when a move is under way, or one into this store was cut off */
export const checkCustody = async (store: Store): Promise<void> => {
  if ((await store.command(['GET', store.key(MOVING)])) !== null) {
    throw new RedisUnfitError('rogerthat migrate is at work on this Redis. Start the hub when it is done.');
  }
  if ((await store.command(['GET', store.key(UNFINISHED)])) !== null) {
    throw new RedisUnfitError(
      'a rogerthat migrate into this Redis was cut off, and not everything is in it. Run it again before any hub starts.',
    );
  }
};

/** Whether a hub answers for its seal. */
const hasHubs = async (store: Store): Promise<boolean> =>
  ((await store.command(['SPUBLISH', store.topic(SEAL_ASK), `move-${randomBytes(6).toString('hex')}`])) as number) > 0;

export class Custody {
  readonly #store: Store;
  readonly #mine = randomBytes(6).toString('hex');
  #timer: NodeJS.Timeout | null = null;
  #trouble: Error | null = null;

  constructor(store: Store) {
    this.#store = store;
  }

  /** @throws MoveError when a hub runs on it, or another move is under way */
  async take(): Promise<void> {
    const taken = await this.#store.command(['SET', this.#store.key(MOVING), this.#mine, 'NX', 'PX', String(LOCK_MS)]);
    if (taken === null) throw new MoveError('Another rogerthat migrate is at work on this Redis, or was a moment ago.');
    this.#timer = setInterval(() => void this.#renew(), RENEW_MS);
    try {
      if (await hasHubs(this.#store)) throw new MoveError(RUNNING);
    } catch (error) {
      await this.release();
      throw error;
    }
  }

  async #renew(): Promise<void> {
    try {
      if (!(await this.isOurs())) this.#trouble = new MoveError(LOST);
      // One that could not be reached when the move began may be back.
      else if (await hasHubs(this.#store)) this.#trouble = new MoveError(RUNNING);
    } catch (error) {
      this.#trouble = error as Error;
    }
  }

  /** Whether nobody else can have taken the store; nobody can for some time from now on. */
  async isOurs(): Promise<boolean> {
    return (await this.#store.run('keepMark', this.#store.key(MOVING), [this.#mine, String(LOCK_MS)])) === 1;
  }

  /** @throws MoveError when the store was not ours alone all the time */
  async check(): Promise<void> {
    await this.#renew();
    if (this.#trouble) throw this.#trouble;
  }

  /** Keeps hubs away until {@link filled}. */
  async fill(): Promise<void> {
    await this.#store.command(['SET', this.#store.key(UNFINISHED), this.#mine]);
  }

  /** Whether an earlier move into it was cut off. */
  async isUnfinished(): Promise<boolean> {
    return (await this.#store.command(['GET', this.#store.key(UNFINISHED)])) !== null;
  }

  /** @throws MoveError when another move has taken the store meanwhile */
  async filled(): Promise<void> {
    if ((await this.#store.run('dropMark', this.#store.key(UNFINISHED), [this.#mine])) !== 1) throw new MoveError(LOST);
  }

  /** Lets go of the store. When it cannot be reached, the mark ends by itself. */
  async release(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
    await this.#store.run('dropMark', this.#store.key(MOVING), [this.#mine]).catch(() => {});
  }
}

/** The registers of a store: everything in it is found from them. */
export const REGISTERS = ['channels', 'identities', 'hooked'] as const;

/** Every channel that may have keys: those of the register, bands, and those whose webhooks outlive them. */
export const channelIds = async (store: Store): Promise<string[]> => {
  const [channels, hooked] = (await Promise.all([
    store.command(['HKEYS', store.key('channels')]),
    store.command(['HKEYS', store.key('hooked')]),
  ])) as [string[], string[]];
  return [...new Set([...Object.keys(BANDS), ...channels, ...hooked])];
};

/**
 * The keys of notes. No register has them: on one server they are looked for, in a cluster only the one is known that
 * has a name, and the others end by themselves.
 */
export const noteKeys = async (store: Store): Promise<string[]> => {
  const base = store.key('note:');
  if (store.clustered) return [base + MCP_PROOF];
  const found = new Set<string>();
  const pattern = `${base.replace(/[\\*?[\]]/g, '\\$&')}*`;
  let cursor = '0';
  do {
    const [next, keys] = (await store.command(['SCAN', cursor, 'MATCH', pattern, 'COUNT', '1000'])) as [string, string[]];
    cursor = next;
    for (const key of keys) found.add(key);
  } while (cursor !== '0');
  return [...found];
};
