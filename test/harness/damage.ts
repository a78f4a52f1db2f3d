/** Damage to files, as disks and careless hands do it. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Random } from './random.ts';

const SECTOR = 512;

/** Changes the bytes of a file, or says that it is gone. */
type Harm = (bytes: Buffer, random: Random) => Buffer | null;

const at = (bytes: Buffer, random: Random): number => random.int(0, bytes.length - 1);

const onSector = (bytes: Buffer, random: Random, byte: () => number): Buffer => {
  const from = at(bytes, random) & ~(SECTOR - 1);
  for (let i = from; i < Math.min(bytes.length, from + SECTOR); i++) bytes[i] = byte();
  return bytes;
};

const flip = (bytes: Buffer, random: Random, index: number): Buffer => {
  bytes[index]! ^= 1 << random.int(0, 7);
  return bytes;
};

export const HARMS = {
  'a flipped bit': (bytes, random) => flip(bytes, random, at(bytes, random)),
  'a flipped bit of the first page': (bytes, random) => flip(bytes, random, random.int(0, Math.min(bytes.length, 4096) - 1)),
  'a sector of zeros': (bytes, random) => onSector(bytes, random, () => 0),
  'a sector of garbage': (bytes, random) => onSector(bytes, random, () => random.int(0, 255)),
  'a flipped bit of the header': (bytes, random) => flip(bytes, random, random.int(0, 31)),
  'a header of garbage': (bytes, random) => {
    for (let i = 0; i < 100; i++) bytes[i] = random.int(0, 255);
    return bytes;
  },
  'the end cut off': (bytes, random) => bytes.subarray(0, at(bytes, random)),
  'the last of it cut off': (bytes, random) => bytes.subarray(0, random.int(Math.ceil(bytes.length * 0.9), bytes.length - 1)),
  'everything cut off': () => Buffer.alloc(0),
  'the file gone': () => null,
} as const satisfies Record<string, Harm>;

export type HarmName = keyof typeof HARMS;

/** Does it to a file, and returns what is there then. */
export const harm = (path: string, name: HarmName, random: Random): void => {
  const left = HARMS[name](readFileSync(path), random);
  if (left === null) rmSync(path);
  else writeFileSync(path, left);
};

/** What tells one content of a file from another; null where there is nothing. An empty log is nothing. */
export const fingerprintOf = (path: string): string | null => {
  const bytes = existsSync(path) ? readFileSync(path) : null;
  if (bytes === null || (bytes.length === 0 && path.endsWith('-wal'))) return null;
  return createHash('sha256').update(bytes).digest('hex');
};
