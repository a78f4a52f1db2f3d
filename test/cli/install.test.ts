/** Installing into real settings files of clients, each in a home of its own. */
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { parse as parseJsonc } from 'jsonc-parser';
import { getStaticTOMLValue, parseTOML } from 'toml-eslint-parser';
import { describe, expect, test } from 'vitest';
import { CLIENTS } from '../../src/cli/config/clients.ts';
import { jsonc } from '../../src/cli/config/jsonc.ts';
import { CLIENT_NAMES } from '../../src/cli/config/names.ts';
import { toml } from '../../src/cli/config/toml.ts';
import { connectInfo } from '../../src/discovery/connect.ts';
import { type Home, newHome } from '../harness/command.ts';
import { startHubProcess } from '../harness/process.ts';
import { verifies } from '../harness/verifies.ts';

const COMMENTED = `{ // mine
\t"theme": "dark", /* keep */
\t"mcpServers": {
\t\t// the one of the house
\t\t"github": { "command": "x", "args": ["-y"] }, // last
\t},
\t"hooks": { "AfterAgent": [{ "matcher": "*", "hooks": [] }] },
}
`;

const CODEX = `# my settings\t
model = "gpt-5"   # the model
approval_policy   =   'never'

[mcp_servers.github]
command = "npx"
args = [
  "-y", # yes
  "x",
]
env = { A = "1",  B = '2' }

[mcp_servers.github.more]
number = 0x1F
date = 1979-05-27T07:32:00Z

[[hooks.Stop]]
matcher = "x"
# the end`;

/** Files of users, by client: every one is to come back byte for byte. */
const FILES: Readonly<Record<string, readonly string[]>> = {
  jsonc: [
    COMMENTED,
    COMMENTED.replaceAll('\n', '\r\n'),
    '{}',
    '{\n}\n',
    '',
    ' \n',
    '\uFEFF{\n  "a": 1\n}\n',
    '{"a":1,"mcpServers":{"x":{}},"mcp":{"x":{}},"servers":{"x":{}},"context_servers":{"x":{}}}',
    '{\n    "mcpServers": {},\n    "hooks": {\n        "Stop": [\n            // none yet\n        ]\n    }\n}',
    '// only a comment before\n{\n  "a": [1, 2], // two\n  /* and */\n}\n// and after\n',
  ],
  toml: [CODEX, `${CODEX}\n`, CODEX.replaceAll('\n', '\r\n'), '', '# nothing yet\n', 'model = "x"\n\n\n'],
};

const settingsIn = (home: Home, name: string): string =>
  CLIENTS.find((client) => client.name === name)!.settings({ home: home.directory, platform: process.platform, env: {} });

const put = (path: string, text: string): void => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
};

/** Every file of a home but what the program keeps for itself. */
const contents = (home: Home): Record<string, string> =>
  Object.fromEntries(
    (readdirSync(home.directory, { recursive: true, encoding: 'utf8' }) as string[])
      .filter((name) => !name.startsWith('.local') && lstatSync(join(home.directory, name)).isFile())
      .sort()
      .map((name) => [name, readFileSync(join(home.directory, name), 'utf8')]),
  );

test('the table has each client once, by the names that are completed', () => {
  expect(CLIENTS.map(({ name }) => name)).toEqual([...CLIENT_NAMES]);
});

verifies.once('cli:install', async () => {
  const hub = 'http://127.0.0.1:7999';
  const { connect } = connectInfo('http://x', 'c', 't');
  /** The client's entry, as a new channel shows it, for the whole hub and without a token. */
  const expected: Readonly<Record<string, string>> = {
    cursor: 'cursor',
    vscode: 'vscode',
    opencode: 'opencode',
    zed: 'zed',
    windsurf: 'windsurf',
  };
  for (const { name, format, hooks } of CLIENTS) {
    const home = newHome(hub);
    const path = settingsIn(home, name);
    const before = format === 'toml' ? CODEX : COMMENTED;
    put(path, before);
    chmodSync(path, 0o640);
    const wake = hooks || name === 'claude-code' ? ['--wake'] : [];
    if (format === 'toml') {
      const dry = await home.run(['install', name, ...wake, '--dry-run']);
      expect(dry).toMatchObject({ code: 0, stdout: expect.stringContaining('+') });
      expect(contents(home)).toEqual({ [path.slice(home.directory.length + 1)]: before });
    }
    const done = await home.run(['install', name, ...wake]);
    expect([name, done.code, done.stdout.split('\n')[0]]).toEqual([name, 0, path]);
    const text = readFileSync(path, 'utf8');
    const value = (format === 'toml' ? getStaticTOMLValue(parseTOML(text)) : parseJsonc(text)) as Record<string, Record<string, unknown>>;
    const [under = ''] = Object.keys(value).filter((key) => value[key]?.['rogerthat'] !== undefined);
    expect(JSON.stringify(value[under]?.['rogerthat'])).toContain(`${hub}/mcp`);
    const snippet = expected[name] && JSON.parse(connect[expected[name]]!)[under].rogerthat;
    if (snippet)
      expect(Object.keys({ ...(value[under]?.['rogerthat'] as object), headers: {} }).sort()).toEqual(Object.keys(snippet).sort());
    // What was there is there, line by line and in order.
    const kept = text.split('\n');
    for (const line of before.split('\n')) {
      const at = kept.findIndex((one) => one.includes(line) || (line.includes('"hooks"') && one.includes('"hooks"')));
      expect([name, line, at >= 0]).toEqual([name, line, true]);
      kept.splice(0, at + 1);
    }
    expect(statSync(path).mode & 0o777).toBe(0o640);
    if (wake.length > 0) expect(JSON.stringify(contents(home))).toMatch(new RegExp(`hook ${name}\\b`));
    const after = contents(home);
    expect(await home.run(['install', name, ...wake])).toMatchObject({ code: 0, stdout: expect.stringContaining('nothing was changed') });
    expect(contents(home)).toEqual(after);
    expect(await home.run(['uninstall', name])).toMatchObject({ code: 0 });
    expect(contents(home)).toEqual({ [path.slice(home.directory.length + 1)]: before });
    expect(statSync(path).mode & 0o777).toBe(0o640);
  }
  expect(await newHome().run(['uninstall', 'codex'])).toMatchObject({ code: 0, stdout: expect.stringContaining('nothing was changed') });
});

describe('the formats', () => {
  const entries = [
    { kind: 'member', path: ['mcpServers', 'rogerthat'], value: { url: 'u', headers: { A: 'b' } } },
    {
      kind: 'item',
      path: ['hooks', 'Stop'],
      value: { command: 'rogerthat hook x' },
      mine: (item: unknown) => JSON.stringify(item).includes('hook x'),
    },
  ] as const;

  test.each(FILES['jsonc']!)('JSON with comments: %j', (before) => {
    const after = jsonc.install(before, entries, 'f');
    const errors: unknown[] = [];
    const value = parseJsonc(after.replace(/^\uFEFF/, ''), errors as never, { allowTrailingComma: true });
    expect(errors).toEqual([]);
    expect(value.mcpServers.rogerthat).toEqual(entries[0].value);
    expect(value.hooks.Stop).toContainEqual(entries[1].value);
    expect(jsonc.install(after, entries, 'f')).toBe(after);
    expect(after.includes('\r\n')).toBe(before.includes('\r\n'));
    // Only put in: what was there is there in its order.
    let at = 0;
    for (const char of after) if (char === before[at]) at++;
    expect(at).toBe(before.length);
    const back = parseJsonc((jsonc.remove(after, entries, 'f') ?? '').replace(/^\uFEFF/, ''), [], { allowTrailingComma: true });
    expect(JSON.stringify(back)).not.toMatch(/rogerthat/);
    for (const [key, one] of Object.entries(parseJsonc(before.replace(/^\uFEFF/, '') || '{}') ?? {})) {
      if (key !== 'hooks') expect(back[key]).toEqual(one);
    }
  });

  test('JSON: where all is there, taking out is the very opposite of putting in', () => {
    for (const before of [
      '{\n  "mcpServers": {\n    "a": {} // a\n  },\n  "hooks": { "Stop": [ 1 ] }\n}',
      '{"mcpServers":{"a":{}},"hooks":{"Stop":[1,2]}}',
      COMMENTED.replace('AfterAgent', 'Stop'),
      COMMENTED.replace('AfterAgent', 'Stop').replaceAll('\n', '\r\n'),
    ]) {
      expect(jsonc.remove(jsonc.install(before, entries, 'f'), entries, 'f')).toBe(before);
    }
    // As the last of several, put there by hand.
    expect(jsonc.remove('{"mcpServers": {"a": 1, "rogerthat": {}}}', entries, 'f')).toBe('{"mcpServers": {"a": 1 }}');
    expect(jsonc.remove('{"mcpServers": {\n  "a": 1, // a\n  "rogerthat": {}\n}}', entries, 'f')).toBe(
      '{"mcpServers": {\n  "a": 1 // a\n}}',
    );
  });

  const table = [
    { kind: 'member', path: ['mcp_servers', 'rogerthat'], value: { url: 'u', http_headers: { Authorization: 'Bearer "x"' } } },
  ] as const;

  test.each(FILES['toml']!)('TOML: %j', (before) => {
    const after = toml.install(before, table, 'f');
    expect(after.startsWith(before)).toBe(true);
    const value = getStaticTOMLValue(parseTOML(after)) as Record<string, Record<string, unknown>>;
    expect(value['mcp_servers']?.['rogerthat']).toEqual(table[0].value);
    expect(toml.install(after, table, 'f')).toBe(after);
    const other = [{ ...table[0], value: { url: 'v' } }];
    const ended = before === '' || before.endsWith('\n') ? before : before + (before.includes('\r\n') ? '\r\n' : '\n');
    expect(toml.install(after, other, 'f')).toBe(toml.install(ended, other, 'f'));
    expect(toml.remove(after, table, 'f')?.trimEnd()).toBe(before.trimEnd());
    // What was written behind it stays.
    expect(toml.remove(`${after}[later]\na = 1\n`, table, 'f')).toContain('[later]\na = 1\n');
  });
});

verifies.once('cli:install-refuses', async () => {
  const cases: [client: string, text: string, sentence: RegExp][] = [
    ['gemini', '{\n  "a": 1,\n  "b": [1,\n}\n', /settings\.json, line [34]: this is no JSON/],
    ['cursor', '{\n  "mcpServers": []\n}\n', /mcp\.json, line 2: "mcpServers" is no object/],
    ['zed', '[]', /line 1: this is no JSON object/],
    ['codex', '# fine\nmodel = "x"\nbad line here\n', /config\.toml, line 3: this is no TOML/],
    ['codex', 'model = "x"\nmcp_servers = { a = { command = "x" } }\n', /config\.toml, line 2: "mcp_servers" is not written as tables/],
  ];
  for (const [client, text, sentence] of cases) {
    const home = newHome();
    put(settingsIn(home, client), text);
    const before = contents(home);
    const refused = await home.run(['install', client]);
    expect([client, refused.code, refused.stdout]).toEqual([client, 1, '']);
    expect(refused.stderr).toMatch(sentence);
    expect(refused.stderr).toContain('Nothing was changed');
    expect(contents(home)).toEqual(before);
  }
  const home = newHome();
  const path = settingsIn(home, 'cursor');
  put(path, '{}\n');
  chmodSync(path, 0o444);
  expect(await home.run(['install', 'cursor'])).toMatchObject({ code: 1, stderr: expect.stringContaining('read-only') });
  expect(readFileSync(path, 'utf8')).toBe('{}\n');
  writeFileSync(join(home.directory, 'binary'), Buffer.from([0x7b, 0xff, 0x7d]));
  put(settingsIn(home, 'windsurf'), '');
  cpSync(join(home.directory, 'binary'), settingsIn(home, 'windsurf'));
  expect(await home.run(['install', 'windsurf'])).toMatchObject({ code: 1, stderr: expect.stringContaining('UTF-8') });
  expect(await home.run(['install', 'netscape'])).toMatchObject({ code: 2, stderr: expect.stringContaining('claude-code') });
  expect(await home.run(['install', 'zed', '--wake'])).toMatchObject({ code: 2 });
});

verifies.once('cli:uninstall', async () => {
  // Changed since: our entries go, theirs stay, and it is said.
  const home = newHome();
  const path = settingsIn(home, 'gemini');
  put(path, COMMENTED);
  await home.run(['install', 'gemini', '--wake']);
  expect(readFileSync(`${path}.rogerthat-backup`, 'utf8')).toBe(COMMENTED);
  writeFileSync(path, readFileSync(path, 'utf8').replace('"dark"', '"light"'));
  const told = await home.run(['uninstall', 'gemini']);
  expect(told.stdout).toContain('changed since; only our entries');
  expect(readFileSync(path, 'utf8')).toBe(COMMENTED.replace('"dark"', '"light"'));
  expect(existsSync(`${path}.rogerthat-backup`)).toBe(false);

  // A file, and its folders, that were not there are not there again.
  const empty = newHome();
  await empty.run(['install', 'copilot', '--wake']);
  expect(Object.keys(contents(empty))).toEqual(['.copilot/hooks/rogerthat.json', '.copilot/mcp-config.json']);
  expect(statSync(settingsIn(empty, 'copilot')).mode & 0o777).toBe(0o600);
  await empty.run(['uninstall', 'copilot']);
  expect(existsSync(join(empty.directory, '.copilot'))).toBe(false);

  // Another hub later: still back to the first.
  const moved = newHome();
  put(settingsIn(moved, 'codex'), CODEX);
  await moved.run(['install', 'codex']);
  const again = await moved.run(['install', 'codex', '--hub', 'https://hub.example', '--token', '-'], {}, 'hub-token-of-some-length');
  expect(again.stdout).toMatch(/^-url = "http:\/\/127\.0\.0\.1:7424\/mcp"$/m);
  expect(again.stdout).toContain('Bearer …');
  expect(again.stdout).not.toContain('hub-token-of-some-length');
  expect(readFileSync(settingsIn(moved, 'codex'), 'utf8')).toContain('Bearer hub-token-of-some-length');
  await moved.run(['uninstall', 'codex']);
  expect(readFileSync(settingsIn(moved, 'codex'), 'utf8')).toBe(CODEX);

  // A link stays a link, and its file is what changes.
  const linked = newHome();
  const real = join(linked.directory, 'dotfiles', 'mcp.json');
  put(real, '{}\n');
  mkdirSync(dirname(settingsIn(linked, 'cursor')), { recursive: true });
  symlinkSync(real, settingsIn(linked, 'cursor'));
  await linked.run(['install', 'cursor']);
  expect(readFileSync(real, 'utf8')).toContain('rogerthat');
  expect(lstatSync(settingsIn(linked, 'cursor')).isSymbolicLink()).toBe(true);
  await linked.run(['uninstall', 'cursor']);
  expect(readFileSync(real, 'utf8')).toBe('{}\n');
  expect(lstatSync(settingsIn(linked, 'cursor')).isSymbolicLink()).toBe(true);
});

verifies.once('cli:doctor', async () => {
  const hub = await startHubProcess();
  const home = newHome(hub.url);
  put(settingsIn(home, 'zed'), '{ broken');
  await home.run(['install', 'claude-code', '--wake']);
  await home.run(['install', 'cursor', '--hub', 'http://127.0.0.1:1']);
  const { code, stdout } = await home.run(['doctor', '--json']);
  expect(code).toBe(0);
  const report = JSON.parse(stdout);
  expect(report.hub).toMatchObject({ url: hub.url, answers: true });
  const of = (name: string) => report.clients.find(({ client }: { client: string }) => client === name);
  expect(report.clients).toHaveLength(CLIENTS.length);
  expect(of('claude-code')).toMatchObject({
    present: true,
    hub: `${hub.url}/mcp`,
    hooks: ['SessionStart', 'Stop', 'UserPromptSubmit', 'PostToolUse'],
  });
  expect(of('claude-code').wakes).toMatch(/task.*hooks: SessionStart/);
  expect(of('cursor')).toMatchObject({ hub: 'http://127.0.0.1:1/mcp', hooks: [], wakes: null });
  expect(of('cursor').missing.join()).toMatch(/not for .*--wake/);
  expect(of('zed').missing.join()).toContain('line 1');
  expect(of('codex')).toMatchObject({ present: false, hub: null, missing: [] });
  const text = await home.run(['doctor']);
  expect(text.stdout).toMatch(/^Hub .*: answers, version/);
  expect(text.stdout).toMatch(/^codex: not found on this machine$/m);
  expect(await home.run(['doctor', 'codex'])).toMatchObject({ code: 1 });
  expect(await home.run(['doctor', 'cursor'])).toMatchObject({ code: 0 });
  await hub.end('SIGTERM');
  expect(await home.run(['doctor'])).toMatchObject({ code: 6, stdout: expect.stringContaining('does not answer') });
});
