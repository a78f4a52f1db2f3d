/** Clients whose entry is there and does not get in: what doctor and install say of them, against real hubs. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tokenIn } from '../../src/cli/door.ts';
import { newHome } from '../harness/command.ts';
import { startHubProcess } from '../harness/process.ts';
import { verifies } from '../harness/verifies.ts';

const HUB_TOKEN = 'hub-token-0123456789';

verifies.once('cli:doctor-token', async () => {
  // Those that come late are shut out for having shown too many wrong ones: told alike.
  const hub = await startHubProcess({ args: ['--token', HUB_TOKEN, '--limits', 'wrong_token=8/1'] });
  const home = newHome(hub.url);
  const repair = (name: string): string => `rogerthat install ${name} --hub ${hub.url} --token HUB_TOKEN`;
  // Each keeps the token in another way.
  for (const name of ['claude-code', 'codex', 'cline', 'claude-desktop']) {
    const bare = await home.run(['install', name]);
    expect(bare).toMatchObject({ code: 0, stdout: expect.stringContaining('Installed in') });
    expect(bare.stderr).toBe(`rogerthat: this hub asks for its token: ${repair(name)}\n`);
    const without = await home.run(['doctor', name]);
    expect(without.code).toBe(1);
    expect(without.stdout).toContain(`  missing: this hub asks for its token: ${repair(name)}\n`);

    const wrong = await home.run(['install', name, '--token', 'totally-wrong-token-123']);
    expect(wrong).toMatchObject({ code: 0, stderr: `rogerthat: its token is refused: ${repair(name)}\n` });
    const refused = await home.run(['doctor', name]);
    expect(refused.code).toBe(1);
    expect(refused.stdout).toContain(`  missing: its token is refused: ${repair(name)}\n`);
    expect(refused.stdout + refused.stderr).not.toContain('totally-wrong');

    expect(await home.run(['install', name, '--token', HUB_TOKEN])).toMatchObject({ code: 0, stderr: '' });
    const right = await home.run(['doctor', name]);
    expect(right.code).toBe(0);
    expect(right.stdout).not.toMatch(/token/);
    // What adds hooks, or mends them, takes no token away.
    expect(await home.run(['install', name])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('nothing was changed'),
      stderr: '',
    });
    // Not to be told again and again that it is there while it does not get in.
    if (name !== 'claude-code') continue;
    await home.run(['install', name, '--token', 'totally-wrong-token-123']);
    const again = await home.run(['install', name, '--token', 'totally-wrong-token-123']);
    expect(again.stdout).toContain('nothing was changed');
    expect(again.stderr).toContain('its token is refused');
  }
});

test('the token of an entry goes to the hub that it is for, and to no other', async () => {
  const heard: (string | undefined)[] = [];
  const other = createServer((request, response) => {
    heard.push(request.headers.authorization);
    response.end(JSON.stringify({ ok: true, version: '1.0.0' }));
  });
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  try {
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    const home = newHome(url);
    await home.run(['install', 'cursor', '--hub', 'http://127.0.0.1:1', '--token', HUB_TOKEN]);
    const { stdout } = await home.run(['doctor', 'cursor', '--json']);
    expect(JSON.parse(stdout).clients).toMatchObject([{ hub: 'http://127.0.0.1:1/mcp', admitted: null }]);
    expect(heard).toEqual([undefined]);
  } finally {
    other.close();
  }
});

test('R-CLI-13: without a hub that answers, install does all it does, and says nothing of a token', async () => {
  // Takes connections and never answers.
  const silent = createServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  try {
    for (const port of [1, (silent.address() as AddressInfo).port]) {
      const home = newHome(`http://127.0.0.1:${port}`);
      expect(await home.run(['install', 'cursor', '--token', 'some-token-or-other'])).toMatchObject({ code: 0, stderr: '' });
      expect(readFileSync(join(home.directory, '.cursor/mcp.json'), 'utf8')).toContain('Bearer some-token-or-other');
    }
  } finally {
    silent.close().closeAllConnections();
  }
});

test.each([
  ['a literal', { headers: { Authorization: 'Bearer abc' } }, 'abc'],
  ['an argument', { args: ['--header', 'Authorization: Bearer abc'] }, 'abc'],
  ['none', { url: 'http://127.0.0.1:7424/mcp' }, undefined],
  ['a variable', { headers: { Authorization: 'Bearer $'.concat('{HUB}') } }, null],
  ['a variable in an argument', { args: ['--header', 'Authorization:$'.concat('{AUTH}')] }, null],
  ['a variable of opencode', { headers: { Authorization: 'Bearer {env:HUB}' } }, null],
  ['a variable of Codex', { bearer_token_env_var: 'HUB' }, null],
])('the token of an entry: %s', (_, entry, token) => {
  expect(tokenIn(entry)).toBe(token);
});
