/**
 * Keeps texts out of the store's files. A store writes all it is given to its log, and a channel that keeps no texts must
 * leave none there (docs/protocol.md, RETAIN): they are sealed with a key that only the memory of the hubs has.
 *
 * The first hub draws the key; each later one asks the others for it, over pub/sub, which is written nowhere. When the
 * last hub ends, the key is gone and with it every text that no channel promised to keep.
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

/** A hub that does not answer within this is not waited for; the lock of one that died ends after it, ms. */
const ANSWER_MS = 2_000;
const AGAIN_MS = 50;

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * The seal of the hubs on a store.
 * @param node names this process
 * @throws HubError storage_unavailable
 */
export const agreeOnSeal = async (store: Store, node: string): Promise<Seal> => {
  const lock = store.key('seal:lock');
  const asked = store.key(SEAL_ASK);
  // One at a time, so that two that start together do not draw two keys.
  while ((await store.command(['SET', lock, node, 'NX', 'PX', String(2 * ANSWER_MS)])) === null) await wait(AGAIN_MS);
  try {
    const key = (await askForKey(store, asked, node)) ?? randomBytes(32);
    await store.subscribe(asked, (who) => {
      // Nobody waits for it; who asked asks again.
      store.command(['SPUBLISH', store.key(`seal:${who}`), key.toString('base64')]).catch(() => {});
    });
    return sealOf(key);
  } finally {
    await store.command(['DEL', lock]);
  }
};

const askForKey = async (store: Store, asked: string, node: string): Promise<Buffer | null> => {
  const mine = store.key(`seal:${node}`);
  let take: (key: Buffer | null) => void = () => {};
  const answered = new Promise<Buffer | null>((resolve) => {
    take = resolve;
  });
  await store.subscribe(mine, (key) => take(Buffer.from(key, 'base64')));
  const late = setTimeout(() => take(null), ANSWER_MS);
  try {
    if ((await store.command(['SPUBLISH', asked, node])) === 0) return null;
    return await answered;
  } finally {
    clearTimeout(late);
    await store.unsubscribe(mine);
  }
};
