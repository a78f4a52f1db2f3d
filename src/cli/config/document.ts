/**
 * Changing a configuration file that belongs to somebody else: our entries go in and out, and every other byte stays as it
 * is. The libraries parse and tell where things stand; the changes are cuts of the text.
 */
import { CliError } from '../exit.ts';

/** A place in a document, from its root: keys of objects. */
export type Path = readonly string[];

/** An item of a list. */
export interface ItemEntry {
  readonly kind: 'item';
  readonly path: Path;
  readonly value: unknown;
  /** Knows ours among the others. */
  readonly mine: (item: unknown) => boolean;
  /** `value`, or its own part, with what stays of ours that is there: what its user added. */
  readonly kept?: (value: unknown, present: unknown) => unknown;
  /** Where items are groups: the member with the list in which ours stands, as `value` has it. Others may put theirs beside it. */
  readonly inner?: string;
}

/** Something of ours in a configuration file. */
export type Entry =
  /** A member of an object. */
  | { readonly kind: 'member'; readonly path: Path; readonly value: unknown }
  | ItemEntry
  /** A member that must be there and is left when we go, such as a version. */
  | { readonly kind: 'needed'; readonly path: Path; readonly value: unknown };

/** An object or a list that our entries stand in, and that was empty, or not there, before them. */
export interface Container {
  readonly path: Path;
  /** How it was written; null: it was not there. */
  readonly before: string | null;
}

export interface Format {
  /** The text with the entries in it; the same text when they are there already. @throws CliError failed */
  install(text: string, entries: readonly Entry[], name: string): string;
  /**
   * The containers that putting the entries in makes or fills; the empty path is the document itself, when the text is
   * null. @throws CliError failed
   */
  fills(text: string | null, entries: readonly Entry[], name: string): Container[];
  /**
   * The text without them, and with those of the containers `filled` for them that are empty by then as they were. Null
   * when nothing of a document that was made is left. @throws CliError failed
   */
  remove(text: string, entries: readonly Entry[], name: string, filled?: readonly Container[]): string | null;
  /** What stands for an entry now; undefined when nothing does. @throws CliError failed */
  find(text: string, entry: Entry, name: string): unknown;
}

/** A file that cannot be understood is not touched. */
export const broken = (name: string, line: number, what: string): CliError =>
  new CliError('failed', `${name}, line ${line}: ${what}.`, 'Nothing was changed. Mend the file and try again.');

export const lineOf = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;

/** The line end that a text uses. */
export const eolOf = (text: string): string => (/\r\n/.test(text) ? '\r\n' : '\n');

export interface Cut {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** Applies cuts that do not overlap. */
export const applyCuts = (text: string, cuts: readonly Cut[]): string =>
  [...cuts].sort((a, b) => b.from - a.from).reduce((rest, { from, to, text: put }) => rest.slice(0, from) + put + rest.slice(to), text);
