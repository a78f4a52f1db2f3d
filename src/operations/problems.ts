/** From a failed validation to the error an agent can act on: one code, one sentence, one next call. */
import type { z } from 'zod';
import { type ErrorCode, HubError } from '../core/errors.ts';
import { nearest } from '../core/wording.ts';
import { hintFor } from './values.ts';

/** Fields whose errors have a code of their own; the others are `invalid_body`. */
const FIELD_CODES: Readonly<Record<string, ErrorCode>> = {
  callsign: 'invalid_callsign',
  to: 'invalid_to',
  message: 'invalid_message',
  text: 'invalid_message',
  since: 'invalid_since',
  last_event_id: 'invalid_since',
  timeout: 'invalid_timeout',
  timeout_seconds: 'invalid_timeout',
  limit: 'invalid_limit',
  n: 'invalid_n',
  retention: 'invalid_retention',
  trust_mode: 'invalid_trust',
  session_ttl_seconds: 'invalid_ttl',
  url: 'invalid_url',
  events: 'invalid_events',
};

/** What people send by other names, and where it belongs. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  token: 'Send the channel token as "Authorization: Bearer TOKEN".',
  join_token: 'Send the join token as "Authorization: Bearer TOKEN".',
  session_id: 'Send the session as the header "X-Session-Id".',
  channel_id: 'The channel id stands in the path.',
};

/** A field name as it may be repeated to the caller: short, and nothing that could be a secret. */
const nameable = (name: string): string => (/^[A-Za-z0-9_-]{1,40}$/.test(name) ? `"${name}"` : 'one');

/** The code of what is wrong with a field. */
export const codeOfField = (field: string): ErrorCode => (Object.hasOwn(FIELD_CODES, field) ? FIELD_CODES[field]! : 'invalid_body');

/** What a problem is told from: the schema, and where REST takes fields that stand neither in the body nor in the query. */
interface Asked {
  readonly input: z.ZodType;
  readonly rest?: { readonly path: string; readonly headers?: Readonly<Record<string, string>> };
}

/** The fields of an input, by name. */
export const shapeOf = (schema: z.ZodType): Readonly<Record<string, z.ZodType>> =>
  (schema as { shape?: Record<string, z.ZodType> }).shape ?? {};

const unknownField = (name: string, { input, rest }: Asked, elsewheres: Readonly<Record<string, string>>): HubError => {
  // Own ones only: every object has a "constructor".
  const elsewhere = Object.hasOwn(elsewheres, name) ? elsewheres[name] : undefined;
  const headers = rest?.headers ?? {};
  const known = Object.keys(shapeOf(input)).filter((field) => !rest?.path.includes(`{${field}}`));
  const near = nearest(name, known);
  const list = [
    ...known.filter((field) => !Object.hasOwn(headers, field)),
    ...known.flatMap((field) => (Object.hasOwn(headers, field) ? [`${field} as the header "${headers[field]}"`] : [])),
  ];
  const meant = near === undefined ? '' : `Did you mean "${near}"? `;
  return new HubError('unknown_field', `This operation has no field ${nameable(name)}.`, {
    hint: elsewhere ?? `${meant}${list.length === 0 ? 'It takes none.' : `It takes ${list.join(', ')}.`}`,
  });
};

/**
 * @param input what was validated; read for kinds of values, never echoed
 * @param elsewheres where fields belong that people send under other names
 */
export const problemsOf = (
  op: Asked,
  error: z.ZodError,
  input: unknown,
  elsewheres: Readonly<Record<string, string>> = ELSEWHERE,
): HubError => {
  // A misspelt field is missing under its right name, too; the misspelling is what helps.
  const issue = error.issues.find(({ code, path }) => code === 'unrecognized_keys' && path.length === 0) ?? error.issues[0];
  if (!issue) return new HubError('invalid_body');
  if (issue.path.length === 0) {
    if (issue.code === 'unrecognized_keys') return unknownField(issue.keys[0] ?? '', op, elsewheres);
    if (issue.code === 'invalid_type')
      return new HubError('invalid_body', `The ${op.rest ? 'body' : 'arguments'} must be one JSON object.`);
  }
  const field = String(issue.path[0] ?? '');
  const own = issue.code === 'custom' ? (issue.params?.['code'] as ErrorCode | undefined) : undefined;
  const code = own ?? codeOfField(field);
  const missing = typeof input === 'object' && input !== null && field !== '' && (input as Record<string, unknown>)[field] === undefined;
  if (missing) return new HubError(code, `The field "${field}" is missing.`);
  const schema = Object.hasOwn(shapeOf(op.input), field) ? shapeOf(op.input)[field] : undefined;
  // A code of its own has a hint that knows the field.
  const hint = own === undefined && schema ? hintFor(schema, code === 'invalid_body') : undefined;
  const detail = field === '' ? issue.message : `The field "${field}": ${issue.message}.`;
  return new HubError(code, detail, hint === undefined ? {} : { hint });
};
