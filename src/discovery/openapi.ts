/**
 * `/openapi.json`: the REST API as OpenAPI 3.1, made from the list of operations. Source: spec.openapis.org/oas/v3.1.1;
 * its schemas are JSON Schema 2020-12, which is what zod writes.
 */
import { z } from 'zod';
import { ERRORS, type ErrorCode } from '../core/errors.ts';
import { EXAMPLE_ORIGIN } from '../operations/examples.ts';
import type { AnyOperation } from '../operations/operation.ts';
import { codesOf } from '../operations/refusals.ts';
import { type Facts, SENTENCE, TITLE } from './facts.ts';
import { SCOPES, SECURITY_SCHEMES, scopeOf } from './scopes.ts';

type Schema = Record<string, unknown>;

/** What a caller shows, in the ways it can. */
const securityOf = (op: AnyOperation, shared: boolean): readonly Readonly<Record<string, readonly never[]>>[] => {
  const { shows, showsOnShared } = scopeOf(op);
  const ways = shared ? [...shows, ...showsOnShared] : shows;
  return ways.map((names) => Object.fromEntries(names.map((name) => [name, []])));
};

/** What is written once: schemas that were given an id, and refusals that several operations share. */
class Components {
  readonly schemas: Record<string, Schema> = {};
  readonly responses: Record<string, object> = {};
  readonly #names = new Map<string, string>();

  /** A schema for the document: without what OpenAPI says elsewhere, with named parts moved to the components. */
  add(schema: z.ZodType, io: 'input' | 'output'): Schema {
    const made = z.toJSONSchema(schema, {
      io,
      unrepresentable: 'any',
      override: ({ jsonSchema }) => forgetSafeIntegers(jsonSchema),
    }) as Schema;
    const { $schema: _, $defs = {}, ...rest } = moveRefs(made) as { $schema?: unknown; $defs?: Record<string, Schema> };
    for (const [name, { id: __, ...definition }] of Object.entries($defs)) this.schemas[name] = definition;
    const { id, ...own } = rest as Schema;
    if (typeof id !== 'string') return own;
    this.schemas[id] = own;
    return { $ref: `#/components/schemas/${id}` };
  }

  /** A refusal with a status, for some codes. */
  refusal(status: number, codes: readonly ErrorCode[], make: () => object): object {
    const key = codes.join();
    let name = this.#names.get(key);
    if (name === undefined) {
      name = `Refused${status}`;
      for (let n = 2; name in this.responses; n++) name = `Refused${status}_${n}`;
      this.#names.set(key, name);
      this.responses[name] = make();
    }
    return { $ref: `#/components/responses/${name}` };
  }
}

/** The bounds of what JavaScript can count are nobody's business. */
const forgetSafeIntegers = (schema: { minimum?: number; maximum?: number }): void => {
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
};

const moveRefs = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(moveRefs);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [
      key,
      key === '$ref' && typeof part === 'string' ? part.replace('#/$defs/', '#/components/schemas/') : moveRefs(part),
    ]),
  );
};

const PROBLEM: Schema = {
  type: 'object',
  description: 'An error (RFC 9457). `hint` is the next call to make.',
  required: ['type', 'title', 'status', 'detail', 'code', 'hint', 'request_id'],
  properties: {
    type: { type: 'string', format: 'uri', description: "The paragraph of this hub's error page." },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'What was wrong with this request.' },
    code: { type: 'string', description: 'The stable name of the failure.' },
    hint: { type: 'string', description: 'The next call to make.' },
    request_id: { type: 'string' },
  },
};

const TYPES = {
  once: ['application/json'],
  late: ['application/json'],
  pages: ['application/json', 'application/x-ndjson'],
  stream: ['text/event-stream', 'application/x-ndjson'],
} as const;

const refusalOf = (status: number, codes: readonly ErrorCode[], origin: string): object => {
  const [first = 'internal'] = codes;
  const { title, hint } = ERRORS[first];
  const example = { type: `${origin}/docs/errors#${first}`, title, status, detail: title, code: first, hint, request_id: 'a1b2c3-7' };
  const schema = { allOf: [{ $ref: '#/components/schemas/Problem' }, { type: 'object', properties: { code: { enum: codes } } }] };
  const retry = { 'Retry-After': { description: 'Seconds until the call may succeed.', schema: { type: 'integer' } } };
  return {
    description: codes.map((code) => `\`${code}\`: ${ERRORS[code].title}`).join('\n'),
    ...(status === 429 || status === 503 ? { headers: retry } : {}),
    content: { 'application/problem+json': { schema, example } },
  };
};

const problemsOf = (op: AnyOperation, components: Components, origin: string): Record<string, object> => {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codesOf(op)) byStatus.set(ERRORS[code].status, [...(byStatus.get(ERRORS[code].status) ?? []), code]);
  const answers = [...byStatus].sort(([a], [b]) => a - b);
  return Object.fromEntries(
    answers.map(([status, some]) => [String(status), components.refusal(status, some, () => refusalOf(status, some, origin))]),
  );
};

/** Examples that show a part of an answer are for people; one that stands here is the whole of one. */
const exampleOf = (schema: z.ZodType, example: unknown, origin: string): object =>
  schema.safeParse(example).success ? { example: JSON.parse(JSON.stringify(example).replaceAll(EXAMPLE_ORIGIN, origin)) } : {};

const operationOf = (op: AnyOperation, components: Components, facts: Facts): object => {
  const { rest } = op;
  const input = components.add(op.input, 'input') as { properties?: Record<string, Schema>; required?: string[] };
  const fields = Object.entries(input.properties ?? {});
  const required = new Set(input.required ?? []);
  const shown = (op.examples[0]?.input ?? {}) as Readonly<Record<string, unknown>>;
  const inPath = (name: string): boolean => rest.path.includes(`{${name}}`);
  const inHeader = (name: string): string | undefined => rest.headers?.[name];
  const free = fields.filter(([name]) => !inPath(name) && inHeader(name) === undefined);

  const parameter = (name: string, where: string, schema: Schema, needed: boolean, field = name): object => {
    const { description, ...own } = schema;
    return {
      name,
      in: where,
      required: needed,
      ...(description === undefined ? {} : { description }),
      schema: own,
      ...(shown[field] === undefined ? {} : { example: shown[field] }),
    };
  };
  const parameters = [
    ...(inPath('channel_id')
      ? [
          {
            name: 'channel_id',
            in: 'path',
            required: true,
            description: 'The channel.',
            schema: { type: 'string' },
            example: 'quiet-otter-3a8f19',
          },
        ]
      : []),
    ...fields.filter(([name]) => inPath(name)).map(([name, schema]) => parameter(name, 'path', schema, true)),
    ...fields.flatMap(([name, schema]) => {
      const header = inHeader(name);
      return header === undefined ? [] : [parameter(header, 'header', schema, required.has(name), name)];
    }),
    ...(rest.method === 'GET' ? free.map(([name, schema]) => parameter(name, 'query', schema, required.has(name))) : []),
  ];
  const body = {
    ...input,
    properties: Object.fromEntries(free),
    ...(required.size === 0 ? {} : { required: [...required].filter((name) => free.some(([one]) => one === name)) }),
  };
  // What stands in the path or in a header does not stand in the body.
  const whole = exampleOf(op.input, shown, facts.origin) as { example?: Readonly<Record<string, unknown>> };
  const inBody = Object.entries(whole.example ?? {}).filter(([name]) => free.some(([one]) => one === name));
  const bodyExample = whole.example ? { example: Object.fromEntries(inBody) } : {};
  const given = components.add(op.output, 'output');
  // When it is refused, its status has gone out.
  const answer = op.answers === 'late' ? { anyOf: [given, { $ref: '#/components/schemas/Problem' }] } : given;
  const example = exampleOf(op.output, op.examples[0]?.output, facts.origin);
  const [main] = TYPES[op.answers];
  const content = Object.fromEntries(
    TYPES[op.answers].map((type) => {
      if (type === 'application/json') return [type, { schema: answer, ...example }];
      return [type, { schema: { type: 'string', description: 'One event a line, or a server-sent event each.' } }];
    }),
  );
  return {
    operationId: op.name,
    summary: op.title,
    description: op.description,
    ...(op.guide === undefined ? {} : { externalDocs: { url: `${facts.origin}/docs/${op.guide}` } }),
    tags: [op.scope],
    security: securityOf(op, facts.mode === 'shared'),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(rest.method === 'GET'
      ? {}
      : {
          requestBody: {
            required: free.some(([name]) => required.has(name)),
            content: { 'application/json': { schema: body, ...bodyExample } },
          },
        }),
    responses: {
      [String(rest.status ?? 200)]: { description: `${op.title}: \`${main}\`.`, content },
      ...problemsOf(op, components, facts.origin),
    },
  };
};

/** The whole document. */
export const openApi = (facts: Facts): object => {
  const components = new Components();
  const paths: Record<string, Record<string, object>> = {};
  for (const op of facts.operations) {
    paths[op.rest.path] = { ...paths[op.rest.path], [op.rest.method.toLowerCase()]: operationOf(op, components, facts) };
  }
  const scopes = new Set<string>(facts.operations.map(({ scope }) => scope));
  const used = new Set(facts.operations.flatMap((op) => securityOf(op, facts.mode === 'shared').flatMap(Object.keys)));
  return {
    openapi: '3.1.1',
    info: {
      title: TITLE,
      version: facts.version,
      summary: SENTENCE,
      description: `For language models: ${facts.origin}/llms.txt. Errors: ${facts.origin}/docs/errors.`,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: facts.origin, description: 'This hub' }],
    externalDocs: { url: `${facts.origin}/llms.txt`, description: 'How to get on the air' },
    tags: Object.entries(SCOPES).flatMap(([name, { who }]) => (scopes.has(name) ? [{ name, description: who }] : [])),
    paths,
    components: {
      schemas: { ...components.schemas, Problem: PROBLEM },
      responses: components.responses,
      securitySchemes: Object.fromEntries(Object.entries(SECURITY_SCHEMES).filter(([name]) => used.has(name))),
    },
  };
};
