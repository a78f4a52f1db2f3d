/** The pages of reference: every error, every call. Made from the operations and the error table. */
import { z } from 'zod';
import { ERRORS } from '../core/errors.ts';
import type { AnyOperation } from '../operations/operation.ts';
import { scopeOf } from './scopes.ts';

/** docs/errors.md, and what the hub serves at /docs/errors: every code, and the next call to make. */
export const errorsDoc = (): string =>
  [
    '# Errors',
    '',
    '<!-- Made from src/core/errors.ts by script/docs; do not edit. -->',
    '',
    'Errors are `application/problem+json`: `type`, `title`, `status`, `detail` (what was wrong with this request),',
    '`code`, `hint` (the next call to make) and `request_id`. Codes never change their meaning.',
    '',
    ...Object.entries(ERRORS).flatMap(([code, { status, title, hint }]) => [`## ${code}`, '', `**${status}** ${title}`, '', hint, '']),
  ].join('\n');

/** The fields of an operation, each with what is to be known of it. */
const fieldsOf = (op: AnyOperation): readonly (readonly [name: string, description: string])[] => {
  const schema = z.toJSONSchema(op.input, { io: 'input' }) as {
    properties?: Record<string, { description?: string; default?: unknown }>;
    required?: string[];
  };
  return Object.entries(schema.properties ?? {}).map(([name, { description = '', default: standard }]) => {
    const header = op.rest.headers?.[name];
    const notes = [
      schema.required?.includes(name) ? 'required' : '',
      standard === undefined ? '' : `default ${JSON.stringify(standard)}`,
      header ? `as the header \`${header}\`` : '',
    ].filter((note) => note !== '');
    return [name, [description, notes.length > 0 ? `(${notes.join(', ')})` : ''].filter((part) => part !== '').join(' ')];
  });
};

/**
 * docs/api.md, and what the hub serves at /docs/api: every operation with its route, fields and errors.
 * @param errors where the error page is, from here
 */
export const apiDoc = (operations: readonly AnyOperation[], errors = 'errors.md'): string =>
  [
    '# The API, call by call',
    '',
    '<!-- Made from src/operations by script/docs; do not edit. -->',
    '',
    'Send the channel token as `Authorization: Bearer TOKEN` and, where a session is needed, `X-Session-Id`.',
    'Fields go into the query of a GET and into a JSON body otherwise.',
    '',
    ...operations.flatMap((op) => {
      const fields = fieldsOf(op);
      return [
        `## ${op.name}`,
        '',
        `\`${op.rest.method} ${op.rest.path}\` · ${scopeOf(op).needs}`,
        '',
        op.description,
        '',
        ...fields.map(([name, description]) => `- \`${name}\`: ${description}`),
        ...(fields.length > 0 ? [''] : []),
        ...(op.errors.length > 0 ? [`Errors: ${op.errors.map((code) => `[\`${code}\`](${errors}#${code})`).join(', ')}.`, ''] : []),
      ];
    }),
  ].join('\n');
