/**
 * Every code that a call may be refused with. What an operation raises by itself it declares; the rest follows here from
 * what any call passes on its way: the doors of the transport, the gate (admit.ts), the check of its fields, and the store,
 * of which every method may fail (core/engine.ts).
 */
import type { z } from 'zod';
import type { ErrorCode } from '../core/errors.ts';
import type { AnyOperation } from './operation.ts';
import { codeOfField, shapeOf } from './problems.ts';
import type { Scope } from './route.ts';

/** To any call. */
export const TO_ANY_CALL: readonly ErrorCode[] = [
  'bad_request',
  'unknown_field',
  'secret_in_url',
  'unauthorized',
  'host_not_allowed',
  'origin_not_allowed',
  'method_not_allowed',
  'rate_limited',
  'internal',
  'storage_unavailable',
];

/** To any call with a body. */
export const TO_ANY_BODY: readonly ErrorCode[] = ['invalid_json', 'invalid_body', 'body_too_large', 'unsupported_media_type'];

/** To whoever shows a session, whether the operation asks for one or not. */
const TO_SESSIONS: readonly ErrorCode[] = ['not_joined', 'session_expired', 'kicked'];

/** Bands are the operator's, and a hub without an operator's side has nothing there. */
const TO_OPERATORS: readonly ErrorCode[] = ['not_found'];

const BY_SCOPE: Readonly<Record<Scope, readonly ErrorCode[]>> = {
  open: [],
  channel: TO_SESSIONS,
  member: TO_SESSIONS,
  owner: TO_OPERATORS,
  keeper: TO_OPERATORS,
  admin: TO_OPERATORS,
};

/** What a call of this operation may be refused with beside {@link TO_ANY_CALL} and {@link TO_ANY_BODY}. */
export const ownCodesOf = ({ scope, begins, input, errors }: AnyOperation): readonly ErrorCode[] => [
  ...new Set([...(begins ? [] : BY_SCOPE[scope as Scope]), ...Object.keys(shapeOf(input as z.ZodType)).map(codeOfField), ...errors]),
];

/** What a call of this operation may be refused with. */
export const codesOf = (op: AnyOperation): readonly ErrorCode[] => [
  ...new Set([...TO_ANY_CALL, ...(op.rest.method === 'GET' ? [] : TO_ANY_BODY), ...ownCodesOf(op)]),
];
