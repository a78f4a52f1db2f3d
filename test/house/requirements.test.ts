/** The gate: every clause of the protocol is proved somewhere, and every requirement by a test that cites it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { PROVED_ELSEWHERE, REQUIREMENTS, type Requirement } from '../requirements.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const CLAUSE = /\bR-[A-Z][A-Z0-9]*-[1-9][0-9]*\b/g;

/** The clauses, as they are defined in the protocol. */
const defined = [...read('docs/protocol.md').matchAll(/^- \*\*(R-[A-Z][A-Z0-9]*-[1-9][0-9]*)\*\* /gm)].map((match) => match[1] ?? '');

const requirements = Object.entries(REQUIREMENTS) as [string, Requirement][];

/** Comments are no citations. */
const code = (text: string): string => text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');

const testFiles = (readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' }) as string[])
  .filter((name) => name.endsWith('.test.ts') && !name.includes('node_modules'))
  .map((name) => `test/${name.replaceAll('\\', '/')}`);

const citations = testFiles.flatMap((path) =>
  [...code(read(path)).matchAll(/\bverifies(?:\.once)?\(\s*'([^']*)'/g)].map((match) => ({ path, id: match[1] ?? '' })),
);

describe('the protocol', () => {
  test('defines each clause once, and an area’s clauses in order', () => {
    expect(defined.length).toBeGreaterThan(200);
    expect(defined.filter((clause, i) => defined.indexOf(clause) !== i)).toEqual([]);
    const bold = [...read('docs/protocol.md').matchAll(/\*\*(R-[A-Z][A-Z0-9]*-[0-9]+)\*\*/g)].map((match) => match[1]);
    expect(bold).toEqual(defined);
  });

  test('refers only to clauses that it defines', () => {
    const named = new Set(read('docs/protocol.md').match(CLAUSE));
    expect([...named].filter((clause) => !defined.includes(clause))).toEqual([]);
  });

  test.each(defined)('%s is proved', (clause) => {
    const by = requirements.filter(([, { clauses }]) => (clauses as readonly string[]).includes(clause)).map(([id]) => id);
    const elsewhere = PROVED_ELSEWHERE[clause];
    if (elsewhere === undefined) {
      expect(by, `no requirement in test/requirements/ cites ${clause}`).not.toEqual([]);
      return;
    }
    expect(existsSync(join(ROOT, elsewhere)), `${elsewhere}, which shall prove ${clause}, does not exist`).toBe(true);
    expect(read(elsewhere).match(CLAUSE) ?? [], `${elsewhere} does not mention ${clause}`).toContain(clause);
  });
});

describe('the manifest', () => {
  test('cites only clauses of the protocol', () => {
    const cited = [...requirements.flatMap(([, { clauses }]) => clauses), ...Object.keys(PROVED_ELSEWHERE)];
    expect(cited.filter((clause) => !defined.includes(clause))).toEqual([]);
  });

  test('lists as proved elsewhere only what no requirement proves', () => {
    const cited = new Set<string>(requirements.flatMap(([, { clauses }]) => clauses));
    expect(Object.keys(PROVED_ELSEWHERE).filter((clause) => cited.has(clause))).toEqual([]);
  });

  test('says each behaviour in one sentence of its own', () => {
    const sentences = requirements.map(([, { behaviour }]) => behaviour);
    for (const sentence of sentences) expect(sentence).toMatch(/^.{15,140}\.$/);
    expect(new Set(sentences).size).toBe(sentences.length);
    for (const [id, { clauses }] of requirements) {
      expect(id).toMatch(/^[a-z]+:[a-z-]+$/);
      expect(clauses.length, id).toBeGreaterThan(0);
      expect(new Set(clauses).size, id).toBe(clauses.length);
    }
  });

  test.each(requirements.map(([id]) => id))('%s is cited by a test', (id) => {
    expect(
      citations.filter((citation) => citation.id === id),
      `no test cites ${id}`,
    ).not.toEqual([]);
  });

  test('has every id that a test cites', () => {
    expect(citations.filter(({ id }) => !(id in REQUIREMENTS))).toEqual([]);
  });
});

test('clauses that tests, documents and source name are clauses of the protocol', () => {
  const files = (folder: string): string[] =>
    (readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }) as string[])
      .filter((name) => /\.(?:ts|md)$/.test(name) && !name.includes('node_modules'))
      .map((name) => `${folder}/${name}`);
  const unknown = ['src', 'test', 'docs', 'bench'].flatMap(files).flatMap((path) => {
    // This file and the model name patterns and examples.
    const named = new Set(read(path).match(CLAUSE));
    return [...named].filter((clause) => !defined.includes(clause)).map((clause) => `${path}: ${clause}`);
  });
  expect(unknown).toEqual([]);
});
