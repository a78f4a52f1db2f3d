/**
 * What a stranger finds by looking.
 * Proves R-DISC-1, R-DISC-4, R-DISC-5, R-DISC-6, R-DISC-7, R-DISC-8, R-DISC-9, R-DISC-10.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HubError } from '../../src/core/errors.ts';
import { operations } from '../../src/operations/index.ts';
import type { Room } from '../harness/room.ts';
import { DOCUMENTS, openHub, read } from './hub.ts';
import { AGENT_CARD, AI_CATALOG, SERVER_CARD } from './published.ts';

const SECRETS = { token: 'hub-token-0123456789', adminToken: 'admin-token-0123456789' };

let room: Room;
let shared: Room;
beforeAll(async () => {
  room = await openHub();
  shared = await openHub({ mode: 'shared', origin: 'https://hub.example', ...SECRETS });
});
afterAll(async () => {
  await room.close();
  await shared.close();
});

describe.each(Object.entries(DOCUMENTS))('%s', (path, type) => {
  test('R-DISC-8: needs no token, names this hub and no other, and holds no secret', async () => {
    const reply = await shared.http.ask('GET', path);
    expect([reply.status, reply.headers['content-type']]).toEqual([200, type]);
    for (const secret of Object.values(SECRETS)) expect(reply.text).not.toContain(secret);
    expect(reply.text).not.toMatch(/\bundefined\b|\bNaN\b|\[object/);
    const own = reply.text.match(/https?:\/\/[a-z0-9.:-]+/g) ?? [];
    const others = new Set(own.filter((url) => !url.startsWith('https://hub.example')));
    // Schemas, and the receiver of a webhook, which is never this hub.
    expect([...others].filter((url) => !/static\.modelcontextprotocol\.io|\/\/agent\.example$/.test(url))).toEqual([]);
  });

  test('R-DISC-8: has the address that it was reached at', async () => {
    const { port } = room.http;
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`]) {
      const { text } = await room.http.ask('GET', path, { headers: { Host: host } });
      const named = new Set((text.match(/http:\/\/[a-z0-9.]+:[0-9]+/g) ?? []).filter((url) => url.endsWith(`:${port}`)));
      expect([...named].filter((url) => url !== `http://${host}`)).toEqual([]);
    }
  });

  test('R-DISC-8: answers HEAD, and no other method', async () => {
    const whole = await room.http.ask('GET', path);
    const head = await room.http.ask('HEAD', path);
    expect([head.status, head.text]).toEqual([200, '']);
    for (const name of ['content-type', 'etag', 'cache-control', 'content-length']) expect(head.headers[name]).toBe(whole.headers[name]);
    expect(Number(whole.headers['content-length'])).toBe(Buffer.byteLength(whole.text));
    for (const method of ['POST', 'PUT', 'DELETE']) {
      const refused = await room.http.ask(method, path);
      expect([refused.status, refused.headers['allow'], refused.json()['code']]).toEqual([405, 'GET, HEAD', 'method_not_allowed']);
    }
  });

  test('R-DISC-9: may be cached, and is not sent again to who has it', async () => {
    const first = await room.http.ask('GET', path);
    const { etag = '' } = first.headers;
    expect(first.headers['cache-control']).toBe('public, max-age=300');
    expect(etag).toMatch(/^"[\w-]{22,32}"$/);
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await room.http.ask('GET', path, { headers: { 'If-None-Match': known } });
      expect([again.status, again.text, again.headers['etag'], again.headers['cache-control']]).toEqual([
        304,
        '',
        etag,
        'public, max-age=300',
      ]);
    }
    expect((await room.http.ask('GET', path, { headers: { 'If-None-Match': '"other"' } })).status).toBe(200);
    expect((await room.http.ask('GET', path)).headers['etag']).toBe(etag);
  });
});

test('R-DISC-1: the index is JSON, with a link to the text for models', async () => {
  const reply = await room.http.ask('GET', '/', { headers: { Accept: 'application/json' } });
  expect([reply.status, reply.headers['content-type'], reply.headers['vary']]).toEqual([200, 'application/json', 'Accept']);
  expect(reply.headers['link']).toBe('</llms.txt>; rel="alternate"; type="text/markdown"');
  const { name, version, links } = reply.json() as { name: string; version: string; links: Record<string, string> };
  expect([name, version]).toEqual(['RogerThat', 'test']);
  for (const url of Object.values(links)) {
    expect(url.startsWith(room.rest.origin), url).toBe(true);
    // Endpoints take POST only; everything else is there to be read.
    const { status } = await room.http.ask('GET', url.slice(room.rest.origin.length));
    expect([200, 405], url).toContain(status);
  }
});

describe('R-DISC-4: agent cards', () => {
  test('have the form of A2A 1.0, under both names', async () => {
    const card = AGENT_CARD.parse(await read(room, '/.well-known/agent-card.json'));
    expect(await read(room, '/.well-known/agent.json')).toEqual(card);
    expect(card.supportedInterfaces).toEqual([{ url: `${room.rest.origin}/a2a`, protocolBinding: 'JSONRPC', protocolVersion: '1.0' }]);
    expect(card.capabilities).toEqual({ streaming: false, pushNotifications: false, extendedAgentCard: false });
    expect(card.skills[0]?.description).toContain('message.metadata.to');
  });

  test('that of a channel says nothing of whether there is one', async () => {
    const { id } = await room.channel();
    const cards = [];
    for (const name of [id, 'no-such-3a8f19']) {
      const card = AGENT_CARD.parse(await read(room, `/a2a/${name}/.well-known/agent-card.json`));
      expect(card.supportedInterfaces[0]?.url).toBe(`${room.rest.origin}/a2a/${name}`);
      cards.push(JSON.stringify(card).replaceAll(name, 'NAME'));
    }
    expect(cards[0]).toBe(cards[1]);
  });
});

describe('R-DISC-5: MCP', () => {
  test('the server card has the form of SEP-2127 and says what the endpoint says', async () => {
    const card = SERVER_CARD.parse(await read(room, '/mcp/server-card'));
    const [whole, channel] = card.remotes;
    expect([whole?.url, channel?.url]).toEqual([`${room.rest.origin}/mcp`, `${room.rest.origin}/mcp/{channel_id}`]);
    const hello = {
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: {} },
    };
    const headers = { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' };
    const { result } = (await room.http.ask('POST', '/mcp', { headers, body: JSON.stringify(hello) })).json() as {
      result: { protocolVersion: string; serverInfo: { title: string; version: string } };
    };
    expect(result.serverInfo).toMatchObject({ title: card.title, version: card.version });
    expect(whole?.supportedProtocolVersions).toContain(result.protocolVersion);
    expect(whole?.headers).toBeUndefined();
    expect(SERVER_CARD.parse(await read(shared, '/mcp/server-card')).remotes[0]?.headers).toMatchObject([
      { isSecret: true, isRequired: true },
    ]);
  });

  test('the catalog leads to documents of the types it names', async () => {
    const { entries } = AI_CATALOG.parse(await read(room, '/.well-known/ai-catalog.json'));
    const types = entries.map(({ type }) => type);
    expect(types).toEqual(expect.arrayContaining(['application/mcp-server-card+json', 'application/a2a-agent-card+json']));
    for (const { url } of entries) expect(await read(room, url.slice(room.rest.origin.length))).toBeTruthy();
    expect((await room.http.ask('GET', '/mcp/server-card')).headers['content-type']).toBe('application/mcp-server-card+json');
  });

  test('mcp.json has a configuration that can be pasted', async () => {
    const { mcpServers, tools } = await read(room, '/.well-known/mcp.json');
    expect(mcpServers).toEqual({ rogerthat: { type: 'http', url: `${room.rest.origin}/mcp` } });
    expect(tools).toContain('listen');
  });
});

test('R-DISC-6: the hub as data', async () => {
  const info = await read(room, '/api/v1/info');
  expect(info).toMatchObject({ version: 'test', mode: 'local', hub_token_required: false });
  expect(Object.keys(info.transports)).toEqual(['rest', 'mcp', 'a2a']);
  expect(info.limits.sizes).toMatchObject({ message_bytes: 32_768, ring_messages: 100 });
  expect(info.limits.rates).toMatchObject({ create_channel: null, send: { burst: 6000, per_second: 1000 } });
  expect(info.limits.guards).toEqual({
    callsign_messages: 100_000,
    channel_messages: 1_000_000,
    identical_messages: 1000,
    reply_hops: 5000,
  });
  expect(info.operations.map(({ name }: { name: string }) => name)).toEqual(operations.map(({ name }) => name));
  expect(await read(shared, '/api/v1/info')).toMatchObject({ mode: 'shared', hub_token_required: true });
  // Its quickstart leads onto the air, step by step.
  const known: Record<string, unknown> = {};
  const fill = (text: string): string => text.replace(/\{(\w+)\}/g, (_, name: string) => String(known[name]));
  for (const { method, url, headers, body, take = [] } of info.quickstart) {
    const path = fill(url.slice(room.rest.origin.length)).replace('timeout=30', 'timeout=0');
    const shown = Object.fromEntries(Object.entries(headers as Record<string, string>).map(([name, value]) => [name, fill(value)]));
    const reply = await room.http.ask(method, path, { headers: shown, body: body === undefined ? undefined : JSON.stringify(body) });
    expect([200, 201], reply.text).toContain(reply.status);
    for (const name of take) {
      expect(reply.json()).toHaveProperty(name);
      known[name] = reply.json()[name];
    }
  }
});

test('R-DISC-7: crawlers are kept out of what is nobody’s to crawl', async () => {
  const { text } = await room.http.ask('GET', '/robots.txt');
  for (const path of ['/api/', '/mcp', '/a2a', '/c/', '/admin', '/metrics']) expect(text).toContain(`Disallow: ${path}\n`);
  expect(text).not.toMatch(/^Disallow: \/$/m);
});

describe('R-DISC-10: health', () => {
  test('both are 200 when all is well, and not cached', async () => {
    for (const path of ['/healthz', '/readyz']) {
      const reply = await room.http.ask('GET', path);
      expect([reply.status, reply.headers['cache-control'], reply.headers['etag']]).toEqual([200, 'no-store', undefined]);
      expect((await room.http.ask('HEAD', path)).status).toBe(200);
      expect((await room.http.ask('POST', path)).status).toBe(405);
    }
  });

  test('a hub that goes down is healthy and not ready', async () => {
    const other = await openHub();
    try {
      other.hub.close();
      expect((await other.http.ask('GET', '/healthz')).status).toBe(200);
      const reply = await other.http.ask('GET', '/readyz');
      expect([reply.status, reply.json()]).toEqual([503, { ready: false, trouble: expect.stringMatching(/\S/) }]);
    } finally {
      await other.close();
    }
  });

  test('a hub that cannot store is not ready and says why', async () => {
    const other = await openHub();
    try {
      other.engine.health = () => new HubError('storage_unavailable', 'The disk is full.').detail;
      expect((await other.http.ask('GET', '/readyz')).json()).toEqual({ ready: false, trouble: 'The disk is full.' });
    } finally {
      await other.close();
    }
  });
});
