/** The pages of reference: every error, every call. Made from the operations and the error table. */
import { z } from 'zod';
import { ERRORS, type ErrorCode } from '../core/errors.ts';
import type { AnyOperation } from '../operations/operation.ts';
import { ownCodesOf, TO_ANY_BODY, TO_ANY_CALL } from '../operations/refusals.ts';
import { type ValueSchema, valuesOf } from '../operations/values.ts';
import { curlOf } from './curl.ts';
import { scopeOf } from './scopes.ts';

/** docs/errors.md, which the hub serves at /docs/errors: every code, and the next call to make. */
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

const WAYS = {
  once: 'JSON',
  late: 'JSON, however late; spaces come before it, and an error that comes late stands in its place',
  pages: 'JSON, or with `Accept: application/x-ndjson` a line an event',
  stream: 'server-sent events, or with `Accept: application/x-ndjson` a line an event',
} as const;

const cell = (text: string): string => text.replaceAll('|', '\\|');

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string[] =>
  rows.length === 0
    ? []
    : [`| ${head.join(' | ')} |`, `|${head.map(() => '---').join('|')}|`, ...rows.map((row) => `| ${row.map(cell).join(' | ')} |`), ''];

/** A part of an answer that has a name, as a link to its table. */
const linkTo = (name: string): string => `[${name}](#part-${name.toLowerCase()})`;

const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): ValueSchema & { readonly $defs?: Readonly<Record<string, ValueSchema>> } =>
  z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as ValueSchema;

/** The fields that a call takes: where, which values, and what for. */
const fieldRows = (op: AnyOperation): string[][] => {
  const { properties = {}, required = [] } = schemaOf(op.input, 'input');
  const place = (name: string): string => {
    if (op.rest.path.includes(`{${name}}`)) return 'path';
    const header = op.rest.headers?.[name];
    if (header !== undefined) return `header \`${header}\``;
    return op.rest.method === 'GET' ? 'query' : 'body';
  };
  return Object.entries(properties).map(([name, schema]) => [
    `\`${name}\``,
    place(name),
    `${valuesOf(schema)}${schema.default === undefined ? '' : `; default \`${JSON.stringify(schema.default)}\``}`,
    `${required.includes(name) ? '**Required.** ' : ''}${schema.description ?? ''}`,
  ]);
};

/** What is inside a value: the fields of an object, or of the objects of a list. */
const inside = (schema: ValueSchema): ValueSchema => (schema.type === 'array' && schema.items ? schema.items : schema);

/** The fields of an answer, those within others as `recipients[].callsign`. */
const answerRows = ({ properties = {}, required = [] }: ValueSchema, before = ''): string[][] =>
  Object.entries(properties).flatMap(([name, schema]) => {
    const inner = inside(schema);
    const path = `${before}${name}${schema.type === 'array' ? '[]' : ''}`;
    const note = [
      required.includes(name) ? '' : 'Not always there.',
      schema.description ?? (inner === schema ? '' : (inner.description ?? '')),
    ];
    return [
      [`\`${before}${name}\``, valuesOf(schema, linkTo), note.filter((text) => text !== '').join(' ')],
      ...answerRows(inner, `${path}.`),
    ];
  });

const answerOf = (op: AnyOperation): string[] => {
  const schema = schemaOf(op.output, 'output');
  const lead = `Answer: ${op.rest.status ?? 200}, ${WAYS[op.answers]}`;
  if (schema.$ref !== undefined) return [`${lead}: ${valuesOf(schema, linkTo)}.`, ''];
  return [`${lead}. ${schema.description ?? ''}`.trim(), '', ...table(['field', 'value', ''], answerRows(schema))];
};

/** The named parts of all answers. */
const partsOf = (operations: readonly AnyOperation[]): [string, ValueSchema][] => {
  const parts = new Map<string, ValueSchema>();
  for (const { output } of operations)
    for (const [name, part] of Object.entries(schemaOf(output, 'output').$defs ?? {})) parts.set(name, part);
  return [...parts].sort(([a], [b]) => (a < b ? -1 : 1));
};

const codes = (names: readonly ErrorCode[]): string => names.map((code) => `[\`${code}\`](errors.md#${code})`).join(', ');

/**
 * docs/api.md, which the hub serves at /docs/api: every operation with its route, its fields, its answer, its errors
 * and a call of it.
 */
export const apiDoc = (operations: readonly AnyOperation[]): string =>
  [
    '# The API, call by call',
    '',
    '<!-- Made from src/operations by script/docs; do not edit. -->',
    '',
    'Send the channel token as `Authorization: Bearer TOKEN` and, where a session is needed, `X-Session-Id`.',
    'Fields go where their tables say: into the query of a GET, into one JSON object as the body otherwise.',
    '',
    'The lines to copy take `HUB` (the address of the hub), `API` (`$HUB/api/channels/CHANNEL_ID`), `TOKEN` (the join token),',
    '`OWNER_TOKEN` and `ADMIN_TOKEN`, and of the answer to [join](#join) `SESSION` (`session_id`) and `CURSOR` (`cursor`) from the shell.',
    'On a hub with a token, calls that need none send it: `-H "Authorization: Bearer $HUB_TOKEN"`.',
    '',
    `Any call may be refused with ${codes(TO_ANY_CALL)}; one with a body also with ${codes(TO_ANY_BODY)}.`,
    'The errors of a call below are those that come on top.',
    '',
    ...operations.flatMap((op) => {
      const errors = ownCodesOf(op).filter((code) => op.rest.method === 'GET' || !TO_ANY_BODY.includes(code));
      return [
        `## ${op.name}`,
        '',
        `\`${op.rest.method} ${op.rest.path}\` · ${scopeOf(op).needs}`,
        '',
        `${op.description}${op.guide === undefined ? '' : ` See [${op.guide}](${op.guide}.md).`}`,
        '',
        '```text',
        curlOf(op),
        '```',
        '',
        ...table(['field', 'in', 'value', ''], fieldRows(op)),
        ...answerOf(op),
        ...(errors.length > 0 ? [`Errors: ${codes(errors)}.`, ''] : []),
      ];
    }),
    '## Parts of answers',
    '',
    ...partsOf(operations).flatMap(([name, part]) => [
      `### Part ${name}`,
      '',
      ...(part.description === undefined ? [] : [part.description, '']),
      ...table(['field', 'value', ''], answerRows(part)),
    ]),
  ].join('\n');
