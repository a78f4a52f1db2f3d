/** The pages for people: landing, console, dashboard, manual. Static files with strict headers; all they know comes from the API. */
import type { Context, Env, Hono } from 'hono';
import { HubError } from '../core/errors.ts';
import { isKnown } from '../operations/etag.ts';
import { type Asset, type Assets, assetOf, type Coding, HTML, type PageName, readAssets } from './assets.ts';
import { type Manual, openManual } from './manual.ts';

export interface SiteOptions<E extends Env> {
  /** Creating a channel asks for the hub's token. */
  readonly hubToken: boolean;
  /** The hub has an admin token; without one there is no dashboard. */
  readonly admin: boolean;
  /** The index for programs. */
  readonly index: (c: Context<E>) => Response;
}

/** Nothing but our own files, no inline code, no other origin, nobody's frame; a text can never become markup. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const SAFETY = { 'X-Content-Type-Options': 'nosniff', 'Cross-Origin-Resource-Policy': 'same-origin' } as const;

const PAGE_HEADERS = {
  ...SAFETY,
  'Content-Security-Policy': POLICY,
  'Referrer-Policy': 'no-referrer',
  'X-Frame-Options': 'DENY',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'Cache-Control': 'no-cache',
} as const;

const MARKDOWN = 'text/markdown; charset=utf-8';

/** The manual may be kept as long as the other documents. */
const MANUAL_HEADERS = { ...SAFETY, 'Cache-Control': 'public, max-age=300' } as const;

/** Names of assets have a hash of their content. */
const ASSET_HEADERS = { ...SAFETY, 'Cache-Control': 'public, max-age=31536000, immutable' } as const;

/** The best of our forms that a client takes; a coding with `q=0` is refused. */
const codingFor = (accept: string | undefined, forms: Asset['forms']): Coding => {
  const taken = new Set(
    (accept ?? '')
      .toLowerCase()
      .split(',')
      .map((part) => part.split(';').map((word) => word.trim()))
      .filter(([, weight]) => !/^q=0(?:\.0*)?$/.test(weight ?? ''))
      .map(([name]) => name),
  );
  return (['br', 'gzip'] as const).find((coding) => taken.has(coding) && forms[coding] !== undefined) ?? 'identity';
};

const give = (c: Context, asset: Asset, headers: Readonly<Record<string, string>>): Response => {
  const common = { ...headers, ETag: asset.tag, Vary: 'Accept-Encoding, Accept' };
  if (isKnown(c.req.header('if-none-match'), asset.tag)) return new Response(null, { status: 304, headers: common });
  const coding = codingFor(c.req.header('accept-encoding'), asset.forms);
  const body = asset.forms[coding] ?? asset.forms.identity;
  return new Response(new Uint8Array(body), {
    headers: {
      ...common,
      'Content-Type': asset.type,
      'Content-Length': String(body.length),
      ...(coding === 'identity' ? {} : { 'Content-Encoding': coding }),
    },
  });
};

/** Whether a program asks: it names JSON, and no page. */
export const wantsJson = (accept: string | undefined): boolean =>
  /\bapplication\/json\b/i.test(accept ?? '') && !/\btext\/html\b/i.test(accept ?? '');

/** What is routed here, for whoever answers wrong methods. */
export const SITE_PATHS = ['/', '/c/:channel_id', '/admin', '/assets/:name', '/docs', '/docs/:name'] as const;

/** Whether a person asks, in a browser: programs that can read both name Markdown. */
const wantsPage = (accept = ''): boolean => /\btext\/html\b/i.test(accept) && !/\btext\/markdown\b/i.test(accept);

/**
 * The pages of docs/, under their names with and without the ending, by which they link to one another: Markdown, and without the
 * ending HTML for whoever asks for it.
 */
const mountManual = <E extends Env>(app: Hono<E>, assets: () => Assets | null): void => {
  // Opened at the first look, as the pages are.
  let manual: Manual | undefined;
  const known = new Map<string, Asset>();
  const markdown = (path: string): string => {
    manual ??= openManual();
    const text = path === '/docs' ? manual.index() : manual.page(path.slice('/docs/'.length).replace(/\.md$/, ''));
    if (text === undefined) throw new HubError('not_found', 'The manual has no such page.', { hint: 'GET /docs lists its pages.' });
    return text;
  };
  const page = async (path: string, shell: Asset): Promise<Asset> => {
    const { title, html } = (await import('./reader.ts')).read(markdown(path));
    const text = shell.forms.identity.toString();
    return assetOf(
      HTML,
      text.replace(/<!-- (title|words) -->/g, (_, place: string) => (place === 'title' ? title : html)),
    );
  };
  const serve = async (c: Context): Promise<Response> => {
    const { path } = c.req;
    const shell = path.endsWith('.md') || !wantsPage(c.req.header('accept')) ? undefined : assets()?.page('manual');
    const key = shell ? `${path} as a page` : path;
    const asset = known.get(key) ?? (shell ? await page(path, shell) : assetOf(MARKDOWN, markdown(path)));
    known.set(key, asset);
    return give(c, asset, shell ? { ...PAGE_HEADERS, ...MANUAL_HEADERS } : MANUAL_HEADERS);
  };
  for (const path of ['/docs', '/docs/:name']) app.get(path, serve);
};

/**
 * Mounts the pages.
 * @throws HubError not_found from the routes: an asset or page that is not there, the dashboard of a hub without an admin token
 */
export const mountSite = <E extends Env>(app: Hono<E>, options: SiteOptions<E>): void => {
  let known: Assets | null | undefined;
  const assets = (): Assets | null => {
    // Read at the first look: a hub that no person visits starts without it.
    known ??= readAssets({ hub: options.hubToken ? 'token' : 'open' });
    return known;
  };
  const page = (c: Context, name: PageName, headers: Readonly<Record<string, string>> = {}): Response => {
    const asset = assets()?.page(name);
    if (!asset) return new Response('The pages are not built. Run: npm run build\n', { status: 503, headers: { 'Retry-After': '60' } });
    return give(c, asset, { ...PAGE_HEADERS, ...headers });
  };
  app.get('/', (c) => {
    // A checkout whose pages nobody has built is a hub all the same.
    if (wantsJson(c.req.header('accept')) || assets() === null) return options.index(c);
    return page(c, 'landing', { Link: '</llms.txt>; rel="alternate"; type="text/markdown"' });
  });
  // Whether there is such a channel is nobody's business without its token, so the page is the same for all.
  app.get('/c/:channel_id', (c) => page(c, 'console'));
  app.get('/admin', (c) => {
    if (!options.admin) throw new HubError('not_found', 'This hub has no admin token, so it has no dashboard.');
    return page(c, 'admin');
  });
  app.get('/assets/:name', (c) => {
    const asset = assets()?.asset(c.req.param('name') ?? '');
    if (!asset) throw new HubError('not_found');
    return give(c, asset, ASSET_HEADERS);
  });
  mountManual(app, assets);
};
