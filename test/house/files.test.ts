/** A file is one concept, about 300 lines at the most. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MOST = 300;

/** Files that are longer, and why two concepts do not live in them. An entry that is no longer needed fails. */
const LONGER: Readonly<Record<string, string>> = {
  'src/client/calls.ts': 'made from the list of operations, a line for each field',
};

const filesIn = (folder: string): string[] =>
  (readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }) as string[])
    .filter((name) => /\.tsx?$/.test(name) && !name.includes('node_modules'))
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .sort();

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const lines = (path: string): number => read(path).trimEnd().split('\n').length;

describe('length', () => {
  test.each([...filesIn('src'), ...['behaviour', 'engine', 'house', 'requirements'].flatMap((name) => filesIn(`test/${name}`))])(
    '%s',
    (path) => {
      const count = lines(path);
      if (path in LONGER) expect(count, `${path} is short enough now; take it off the list`).toBeGreaterThan(MOST);
      else expect(count, `${path} has ${count} lines`).toBeLessThanOrEqual(MOST);
    },
  );

  test('every longer file has a reason, and exists', () => {
    const all = new Set([...filesIn('src'), ...filesIn('test')]);
    for (const [path, reason] of Object.entries(LONGER)) {
      expect(all.has(path), path).toBe(true);
      expect(reason.length, path).toBeGreaterThan(20);
    }
  });
});

describe('tests', () => {
  const suites = ['behaviour', 'engine'].flatMap((name) => filesIn(`test/${name}`));

  test.each(suites)('%s sleeps nowhere and skips nothing', (path) => {
    const text = read(path);
    expect(text).not.toMatch(/\bsetTimeout\s*\(|\bsleep\b|timers\/promises/);
    expect(text).not.toMatch(/\.(?:only|skip|todo)\b/);
  });
});

describe('source', () => {
  test.each(filesIn('src/core'))('%s asks no clock but the one it is given', (path) => {
    if (path === 'src/core/clock.ts') return;
    expect(read(path)).not.toMatch(/\bDate\.now\(|new Date\(\)|performance\.now\(|\bsetTimeout\(|\bsetInterval\(/);
  });
});
