/**
 * What the client knows of operations: their types from the schemas, and what is needed at run time from a table that
 * script/docs.ts makes of the same list. So a call is checked by the compiler and no schema is loaded to make it.
 */
import type { z } from 'zod';
import type { KnownOperation } from '../operations/index.ts';
import type { Answers, RestRoute, Scope } from '../operations/operation.ts';
import type { gap, heardAnswer, message, rosterEntry } from '../operations/schemas.ts';
import table from './operations.json' with { type: 'json' };

export type OperationName = KnownOperation['name'];
type Named<N extends OperationName> = Extract<KnownOperation, { readonly name: N }>;

/** The fields of a call, as they are written by its caller. */
export type Input<N extends OperationName> = z.input<Named<N>['input']>;
/** What a call answers. */
export type Output<N extends OperationName> = z.output<Named<N>['output']>;
/** Operations that answer with one value. */
export type ValueName = { [N in OperationName]: Named<N>['answers'] extends 'stream' ? never : N }[OperationName];

export type WireMessage = z.output<typeof message>;
export type WireGap = z.output<typeof gap>;
export type WireRosterEntry = z.output<typeof rosterEntry>;
export type HeardAnswer = z.output<typeof heardAnswer>;
export type Joined = Output<'join'>;

/** A field, for help texts and for turning typed words into values. */
export interface Field {
  /** JSON Schema types, joined by `|`. */
  readonly type: string;
  readonly description: string;
  readonly required: boolean;
  readonly values?: readonly string[];
  readonly default?: unknown;
}

export interface Entry extends RestRoute {
  readonly title: string;
  readonly description: string;
  readonly scope: Scope;
  readonly answers: Answers;
  readonly fields: Readonly<Record<string, Field>>;
}

/** Every operation by its name. */
export const ENTRIES = table as unknown as Readonly<Record<OperationName, Entry>>;

/** An operation by a name that this program may be too old, or too young, to know. */
export const entryNamed = (name: string): Entry | undefined => (ENTRIES as Readonly<Record<string, Entry>>)[name];
