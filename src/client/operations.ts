/**
 * What the client knows of operations: their types and a table of what is needed at run time, both made by script/docs.ts of the
 * one list. So a call is checked by the compiler, no schema is loaded to make it, and no type of a library is needed to read it.
 */
import type { Answers, RestRoute, Scope } from '../operations/route.ts';
import type { Calls, Gap, Heard, Message, RosterEntry } from './calls.ts';
import table from './operations.json' with { type: 'json' };

export type OperationName = keyof Calls;

/** The fields of a call, as they are written by its caller. */
export type Input<N extends OperationName> = Calls[N]['input'];
/** What a call answers. */
export type Output<N extends OperationName> = Calls[N]['output'];
/** Operations that answer with one value. */
export type ValueName = { [N in OperationName]: Calls[N]['answers'] extends 'stream' ? never : N }[OperationName];

export type WireMessage = Message;
export type WireGap = Gap;
export type WireRosterEntry = RosterEntry;
export type HeardAnswer = Heard;
export type Joined = Output<'join'>;

/** A field, for help texts and for turning typed words into values. */
export interface Field {
  /** JSON Schema types, joined by `|`. */
  readonly type: string;
  readonly description: string;
  readonly required: boolean;
  /** Its bounds in words, where it has some: `whole number from 1 to 100`. */
  readonly takes?: string;
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
