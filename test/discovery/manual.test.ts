/**
 * The manual at /docs, and that what the hub's own documents link to is there.
 * Proves R-DISC-12.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Room } from '../harness/room.ts';
import { DOCUMENTS, openHub } from './hub.ts';

const MARKDOWN = 'text/markdown; charset=utf-8';

let room: Room;
beforeAll(async () => {
  room = await openHub();
});
afterAll(() => room.close());

const get = (path: string, headers: Record<string, string> = {}) => room.http.ask('GET', path, { headers });

/** Where the links of a page lead, as a browser follows them, if it is to this hub. */
const linksOf = (text: string, path: string): string[] => {
  const { origin } = room.rest;
  const targets = [...text.matchAll(/\]\(([\w:./#-]+)\)/g)].map(([, target = '']) => new URL(target, `${origin}${path}`));
  return [...new Set(targets.filter((url) => url.origin === origin).map(({ pathname }) => pathname))];
};

test('lists its pages, and every link of every page leads to one', async () => {
  const index = await get('/docs');
  expect([index.status, index.headers['content-type']]).toEqual([200, MARKDOWN]);
  const open = linksOf(index.text, '/docs');
  for (const name of ['api', 'cli', 'configuration', 'errors', 'protocol', 'webhooks']) expect(open).toContain(`/docs/${name}`);
  const seen = new Set<string>();
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const { status, headers, text } = await get(path);
    expect(status, path).toBe(200);
    if (headers['content-type'] === MARKDOWN) open.push(...linksOf(text, path));
  }
  expect(seen).toContain('/docs/webhooks.md');
  expect((await get('/docs/webhooks.md')).text).toBe((await get('/docs/webhooks')).text);
  // What is not served is named, and not linked to; what only looks like a link stays as it is.
  expect((await get('/docs/webhooks')).text).not.toContain('](../');
  expect((await get('/docs/protocol')).text).toContain('^[a-z0-9](?:[a-z0-9_-]{0,30}[a-z0-9])?$');
});

test.each(Object.keys(DOCUMENTS))('what %s names of the manual is there', async (path) => {
  const { text } = await get(path);
  const named = new Set((text.match(/(?<=[\s"(]|:[0-9]+)\/?docs\/[a-z-]+(?:\.md)?/g) ?? []).map((name) => `/${name.replace(/^\//, '')}`));
  for (const name of named) expect((await get(name)).status, name).toBe(200);
});

test('is served as the other documents are', async () => {
  const { headers } = await get('/docs/webhooks');
  expect(headers).toMatchObject({ 'cache-control': 'public, max-age=300', 'x-content-type-options': 'nosniff' });
  expect((await get('/docs/webhooks', { 'If-None-Match': headers['etag']! })).status).toBe(304);
  expect((await room.http.ask('HEAD', '/docs/webhooks')).status).toBe(200);
  expect((await room.http.ask('POST', '/docs/webhooks')).json()).toMatchObject({ code: 'method_not_allowed' });
});

test('has no page but those of docs/', async () => {
  for (const path of [
    '/docs/nothing',
    '/docs/..%2fREADME',
    '/docs/..%2f..%2fpackage.json',
    '/docs/decisions',
    '/docs/%2e%2e',
    '/docs/.md',
  ]) {
    expect((await get(path)).status, path).toBe(404);
  }
  expect((await get('/docs/nothing')).json()['hint']).toBe('GET /docs lists its pages.');
});
