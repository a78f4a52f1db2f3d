/** Links in the documents lead somewhere: to a file that is there, and to a heading that it has. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** Every document of the repository. */
const DOCUMENTS = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...['docs', 'examples', 'plugin', 'deploy'].flatMap((folder) =>
    (readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }) as string[])
      .filter((name) => name.endsWith('.md'))
      .map((name) => `${folder}/${name.replaceAll('\\', '/')}`),
  ),
];

const withoutBlocks = (markdown: string): string => markdown.replace(/^```.*?^```$/gms, '');

/** The name of a heading in an address, as GitHub makes it. */
const slug = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

const anchorsOf = (path: string): Set<string> => {
  const anchors = new Set<string>();
  for (const [, heading = ''] of withoutBlocks(read(path)).matchAll(/^#+ (.+)$/gm)) {
    const name = slug(heading);
    let anchor = name;
    for (let again = 1; anchors.has(anchor); again++) anchor = `${name}-${again}`;
    anchors.add(anchor);
  }
  return anchors;
};

interface Link {
  readonly text: string;
  /** From the root of the repository. */
  readonly path: string;
  readonly anchor: string;
}

const linksIn = (document: string): Link[] =>
  [...withoutBlocks(read(document)).matchAll(/\[([^\]]+)\]\((?![a-z]+:)([^)#?\s]*)(?:#([^)?\s]*))?\)/g)].map(
    ([, text = '', path = '', anchor = '']) => ({
      text,
      path: path === '' ? document : normalize(join(dirname(document), path)),
      anchor,
    }),
  );

describe.each(DOCUMENTS)('%s', (document) => {
  test('its links lead to files that are there, and to headings that they have', () => {
    const broken = linksIn(document).filter(
      ({ path, anchor }) => !existsSync(join(ROOT, path)) || (anchor !== '' && !anchorsOf(path).has(anchor)),
    );
    expect(broken).toEqual([]);
  });

  test('who cites an area of the protocol leads there', () => {
    const cited = linksIn(document).filter(({ text, path }) => path === 'docs/protocol.md' && /^(?:R-)?[A-Z][A-Z0-9]+$/.test(text));
    for (const { text, anchor } of cited) expect(anchor, text).toMatch(new RegExp(`^${text.replace(/^R-/, '').toLowerCase()}-`));
  });
});

describe('docs/protocol.md', () => {
  const protocol = read('docs/protocol.md');
  const headings = [...protocol.matchAll(/^## (.+)$/gm)].map(([, heading = '']) => heading);

  test('has each area under a heading of its name, and in the table of areas', () => {
    const table = linksIn('docs/protocol.md').map(({ anchor }) => anchor);
    expect(table).toEqual(expect.arrayContaining(headings.map(slug)));
    for (const part of protocol.split(/^## /m).slice(1)) {
      const [area = ''] = part.split(':', 1);
      const defined = [...part.matchAll(/^- \*\*R-([A-Z0-9]+)-[0-9]+\*\*/gm)].map((match) => match[1]);
      expect(defined.filter((one) => one !== area)).toEqual([]);
    }
  });

  test('counts the clauses of an area upwards', () => {
    for (const part of protocol.split(/^## /m).slice(1)) {
      const numbers = [...part.matchAll(/^- \*\*R-[A-Z0-9]+-([0-9]+)\*\*/gm)].map((match) => Number(match[1]));
      expect(numbers, part.slice(0, 30)).toEqual([...numbers].sort((a, b) => a - b));
    }
  });
});

describe('README.md', () => {
  test('leads to every document', () => {
    const led = new Set(linksIn('README.md').map(({ path }) => path));
    const folders = ['docs/decisions', 'examples', 'plugin', 'deploy'];
    const others = ['README.md', 'CHANGELOG.md'];
    const missing = DOCUMENTS.filter(
      (path) => !others.includes(path) && !led.has(path) && !folders.some((folder) => path.startsWith(folder)),
    );
    expect(missing).toEqual([]);
    for (const folder of folders)
      expect(
        [...led].some((path) => path.startsWith(folder)),
        folder,
      ).toBe(true);
  });
});
