/** Secrets at rest: R-HOOK-19. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BadKeyError, KEY_FILE, openVault } from '../../src/courier/vault.ts';
import { temporaryDirectory } from '../harness/process.ts';

const SECRET = 'whsec_c2VjcmV0';

describe('a key of the hub’s own', () => {
  test('is made when it is needed, for nobody else to read, and stays', () => {
    const directory = temporaryDirectory();
    const path = join(directory, KEY_FILE);
    const vault = openVault(directory, null);
    expect(vault.keys()).toEqual([]);
    expect(() => statSync(path)).toThrow();
    const sealed = vault.seal(SECRET, 'wh_1');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const key = readFileSync(path, 'utf8');
    const next = openVault(directory, null);
    expect(next.open(sealed, 'wh_1')).toBe(SECRET);
    next.seal(SECRET, 'wh_2');
    expect(readFileSync(path, 'utf8')).toBe(key);
  });

  test('R-HOOK-19: what is sealed shows nothing, and never looks the same twice', () => {
    const vault = openVault(null, null);
    const [one, two] = [vault.seal(SECRET, 'wh_1'), vault.seal(SECRET, 'wh_1')];
    expect(one).not.toBe(two);
    for (const sealed of [one, two]) expect(sealed).not.toContain('c2VjcmV0');
  });

  test('a file that holds no key is not written over', () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, KEY_FILE), 'not a key');
    expect(() => openVault(directory, null)).toThrow(BadKeyError);
    expect(readFileSync(join(directory, KEY_FILE), 'utf8')).toBe('not a key');
  });
});

describe('what is sealed opens', () => {
  const vault = openVault(null, 'a key that the operator gave');
  const sealed = vault.seal(SECRET, 'wh_1');

  test('in every process with the same key', () => {
    expect(openVault(null, 'a key that the operator gave').open(sealed, 'wh_1')).toBe(SECRET);
  });

  test('for its own webhook and with its own key only', () => {
    expect(vault.open(sealed, 'wh_2')).toBeNull();
    expect(openVault(null, 'another key of the operator').open(sealed, 'wh_1')).toBeNull();
    expect(openVault(null, null).open(sealed, 'wh_1')).toBeNull();
  });

  test('as it was written only', () => {
    const [name, text = ''] = sealed.split('.');
    const bytes = Buffer.from(text, 'base64url');
    for (let i = 0; i < bytes.length; i++) {
      const flipped = Buffer.from(bytes);
      flipped[i]! ^= 1;
      expect(vault.open(`${name}.${flipped.toString('base64url')}`, 'wh_1')).toBeNull();
    }
    for (const cut of ['', name!, `${name}.`, `${name}.${text.slice(0, 20)}`, `${name}.${text.slice(0, -4)}`])
      expect(vault.open(cut, 'wh_1')).toBeNull();
  });

  test('after the operator gave a key to a hub that had its own', () => {
    const directory = temporaryDirectory();
    const old = openVault(directory, null).seal(SECRET, 'wh_1');
    const both = openVault(directory, 'a key that the operator gave');
    expect(both.open(old, 'wh_1')).toBe(SECRET);
    expect(openVault(null, 'a key that the operator gave').open(both.seal(SECRET, 'wh_1'), 'wh_1')).toBe(SECRET);
  });
});
