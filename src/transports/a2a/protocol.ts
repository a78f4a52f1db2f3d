/**
 * The Agent2Agent protocol as far as one request tells: its version, its method, and how failures are said.
 * Source: a2a-protocol.org, specification 1.0: 3.3.2 and 5.4 (errors), 3.6 (versions), 9 (JSON-RPC binding).
 */
import type { HubError } from '../../core/errors.ts';
import { type Id, idOf, isFields, JSON_RPC, RpcError, WRONG_ID } from '../jsonrpc.ts';

/** `Major.Minor`; patch numbers do not count (3.6). */
export const A2A_VERSION = '1.0';

const ERROR_INFO = 'type.googleapis.com/google.rpc.ErrorInfo';

/** Failures that the specification names: code and reason (5.4). */
const FAILURES = {
  taskNotFound: [-32001, 'TASK_NOT_FOUND'],
  taskNotCancelable: [-32002, 'TASK_NOT_CANCELABLE'],
  pushNotSupported: [-32003, 'PUSH_NOTIFICATION_NOT_SUPPORTED'],
  unsupportedOperation: [-32004, 'UNSUPPORTED_OPERATION'],
  contentTypeNotSupported: [-32005, 'CONTENT_TYPE_NOT_SUPPORTED'],
  versionNotSupported: [-32009, 'VERSION_NOT_SUPPORTED'],
} as const satisfies Record<string, readonly [code: number, reason: string]>;

/** A refusal of the hub that is nothing the specification names. */
const REFUSED = -32000;

/** A failure that the specification names; told with HTTP 200, as JSON-RPC does. */
export const failure = (kind: keyof typeof FAILURES, message: string): RpcError => {
  const [code, reason] = FAILURES[kind];
  return new RpcError(200, code, message, [{ '@type': ERROR_INFO, reason, domain: 'a2a-protocol.org' }]);
};

/** Parameters that are not what the method takes. */
export const invalidParams = (field: string, description: string): RpcError =>
  new RpcError(200, JSON_RPC.invalidParams, `${field}: ${description}`, [
    { '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: [{ field, description }] },
  ]);

/** What the request said is wrong: as JSON-RPC says it. Who may ask, how often and how much is said by the HTTP status, too. */
const ABOUT_CONTENT: ReadonlySet<number> = new Set([400, 404, 409, 410, 423]);

/**
 * A refusal of the hub as JSON-RPC, with the same code, detail and hint as on REST.
 * @param unread the request could not even be read, so the HTTP status says what is wrong with it
 */
export const refusal = (error: HubError, unread = false): RpcError => {
  const { status, code, detail, hint } = error;
  const kind =
    code === 'invalid_json' ? JSON_RPC.parse : status === 400 ? JSON_RPC.invalidParams : status === 500 ? JSON_RPC.internal : REFUSED;
  return new RpcError(!unread && ABOUT_CONTENT.has(status) ? 200 : status, kind, `${detail} ${hint}`, [
    { '@type': ERROR_INFO, reason: code.toUpperCase(), domain: 'rogerthat', metadata: { code, detail, hint } },
  ]);
};

/**
 * Checks the version a caller speaks; none named means 0.3 (3.6.2).
 * @param header the `A2A-Version` header
 * @param query the query of the URL, where the version may stand instead
 * @throws RpcError versionNotSupported
 */
export const checkVersion = (header: string | undefined, query: string): void => {
  const named = (header ?? new URLSearchParams(query).get('A2A-Version') ?? '').trim();
  if (/^1(?:\.0(?:\.[0-9]+)?)?$/.test(named)) return;
  const what = named === '' ? 'The request names no version, which means 0.3' : 'That version';
  throw failure('versionNotSupported', `${what}; this hub speaks ${A2A_VERSION}. Send the header "A2A-Version: ${A2A_VERSION}".`);
};

export interface A2aRequest {
  readonly id: Id;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/**
 * Reads a body that was JSON. A notification is none: every method here answers.
 * @throws RpcError invalidRequest
 */
export const readRequest = (body: unknown): A2aRequest => {
  const known = isFields(body) ? idOf(body['id']) : null;
  const wrong = (why: string): RpcError => new RpcError(400, JSON_RPC.invalidRequest, why, undefined, known);
  if (!isFields(body) || body['jsonrpc'] !== '2.0') throw wrong('The body must be one JSON-RPC 2.0 request.');
  const { method, params = {} } = body;
  if (known === null) throw wrong(WRONG_ID);
  if (typeof method !== 'string') throw wrong('The request has no method.');
  if (!isFields(params)) throw wrong('params must be an object.');
  return { id: known, method, params };
};
