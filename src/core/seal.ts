/** AES-256-GCM over short texts: what only the holder of a key can read, and nobody can change. */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

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

/** Nonce, tag, text. @param key 32 bytes */
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
