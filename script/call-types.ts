/**
 * What may be said in each call and what it answers, as plain TypeScript made from the schemas: the types of the client
 * name no library, so a program that uses the package needs none.
 */
import { z } from 'zod';
import type { AnyOperation } from '../src/operations/operation.ts';

/** As much of JSON Schema as zod writes for operations. */
interface Schema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly readOnly?: boolean;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: false | Schema;
  readonly description?: string;
}

const SCALARS: Readonly<Record<string, string>> = {
  string: 'string',
  boolean: 'boolean',
  integer: 'number',
  number: 'number',
  null: 'null',
};

const literal = (value: unknown): string => (typeof value === 'string' ? `'${value}'` : String(value));

const comment = (text: string | undefined, indent: string): string =>
  text === undefined ? '' : `${indent}/** ${text.replaceAll('*/', '*\\/')} */\n`;

/** @throws Error at a schema of a kind that no operation has so far */
const typeOf = (schema: Schema, indent: string): string => {
  if (schema.$ref !== undefined) return schema.$ref.replace('#/$defs/', '');
  if (schema.const !== undefined) return literal(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(literal).join(' | ');
  if (schema.anyOf !== undefined) return schema.anyOf.map((one) => typeOf(one, indent)).join(' | ');
  if (schema.items) {
    const item = typeOf(schema.items, indent);
    return `${schema.readOnly ? 'readonly ' : ''}${schema.items.enum || schema.items.anyOf ? `(${item})` : item}[]`;
  }
  if (schema.type === 'object') return objectOf(schema, indent);
  const scalars = [schema.type ?? []].flat().map((type) => SCALARS[type]);
  if (scalars.length === 0 || scalars.includes(undefined)) throw new Error(`no type is known for ${JSON.stringify(schema)}`);
  return scalars.join(' | ');
};

const objectOf = ({ properties = {}, required = [], additionalProperties }: Schema, indent: string): string => {
  const inner = `${indent}  `;
  const fields = Object.entries(properties).map(([name, field]) => {
    const type = typeOf(field, inner);
    const rest = required.includes(name) ? `: ${type}` : `?: ${type} | undefined`;
    return `${comment(field.description, inner)}${inner}${name}${rest};\n`;
  });
  if (fields.length > 0) return `{\n${fields.join('')}${indent}}`;
  return additionalProperties ? `Record<string, ${typeOf(additionalProperties, indent)}>` : 'Record<string, never>';
};

/** src/client/calls.ts. */
export const callTypes = (operations: readonly AnyOperation[]): string => {
  const named = new Map<string, string>();
  const shape = (schema: z.ZodType, io: 'input' | 'output'): string => {
    const { $defs = {}, ...whole } = z.toJSONSchema(schema, { io }) as Schema;
    for (const [name, one] of Object.entries($defs))
      named.set(name, `${comment(one.description, '')}export type ${name} = ${typeOf(one, '')};\n`);
    return typeOf(whole, '    ');
  };
  const calls = operations.map(
    ({ name, description, answers, input, output }) =>
      `${comment(description, '  ')}  ${name}: {\n    answers: ${literal(answers)};\n` +
      `    input: ${shape(input, 'input')};\n    output: ${shape(output, 'output')};\n  };\n`,
  );
  return [
    '/** The calls of a hub: what may be said in each, and what it answers. Made from the list of operations by script/docs.ts. */\n',
    ...named.values(),
    `/** Every call by its name. */\nexport interface Calls {\n${calls.join('')}}\n`,
  ].join('\n');
};
