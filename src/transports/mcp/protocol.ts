/**
 * The Model Context Protocol as far as one request tells: which era it is of, and whether its envelope is right.
 *
 * Two eras share the endpoint. Revisions up to 2025-11-25 begin with `initialize` and may carry a session header;
 * since 2026-07-28 every request carries its revision and the client's capabilities itself.
 * Source: modelcontextprotocol.io/specification, revisions 2025-11-25 and 2026-07-28.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { type Id, idOf, isFields, JSON_RPC, RpcError, WRONG_ID } from '../jsonrpc.ts';

export const LATEST = '2026-07-28';
/** Revisions that begin with `initialize`, newest first. */
export const LEGACY = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'] as const;
/** Revisions that every request names for itself. */
export const MODERN: readonly string[] = [LATEST];

export const META = {
  version: 'io.modelcontextprotocol/protocolVersion',
  capabilities: 'io.modelcontextprotocol/clientCapabilities',
  serverInfo: 'io.modelcontextprotocol/serverInfo',
} as const;

export const TASKS = 'io.modelcontextprotocol/tasks';

export const RPC = {
  ...JSON_RPC,
  headerMismatch: -32020,
  missingCapability: -32021,
  unsupportedVersion: -32022,
} as const;

type Fields = Readonly<Record<string, unknown>>;

export const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});

/** One JSON-RPC message of a client. */
export interface RpcMessage {
  /** Null: a notification. */
  readonly id: Id | null;
  readonly method: string;
  readonly params: Fields;
  readonly meta: Fields;
}

/**
 * Reads a body that was JSON.
 * @returns null for a response, which no server of ours asked for
 * @throws RpcError invalidRequest
 */
export const readMessage = (body: unknown): RpcMessage | null => {
  if (!isFields(body)) throw new RpcError(400, RPC.invalidRequest, 'The body must be one JSON-RPC 2.0 message.');
  const { id, method, params } = body;
  const known = idOf(id);
  const wrong = (why: string): RpcError => new RpcError(400, RPC.invalidRequest, why, undefined, known);
  if (body['jsonrpc'] !== '2.0') throw wrong('The body must be one JSON-RPC 2.0 message.');
  if (method === undefined && ('result' in body || 'error' in body)) return null;
  if (typeof method !== 'string') throw wrong('The message has no method.');
  if (id !== undefined && known === null) throw wrong(WRONG_ID);
  if (params !== undefined && !isFields(params)) throw wrong('params must be an object.');
  const fields = fieldsOf(params);
  return { id: known, method, params: fields, meta: fieldsOf(fields['_meta']) };
};

const headerOf = (headers: IncomingHttpHeaders, name: string): string | undefined => {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
};

/** Whether a message is of the sessionless era. */
export const isModern = (headers: IncomingHttpHeaders, message: RpcMessage): boolean =>
  META.version in message.meta || MODERN.includes(headerOf(headers, 'mcp-protocol-version') ?? '');

/** A header value that may be written as `=?base64?…?=`. */
const decoded = (value: string): string => {
  const match = /^=\?base64\?([A-Za-z0-9+/]*={0,2})\?=$/.exec(value);
  return match ? Buffer.from(match[1] ?? '', 'base64').toString() : value;
};

/**
 * Checks what a modern request says of itself: a revision we speak, declared capabilities.
 * @throws RpcError unsupportedVersion, invalidParams
 */
export const checkDeclared = ({ meta }: RpcMessage): void => {
  const version = meta[META.version];
  if (typeof version !== 'string') throw new RpcError(400, RPC.invalidParams, `params._meta["${META.version}"] is missing.`);
  if (!MODERN.includes(version)) {
    throw new RpcError(400, RPC.unsupportedVersion, 'This server does not speak that revision.', {
      supported: MODERN,
      requested: version,
    });
  }
  if (!isFields(meta[META.capabilities])) throw new RpcError(400, RPC.invalidParams, `params._meta["${META.capabilities}"] is missing.`);
};

/**
 * Checks the envelope of a modern request: headers that mirror the body, a revision we speak, declared capabilities.
 * @throws RpcError headerMismatch, unsupportedVersion, invalidParams
 */
export const checkModern = (headers: IncomingHttpHeaders, message: RpcMessage): void => {
  const { method, params, meta } = message;
  const header = headerOf(headers, 'mcp-protocol-version');
  if (header === undefined) throw new RpcError(400, RPC.headerMismatch, 'The MCP-Protocol-Version header is missing.');
  const version = meta[META.version];
  if (typeof version === 'string' && header !== version)
    throw new RpcError(400, RPC.headerMismatch, 'The MCP-Protocol-Version header and the body name different revisions.');
  checkDeclared(message);
  const named = headerOf(headers, 'mcp-method');
  if (named !== method) throw new RpcError(400, RPC.headerMismatch, 'The Mcp-Method header is missing or names another method.');
  const name = headerOf(headers, 'mcp-name');
  if (method === 'tools/call' && (name === undefined || decoded(name) !== params['name'])) {
    throw new RpcError(400, RPC.headerMismatch, 'The Mcp-Name header is missing or names another tool.');
  }
  // Only the extension asks clients for it (SEP-2663, Routing Headers), so one that leaves it out is served.
  if (method.startsWith('tasks/') && name !== undefined && decoded(name) !== params['taskId']) {
    throw new RpcError(400, RPC.headerMismatch, 'The Mcp-Name header names another task.');
  }
};

/** @throws RpcError for a revision header of the session era that nobody knows */
export const checkLegacy = (headers: IncomingHttpHeaders): void => {
  const header = headerOf(headers, 'mcp-protocol-version');
  if (header === undefined || (LEGACY as readonly string[]).includes(header)) return;
  throw new RpcError(400, RPC.unsupportedVersion, 'This server does not speak that revision.', {
    supported: [...MODERN, ...LEGACY],
    requested: header,
  });
};

/** Whether a request declares that its client can take a task instead of an answer. */
export const declaresTasks = ({ meta }: RpcMessage): boolean => {
  const extension = fieldsOf(fieldsOf(meta[META.capabilities])['extensions'])[TASKS];
  return isFields(extension);
};

/** The token under which the caller wants to hear of progress. */
export const progressTokenOf = ({ meta }: RpcMessage): Id | null => idOf(meta['progressToken']);

export const acceptsEvents = (headers: IncomingHttpHeaders): boolean => /text\/event-stream/i.test(headers.accept ?? '');
