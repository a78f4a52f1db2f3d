/** The commands as parts of the program: what they load, and how a shell completes them. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { builtHub } from '../harness/built.ts';
import { newHome } from '../harness/command.ts';
import { verifies } from '../harness/verifies.ts';

/** The chunks that are loaded with one, its own included. */
const loadedWith = (folder: string, name: string, seen = new Set<string>()): Set<string> => {
  if (seen.has(name)) return seen;
  seen.add(name);
  const text = readFileSync(join(folder, name), 'utf8');
  for (const [, other = ''] of text.matchAll(/^(?:import|export)\b[^;]*?["']\.\/([^"']+)["'];/gm)) loadedWith(folder, other, seen);
  return seen;
};

test('a command loads neither the hub nor its schemas nor its database', () => {
  const folder = dirname(builtHub());
  const chunks = readdirSync(folder);
  const chunkOf = (name: string): string => chunks.find((chunk) => new RegExp(`^${name}-[\\w-]{8}\\.js$`).test(chunk)) ?? '';
  const entry = loadedWith(folder, 'cli.js');
  for (const name of ['send', 'listen', 'wait', 'join', 'roster']) {
    const loaded = new Set([...entry, ...loadedWith(folder, chunkOf('main')), ...loadedWith(folder, chunkOf(name))]);
    const texts = [...loaded].map((chunk) => readFileSync(join(folder, chunk), 'utf8'));
    expect(loaded.size).toBeGreaterThan(5);
    expect(Buffer.byteLength(texts.join(''))).toBeLessThan(105_000);
    for (const text of texts) expect(text).not.toMatch(/ZodType|["']libsql["']|hono|toml-eslint-parser|jsonc-parser/);
  }
  // The look-out sees what it looks for.
  const serving = [...loadedWith(folder, chunkOf('serve'))].map((chunk) => readFileSync(join(folder, chunk), 'utf8')).join('');
  expect(serving).toMatch(/ZodType/);
});

verifies.once('cli:completion', async () => {
  const home = newHome();
  const script = (await home.run(['completion', 'bash'])).stdout;
  const complete = (...words: string[]): string[] => {
    const setup = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _rogerthat; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['--norc', '-c', `${script}\n${setup}`], { encoding: 'utf8' })
      .trim()
      .split('\n');
  };
  expect(complete('rogerthat', '')).toEqual(COMMANDS.map(({ name }) => name));
  expect(complete('rogerthat', 'ro')).toContain('roster');
  expect(complete('rogerthat', 'create', '--ret')).toEqual(['--retention']);
  expect(complete('rogerthat', 'create', '--retention', 'p')).toEqual(['prompts']);
  expect(complete('rogerthat', 'install', 'claude')).toEqual(['claude-code', 'claude-desktop']);
  expect(complete('rogerthat', 'kick', '--no')).toEqual(['--no-ban']);
  for (const shell of ['zsh', 'fish']) {
    const { code, stdout } = await home.run(['completion', shell]);
    expect(code).toBe(0);
    for (const { name } of COMMANDS) expect(stdout).toContain(name);
    expect(stdout).toContain('retention');
  }
  const fish = (await home.run(['completion', 'fish'])).stdout;
  // Files are offered where a file may stand.
  expect(fish).toMatch(/ -l retention -x -a 'none /);
  expect(fish).toMatch(/ -l jsonl -r -F /);
  expect(await home.run(['completion', 'powershell'])).toMatchObject({ code: 2, stderr: expect.stringContaining('bash, zsh and fish') });
});
