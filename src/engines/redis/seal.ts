/**
 * Keeps texts out of the store's files. A store writes all it is given to its log, and a channel that keeps no texts must
 * leave none there (docs/protocol.md, RETAIN): they are sealed with a key that only the memory of the hubs has.
 *
 * The first hub draws the key; each later one asks the others for it, over pub/sub, which is written nowhere. When the
 * last hub ends, the key is gone and with it every text that no channel promised to keep.
 *
 * A mark in the store names the seal in force while a hub lives that has it. A hub that starts and gets no answer waits
 * for those whose connections may just be made anew; one that finds that another seal is in force takes that. Two hubs with
 * two seals would take each other's texts for lost.
 */
import { randomBytes } from 'node:crypto';
import { type Seal, sealOf } from '../../core/seal.ts';
import type { Message } from '../../core/types.ts';
import type { Store } from './store.ts';

/** A message of the ring. Only where the channel keeps texts does one lie there in plain. Null when nobody can open it. */
export const openMessage = (seal: Seal, json: string): Message | null => {
  const { id, from, to, sealed, text, ...rest } = JSON.parse(json) as Message & { readonly sealed?: string };
  const opened = sealed === undefined ? text : seal.open(sealed);
  return opened === null ? null : { id, from, to, text: opened, ...rest };
};

/** Where the key is asked for: every hub listens there as long as it lives. */
export const SEAL_ASK = 'seal:ask';
/** Names the seal in force. */
const HELD = 'seal:held';

/** A hub that does not answer within this is not waited for, ms. */
const ANSWER_MS = 2_000;
/** Longer than a hub that lives needs to make a lost connection anew (see link/client.ts), ms. */
const BACK_MS = 2_500;
/** The lock of a hub that died ends after it, ms. */
const LOCK_MS = 2 * (ANSWER_MS + BACK_MS);
/** The mark of the seal in force ends when no hub has renewed it for so long, ms. Each does with every sweep. */
const HELD_MS = 75_000;
const AGAIN_MS = 50;

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Asks the other hubs for their key.
 * @param wanted the id of the seal; any other is taken only when nobody answers with this one in time
 * @returns null when nobody answers
 */
const askForKey = async (store: Store, node: string, wanted: string | null): Promise<Buffer | null> => {
  const mine = store.topic(`seal:${node}`);
  let take: (key: Buffer | null) => void = () => {};
  let other: Buffer | null = null;
  const answered = new Promise<Buffer | null>((resolve) => {
    take = resolve;
  });
  await store.subscribe(mine, (text) => {
    const key = Buffer.from(text, 'base64');
    if (wanted === null || sealOf(key).id === wanted) take(key);
    else other ??= key;
  });
  const late = setTimeout(() => take(other), ANSWER_MS);
  try {
    if ((await store.command(['SPUBLISH', store.topic(SEAL_ASK), node])) === 0) return null;
    return await answered;
  } finally {
    clearTimeout(late);
    await store.unsubscribe(mine);
  }
};

/** The key of the hubs that are there, or will be in a moment. @returns null when there are none */
const findKey = async (store: Store, node: string, patienceMs: number): Promise<Buffer | null> => {
  const until = performance.now() + patienceMs;
  for (;;) {
    const held = (await store.command(['GET', store.key(HELD)])) as string | null;
    const key = await askForKey(store, node, held);
    if (key !== null || held === null || performance.now() >= until) return key;
    await wait(AGAIN_MS);
  }
};

/** The seal of the hubs on a store, as one of them has it. */
export class SharedSeal implements Seal {
  readonly #store: Store;
  /** Names this process. */
  readonly #node: string;
  #key: Buffer;
  #seal: Seal;
  /** The one before: what was sealed with it may still come. */
  #before: Seal | null = null;
  #keeping: Promise<void> | null = null;
  /** Another hub was there when this one started, and gave it its key. */
  readonly shared: boolean;

  private constructor(store: Store, node: string, given: Buffer | null) {
    const key = given ?? randomBytes(32);
    this.shared = given !== null;
    this.#store = store;
    this.#node = node;
    this.#key = key;
    this.#seal = sealOf(key);
  }

  /**
   * Takes the seal of the other hubs, or draws one when there are none.
   * @param node names this process
   * @param patienceMs so long it waits for hubs that were there a minute ago and are not heard now, ms
   * @throws HubError storage_unavailable
   */
  static async agree(store: Store, node: string, patienceMs = BACK_MS): Promise<SharedSeal> {
    const lock = store.key('seal:lock');
    // One at a time, so that two that start together do not draw two keys.
    while ((await store.command(['SET', lock, node, 'NX', 'PX', String(LOCK_MS)])) === null) await wait(AGAIN_MS);
    try {
      const seal = new SharedSeal(store, node, await findKey(store, node, patienceMs));
      await seal.#answer();
      await seal.#mark();
      return seal;
    } finally {
      await store.command(['DEL', lock]);
    }
  }

  get id(): string {
    return this.#seal.id;
  }

  close(text: string): string {
    return this.#seal.close(text);
  }

  open(sealed: string): string | null {
    return this.#seal.open(sealed) ?? this.#before?.open(sealed) ?? null;
  }

  #answer(): Promise<void> {
    return this.#store.subscribe(this.#store.topic(SEAL_ASK), (who) => {
      if (who === this.#node) return;
      // Nobody waits for it; who asked asks again.
      this.#store.command(['SPUBLISH', this.#store.topic(`seal:${who}`), this.#key.toString('base64')]).catch(() => {});
    });
  }

  async #mark(): Promise<void> {
    await this.#store.command(['SET', this.#store.key(HELD), this.id, 'PX', String(HELD_MS)]);
  }

  /**
   * Says that the seal is in force; when another one is, takes that. To be called now and then, and when the store was away.
   * @throws HubError storage_unavailable
   */
  keep(): Promise<void> {
    this.#keeping ??= this.#keep().finally(() => {
      this.#keeping = null;
    });
    return this.#keeping;
  }

  async #keep(): Promise<void> {
    const held = await this.#store.command(['GET', this.#store.key(HELD)]);
    if (held !== null && held !== this.id) {
      const key = await askForKey(this.#store, this.#node, held as string);
      if (key !== null && sealOf(key).id === held) {
        this.#before = this.#seal;
        this.#key = key;
        this.#seal = sealOf(key);
      }
    }
    await this.#mark();
  }

  /** The last hub takes the mark along, so that the next one waits for nobody. @throws HubError storage_unavailable */
  async end(): Promise<void> {
    const asked = this.#store.topic(SEAL_ASK);
    await this.#store.unsubscribe(asked);
    if ((await this.#store.command(['SPUBLISH', asked, this.#node])) === 0) await this.#store.command(['DEL', this.#store.key(HELD)]);
  }
}
