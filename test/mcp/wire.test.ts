/**
 * Every classification and status code of the endpoint, as bytes over a socket.
 * Proves R-MCP-1, R-MCP-2, R-MCP-3, R-MCP-4.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ENGINES } from '../harness/engines.ts';
import { Room } from '../harness/room.ts';
import { rest } from '../harness/transports/rest.ts';
import { INITIALIZE, initialize, legacy, MODERN, modern, post, responseOf, TASKS } from './envelope.ts';
import { HTTP_ROWS } from './rows/http.ts';
import { LEGACY_ROWS } from './rows/legacy.ts';
import { MODERN_ROWS } from './rows/modern.ts';

let room: Room;
let session: string;

beforeAll(async () => {
  room = await Room.open(rest, ENGINES[0]!);
  session = await initialize(room.http);
});
afterAll(() => room.close());

describe.each([['/mcp'], ['/mcp/quiet-otter-3a8f19']])('%s', (path) => {
  test.each([...HTTP_ROWS, ...LEGACY_ROWS, ...MODERN_ROWS])('$name: $status $error', async ({ ask, status, error, id, and }) => {
    const request = ask({ port: room.http.port, session });
    const reply = await post(room.http, { ...request, path: (request.path ?? '/mcp').replace('/mcp', path) });
    expect(reply.status, reply.text).toBe(status);
    expect(reply.headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    if (reply.text !== '') {
      expect(reply.headers['content-type']).toBe('application/json');
      const answer = responseOf(reply);
      expect(answer.jsonrpc).toBe('2.0');
      expect(answer.error?.code ?? null, reply.text).toBe(error);
      expect('result' in answer).toBe(error === null);
      if (error !== null) expect(answer.error?.message).toMatch(/\S/);
      if (id !== undefined) expect(answer.id ?? null).toBe(id);
      expect(answer).not.toHaveProperty('id', null);
    } else expect(error).toBeNull();
    // What sends clients looking for an OAuth server.
    expect(reply.headers['www-authenticate']).toBeUndefined();
    and?.(reply);
  });
});

test('DELETE ends a session', async () => {
  const id = await initialize(room.http);
  const bye = { method: 'DELETE', headers: { 'Mcp-Session-Id': id } };
  expect((await post(room.http, legacy('ping', {}, { session: id }))).status).toBe(200);
  const first = await post(room.http, bye);
  expect([first.status, first.text]).toEqual([204, '']);
  expect((await post(room.http, bye)).status).toBe(404);
  expect((await post(room.http, legacy('ping', {}, { session: id }))).status).toBe(404);
});

test("session ids are the hub's own, different, and hold 128 bits or more", async () => {
  const ids = new Set<string>();
  for (let i = 0; i < 20; i++) ids.add(await initialize(room.http));
  expect(ids.size).toBe(20);
  for (const id of ids) expect(Buffer.from(id, 'base64url').length).toBeGreaterThanOrEqual(16);
});

test('every modern result says what it is, and lists may be cached', async () => {
  for (const request of [modern('server/discover'), modern('tools/list'), modern('tools/call', { name: 'create_channel' })]) {
    const { result } = responseOf(await post(room.http, request));
    expect(result.resultType).toBe('complete');
  }
  for (const method of ['server/discover', 'tools/list']) {
    const { result } = responseOf(await post(room.http, modern(method)));
    expect(result.ttlMs).toBeGreaterThanOrEqual(0);
    expect(Number.isInteger(result.ttlMs)).toBe(true);
    expect(result.cacheScope).toBe('public');
  }
});

test('what discover and initialize promise', async () => {
  const { result: found } = responseOf(await post(room.http, modern('server/discover')));
  expect(found.supportedVersions).toEqual([MODERN]);
  expect(found.capabilities).toEqual({ tools: {}, extensions: { [TASKS]: {} } });
  expect(found._meta['io.modelcontextprotocol/serverInfo']).toMatchObject({ name: 'rogerthat', version: 'test' });
  const { result: begun } = responseOf(await post(room.http, legacy('initialize', INITIALIZE)));
  expect(begun.capabilities).toEqual({ tools: {} });
  expect(begun.serverInfo).toEqual(found._meta['io.modelcontextprotocol/serverInfo']);
  expect(begun.instructions).toBe(found.instructions);
  expect(begun).not.toHaveProperty('resultType');
});

test('other addresses below /mcp are left to others', async () => {
  const reply = await post(room.http, { method: 'GET', path: '/mcp/server-card', headers: {} });
  expect(reply.headers['content-type']).not.toBe('application/json');
});

test.each(['/mcp/quiet-otter', '/mcp/Quiet-Otter-3a8f19', '/mcp/quiet-otter-3a8f19x', '/mcp/x/', '/mcp/%20'])(
  'a post to %s, which is no channel id, is refused in JSON-RPC, and told how one looks',
  async (path) => {
    const reply = await post(room.http, { ...legacy('initialize', INITIALIZE), path });
    expect([reply.status, reply.headers['content-type']]).toEqual([404, 'application/json']);
    expect(responseOf(reply).error).toMatchObject({ code: -32600, message: expect.stringContaining('quiet-otter-3a8f19') });
  },
);

test('a document below /mcp takes no post, and says which methods', async () => {
  const reply = await post(room.http, { ...legacy('initialize', INITIALIZE), path: '/mcp/server-card' });
  expect([reply.status, reply.headers['allow']]).toEqual([405, 'GET, HEAD']);
});
