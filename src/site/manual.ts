/**
 * The manual: the pages of docs/ that came with this program, read here as they are written, so that what the hub's own
 * documents link to is there, in the version that runs.
 */
import { readdirSync, readFileSync } from 'node:fs';

/** Beside the bundled program, or in a checkout that runs from its source. */
const PLACES = ['../docs/', '../../docs/'].map((path) => new URL(path, import.meta.url));

export interface Manual {
  /** A page as Markdown; undefined when there is none of that name. */
  page(name: string): string | undefined;
  /** The list of the pages. */
  index(): string;
}

const pagesIn = (folder: URL): string[] => {
  try {
    return readdirSync(folder).flatMap((name) => /^([a-z0-9-]+)\.md$/.exec(name)?.[1] ?? []);
  } catch {
    return [];
  }
};

/** Opens the manual, which is empty where a program was installed without it. */
export const openManual = (): Manual => {
  // Other folders are called docs, too.
  const folder = PLACES.find((place) => pagesIn(place).includes('protocol'));
  const names = folder ? pagesIn(folder).sort() : [];
  const known = new Set(names);
  const read = (name: string): string => readFileSync(new URL(`${name}.md`, folder), 'utf8');
  /** Links to what is not served are left as their words. */
  const served = (text: string): string =>
    text.replaceAll(/\[([^\]]+)\]\(([\w./#-]+)\)/g, (link, words: string, target: string) => {
      const [path = ''] = target.split('#', 1);
      return path === '' || (path.endsWith('.md') && known.has(path.slice(0, -3))) ? link : words;
    });
  return {
    page: (name) => (known.has(name) ? served(read(name)) : undefined),
    index: () =>
      [
        '# The manual of this hub',
        '',
        ...names.map((name) => `- [${/^# (.+)$/m.exec(read(name))?.[1] ?? name}](/docs/${name})`),
        '',
        'For language models: [/llms.txt](/llms.txt). As data: [/openapi.json](/openapi.json).',
        '',
      ].join('\n'),
  };
};
