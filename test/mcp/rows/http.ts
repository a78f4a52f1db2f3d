/** What stands before the protocol: methods, content types, JSON, JSON-RPC, the guard. */
import { expect } from 'vitest';
import { legacy, modern } from '../envelope.ts';
import { empty, type Row, withHeaders, without } from './row.ts';

const JSON_ONLY = { 'Content-Type': 'application/json' };

export const HTTP_ROWS: readonly Row[] = [
  // HTTP
  {
    name: 'GET',
    ask: () => ({ method: 'GET', headers: { Accept: 'text/event-stream' } }),
    status: 405,
    error: -32600,
    and: ({ headers }) => expect(headers['allow']).toBe('POST'),
  },
  { name: 'GET without any header', ask: () => ({ method: 'GET', headers: {} }), status: 405, error: -32600 },
  { name: 'GET with a session', ask: (at) => ({ method: 'GET', headers: { 'Mcp-Session-Id': at.session } }), status: 405, error: -32600 },
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
    ask: (at) => withHeaders(legacy('ping'), { Origin: `http://127.0.0.1:${at.port}` }),
    status: 200,
    error: null,
  },
  { name: 'a foreign host', ask: () => withHeaders(legacy('ping'), { Host: 'evil.example' }), status: 403, error: -32600 },
  { name: 'another site', ask: () => withHeaders(legacy('ping'), { 'Sec-Fetch-Site': 'cross-site' }), status: 403, error: -32600 },
  { name: 'a secret in the address', ask: () => ({ ...legacy('ping'), path: '/mcp?token=x' }), status: 400, error: -32600 },
];
