/** How the pages are served, and that the look-out of these tests sees what it is for. */
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { startHubProcess } from '../harness/process.ts';
import { call } from '../harness/rest.ts';
import { HttpClient } from '../harness/transports/http.ts';
import { expectAccessible, visiting } from './browser.ts';
import { ADMIN_TOKEN, hubForFile } from './hub.ts';

const hub = hubForFile();
const HTML = { Accept: 'text/html' };

test.each(['/', '/c/quiet-otter-3a8f19', '/admin'])('R-SITE-3: %s lets in nothing but its own files', async (path) => {
  const { status, headers, body } = await call(hub().url, { path, headers: HTML });
  expect(status).toBe(200);
  const policy = headers['content-security-policy'];
  for (const rule of [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ]) {
    expect(policy).toContain(rule);
  }
  expect(policy).not.toContain('unsafe');
  expect(headers).toMatchObject({
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'x-frame-options': 'DENY',
    'cross-origin-opener-policy': 'same-origin',
    'cache-control': 'no-cache',
  });
  // Neither code nor style stands in the page, and nothing comes from elsewhere.
  expect(body).not.toMatch(/<style|\sstyle=|\son[a-z]+=|<script(?![^>]* src="\/assets\/)[^>]*>|(?:src|href)="(?:https?:)?\/\//);
});

test('R-SITE-3: an asset may be kept for ever, a page is asked for again', async () => {
  const { url, port } = hub();
  const { body, headers } = await call(url, { path: '/', headers: HTML });
  const tag = headers['etag'] ?? '';
  // A proxy that compresses weakens the tag.
  for (const known of [tag, `W/${tag}`, `"other", ${tag}`]) {
    const again = await call(url, { path: '/', headers: { ...HTML, 'If-None-Match': known } });
    expect([again.status, again.body], known).toEqual([304, '']);
  }
  const names = [...String(body).matchAll(/"(\/assets\/[^"]+)"/g)].map(([, name = '']) => name);
  expect(names.length).toBeGreaterThan(1);
  for (const path of names) {
    expect(path).toMatch(/-[\w-]{8}\.(?:js|css)$/);
    const plain = await call(url, { path });
    expect(plain.headers).toMatchObject({
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
      'content-type': path.endsWith('.js') ? 'text/javascript; charset=utf-8' : 'text/css; charset=utf-8',
    });
    expect(plain.headers['content-encoding']).toBeUndefined();
    const client = new HttpClient(port);
    for (const [accept, coding, open] of [
      ['gzip, deflate, br', 'br', brotliDecompressSync],
      ['gzip', 'gzip', gunzipSync],
      ['br;q=0, gzip;q=0.5', 'gzip', gunzipSync],
    ] as const) {
      const response = await client.open('GET', path, { headers: { 'Accept-Encoding': accept } });
      expect(response.headers['content-encoding']).toBe(coding);
      expect(response.headers.vary).toContain('Accept-Encoding');
      const pieces: Buffer[] = [];
      for await (const piece of response) pieces.push(piece);
      expect(open(Buffer.concat(pieces)).toString()).toBe(plain.body);
    }
    client.close();
  }
});

test('R-SITE-1: wrong names and wrong methods are refused as anywhere', async () => {
  const { url } = hub();
  for (const path of ['/assets/nothing.js', '/assets/..%2flanding.html', '/assets/', '/c/', '/c/one/two', '/admin/x', '/landing.html']) {
    expect((await call(url, { path })).status, path).toBe(404);
  }
  for (const path of ['/', '/c/one', '/admin', '/assets/x.js']) {
    const { status, headers } = await call(url, { method: 'POST', path });
    expect([status, headers['allow']], path).toEqual([405, 'GET, HEAD']);
  }
});

test('R-ADMIN-1: a hub without an admin token has neither the page nor its calls', async () => {
  const { url } = await startHubProcess({ args: [] });
  for (const path of ['/admin', '/api/admin/overview', '/api/admin/channels', '/api/admin/channels/x']) {
    expect(await call(url, { path, token: ADMIN_TOKEN, headers: HTML }), path).toMatchObject({ status: 404, body: { code: 'not_found' } });
  }
});

test('the look-out sees inline code, other origins, console errors and bad contrast', async () => {
  const { url } = hub();
  const wrongs: [what: RegExp, wrong: () => void][] = [
    [
      /policy: require-trusted-types-for/,
      () => document.body.append(Object.assign(document.createElement('script'), { textContent: '1' })),
    ],
    [/policy: style-src/, () => document.body.append(Object.assign(document.createElement('style'), { textContent: 'a{}' }))],
    [/policy: img-src/, () => document.body.append(Object.assign(new Image(), { src: 'http://127.0.0.1:1/x.png' }))],
    [/console: wrong/, () => console.error('wrong')],
  ];
  for (const [what, wrong] of wrongs) {
    const visit = visiting(url, {}, async (page) => {
      await page.goto('/');
      await page.evaluate(wrong).catch(() => {});
      await page.getByRole('button', { name: 'Create channel' }).click();
      await page.locator('h2.channel-name').waitFor();
    });
    await expect(visit).rejects.toThrow(what);
  }
  await visiting(url, {}, async (page) => {
    await page.goto('/');
    await page.evaluate(() => {
      document.querySelector('h1')!.style.color = '#f0ece0';
    });
    await expect(expectAccessible(page)).rejects.toThrow('color-contrast');
  });
});
