/** TOML: our entry is a table of its own at the end of the document, so nothing else is written anew. */
import { isDeepStrictEqual } from 'node:util';
import { type AST, getStaticTOMLValue, ParseError, parseTOML } from 'toml-eslint-parser';
import { entryTable } from '../../discovery/entries.ts';
import { applyCuts, broken, type Entry, eolOf, type Format, type Path } from './document.ts';

const parse = (text: string, name: string): AST.TOMLProgram => {
  try {
    return parseTOML(text, { tomlVersion: '1.0' });
  } catch (error) {
    if (error instanceof ParseError) throw broken(name, error.lineNumber, `this is no TOML (${error.message})`);
    throw error;
  }
};

const valueAt = (program: AST.TOMLProgram, path: Path): unknown =>
  path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[key] : undefined),
    getStaticTOMLValue(program),
  );

const isAt = (table: AST.TOMLTable, path: Path): boolean => path.every((key, i) => table.resolvedKey[i] === key);

/** The tables of an entry, its own and those below it. */
const tablesOf = (program: AST.TOMLProgram, path: Path): AST.TOMLTable[] =>
  program.body[0].body.filter((node): node is AST.TOMLTable => node.type === 'TOMLTable' && isAt(node, path));

const lineStart = (text: string, offset: number): number => text.lastIndexOf('\n', offset - 1) + 1;

/** Takes our tables out, each with its lines and the empty line before it. */
const without = (text: string, program: AST.TOMLProgram, path: Path): string => {
  const cuts = tablesOf(program, path).map(({ range: [start, end] }) => {
    const newline = text.indexOf('\n', end);
    const from = lineStart(text, start);
    const blank = /\r?\n\r?\n$/.exec(text.slice(0, from))?.[0];
    // Two line ends stand before it: one ends the line before, the other is the empty line we put there.
    const own = blank === undefined ? 0 : blank.startsWith('\r\n') ? 2 : 1;
    return { from: from - own, to: newline < 0 ? text.length : newline + 1, text: '' };
  });
  return applyCuts(text, cuts);
};

const install = (text: string, entry: Entry, name: string): string => {
  const program = parse(text, name);
  const present = valueAt(program, entry.path);
  if (isDeepStrictEqual(present, entry.value)) return text;
  const [under = '', own = ''] = entry.path;
  const rest = present === undefined ? text : without(text, program, entry.path);
  const other = parse(rest, name);
  // What remains of it is not a table of its own, and what holds it may be closed: `mcp_servers = { … }`.
  const inline = other.body[0].body.find(
    (node): node is AST.TOMLKeyValue =>
      node.type === 'TOMLKeyValue' && String((node.key.keys[0] as { name?: string; value?: string }).name ?? '') === under,
  );
  if (inline || valueAt(other, entry.path) !== undefined) {
    const line = inline?.loc.start.line ?? 1;
    throw broken(name, line, `"${under}" is not written as tables, so "${own}" cannot be added beside it`);
  }
  const eol = eolOf(text);
  const table = entryTable({ under, value: entry.value as Record<string, unknown> });
  const gap = rest === '' ? '' : /\n$/.test(rest) ? eol : eol + eol;
  const result = `${rest}${gap}${table.join(eol)}${eol}`;
  parse(result, name);
  return result;
};

export const toml: Format = {
  install: (text, entries, name) => entries.reduce((now, entry) => install(now, entry, name), text),
  // Our table brings what it stands in along.
  fills: (text) => (text === null ? [{ path: [], before: null }] : []),
  remove(text, entries, name, filled = []) {
    const rest = entries.reduce((now, { path }) => without(now, parse(now, name), path), text);
    return filled.length > 0 && rest.trim() === '' ? null : rest;
  },
  find: (text, { path }, name) => valueAt(parse(text, name), path),
};
