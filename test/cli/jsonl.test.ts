/** The file of `listen --jsonl` by itself: what it costs to go on for months, and to be on Windows. */
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { JsonLines } from '../../src/cli/jsonl.ts';
import type { WireMessage } from '../../src/client/operations.ts';
import { temporaryDirectory } from '../harness/process.ts';
import { verifies } from '../harness/verifies.ts';

const message = (id: number, text: string): WireMessage =>
  ({ id, at: '2026-01-01T00:00:00.000Z', from: 'alpha', to: 'bravo', kind: 'message', text }) as unknown as WireMessage;

verifies.once('cli:jsonl-months', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const used = (): number => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const path = join(temporaryDirectory(), 'inbox.jsonl');
  const lines = new JsonLines(path);
  const KIB = 1024;
  const batch = (n: number): WireMessage[] => Array.from({ length: 50 }, (_, i) => message(n * 50 + i + 1, 'x'.repeat(64 * KIB)));
  const before = used();
  for (let n = 0; n < 10; n++) lines.append(batch(n));
  // 32 MiB of text went through.
  expect(used() - before).toBeLessThan(8 * KIB * KIB);
  const { size } = statSync(path);
  lines.append(batch(9));
  expect(statSync(path).size).toBe(size);
  lines.close();
  const again = new JsonLines(path);
  again.append([...batch(9), message(501, 'the next')]);
  again.close();
  expect(readFileSync(path, 'utf8').trim().split('\n')).toHaveLength(501);
  // Nor does what is short stay for ever.
  const short = new JsonLines(join(temporaryDirectory(), 'short.jsonl'));
  const shortBefore = used();
  for (let n = 0; n < 100; n++) short.append(Array.from({ length: 1000 }, (_, i) => message(n * 1000 + i, 'x')));
  expect(used() - shortBefore).toBeLessThan(4 * KIB * KIB);
  short.close();
});

test('Windows has folders that cannot be synced, and a file in one is written', () => {
  const platform = Object.getOwnPropertyDescriptor(process, 'platform')!;
  const path = join(temporaryDirectory(), 'inbox.jsonl');
  const file = openSync(path, 'a');
  try {
    Object.defineProperty(process, 'platform', { ...platform, value: 'win32' });
    // Linux refuses to sync this folder as Windows does any.
    const lines = new JsonLines(`/dev/fd/${file}`);
    lines.append([message(1, 'here')]);
    lines.close();
  } finally {
    Object.defineProperty(process, 'platform', platform);
    closeSync(file);
  }
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ id: 1, text: 'here' });
});
