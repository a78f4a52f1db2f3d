/** Where a hub answers, and whether what it prints can be pasted. */
import { expect, test } from 'vitest';
import { bannerOf } from '../../src/cli/banner.ts';
import { configurationDoc, helpText } from '../../src/cli/configuration.ts';
import { ConfigError, readConfig } from '../../src/config.ts';
import { exchange, type RawAnswer } from '../harness/exchange.ts';
import { type HubProcess, launchHub, startHubProcess, temporaryDirectory } from '../harness/process.ts';
import { runScript } from '../harness/shell.ts';
import { verifies } from '../harness/verifies.ts';

const HUB_TOKEN = 'the-token-of-this-very-hub';
const ADMIN_TOKEN = 'the-token-of-its-operator';

/** Asks a hub at one of its addresses, under a host of the caller's choice. */
const ask = ({ port }: HubProcess, at: string, host: string, ...headers: string[]): Promise<RawAnswer> =>
  exchange(port, Buffer.from(`${['GET /healthz HTTP/1.1', `Host: ${host}`, 'Connection: close', ...headers].join('\r\n')}\r\n\r\n`), {
    at,
  });

verifies.once('run:every-address', async () => {
  const everywhere = { args: ['--host', '0.0.0.0', '--token', HUB_TOKEN] };
  for (const [args, at] of [
    [['--host', '127.0.0.2'], ['127.0.0.2']],
    [everywhere.args, ['127.0.0.1', '127.0.0.2', '127.0.0.3']],
    [
      ['--host', '::', '--open'],
      ['127.0.0.1', '127.0.0.2', '::1'],
    ],
    [['--host', '[::1]'], ['::1']],
    [['--host', '0:0:0:0:0:0:0:1', '--open'], ['::1']],
  ] as const) {
    const hub = await startHubProcess({ args });
    const { port } = hub;
    // The address that it prints, as anybody would call it.
    await runScript(`curl -sf --noproxy '*' '${hub.url}/healthz'`, { cwd: temporaryDirectory() });
    for (const address of at) {
      const host = `${address.includes(':') ? `[${address}]` : address}:${port}`;
      expect((await ask(hub, address, host)).status, host).toBe(200);
      expect((await ask(hub, address, host, `Origin: http://${host}`, 'Sec-Fetch-Site: same-origin')).status, host).toBe(200);
      for (const origin of ['https://attacker.example', `http://127.0.0.9:${port}`, `https://${host}`, 'null', `http://${host}.evil`]) {
        expect((await ask(hub, address, host, `Origin: ${origin}`)).status, origin).toBe(403);
      }
      // Neither an address that is not this one, though it may be ours too, nor all of them, nor a name that leads here.
      for (const other of [
        `127.0.0.9:${port}`,
        `192.0.2.77:${port}`,
        `0.0.0.0:${port}`,
        `[::]:${port}`,
        `[::ffff:127.0.0.2]:${port}`,
        `attacker.example:${port}`,
        `127.0.0.2.attacker.example:${port}`,
        `2130706434:${port}`,
        '127.0.0.2',
        `127.0.0.2:${port + 1}`,
      ]) {
        const answer = await ask(hub, address, other);
        expect([answer.status, JSON.parse(answer.body).code], `${other} at ${address}`).toEqual([403, 'host_not_allowed']);
        expect(JSON.parse(answer.body).hint).toContain('--origin');
      }
      expect((await ask(hub, address, host, `Host: ${host}`)).status).toBe(403);
    }
    await hub.end('SIGTERM');
  }
});

/** The lines of a banner by what stands before them. */
const linesOf = (banner: string): Record<string, string> =>
  Object.fromEntries([...banner.matchAll(/^([A-Z][A-Za-z ]+): +(.*)$/gm)].map(([, name = '', line = '']) => [name, line]));

verifies.once('run:banner', async () => {
  for (const [args, mode] of [
    [[], 'local'],
    [['--token', HUB_TOKEN, '--admin-token', ADMIN_TOKEN], 'shared'],
    [['--open'], 'hosted'],
    [['--host', '0.0.0.0', '--token', HUB_TOKEN], 'shared'],
  ] as const) {
    const hub = await startHubProcess({ args });
    await hub.says(/Create a channel.*\n/);
    const lines = linesOf(hub.stdout());
    expect(lines['Mode']).toMatch(new RegExp(`^${mode}:`));
    for (const secret of [HUB_TOKEN, ADMIN_TOKEN]) expect(hub.stdout()).not.toContain(secret);
    const pasted = (line: string): string => line.replace('HUB_TOKEN', HUB_TOKEN);
    const created = await runScript(pasted(lines['Create a channel']!), { cwd: temporaryDirectory() });
    expect(JSON.parse(created)).toMatchObject({ retention: 'none', channel_id: expect.any(String) });
    const claude = pasted(lines['Claude Code']!);
    const [, url = '', header] = /^claude mcp add --transport http rogerthat (\S+)(?: --header "([^"]+)")?$/.exec(claude) ?? [];
    const initialize = { jsonrpc: '2.0', id: 1, method: 'ping' };
    const answer = await fetch(url, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        Accept: 'application/json, text/event-stream',
        ...(header ? { Authorization: header.split(': ')[1]! } : {}),
      },
      body: JSON.stringify(initialize),
    });
    expect([args, answer.status]).not.toEqual([args, 401]);
    expect(header !== undefined).toBe(mode === 'shared');
    await hub.end('SIGTERM');
  }
});

test('R-RUN-10: a hub at all addresses tells those that other machines can call', () => {
  const said = (args: readonly string[], url: string): string => bannerOf(readConfig(args, {}), url, ['192.0.2.5', '2001:db8::5']);
  const everywhere = ['--host', '0.0.0.0', '--token', HUB_TOKEN];
  expect(linesOf(said(everywhere, 'http://127.0.0.1:7424'))['Other machines']).toBe('http://192.0.2.5:7424');
  expect(said(everywhere, 'http://127.0.0.1:7424')).toContain('--origin');
  // So that what it makes can be given to them.
  expect(linesOf(said(everywhere, 'http://127.0.0.1:7424'))['Create a channel']).toContain('http://192.0.2.5:7424/api/channels');
  expect(bannerOf(readConfig(everywhere, {}), 'http://127.0.0.1:7424', [])).toContain('http://127.0.0.1:7424/api/channels');
  const untold = bannerOf(readConfig(everywhere, {}), 'http://127.0.0.1:7424', null);
  expect(linesOf(untold)['Other machines']).toBe('by the addresses of this one, which the system does not tell');
  const both = linesOf(said(['--host', '::', '--open'], 'http://localhost:80'))['Other machines'];
  expect(both).toBe('http://192.0.2.5  http://[2001:db8::5]');
  // Who said by which name it is called needs no list of addresses.
  const named = said([...everywhere, '--origin', 'https://hub.example'], 'https://hub.example');
  expect(named).not.toMatch(/192\.0\.2\.5|0\.0\.0\.0/);
  expect(named).toContain('https://hub.example/mcp');
});

verifies.once('run:secrets', async () => {
  for (const name of ['token', 'admin-token', 'secret-key']) {
    for (const wrong of [
      'SECRET',
      'x'.repeat(15),
      'with a space in the middle',
      'rt_join_0123456789abcdef0123',
      'rt_owner_0123456789abcdef',
    ]) {
      expect(() => readConfig([`--${name}`, wrong], {}), wrong).toThrow(ConfigError);
      expect(() => readConfig([`--${name}`, wrong], {}), wrong).not.toThrow(wrong);
    }
    readConfig([`--${name}`, 'x'.repeat(16)], {});
    const [help = ''] = helpText().match(new RegExp(`^ {2}--${name} .*`, 'm')) ?? [];
    expect(help).toContain('at least 16 characters');
    expect(configurationDoc()).toContain(help.slice(help.indexOf('SECRET') + 6).trim());
  }
  // The shell of an agent that has a channel's token where a hub looks for its own.
  const program = launchHub({ env: { ROGERTHAT_TOKEN: 'rt_join_0123456789abcdef0123' } });
  expect(await program.ended).toEqual({ code: 2, signal: null });
  expect(program.stderr()).toContain('ROGERTHAT_CHANNEL_TOKEN');
  expect(program.stderr()).not.toContain('rt_join_0123');
  expect(program.stdout()).toBe('');
});
