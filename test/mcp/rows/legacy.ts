/** The revisions that begin with initialize. */
import { expect } from 'vitest';
import { INITIALIZE, legacy, MODERN, responseOf } from '../envelope.ts';
import { empty, type Row, without } from './row.ts';

export const LEGACY_ROWS: readonly Row[] = [
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
    ask: (at) => ({
      headers: legacy('x', {}, { session: at.session }).headers,
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
  { name: 'a known session', ask: (at) => legacy('tools/list', {}, { session: at.session }), status: 200, error: null },
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
    ask: (at) => without(legacy('tools/list', {}, { session: at.session }), 'MCP-Protocol-Version'),
    status: 200,
    error: null,
  },
  {
    name: 'ping',
    ask: (at) => legacy('ping', {}, { session: at.session, id: 'p' }),
    status: 200,
    error: null,
    id: 'p',
    and: (reply) => expect(responseOf(reply).result).toEqual({}),
  },
  {
    name: 'an id that comes out of JSON as another number',
    ask: () => ({ headers: legacy('ping').headers, body: '{"jsonrpc":"2.0","id":9007199254740993,"method":"ping"}' }),
    status: 400,
    error: -32600,
    and: (reply) => expect(responseOf(reply)).not.toHaveProperty('id'),
  },
  {
    name: 'an id beyond all numbers',
    ask: () => ({ headers: legacy('ping').headers, body: '{"jsonrpc":"2.0","id":1e400,"method":"ping"}' }),
    status: 400,
    error: -32600,
    and: (reply) => expect(responseOf(reply)).not.toHaveProperty('id'),
  },
  {
    name: 'the largest id',
    ask: () => legacy('ping', {}, { id: Number.MAX_SAFE_INTEGER }),
    status: 200,
    error: null,
    id: Number.MAX_SAFE_INTEGER,
  },
  { name: 'an unknown method', ask: (at) => legacy('resources/list', {}, { session: at.session }), status: 200, error: -32601, id: 1 },
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
];
