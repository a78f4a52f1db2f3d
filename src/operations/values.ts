/**
 * What a field takes, in words: made from its schema, for the hints of refusals and for docs/api.md alike, so that both
 * say what the schema does.
 */
import { z } from 'zod';
import { eitherOf } from '../core/wording.ts';

/** JSON Schema, as zod writes it. */
export interface ValueSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly string[];
  readonly anyOf?: readonly ValueSchema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: ValueSchema;
  readonly properties?: Readonly<Record<string, ValueSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: ValueSchema | boolean;
  readonly description?: string;
  readonly default?: unknown;
}

/** Bounds that are only those of what JavaScript can count are nobody's business. */
const real = (bound: number | undefined): number | undefined =>
  bound === undefined || Math.abs(bound) === Number.MAX_SAFE_INTEGER ? undefined : bound;

/** `from 1 to 100`, `of at least 1`, `of at most 100`; empty without a bound. */
const between = (least: number | undefined, most: number | undefined, word = 'from'): string => {
  if (least !== undefined && most !== undefined) return ` ${word} ${least} to ${most}`;
  if (least !== undefined) return ` of at least ${least}`;
  return most === undefined ? '' : ` of at most ${most}`;
};

/** @param named how a schema with a name of its own is called; by default by that name */
export const valuesOf = (schema: ValueSchema, named: (name: string) => string = (name) => name): string => {
  if (schema.$ref !== undefined) return named(schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1));
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return eitherOf(schema.enum);
  if (schema.anyOf) return schema.anyOf.map((one) => valuesOf(one, named)).join(' or ');
  if (typeof schema.type === 'object') return schema.type.map((type) => valuesOf({ ...schema, type }, named)).join(' or ');
  switch (schema.type) {
    case 'integer':
      return `whole number${between(real(schema.minimum), real(schema.maximum))}`;
    case 'number':
      return `number${between(schema.minimum, schema.maximum)}`;
    case 'string': {
      // That a text is not empty goes without saying.
      const range = between(
        schema.maxLength === undefined && schema.minLength === 1 ? undefined : schema.minLength,
        schema.maxLength,
        'of',
      );
      return `text${range}${range === '' ? '' : ' characters'}`;
    }
    case 'boolean':
      return 'true or false';
    case 'null':
      return 'null';
    case 'array': {
      const size = between(schema.minItems, schema.maxItems, 'of');
      return `list${size === '' ? ' of' : `${size}, each`} ${valuesOf(schema.items ?? {}, named)}`;
    }
    default:
      return typeof schema.additionalProperties === 'object' && schema.properties === undefined
        ? `object of ${valuesOf(schema.additionalProperties, named)} by name`
        : 'object';
  }
};

/** Whether a schema says more than a type: its values or their bounds are all that there is to know. */
const isBounded = (schema: ValueSchema): boolean =>
  schema.enum !== undefined || real(schema.maximum) !== undefined || schema.maxLength !== undefined || schema.type === 'boolean';

/**
 * The next call to make for whoever gave a field something else; undefined where its schema does not say it in a few words.
 * @param anyType say its type where there is no more to say
 */
export const hintFor = (field: z.ZodType, anyType: boolean): string | undefined => {
  const schema = z.toJSONSchema(field, { io: 'input', unrepresentable: 'any' }) as ValueSchema;
  return isBounded(schema.items ?? schema) || (anyType && typeof schema.type === 'string')
    ? `Use ${valuesOf(schema).replace(/^(?=whole|number|list)/, 'a ')}.`
    : undefined;
};
