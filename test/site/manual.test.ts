/** The manual as people read it: R-DISC-13. That programs get Markdown is in test/discovery. */
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { read } from '../../src/site/reader.ts';
import { call } from '../harness/rest.ts';
import { expectAccessible, expectNoSidewaysScroll, picture, type Scheme, visiting } from './browser.ts';
import { hubForFile } from './hub.ts';

const hub = hubForFile();
const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

const get = (path: string, headers: Record<string, string> = { Accept: BROWSER }) => call(hub().url, { path, headers });

/** The pages of the manual, by the files that are there. */
const NAMES = readdirSync(new URL('../../docs/', import.meta.url)).flatMap((file) => /^([a-z0-9-]+)\.md$/.exec(file)?.[1] ?? []);

test('R-DISC-13: a click on the landing page leads to the list, and that to every page', async () => {
  await visiting(hub().url, {}, async (page) => {
    await page.goto('/');
    await page.getByRole('link', { name: 'Manual' }).click();
    await page.getByRole('heading', { level: 1, name: 'The manual of this hub' }).waitFor();
    const links = await page.locator('main a[href^="/docs/"]').evaluateAll((all) => all.map((one) => one.getAttribute('href')));
    expect(links.sort()).toEqual(NAMES.map((name) => `/docs/${name}`).sort());
    await page.getByRole('link', { name: 'Webhooks', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'Webhooks' }).waitFor();
    expect(await page.title()).toBe('Webhooks · RogerThat');
  });
});

test('R-DISC-13: every link leads to a page that is there, and to a place in it', async () => {
  const pages = new Map<string, string>();
  const pageAt = async (path: string): Promise<string> => {
    const known = pages.get(path);
    if (known !== undefined) return known;
    const { status, headers, body } = await get(path);
    expect(status, path).toBe(200);
    pages.set(path, headers['content-type'] === 'text/html; charset=utf-8' ? String(body) : '');
    return pages.get(path)!;
  };
  let places = 0;
  for (const name of NAMES) {
    const path = `/docs/${name}`;
    const html = await pageAt(path);
    expect(html.match(/<h1 /g), path).toHaveLength(1);
    expect(html, path).not.toMatch(/<style|\sstyle=|\son[a-z]+=|<script|<!-- |javascript:/);
    for (const [, href = ''] of html.matchAll(/<a [^>]*href="([^"]+)"/g)) {
      const target = new URL(href, `${hub().url}${path}`);
      if (target.origin !== hub().url) continue;
      const there = await pageAt(target.pathname);
      if (target.hash === '') continue;
      places++;
      expect(there, `${path}: ${href}`).toContain(` id="${decodeURIComponent(target.hash.slice(1))}"`);
    }
  }
  expect(places).toBeGreaterThan(100);
});

test('R-DISC-13: the type of an error leads to its code', async () => {
  const { body } = await get('/api/channels/quiet-otter-3a8f19');
  const { type, code, hint } = body as { type: string; code: string; hint: string };
  expect(hint).toMatch(/\S/);
  await visiting(hub().url, {}, async (page) => {
    await page.goto(type);
    expect(await page.locator(':target').textContent()).toBe(code);
  });
});

test('R-DISC-13: who does not ask for a page gets Markdown', async () => {
  for (const accept of ['*/*', 'text/markdown, text/html, */*', 'text/plain', 'application/json']) {
    const { headers, body } = await get('/docs/webhooks', { Accept: accept });
    expect(headers, accept).toMatchObject({ 'content-type': 'text/markdown; charset=utf-8', vary: 'Accept-Encoding, Accept' });
    expect(String(body)).toMatch(/^# Webhooks\n/);
  }
  expect((await get('/docs/webhooks.md')).headers['content-type']).toBe('text/markdown; charset=utf-8');
});

test('R-DISC-13: a page may be kept, and is let in as the others are', async () => {
  const { headers } = await get('/docs/webhooks');
  expect(headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'public, max-age=300',
    'x-frame-options': 'DENY',
    vary: 'Accept-Encoding, Accept',
  });
  expect(headers['content-security-policy']).toContain("default-src 'none'");
  const again = await get('/docs/webhooks', { Accept: BROWSER, 'If-None-Match': headers['etag']! });
  expect([again.status, again.body]).toEqual([304, '']);
  // The Markdown is another content.
  expect((await get('/docs/webhooks', { Accept: '*/*', 'If-None-Match': headers['etag']! })).status).toBe(200);
});

describe.each(['light', 'dark'] as Scheme[])('R-SITE-8: in %s', (colorScheme) => {
  test('nothing hinders, on a wide screen and at 375 px', async () => {
    for (const [width, height] of [
      [1280, 860],
      [375, 780],
    ] as const) {
      await visiting(hub().url, { colorScheme, viewport: { width, height } }, async (page) => {
        for (const name of ['', '/configuration', '/benchmarks', '/api', '/waking-agents']) {
          await page.goto(`/docs${name}`);
          await expectNoSidewaysScroll(page);
          await expectAccessible(page);
          await picture(page, `manual${name.replace('/', '-')}-${colorScheme}-${width}`);
        }
      });
    }
  });
});

describe('Markdown as HTML', () => {
  const html = (markdown: string): string => read(markdown).html;

  test('markup in it is text', () => {
    const evil = '<script>alert(1)</script>\n\nA <img src=x onerror=alert(1)> b.\n\n`<b>` and [x](https://a.example/"><i>)';
    expect(html(evil)).not.toMatch(/<(?:script|img|b|i)[ >]/);
    expect(read('# A <b>title</b> & more').title).toBe('A &lt;b&gt;title&lt;/b&gt; &amp; more');
    expect(html('<!-- said to writers -->\n\ntext')).toBe('<p>text</p>\n');
  });

  test('headings of one name have places of their own, as they are linked to', () => {
    const ids = [...html('## The `send` call\n\n## Same\n\n## Same\n').matchAll(/id="([^"]*)"/g)].map(([, id]) => id);
    expect(ids).toEqual(['the-send-call', 'same', 'same-1']);
  });

  test('links to other pages lead to pages', () => {
    expect(html('[a](errors.md#gone) [b](https://a.example/x.md)')).toBe(
      '<p><a href="errors#gone">a</a> <a href="https://a.example/x.md">b</a></p>\n',
    );
  });

  test('a long page begins with its parts', () => {
    const long = ['# Title', ...Array.from({ length: 6 }, (_, i) => `## Part ${i}`)].join('\n\n');
    expect(html(long)).toMatch(/<\/h1>\n<nav class="contents" aria-label="On this page"><ul><li><a href="#part-0">Part 0<\/a>/);
    expect(html('# Title\n\n## Part\n')).not.toContain('<nav');
  });
});
