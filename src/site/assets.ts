/** The built pages and what they load, as script/build-site.ts left them. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { brotliCompressSync, gzipSync } from 'node:zlib';

export type PageName = 'landing' | 'console' | 'admin' | 'manual';

/** A content in the forms a client may accept. */
export interface Asset {
  readonly type: string;
  /** Strong validator of the content, quoted as it goes into ETag. */
  readonly tag: string;
  readonly forms: Readonly<Partial<Record<Coding, Buffer>> & { identity: Buffer }>;
}

export type Coding = 'br' | 'gzip' | 'identity';

export interface Assets {
  /** The page, with these facts in its `<html>` element. */
  page(name: PageName): Asset;
  /** Undefined when nothing has that name. */
  asset(name: string): Asset | undefined;
}

const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
};

/** Beside the bundled program, or where a checkout builds it. */
const PLACES = ['./site/', '../../dist/site/'].map((path) => new URL(path, import.meta.url));

const tagOf = (content: Buffer): string => `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`;

export const HTML = 'text/html; charset=utf-8';

/** A text in the forms that take no time to make. */
export const assetOf = (type: string, text: string): Asset => {
  const identity = Buffer.from(text);
  return { type, tag: tagOf(identity), forms: { identity, gzip: gzipSync(identity) } };
};

const namesIn = (folder: URL): string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

/**
 * Reads the pages.
 * @param facts what a page is told of its hub: attributes of its `<html>` element, `data-` put before their names
 * @returns null when nobody has built them
 */
export const readAssets = (facts: Readonly<Record<string, string>>): Assets | null => {
  const place = PLACES.find((one) => namesIn(one).includes('landing.html'));
  if (!place) return null;
  const folder = new URL('assets/', place);
  const names = new Set(namesIn(folder));
  const attributes = Object.entries(facts).map(([name, value]) => ` data-${name}="${value}"`);
  const pages = new Map<PageName, Asset>();
  const assets = new Map<string, Asset>();

  const page = (name: PageName): Asset => {
    const text = readFileSync(new URL(`${name}.html`, place), 'utf8').replace('<html', () => `<html${attributes.join('')}`);
    const asset = assetOf(HTML, text);
    return { ...asset, forms: { ...asset.forms, br: brotliCompressSync(asset.forms.identity) } };
  };

  const asset = (name: string): Asset | undefined => {
    const type = TYPES[name.slice(name.lastIndexOf('.') + 1)];
    if (type === undefined || !names.has(name)) return undefined;
    const read = (ending: string): Buffer => readFileSync(new URL(name + ending, folder));
    const identity = read('');
    return { type, tag: tagOf(identity), forms: { identity, gzip: read('.gz'), br: read('.br') } };
  };

  return {
    page(name) {
      const known = pages.get(name) ?? page(name);
      pages.set(name, known);
      return known;
    },
    asset(name) {
      const known = assets.get(name) ?? asset(name);
      if (known) assets.set(name, known);
      return known;
    },
  };
};
