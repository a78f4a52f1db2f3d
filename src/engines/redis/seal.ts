/**
 * Keeps texts out of the store's files. A store writes all it is given to its log, and a channel that keeps no texts must
 * leave none there (docs/protocol.md, RETAIN): they are sealed with a key that only the memory of the hubs has.
 *
 * The first hub draws the key; each later one asks the others for it, over pub/sub, which is written nowhere. When the
 * last hub ends, the key is gone and with it every text that no channel promised to keep.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import type { Message } from '../../core/types.ts';
import type { Store } from './store.ts';

export interface Seal {
  /** Names the key. */
  readonly id: string;
  close(text: string): string;
  /** Null when it was closed with another key. */
  open(sealed: string): string | null;
}

const NONCE = 12;
const TAG = 16;

const NONCES = 512;
let nonces = Buffer.alloc(0);
let used = 0;

/** Random bytes are drawn for many nonces at once: each draw costs more than the bytes. */
const nextNonce = (): Buffer => {
  if (used + NONCE > nonces.length) {
    nonces = randomBytes(NONCES * NONCE);
    used = 0;
  }
  used += NONCE;
  return nonces.subarray(used - NONCE, used);
};

/** AES-256-GCM: nonce, tag, text. */
export const sealOf = (key: Buffer): Seal => ({
  id: createHash('sha256').update(key).digest('hex').slice(0, 12),
  close: (text) => {
    const nonce = nextNonce();
    const cipher = createCipheriv('aes-256-gcm', key, nonce);
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64');
  },
  open: (sealed) => {
    const bytes = Buffer.from(sealed, 'base64');
    if (bytes.length < NONCE + TAG) return null;
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE));
    decipher.setAuthTag(bytes.subarray(NONCE, NONCE + TAG));
    try {
      return Buffer.concat([decipher.update(bytes.subarray(NONCE + TAG)), decipher.final()]).toString('utf8');
    } catch {
      return null;
    }
  },
});

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
