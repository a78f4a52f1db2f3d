/** Tables that stand in two places say the same. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { ERRORS, type ErrorCode } from '../../src/core/errors.ts';
import { limitName, limitsFor } from '../../src/core/limits.ts';
import { OF_CHANNEL, OF_CLOSED, OF_HOOK, OF_OUTBOX, OF_SEAT } from '../../src/engines/redis/lua/parts.ts';
import { operations } from '../../src/operations/index.ts';
import { VERSION } from '../../src/version.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(`${ROOT}${path}`, 'utf8');
const codes = Object.keys(ERRORS) as ErrorCode[];

test.each(['README.md', 'docs/cli.md'])('what %s has to be typed has no comment behind it, which zsh takes for arguments', (path) => {
  const typed = [...read(path).matchAll(/^ *\$ .*$/gm)].map(([line]) => line);
  expect(typed.length).toBeGreaterThan(5);
  expect(typed.filter((line) => / #/.test(line))).toEqual([]);
});

describe('docs/errors.md and the error table', () => {
  /** Status, title and hint of each code, as the page has them. */
  const page = new Map(
    [...read('docs/errors.md').matchAll(/^## (\S+)\n\n\*\*([0-9]{3})\*\* (.+)\n\n(.+)\n/gm)].map(([, code = '', status, title, hint]) => [
      code,
      { status: Number(status), title, hint },
    ]),
  );

  test.each(codes)('the page has %s as the table has it', (code) => {
    expect(page.get(code)).toEqual(ERRORS[code]);
  });

  test('the page has no other', () => {
    const headings = [...read('docs/errors.md').matchAll(/^#+ (.+)$/gm)].map((match) => match[1]);
    expect(headings.slice(1)).toEqual(codes);
  });

  test('every code that the protocol names is in the table', () => {
    const status = /\b([45][0-9]{2}) `([a-z_]+)`/g;
    const named = [...read('docs/protocol.md').matchAll(status)];
    expect(named.length).toBeGreaterThan(40);
    for (const [whole, number, code = ''] of named) expect(ERRORS, whole).toMatchObject({ [code]: { status: Number(number) } });
  });

  test('every code that an operation declares is in the table', () => {
    for (const op of operations) expect(op.errors.filter((code) => !(code in ERRORS))).toEqual([]);
  });
});

test('the table of limits names every limit that there is, and no other', () => {
  const [, table = ''] = /\n\| what \| name \|.*\n([\s\S]*?)\n\n/.exec(read('docs/protocol.md')) ?? [];
  const named = table.split('\n').flatMap((line) => [...(line.split('|')[2] ?? '').matchAll(/`([a-z_]+)`/g)].map(([, name]) => name));
  const { sizes, rates, guards } = limitsFor('local');
  const known = [sizes, rates, guards].flatMap((limits) => Object.keys(limits)).map(limitName);
  expect(named.toSorted()).toEqual(known.toSorted());
});

describe('generated documents', () => {
  test('are as the program would write them', { timeout: 30_000 }, () => {
    const run = spawnSync(process.execPath, ['--import', 'tsx', 'script/docs.ts', '--check'], { cwd: ROOT, encoding: 'utf8' });
    expect(run.stderr).toBe('');
    expect(run.status).toBe(0);
  });
});

test('the version is the one of the package', () => {
  expect(VERSION).toBe((JSON.parse(read('package.json')) as { version: string }).version);
});

test('every decision has a number of its own', () => {
  const names = readdirSync(`${ROOT}docs/decisions`);
  for (const name of names) expect(name).toMatch(/^[0-9]{3}-[a-z0-9-]+\.md$/);
  expect(new Set(names.map((name) => name.slice(0, 3))).size).toBe(names.length);
});

test('docs/engines.md names every part of a channel in Redis, and no other', () => {
  const [, table = ''] = read('docs/engines.md').split('### Keys');
  const rows = [...table.matchAll(/^\| ((?:`:[^`]+` ?)+)\|/gm)].flatMap(([, names = '']) => [...names.matchAll(/`:([^`]+)`/g)]);
  const parts = [
    ...OF_CHANNEL,
    ...OF_CLOSED,
    ...OF_OUTBOX,
    ...OF_HOOK.map((name) => `${name}:ID`),
    ...OF_SEAT.map((name) => `${name}:CALLSIGN`),
  ];
  // Those that are never written, and those that end by themselves.
  expect(rows.map(([, name]) => name).sort()).toEqual([...parts, '-', 'rate:NAME'].sort());
});
