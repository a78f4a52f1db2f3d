/** Every classification and status code of the endpoint, as bytes over a socket. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ENGINES } from '../harness/engines.ts';
import { Room } from '../harness/room.ts';
import type { Reply } from '../harness/transports/http.ts';
import { rest } from '../harness/transports/rest.ts';
import { INITIALIZE, initialize, legacy, MODERN, metaOf, modern, post, type Request, responseOf, TAKES_TASKS, TASKS } from './envelope.ts';

let room: Room;
/** An initialized session. */
let session: string;

beforeAll(async () => {
  room = await Room.open(rest, ENGINES[0]!);
  session = await initialize(room.http);
});
afterAll(() => room.close());

interface Row {
  readonly name: string;
  readonly ask: () => Request;
  readonly status: number;
  /** The code of the JSON-RPC error; null: there is none. */
  readonly error: number | null;
  /** The id the answer carries; null: none. */
  readonly id?: string | number | null;
  readonly and?: (reply: Reply) => void;
}

const without = (request: Request, ...names: readonly string[]): Request => ({
  ...request,
  headers: Object.fromEntries(Object.entries(request.headers).filter(([name]) => !names.includes(name))),
});
const withHeaders = (request: Request, headers: Readonly<Record<string, string>>): Request => ({
  ...request,
  headers: { ...request.headers, ...headers },
});
/** A modern request whose `_meta` lacks a key. */
const lacking = (key: string): Request => {
  const request = modern('tools/list');
  const { [key]: _, ...meta } = metaOf();
  return { ...request, body: { jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta: meta } } };
};
const JSON_ONLY = { 'Content-Type': 'application/json' };
const empty = (reply: Reply): void => expect(reply.text).toBe('');

const ROWS: readonly Row[] = [
  // HTTP
  {
    name: 'GET',
    ask: () => ({ method: 'GET', headers: { Accept: 'text/event-stream' } }),
    status: 405,
    error: -32600,
    and: ({ headers }) => expect(headers['allow']).toBe('POST'),
  },
  { name: 'GET without any header', ask: () => ({ method: 'GET', headers: {} }), status: 405, error: -32600 },
  { name: 'GET with a session', ask: () => ({ method: 'GET', headers: { 'Mcp-Session-Id': session } }), status: 405, error: -32600 },
  { name: 'PUT', ask: () => ({ ...legacy('ping'), method: 'PUT' }), status: 405, error: -32600 },
  { name: 'DELETE without a session', ask: () => ({ method: 'DELETE', headers: {} }), status: 405, error: -32600 },
  {
    name: 'DELETE of an unknown session',
    ask: () => ({ method: 'DELETE', headers: { 'Mcp-Session-Id': 'x' } }),
    status: 404,
    error: null,
    and: empty,
  },
  { name: 'no content type', ask: () => without(legacy('ping'), 'Content-Type'), status: 415, error: -32600 },
  {
    name: 'a form',
    ask: () => withHeaders(legacy('ping'), { 'Content-Type': 'application/x-www-form-urlencoded' }),
    status: 415,
    error: -32600,
  },
  { name: 'text', ask: () => withHeaders(modern('tools/list'), { 'Content-Type': 'text/plain' }), status: 415, error: -32600 },
  {
    name: 'another charset',
    ask: () => withHeaders(legacy('ping'), { 'Content-Type': 'application/json; charset=utf-16' }),
    status: 415,
    error: -32600,
  },
  { name: 'a compressed body', ask: () => withHeaders(legacy('ping'), { 'Content-Encoding': 'gzip' }), status: 415, error: -32600 },
  {
    name: 'JSON with a charset',
    ask: () => withHeaders(legacy('ping'), { 'Content-Type': 'application/json; charset=utf-8' }),
    status: 200,
    error: null,
  },
  {
    name: 'JSON with a blank before the charset',
    ask: () => withHeaders(legacy('ping'), { 'Content-Type': 'Application/JSON ;charset="UTF-8"' }),
    status: 200,
    error: null,
  },
  {
    name: 'a body that is too large',
    ask: () => ({ headers: JSON_ONLY, body: `{"x":"${'x'.repeat(262_144)}"}` }),
    status: 413,
    error: -32600,
  },
  // JSON-RPC
  { name: 'no JSON', ask: () => ({ headers: JSON_ONLY, body: '{"jsonrpc":' }), status: 400, error: -32700, id: null },
  { name: 'no body', ask: () => ({ headers: JSON_ONLY }), status: 400, error: -32700, id: null },
  { name: 'no UTF-8', ask: () => ({ headers: JSON_ONLY, body: Buffer.from([0x22, 0xff, 0x22]) }), status: 400, error: -32700, id: null },
  {
    name: 'an array',
    ask: () => ({ headers: JSON_ONLY, body: [{ jsonrpc: '2.0', id: 1, method: 'ping' }] }),
    status: 400,
    error: -32600,
    id: null,
  },
  { name: 'an empty array', ask: () => ({ headers: JSON_ONLY, body: [] }), status: 400, error: -32600, id: null },
  { name: 'a number', ask: () => ({ headers: JSON_ONLY, body: '7' }), status: 400, error: -32600, id: null },
  { name: 'null', ask: () => ({ headers: JSON_ONLY, body: 'null' }), status: 400, error: -32600, id: null },
  {
    name: 'no version of JSON-RPC',
    ask: () => ({ headers: JSON_ONLY, body: { id: 1, method: 'ping' } }),
    status: 400,
    error: -32600,
    id: 1,
  },
  { name: 'no method', ask: () => ({ headers: JSON_ONLY, body: { jsonrpc: '2.0', id: 'a' } }), status: 400, error: -32600, id: 'a' },
  {
    name: 'a method that is no text',
    ask: () => ({ headers: JSON_ONLY, body: { jsonrpc: '2.0', id: 2, method: { toString: 1 } } }),
    status: 400,
    error: -32600,
    id: 2,
  },
  {
    name: 'null as id',
    ask: () => ({ headers: JSON_ONLY, body: { jsonrpc: '2.0', id: null, method: 'ping' } }),
    status: 400,
    error: -32600,
    id: null,
  },
  {
    name: 'an object as id',
    ask: () => ({ headers: JSON_ONLY, body: { jsonrpc: '2.0', id: {}, method: 'ping' } }),
    status: 400,
    error: -32600,
    id: null,
  },
  {
    name: 'params that are an array',
    ask: () => ({ headers: JSON_ONLY, body: { jsonrpc: '2.0', id: 3, method: 'ping', params: [] } }),
    status: 400,
    error: -32600,
    id: 3,
  },
  {
    name: 'a response',
    ask: () => ({ headers: JSON_ONLY, body: { jsonrpc: '2.0', id: 1, result: {} } }),
    status: 202,
    error: null,
    and: empty,
  },
  // The guard
  { name: 'a foreign origin', ask: () => withHeaders(legacy('ping'), { Origin: 'http://evil.example' }), status: 403, error: -32600 },
  { name: 'a foreign origin, modern', ask: () => withHeaders(modern('tools/list'), { Origin: 'null' }), status: 403, error: -32600 },
  {
    name: 'the own origin',
    ask: () => withHeaders(legacy('ping'), { Origin: `http://127.0.0.1:${room.http.port}` }),
    status: 200,
    error: null,
  },
  { name: 'a foreign host', ask: () => withHeaders(legacy('ping'), { Host: 'evil.example' }), status: 403, error: -32600 },
  { name: 'another site', ask: () => withHeaders(legacy('ping'), { 'Sec-Fetch-Site': 'cross-site' }), status: 403, error: -32600 },
  { name: 'a secret in the address', ask: () => ({ ...legacy('ping'), path: '/mcp?token=x' }), status: 400, error: -32600 },
  // Session era
  {
    name: 'initialize',
    ask: () => legacy('initialize', INITIALIZE),
    status: 200,
    error: null,
    and: (reply) => expect(reply.headers['mcp-session-id']).toMatch(/^[\w-]{32,}$/),
  },
  {
    name: 'initialize at a revision of the future',
    ask: () => legacy('initialize', { ...INITIALIZE, protocolVersion: '2999-01-01' }),
    status: 200,
    error: null,
    and: (reply) => expect(responseOf(reply).result.protocolVersion).toBe('2025-11-25'),
  },
  {
    name: 'initialize at the sessionless revision',
    ask: () => legacy('initialize', { ...INITIALIZE, protocolVersion: MODERN }),
    status: 200,
    error: null,
    and: (reply) => expect(responseOf(reply).result.protocolVersion).toBe('2025-11-25'),
  },
  { name: 'initialize without params', ask: () => legacy('initialize'), status: 200, error: null },
  {
    name: 'initialize with a session of its own',
    ask: () => legacy('initialize', INITIALIZE, { session: 'mine' }),
    status: 200,
    error: null,
    and: (reply) => expect(reply.headers['mcp-session-id']).not.toBe('mine'),
  },
  {
    name: 'a notification',
    ask: () => ({ headers: legacy('x').headers, body: { jsonrpc: '2.0', method: 'notifications/initialized' } }),
    status: 202,
    error: null,
    and: empty,
  },
  {
    name: 'an unknown notification',
    ask: () => ({ headers: legacy('x').headers, body: { jsonrpc: '2.0', method: 'notifications/whatever' } }),
    status: 202,
    error: null,
    and: empty,
  },
  {
    name: 'a cancel that names nothing',
    ask: () => ({
      headers: legacy('x', {}, { session }).headers,
      body: { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: { a: 1 } } },
    }),
    status: 202,
    error: null,
    and: empty,
  },
  {
    name: 'a notification of an unknown session',
    ask: () => ({ headers: legacy('x', {}, { session: 'gone' }).headers, body: { jsonrpc: '2.0', method: 'notifications/initialized' } }),
    status: 404,
    error: -32600,
  },
  { name: 'an unknown session', ask: () => legacy('tools/list', {}, { session: 'gone' }), status: 404, error: -32600, id: 1 },
  { name: 'a known session', ask: () => legacy('tools/list', {}, { session }), status: 200, error: null },
  { name: 'no session', ask: () => legacy('tools/list'), status: 200, error: null },
  {
    name: 'an unsupported version header',
    ask: () => legacy('tools/list', {}, { headers: { 'MCP-Protocol-Version': '1999-01-01' } }),
    status: 400,
    error: -32022,
    id: 1,
  },
  {
    name: 'no version header',
    ask: () => without(legacy('tools/list', {}, { session }), 'MCP-Protocol-Version'),
    status: 200,
    error: null,
  },
  {
    name: 'ping',
    ask: () => legacy('ping', {}, { session, id: 'p' }),
    status: 200,
    error: null,
    id: 'p',
    and: (reply) => expect(responseOf(reply).result).toEqual({}),
  },
  { name: 'an unknown method', ask: () => legacy('resources/list', {}, { session }), status: 200, error: -32601, id: 1 },
  { name: 'a method of the other era', ask: () => legacy('server/discover'), status: 200, error: -32601, id: 1 },
  { name: 'tasks in the session era', ask: () => legacy('tasks/get', { taskId: 'x' }), status: 200, error: -32601, id: 1 },
  { name: 'an unknown tool', ask: () => legacy('tools/call', { name: 'nothing', arguments: {} }), status: 200, error: -32602, id: 1 },
  { name: 'a tool called constructor', ask: () => legacy('tools/call', { name: 'constructor' }), status: 200, error: -32602, id: 1 },
  {
    name: 'a tool whose name is no text',
    ask: () => legacy('tools/call', { name: { toString: 1, valueOf: 1 } }),
    status: 200,
    error: -32602,
    id: 1,
  },
  { name: 'no name of a tool', ask: () => legacy('tools/call'), status: 200, error: -32602, id: 1 },
  ...['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'].map(
    (version): Row => ({
      name: `initialize at ${version}`,
      ask: () => legacy('initialize', { ...INITIALIZE, protocolVersion: version }, { headers: { 'MCP-Protocol-Version': version } }),
      status: 200,
      error: null,
      and: (reply) => expect(responseOf(reply).result.protocolVersion).toBe(version),
    }),
  ),
  // Sessionless era
  { name: 'server/discover', ask: () => modern('server/discover'), status: 200, error: null },
  { name: 'modern tools/list', ask: () => modern('tools/list', {}, { id: 'x' }), status: 200, error: null, id: 'x' },
  {
    name: 'modern, an unknown session',
    ask: () => modern('tools/list', {}, { headers: { 'Mcp-Session-Id': 'gone' } }),
    status: 200,
    error: null,
    and: ({ headers }) => expect(headers['mcp-session-id']).toBeUndefined(),
  },
  {
    name: 'modern, no version header',
    ask: () => without(modern('tools/list'), 'MCP-Protocol-Version'),
    status: 400,
    error: -32020,
    id: 1,
  },
  {
    name: 'modern, another version header',
    ask: () => withHeaders(modern('tools/list'), { 'MCP-Protocol-Version': '2025-11-25' }),
    status: 400,
    error: -32020,
    id: 1,
  },
  { name: 'modern, no method header', ask: () => without(modern('tools/list'), 'Mcp-Method'), status: 400, error: -32020, id: 1 },
  {
    name: 'modern, another method header',
    ask: () => withHeaders(modern('tools/list'), { 'Mcp-Method': 'tools/call' }),
    status: 400,
    error: -32020,
    id: 1,
  },
  {
    name: 'modern, a method header in other case',
    ask: () => withHeaders(modern('tools/list'), { 'Mcp-Method': 'Tools/List' }),
    status: 400,
    error: -32020,
    id: 1,
  },
  {
    name: 'modern, no name header',
    ask: () => without(modern('tools/call', { name: 'roster' }), 'Mcp-Name'),
    status: 400,
    error: -32020,
    id: 1,
  },
  {
    name: 'modern, another name header',
    ask: () => withHeaders(modern('tools/call', { name: 'roster' }), { 'Mcp-Name': 'send' }),
    status: 400,
    error: -32020,
    id: 1,
  },
  {
    name: 'modern, a name header in Base64',
    ask: () => withHeaders(modern('tools/call', { name: 'roster' }), { 'Mcp-Name': '=?base64?cm9zdGVy?=' }),
    status: 200,
    error: null,
  },
  {
    name: 'modern, another name in Base64',
    ask: () => withHeaders(modern('tools/call', { name: 'roster' }), { 'Mcp-Name': '=?base64?c2VuZA==?=' }),
    status: 400,
    error: -32020,
    id: 1,
  },
  {
    name: 'modern, broken Base64',
    ask: () => withHeaders(modern('tools/call', { name: 'roster' }), { 'Mcp-Name': '=?base64?cm9z*GVy?=' }),
    status: 400,
    error: -32020,
    id: 1,
  },
  {
    name: 'modern, a tool whose name is no text',
    ask: () => withHeaders(modern('tools/call', { name: { toString: 1 } }), { 'Mcp-Name': 'x' }),
    status: 400,
    error: -32020,
    id: 1,
  },
  {
    name: 'modern header alone',
    ask: () => ({ headers: modern('tools/list').headers, body: { jsonrpc: '2.0', id: 1, method: 'tools/list' } }),
    status: 400,
    error: -32602,
    id: 1,
  },
  { name: 'modern, no version in _meta', ask: () => lacking('io.modelcontextprotocol/protocolVersion'), status: 400, error: -32602, id: 1 },
  {
    name: 'modern, no capabilities in _meta',
    ask: () => lacking('io.modelcontextprotocol/clientCapabilities'),
    status: 400,
    error: -32602,
    id: 1,
  },
  { name: 'modern, no client info', ask: () => lacking('io.modelcontextprotocol/clientInfo'), status: 200, error: null },
  {
    name: 'modern, a version that is no text',
    ask: () => modern('tools/list', {}, { meta: { 'io.modelcontextprotocol/protocolVersion': 7 } }),
    status: 400,
    error: -32602,
    id: 1,
  },
  {
    name: 'modern, an unknown version',
    ask: () =>
      modern(
        'tools/list',
        {},
        { meta: { 'io.modelcontextprotocol/protocolVersion': '2999-01-01' }, headers: { 'MCP-Protocol-Version': '2999-01-01' } },
      ),
    status: 400,
    error: -32022,
    id: 1,
    and: (reply) => expect(responseOf(reply).error?.data).toEqual({ supported: [MODERN], requested: '2999-01-01' }),
  },
  ...['initialize', 'ping', 'resources/list', 'logging/setLevel', 'tasks/list', 'tasks/result', 'subscriptions/listen', 'constructor'].map(
    (method): Row => ({
      name: `modern ${method}`,
      ask: () => modern(method, {}, { capabilities: TAKES_TASKS }),
      status: 404,
      error: -32601,
      id: 1,
    }),
  ),
  ...['tasks/get', 'tasks/cancel', 'tasks/update'].flatMap((method): Row[] => [
    {
      name: `${method} of a client that declared nothing`,
      ask: () => modern(method, { taskId: 'x' }),
      status: 400,
      error: -32021,
      id: 1,
      and: (reply) => expect(responseOf(reply).error?.data).toEqual({ requiredCapabilities: { extensions: { [TASKS]: {} } } }),
    },
    {
      name: `${method} of an unknown task`,
      ask: () => modern(method, { taskId: 'x' }, { capabilities: TAKES_TASKS }),
      status: 200,
      error: -32602,
      id: 1,
    },
    { name: `${method} of no task`, ask: () => modern(method, {}, { capabilities: TAKES_TASKS }), status: 200, error: -32602, id: 1 },
    {
      name: `${method}, another name header`,
      ask: () => modern(method, { taskId: 'x' }, { capabilities: TAKES_TASKS, headers: { 'Mcp-Name': 'y' } }),
      status: 400,
      error: -32020,
      id: 1,
    },
    {
      name: `${method}, no name header`,
      ask: () => without(modern(method, { taskId: 'x' }, { capabilities: TAKES_TASKS }), 'Mcp-Name'),
      status: 200,
      error: -32602,
      id: 1,
    },
  ]),
  { name: 'modern, an unknown tool', ask: () => modern('tools/call', { name: 'nothing' }), status: 200, error: -32602, id: 1 },
  {
    name: 'a modern notification',
    ask: () => ({ headers: modern('x').headers, body: { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } } }),
    status: 202,
    error: null,
    and: empty,
  },
];

describe.each([['/mcp'], ['/mcp/quiet-otter-3a8f19']])('%s', (path) => {
  test.each(ROWS)('$name: $status $error', async ({ ask, status, error, id, and }) => {
    const request = ask();
    const reply = await post(room.http, { ...request, path: (request.path ?? '/mcp').replace('/mcp', path) });
    expect(reply.status, reply.text).toBe(status);
    if (reply.text !== '') {
      expect(reply.headers['content-type']).toBe('application/json');
      expect(reply.headers['cache-control']).toBe('no-store');
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
