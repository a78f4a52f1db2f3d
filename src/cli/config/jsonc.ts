/** JSON with comments and trailing commas, as editors and agents keep their settings. */

import { isDeepStrictEqual } from 'node:util';
import {
  createScanner,
  findNodeAtLocation,
  getNodeValue,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
  stripComments,
} from 'jsonc-parser';
import {
  applyCuts,
  broken,
  type Container,
  type Cut,
  type Entry,
  eolOf,
  type Format,
  type ItemEntry,
  lineOf,
  type Path,
} from './document.ts';

/** SyntaxKind of the scanner; a const enum of a package is no value when types are only erased. */
const COMMA = 5;
const END = 17;

const parse = (text: string, name: string): Node => {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true, disallowComments: false });
  const [first] = errors;
  if (first) throw broken(name, lineOf(text, first.offset), `this is no JSON (${printParseErrorCode(first.error)})`);
  if (root?.type !== 'object') throw broken(name, 1, 'this is no JSON object');
  return root;
};

/** Where a comma stands between two offsets, comments left aside. */
const commaBetween = (text: string, from: number, to: number): number | null => {
  const scanner = createScanner(text, true);
  scanner.setPosition(from);
  for (let kind = scanner.scan() as number; kind !== END && scanner.getTokenOffset() < to; kind = scanner.scan()) {
    if (kind === COMMA) return scanner.getTokenOffset();
  }
  return null;
};

const lineStart = (text: string, offset: number): number => text.lastIndexOf('\n', offset - 1) + 1;
const indentAt = (text: string, offset: number): string => /^[ \t]*/.exec(text.slice(lineStart(text, offset)))?.[0] ?? '';
const unitOf = (text: string): string => /^([ \t]+)\S/m.exec(text)?.[1] ?? '  ';

const written = (value: unknown, unit: string, indent: string, eol: string): string =>
  JSON.stringify(value, null, unit).split('\n').join(`${eol}${indent}`);

/** Puts a member or an item first in its container: what comments say of the others stays beside them. */
const insertion = (text: string, container: Node, key: string | null, value: unknown): Cut => {
  const eol = eolOf(text);
  const unit = unitOf(text);
  const outer = indentAt(text, container.offset);
  const body = (indent: string): string => `${key === null ? '' : `${JSON.stringify(key)}: `}${written(value, unit, indent, eol)}`;
  const open = container.offset + 1;
  const closing = container.offset + container.length - 1;
  const empty = (container.children ?? []).length === 0;
  const inside = text.slice(open, closing);
  if (empty && inside.trim() === '') {
    return { from: open, to: closing, text: `${eol}${outer}${unit}${body(outer + unit)}${eol}${outer}` };
  }
  const comma = empty ? '' : ',';
  // A comment behind the bracket belongs to the bracket.
  const rest = /^[ \t]*(?:\/\/[^\r\n]*|(?:\/\*(?:(?!\*\/)[^\r\n])*\*\/[ \t]*)*)(?=\r?\n)/.exec(inside)?.[0];
  if (rest === undefined) return { from: open, to: open, text: `${body(outer)}${comma}` };
  const first = container.children?.[0];
  const indent = first ? indentAt(text, first.offset) : outer + unit;
  return { from: open + rest.length, to: open + rest.length, text: `${eol}${indent}${body(indent)}${comma}` };
};

/** Takes a member or an item out, with its comma and its line. */
const removal = (text: string, node: Node): Cut[] => {
  const siblings = node.parent?.children ?? [];
  const at = siblings.indexOf(node);
  const end = node.offset + node.length;
  const closing = (node.parent?.offset ?? 0) + (node.parent?.length ?? 0) - 1;
  const next = siblings[at + 1];
  const after = commaBetween(text, end, next?.offset ?? closing);
  let from = node.offset;
  let to = after === null ? end : after + 1;
  const alone = text.slice(lineStart(text, from), from).trim() === '';
  const rest = /^[ \t]*(?=\r?\n)/.exec(text.slice(to))?.[0];
  if (alone && rest !== undefined) {
    // Back to the end of the line before, so that the line is gone and its end is not doubled.
    from = Math.max(lineStart(text, from) - 1, 0);
    if (text[from - 1] === '\r') from--;
    to += rest.length;
  }
  const previous = siblings[at - 1];
  const before = next || !previous ? null : commaBetween(text, previous.offset + previous.length, node.offset);
  return [{ from, to, text: '' }, ...(before === null || after !== null ? [] : [{ from: before, to: before + 1, text: '' }])];
};

const nodeAt = (root: Node, path: Path): Node | undefined => findNodeAtLocation(root, [...path]);

/** The deepest container of a path that is there, and what is missing below it. */
const reach = (root: Node, path: Path, name: string, text: string): { readonly node: Node; readonly missing: Path } => {
  for (let depth = path.length; depth >= 0; depth--) {
    const node = depth === 0 ? root : nodeAt(root, path.slice(0, depth));
    if (!node) continue;
    if (depth < path.length && node.type !== 'object') {
      throw broken(name, lineOf(text, node.offset), `"${path.slice(0, depth).join('.')}" is no object`);
    }
    return { node, missing: path.slice(depth) };
  }
  return { node: root, missing: path };
};

const wrapped = (missing: Path, value: unknown): unknown => missing.reduceRight((inner, key) => ({ [key]: inner }), value);

interface Found {
  readonly item: Node;
  /** What of the item is ours: all of it, or one of its group. */
  readonly own: Node;
}

const mineIn = (list: Node, { mine, inner }: ItemEntry): Found | undefined => {
  const isOurs = (node: Node): boolean => mine(getNodeValue(node));
  for (const item of (list.type === 'array' && list.children) || []) {
    const group = inner === undefined ? undefined : nodeAt(item, [inner]);
    const own = inner === undefined ? [item].find(isOurs) : group?.type === 'array' ? group.children?.find(isOurs) : undefined;
    if (own) return { item, own };
  }
  return undefined;
};

/** Whether nothing of others stands in an item with what is ours. */
const isAlone = ({ item, own }: Found): boolean => own === item || own.parent?.children?.length === 1;

/** What an entry puts into the list of a group. */
const ownOf = ({ value, inner }: ItemEntry): unknown =>
  inner === undefined ? value : (value as Readonly<Record<string, readonly unknown[]>>)[inner]?.[0];

const replacement = (text: string, { offset, length }: Node, value: unknown): Cut => ({
  from: offset,
  to: offset + length,
  text: written(value, unitOf(text), indentAt(text, offset), eolOf(text)),
});

/** Makes a node a value: where both have the same members, only those that differ are written, and all between them stays. */
const cutsTo = (text: string, node: Node, value: unknown): Cut[] => {
  const old: unknown = getNodeValue(node);
  if (isDeepStrictEqual(old, value)) return [];
  const alike = [old, value].every((one) => typeof one === 'object' && one !== null) && Array.isArray(old) === Array.isArray(value);
  const [names = [], wanted = []] = alike ? [old, value].map((one) => Object.keys(one as object).sort()) : [];
  if (!alike || !isDeepStrictEqual(names, wanted)) return [replacement(text, node, value)];
  return names.flatMap((name) => {
    const part = findNodeAtLocation(node, [node.type === 'array' ? Number(name) : name]);
    return part ? cutsTo(text, part, (value as Readonly<Record<string, unknown>>)[name]) : [];
  });
};

const cutsFor = (text: string, entry: Entry, name: string): Cut[] => {
  const root = parse(text, name);
  const { node, missing } = reach(root, entry.path, name, text);
  const [key, ...deeper] = missing;
  if (key !== undefined) {
    return [insertion(text, node, key, wrapped(deeper, entry.kind === 'item' ? [entry.value] : entry.value))];
  }
  if (entry.kind === 'needed') return [];
  if (entry.kind === 'member') {
    return isDeepStrictEqual(getNodeValue(node), entry.value) ? [] : [replacement(text, node, entry.value)];
  }
  if (node.type !== 'array') throw broken(name, lineOf(text, node.offset), `"${entry.path.join('.')}" is no list`);
  const found = mineIn(node, entry);
  if (!found) return [insertion(text, node, null, entry.value)];
  const [old, wanted] = isAlone(found) ? [found.item, entry.value] : [found.own, ownOf(entry)];
  const value = entry.kept?.(wanted, getNodeValue(old)) ?? wanted;
  return cutsTo(text, old, value);
};

/** A text that begins with a byte order mark keeps it; an empty file is an empty object. */
const withBody = (text: string, change: (body: string) => string): string => {
  const mark = text.startsWith('\uFEFF') ? '\uFEFF' : '';
  const body = text.slice(mark.length);
  return mark + change(body.trim() === '' ? `{}${eolOf(body)}` : body);
};

/** The containers on the way to an entry. */
const containersOf = ({ kind, path }: Entry): Path[] =>
  path.slice(0, kind === 'item' ? path.length : -1).map((_, i) => path.slice(0, i + 1));

const removeEntry = (text: string, entry: Entry, name: string): string => {
  if (entry.kind === 'needed') return text;
  const node = nodeAt(parse(text, name), entry.path);
  if (!node) return text;
  if (entry.kind === 'member') return node.parent ? applyCuts(text, removal(text, node.parent)) : text;
  const found = mineIn(node, entry);
  return found ? applyCuts(text, removal(text, isAlone(found) ? found.item : found.own)) : text;
};

const textOf = (text: string, { offset, length }: Node): string => text.slice(offset, offset + length);

/** Brackets with nothing between them, not even a remark. */
const EMPTY = /^(?:\{\s*\}|\[\s*\])$/;

/** Brings a container that is empty back to what it was. */
const emptied = (text: string, { path, before }: Container, name: string): string => {
  const node = nodeAt(parse(text, name), path);
  if (!node?.parent || !EMPTY.test(textOf(text, node))) return text;
  return applyCuts(
    text,
    before === null ? removal(text, node.parent) : [{ from: node.offset, to: node.offset + node.length, text: before }],
  );
};

/** Whether a document has nothing but what we needed in it. */
const isBare = (text: string, entries: readonly Entry[], name: string): boolean => {
  const needed = Object.fromEntries(entries.flatMap(({ kind, path, value }) => (kind === 'needed' ? [[path.join('.'), value]] : [])));
  const value = getNodeValue(parse(text, name)) as Record<string, unknown>;
  const remarks = stripComments(text) !== text;
  return !remarks && Object.entries(value).every(([key, one]) => isDeepStrictEqual(one, needed[key]));
};

export const jsonc: Format = {
  install: (text, entries, name) =>
    withBody(text, (body) => entries.reduce((now, entry) => applyCuts(now, cutsFor(now, entry, name)), body)),
  fills(text, entries, name) {
    const paths = new Map(entries.flatMap(containersOf).map((path) => [path.join('\0'), path]));
    const body = text?.replace(/^\uFEFF/, '') ?? '';
    const root = body.trim() === '' ? null : parse(body, name);
    const filled = [...paths.values()].flatMap((path): Container[] => {
      const node = root ? nodeAt(root, path) : undefined;
      if (!node) return [{ path, before: null }];
      return EMPTY.test(textOf(body, node)) ? [{ path, before: textOf(body, node) }] : [];
    });
    return text === null ? [{ path: [], before: null }, ...filled] : filled;
  },
  remove(text, entries, name, filled = []) {
    if (text.trim() === '') return text;
    const innermostFirst = filled.filter(({ path }) => path.length > 0).sort((a, b) => b.path.length - a.path.length);
    const rest = withBody(text, (body) =>
      innermostFirst.reduce(
        (now, container) => emptied(now, container, name),
        entries.reduce((now, entry) => removeEntry(now, entry, name), body),
      ),
    );
    const whole = filled.some(({ path }) => path.length === 0);
    return whole && isBare(rest.replace(/^\uFEFF/, ''), entries, name) ? null : rest;
  },
  find(text, entry, name) {
    if (text.trim() === '') return undefined;
    const node = nodeAt(parse(text.replace(/^\uFEFF/, ''), name), entry.path);
    const found = node && entry.kind === 'item' ? mineIn(node, entry)?.own : node;
    return found && getNodeValue(found);
  },
};
