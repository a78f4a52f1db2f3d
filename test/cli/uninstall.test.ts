/** Taking out of settings that were changed meanwhile: what `install` made goes when it is empty, and nothing else does. */
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { clientNamed, filesFor } from '../../src/cli/config/clients.ts';
import { Installed } from '../../src/cli/config/installed.ts';
import { FORMATS } from '../../src/cli/config/machine.ts';
import { newHome } from '../harness/command.ts';
import { verifies } from '../harness/verifies.ts';

const put = (path: string, text: string): void => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
};

const change = (path: string, from: string, to: string): void => {
  const text = readFileSync(path, 'utf8');
  expect(text).toContain(from);
  writeFileSync(path, text.replace(from, to));
};

verifies.once('cli:uninstall-empty', async () => {
  const cases: [client: string, file: string, before: string][] = [
    ['claude-code', '.claude/settings.json', '{\n  "theme": "dark"\n}\n'],
    ['claude-code', '.claude/settings.json', '{"theme":"dark"}'],
    ['claude-code', '.claude/settings.json', '{\n  // mine\n  "theme": "dark",\n  "hooks": {\n    "Stop": []\n  }\n}\n'],
    ['gemini', '.gemini/settings.json', '{\n\t"theme": "dark",\n\t"mcpServers": {}\n}\n'],
    ['gemini', '.gemini/settings.json', '{\r\n  "theme": "dark"\r\n}\r\n'],
    ['cursor', '.cursor/hooks.json', '{\n  "version": 1,\n  "theme": "dark"\n}\n'],
  ];
  for (const [client, file, before] of cases) {
    const home = newHome();
    const path = join(home.directory, file);
    put(path, before);
    expect(await home.run(['install', client, '--wake'])).toMatchObject({ code: 0 });
    change(path, '"dark"', '"light"');
    expect(await home.run(['uninstall', client])).toMatchObject({ code: 0, stdout: expect.stringContaining('only our entries') });
    expect([client, readFileSync(path, 'utf8')]).toEqual([client, before.replace('"dark"', '"light"')]);
  }

  // Made by us, and somebody put something beside ours: that stays, with what it stands in.
  const home = newHome();
  const [hooks, servers] = [join(home.directory, '.copilot/hooks/rogerthat.json'), join(home.directory, '.copilot/mcp-config.json')];
  await home.run(['install', 'copilot', '--wake']);
  change(hooks, '"agentStop": [', '"sessionEnd": [], "agentStop": [');
  change(servers, '{', '{ ');
  await home.run(['uninstall', 'copilot']);
  expect(JSON.parse(readFileSync(hooks, 'utf8'))).toEqual({ version: 1, hooks: { sessionEnd: [] } });
  // Nothing is left of the other file but its braces, which were ours.
  expect(existsSync(servers)).toBe(false);

  // A remark in what we made is somebody's.
  const remarked = newHome();
  const settings = join(remarked.directory, '.cursor/mcp.json');
  put(settings, '{}\n');
  await remarked.run(['install', 'cursor']);
  change(settings, '"mcpServers": {', '"mcpServers": { // keep');
  await remarked.run(['uninstall', 'cursor']);
  expect(readFileSync(settings, 'utf8')).toContain('// keep');

  // One of two of ours, taken out by hand.
  const partly = newHome();
  const events = join(partly.directory, '.claude/settings.json');
  put(events, '{\n  "theme": 1\n}\n');
  await partly.run(['install', 'claude-code', '--wake']);
  const value = JSON.parse(readFileSync(events, 'utf8'));
  delete value.hooks.Stop;
  writeFileSync(events, JSON.stringify({ ...value, hooks: { ...value.hooks, Notification: [1] } }));
  await partly.run(['uninstall', 'claude-code']);
  expect(JSON.parse(readFileSync(events, 'utf8'))).toEqual({ theme: 1, hooks: { Notification: [1] } });

  // A second install does not forget what the first one made.
  const twice = newHome();
  const file = join(twice.directory, '.cursor/mcp.json');
  put(file, '{}\n');
  await twice.run(['install', 'cursor']);
  change(file, '{', '{ "theme": 1,');
  await twice.run(['install', 'cursor', '--hub', 'http://127.0.0.1:1']);
  await twice.run(['uninstall', 'cursor']);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ theme: 1 });

  // And the tables of Codex.
  const codex = newHome();
  const config = join(codex.directory, '.codex/config.toml');
  await codex.run(['install', 'codex']);
  writeFileSync(config, `\n${readFileSync(config, 'utf8')}`);
  await codex.run(['uninstall', 'codex']);
  expect(existsSync(config)).toBe(false);
});

verifies.once('cli:hooks-of-others', async () => {
  const theirs = { type: 'command', command: '/usr/local/bin/my-precious-stop-hook.sh' };
  const cases: [client: string, file: string, event: string][] = [
    ['claude-code', '.claude/settings.json', 'Stop'],
    ['codex', '.codex/hooks.json', 'Stop'],
    ['gemini', '.gemini/settings.json', 'AfterAgent'],
  ];
  for (const [client, file, event] of cases) {
    const home = newHome();
    const path = join(home.directory, file);
    const groups = () => JSON.parse(readFileSync(path, 'utf8')).hooks?.[event];
    await home.run(['install', client, '--wake']);
    const value = JSON.parse(readFileSync(path, 'utf8'));
    const [ours] = value.hooks[event][0].hooks;
    // One of theirs before ours, and one behind it.
    Object.assign(value.hooks[event][0], { matcher: '*', hooks: [theirs, ours, theirs] });
    writeFileSync(path, JSON.stringify(value, null, 2));
    expect(await home.run(['install', client, '--wake', '--hub', 'http://127.0.0.1:7999'])).toMatchObject({ code: 0 });
    const moved = { ...ours, command: `${ours.command} --hub http://127.0.0.1:7999` };
    expect([client, groups()]).toEqual([client, [{ matcher: '*', hooks: [theirs, moved, theirs] }]]);
    const before = readFileSync(path, 'utf8');
    expect(await home.run(['install', client, '--wake', '--hub', 'http://127.0.0.1:7999'])).toMatchObject({ code: 0 });
    expect(readFileSync(path, 'utf8')).toBe(before);
    expect(await home.run(['doctor', client, '--json'])).toMatchObject({ stdout: expect.stringContaining(`"${event}"`) });
    await home.run(['uninstall', client]);
    expect([client, groups()]).toEqual([client, [{ matcher: '*', hooks: [theirs, theirs] }]]);
    expect(readFileSync(path, 'utf8')).not.toContain(`hook ${client}`);
  }
});

verifies.once('cli:hooks-changed', async () => {
  const cases: [client: string, file: string, event: string, changed: object][] = [
    ['claude-code', '.claude/settings.json', 'Stop', { timeout: 60 }],
    ['codex', '.codex/hooks.json', 'Stop', { timeout: 60 }],
    ['gemini', '.gemini/settings.json', 'AfterAgent', { timeout: 60 }],
    ['copilot', '.copilot/hooks/rogerthat.json', 'agentStop', { timeoutSec: 60 }],
    ['cursor', '.cursor/hooks.json', 'stop', { loop_limit: 3 }],
  ];
  /** All but the braces of a document, in one of which the entry may have been put. */
  const hooksOf = (text: string): string => text.slice(text.indexOf('"theme"'), -2);
  for (const [client, file, event, changed] of cases) {
    const home = newHome();
    const path = join(home.directory, file);
    await home.run(['install', client, '--wake']);
    const { hooks } = JSON.parse(readFileSync(path, 'utf8'));
    const [first] = hooks[event];
    Object.assign(first.hooks?.[0] ?? first, changed);
    // One is taken out, one is for some sessions only, and one waits for less long.
    for (const gone of ['UserPromptSubmit', 'PostToolUse']) delete hooks[gone];
    if (hooks.SessionStart) hooks.SessionStart[0].matcher = 'startup';
    // Written as a person writes, with a remark; and without the version that `--wake` adds.
    const text = JSON.stringify({ theme: 1, hooks }, null, 1)
      .replace('{', '{ // mine\n')
      .replace('"type":', '/* this one too */ "type" :')
      .replace(new RegExp(`hook ${client}`), `hook ${client} --wait 60`);
    put(path, text);
    expect(await home.run(['install', client, '--token', 'a-token'])).toMatchObject({ code: 0 });
    expect(readFileSync(path, 'utf8')).toContain(hooksOf(text));

    // Their commands go with the entry, each with its time to wait.
    const hub = 'http://127.0.0.1:7999';
    expect(await home.run(['install', client, '--hub', hub])).toMatchObject({ code: 0 });
    const moved = text.replaceAll(new RegExp(`hook ${client}( --wait 60)?`, 'g'), `hook ${client} --hub ${hub}$1`);
    expect(readFileSync(path, 'utf8')).toContain(hooksOf(moved));

    // With --wake all are there again.
    await home.run(['install', client, '--wake', '--hub', hub]);
    const again = readFileSync(path, 'utf8');
    if (client === 'claude-code') expect(again).toContain('"UserPromptSubmit"');
    expect(again).toContain(`hook ${client} --hub ${hub} --wait 60`);
  }

  // Where no hook is there, no file is made for one.
  const home = newHome();
  await home.run(['install', 'cursor']);
  expect(readdirSync(join(home.directory, '.cursor'))).toEqual(['mcp.json']);
});

verifies.once('cli:uninstall-bridge', async () => {
  const home = newHome('http://127.0.0.1:7999');
  const codex = join(home.directory, '.codex/config.toml');
  const table = '[mcp_servers.rogerthat]\ncommand = "rogerthat"\nargs = ["mcp", "--hub", "http://127.0.0.1:7999", "--ring", "codex"]\n';
  const byHand = `${table}\n[mcp_servers.rogerthat.env]\nROGERTHAT_TOKEN = "a-token" # mine\n`;
  put(codex, byHand);
  await home.run(['install', 'codex', '--wake']);
  expect(existsSync(join(home.directory, '.codex/hooks.json'))).toBe(true);
  expect(await home.run(['uninstall', 'codex'])).toMatchObject({ code: 0, stderr: expect.stringContaining(`${codex} starts a bridge`) });
  expect(readdirSync(dirname(codex))).toEqual(['config.toml']);
  expect(readFileSync(codex, 'utf8')).toBe(byHand);
  // Nothing was installed at all.
  expect(await home.run(['uninstall', 'codex'])).toMatchObject({
    stdout: expect.stringContaining('nothing was changed'),
    stderr: expect.stringContaining(`${codex} starts a bridge`),
  });
  expect(readFileSync(codex, 'utf8')).toBe(byHand);

  // In one file with hooks, which was written to in between.
  const gemini = join(home.directory, '.gemini/settings.json');
  const args = '["mcp", "--hub", "http://127.0.0.1:7999"]';
  const before = `{\n  "theme": "dark",\n  "mcpServers": { "rogerthat": { "command": "rogerthat", "args": ${args} /* mine */ } }\n}\n`;
  put(gemini, before);
  await home.run(['install', 'gemini', '--wake']);
  change(gemini, '"dark"', '"light"');
  await home.run(['uninstall', 'gemini']);
  expect(readFileSync(gemini, 'utf8')).toBe(before.replace('"dark"', '"light"'));

  // One that took the place of what was installed.
  put(gemini, '{}\n');
  await home.run(['install', 'gemini']);
  put(gemini, before);
  await home.run(['uninstall', 'gemini']);
  expect(readFileSync(gemini, 'utf8')).toBe(before);

  // One that another hub took the place of comes back.
  await home.run(['install', 'gemini', '--hub', 'http://127.0.0.1:1']);
  expect(await home.run(['uninstall', 'gemini'])).toMatchObject({ stderr: '' });
  expect(readFileSync(gemini, 'utf8')).toBe(before);
});

verifies.once('cli:install-copies', async () => {
  // Installed again after somebody wrote: the copy of before is of no use, and may have credentials in it.
  const home = newHome();
  const path = join(home.directory, '.claude.json');
  put(path, '{ "theme": "dark", "key": "old-credential" }\n');
  await home.run(['install', 'claude-code']);
  expect(readFileSync(`${path}.rogerthat-backup`, 'utf8')).toContain('old-credential');
  change(path, 'old-credential', 'new-credential');
  await home.run(['install', 'claude-code', '--hub', 'http://127.0.0.1:7999']);
  await home.run(['uninstall', 'claude-code']);
  expect(readdirSync(home.directory).filter((name) => name.startsWith('.claude'))).toEqual(['.claude.json']);
  expect(readFileSync(path, 'utf8')).toContain('new-credential');

  // Taken out by hand, and then by the command.
  await home.run(['install', 'claude-code']);
  writeFileSync(path, '{}\n');
  expect(await home.run(['uninstall', 'claude-code', '--dry-run'])).toMatchObject({
    stdout: expect.stringContaining('nothing was changed'),
  });
  expect(existsSync(`${path}.rogerthat-backup`)).toBe(true);
  await home.run(['uninstall', 'claude-code']);
  expect(readdirSync(home.directory).filter((name) => name.startsWith('.claude'))).toEqual(['.claude.json']);
});

verifies.once('cli:install-links', async () => {
  // A link to a link to a file that is not there yet, in a folder that is not there yet.
  const home = newHome();
  const [path, between, real] = ['.cursor/mcp.json', 'links/mcp.json', 'dotfiles/cursor/mcp.json'].map((name) =>
    join(home.directory, name),
  );
  for (const [from, to] of [
    [path, '../links/mcp.json'],
    [between, real],
  ]) {
    mkdirSync(dirname(from!), { recursive: true });
    symlinkSync(to!, from!);
  }
  expect(await home.run(['install', 'cursor'])).toMatchObject({ code: 0 });
  expect(readFileSync(real!, 'utf8')).toContain('rogerthat');
  expect([path, between].map((link) => lstatSync(link!).isSymbolicLink())).toEqual([true, true]);
  await home.run(['uninstall', 'cursor']);
  expect(existsSync(join(home.directory, 'dotfiles'))).toBe(false);
  expect([path, between].map((link) => lstatSync(link!).isSymbolicLink())).toEqual([true, true]);
});

verifies.once('cli:install-meanwhile', async () => {
  const home = newHome();
  const client = clientNamed('cursor');
  const installed = new Installed(home.env, client.name);
  const files = filesFor(client, { home: home.directory, platform: process.platform, env: {} }, 'http://127.0.0.1:7424', undefined, null);
  const path = files[0]!.path;
  const folder = (): string[] => readdirSync(dirname(path));
  const meanwhile = (text: string, make: () => void): void => {
    writeFileSync(path, text);
    expect(make).toThrow('changed by somebody else');
    expect([readFileSync(path, 'utf8'), folder()]).toEqual([text, ['mcp.json']]);
  };
  const first = await installed.plan(files, FORMATS);
  mkdirSync(dirname(path), { recursive: true });
  meanwhile('{ "a": 1 }\n', () => installed.make(first));
  const second = await installed.plan(files, FORMATS);
  meanwhile('{ "a": 2 }\n', () => installed.make(second));
  expect(installed.files()).toEqual([]);
  const third = await installed.plan(files, FORMATS);
  rmSync(path);
  expect(() => installed.make(third)).toThrow('changed by somebody else');
  expect(folder()).toEqual([]);

  installed.make(await installed.plan(files, FORMATS));
  const removal = await installed.planRemoval(files, FORMATS);
  expect(removal).toMatchObject([{ after: null }]);
  meanwhile('{ "a": 3 }\n', () => installed.undo(removal));
  expect(installed.files()).toHaveLength(1);
});

verifies.once('cli:install-hub', async () => {
  const home = newHome();
  const settings = join(home.directory, '.codex/hooks.json');
  await home.run(['install', 'codex', '--wake', '--hub', 'http://127.0.0.1:7999']);
  expect(readFileSync(settings, 'utf8')).toContain('hook codex --hub http://127.0.0.1:7999"');
  await home.run(['install', 'codex', '--wake', '--hub', 'http://127.0.0.1:7424']);
  expect(readFileSync(settings, 'utf8')).toMatch(/hook codex"/);
  expect(readFileSync(settings, 'utf8').match(/hook codex/g)).toHaveLength(3);
  await home.run(['install', 'codex', '--wake', '--hub', 'http://127.0.0.1:7999/$(x)']);
  expect(JSON.parse(readFileSync(settings, 'utf8')).hooks.Stop[0].hooks[0].command).toMatch(
    / --hub "http:\/\/127\.0\.0\.1:7999\/%24\(x\)"$/,
  );
  await home.run(['uninstall', 'codex']);
  expect(existsSync(settings)).toBe(false);
});
