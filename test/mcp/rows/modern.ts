/** The revision without sessions. */
import { expect } from 'vitest';
import { MODERN, metaOf, modern, type Request, responseOf, TAKES_TASKS, TASKS } from '../envelope.ts';
import { empty, type Row, withHeaders, without } from './row.ts';

/** A request whose `_meta` lacks a key. */
const lacking = (key: string): Request => {
  const request = modern('tools/list');
  const { [key]: _, ...meta } = metaOf();
  return { ...request, body: { jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta: meta } } };
};

export const MODERN_ROWS: readonly Row[] = [
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
