/**
 * Signing secrets at rest: AES-256-GCM under the hub's own key, bound to their webhook. The key is in a file of the
 * data directory, made when it is first needed, or is given by the operator: all processes of a fleet need the same.
 */
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HubError } from '../core/errors.ts';

export const KEY_FILE = 'secret.key';

/** The key file is there and holds no key. */
export class BadKeyError extends Error {
  constructor(path: string) {
    super(`The file ${path} does not hold a key. Put the right one back; or remove it, and webhooks made with it are disabled.`);
  }
}

export interface Vault {
  /** The operator gave the key: other processes may have it, or another one. */
  readonly shared: boolean;
  /** Names of the keys it can open with. */
  keys(): readonly string[];
  /** @param what it is bound to; it opens for nothing else */
  seal(text: string, what: string): string;
  /** Null when its key is not here, or it is not what was sealed. */
  open(sealed: string, what: string): string | null;
}

interface Key {
  readonly name: string;
  readonly bytes: Buffer;
}

/** A key's name says which it is, and nothing about it. */
const keyOf = (bytes: Buffer): Key => ({ bytes, name: createHash('sha256').update('key name').update(bytes).digest('hex').slice(0, 12) });

const readKey = (path: string): Key => {
  const bytes = Buffer.from(readFileSync(path, 'utf8').trim(), 'base64url');
  if (bytes.length !== 32) throw new BadKeyError(path);
  return keyOf(bytes);
};

/** Made whole or not at all, and on the disk before anything is encrypted with it. */
const makeKey = (path: string): Key => {
  const key = keyOf(randomBytes(32));
  const file = openSync(`${path}.new`, 'w', 0o600);
  try {
    // Goes on after a short write, which on a full disk is the last that fits.
    writeFileSync(file, `${key.bytes.toString('base64url')}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(`${path}.new`, path);
  return key;
};

/** @throws HubError storage_unavailable when the disk takes none: nothing can be sealed that could be read after a restart */
const keptKey = (path: string): Key => {
  try {
    return makeKey(path);
  } catch {
    throw new HubError('storage_unavailable', undefined, { retryAfter: 2 });
  }
};

/**
 * @param directory where the key file is; null for a hub in memory
 * @param given what the operator gave instead, of any length
 * @throws BadKeyError
 */
export const openVault = (directory: string | null, given: string | null): Vault => {
  const path = directory === null ? null : join(directory, KEY_FILE);
  const known: Key[] = [];
  if (given !== null) known.push(keyOf(Buffer.from(hkdfSync('sha256', given, '', 'rogerthat webhook secrets', 32))));
  if (path !== null && existsSync(path)) known.push(readKey(path));
  const current = (): Key => {
    if (known.length === 0) known.push(path === null ? keyOf(randomBytes(32)) : keptKey(path));
    return known[0]!;
  };
  return {
    shared: given !== null,
    keys: () => known.map(({ name }) => name),
    seal(text, what) {
      const { name, bytes } = current();
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', bytes, nonce).setAAD(Buffer.from(what));
      const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return `${name}.${sealed.toString('base64url')}`;
    },
    open(sealed, what) {
      const [name, text = ''] = sealed.split('.', 2);
      const key = known.find((one) => one.name === name);
      const bytes = Buffer.from(text, 'base64url');
      if (!key || bytes.length < 12 + 16) return null;
      try {
        const decipher = createDecipheriv('aes-256-gcm', key.bytes, bytes.subarray(0, 12), { authTagLength: 16 });
        decipher.setAAD(Buffer.from(what)).setAuthTag(bytes.subarray(-16));
        return decipher.update(bytes.subarray(12, -16), undefined, 'utf8') + decipher.final('utf8');
      } catch {
        return null;
      }
    },
  };
};
