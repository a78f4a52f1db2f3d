/** JSON-RPC 2.0, as far as its transports share it. Source: www.jsonrpc.org/specification. */
import { encodeJson } from '../operations/wire.ts';

/** The codes that JSON-RPC itself defines. */
export const JSON_RPC = { parse: -32700, invalidRequest: -32600, methodNotFound: -32601, invalidParams: -32602, internal: -32603 } as const;

export type Id = string | number;

/** Whether a value is an object with fields, as JSON has them. */
export const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * A value as an id that can be given back; null for any other. A number beyond 2^53 came out of JSON as its neighbour: an answer
 * under that would be nobody's, and its caller would wait on.
 */
export const idOf = (value: unknown): Id | null =>
  typeof value === 'string' || (typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER) ? value : null;

/** What a request is told whose id is none. */
export const WRONG_ID = 'The id must be a string, or a number of less than 2^53.';

/** A failure of the protocol: an HTTP status and a JSON-RPC error. */
export class RpcError extends Error {
  readonly status: number;
  readonly code: number;
  readonly data: unknown;
  /** Of the request, where it could be read from a message that is otherwise wrong. */
  readonly id: Id | null;

  constructor(status: number, code: number, message: string, data?: unknown, id: Id | null = null) {
    super(message);
    this.status = status;
    this.code = code;
    this.data = data;
    this.id = id;
  }
}

export const rpcResult = (id: Id, result: object): string => encodeJson({ jsonrpc: '2.0', id, result });

/** @param id null when it could not be read: then it is what the caller's protocol has for that, nothing or a null */
export const rpcError = (id: Id | null, { code, message, data }: RpcError, unreadable: 'left out' | 'null' = 'left out'): string =>
  encodeJson({
    jsonrpc: '2.0',
    ...(id === null && unreadable === 'left out' ? {} : { id }),
    error: { code, message, ...(data === undefined ? {} : { data }) },
  });
