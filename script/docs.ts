/** Writes the documents that are made from the program; with --check, fails when one is not as it would be written. */
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { withFigures } from '../bench/scaling.ts';
import { configurationDoc } from '../src/cli/configuration.ts';
import { serverJson } from '../src/discovery/cards.ts';
import { pretty } from '../src/discovery/facts.ts';
import { apiDoc, errorsDoc } from '../src/discovery/pages.ts';
import { skillDoc } from '../src/discovery/skill.ts';
import { operations } from '../src/operations/index.ts';
import { type ValueSchema, valuesOf } from '../src/operations/values.ts';
import { INSTRUCTIONS } from '../src/transports/mcp/instructions.ts';
import { VERSION } from '../src/version.ts';
import { callTypes } from './call-types.ts';

/** What the client knows of an operation when it runs: enough to call it and to describe it, without loading a schema. */
const clientTable = (): string => {
  const rows = operations.map((op) => {
    const schema = z.toJSONSchema(op.input, { io: 'input' }) as { properties?: Record<string, unknown>; required?: string[] };
    const required = new Set(schema.required);
    const fields = Object.entries(schema.properties ?? {}).map(([name, field]) => [
      name,
      { ...clientField(field), required: required.has(name) },
    ]);
    const { name, title, description, scope, answers, rest } = op;
    return [name, { title, description, scope, answers, ...rest, fields: Object.fromEntries(fields) }];
  });
  return `${JSON.stringify(Object.fromEntries(rows), null, 2)}\n`;
};

/** Bounds that somebody who types would run into; that a text is not empty or endless goes without saying. */
const takesOf = (field: ValueSchema): string | undefined => {
  const bounded =
    field.type === 'integer' ? field.maximum !== Number.MAX_SAFE_INTEGER && field.maximum !== undefined : (field.minLength ?? 0) > 1;
  return bounded ? valuesOf(field) : undefined;
};

const clientField = (field: unknown): object => {
  const takes = takesOf(field as ValueSchema);
  const {
    type,
    anyOf,
    description = '',
    default: standard,
    enum: values,
  } = field as Record<string, unknown> & { anyOf?: { type: string }[] };
  return {
    type: type ?? (anyOf ?? []).map((one) => one.type).join('|'),
    description,
    ...(takes === undefined ? {} : { takes }),
    ...(values === undefined ? {} : { values }),
    ...(standard === undefined ? {} : { default: standard }),
  };
};

const read = (name: string): string => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');

/** In the order in which they are made: the commands take their words from the table of the client. */
const documents: Readonly<Record<string, () => string | Promise<string>>> = {
  'src/client/operations.json': clientTable,
  'src/client/calls.ts': () => callTypes(operations),
  'docs/scaling.md': () => withFigures(read('docs/scaling.md'), read('docs/benchmarks.md')),
  'docs/configuration.md': configurationDoc,
  'docs/errors.md': errorsDoc,
  'docs/api.md': () => apiDoc(operations),
  'server.json': () => pretty(serverJson(VERSION)),
  'docs/cli.md': async () => (await import('../src/cli/reference.ts')).cliDoc(),
  'plugin/skills/rogerthat/SKILL.md': () => skillDoc(INSTRUCTIONS, operations),
};

const check = process.argv.includes('--check');
let stale = 0;
for (const [name, make] of Object.entries(documents)) {
  const text = await make();
  if (!check) writeFileSync(new URL(`../${name}`, import.meta.url), text);
  else if (read(name) !== text) {
    console.error(`${name} is not fresh: run node --import tsx script/docs.ts`);
    stale++;
  }
}
process.exitCode = stale > 0 ? 1 : 0;
