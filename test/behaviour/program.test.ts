/** The program itself: what it prints, and how it ends. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ConfigError, readConfig } from '../../src/config.ts';
import { createLog } from '../../src/log.ts';
import { startHub } from '../../src/server.ts';
import { builtHub } from '../harness/built.ts';
import { eventually } from '../harness/eventually.ts';
import { lastingPorts } from '../harness/ports.ts';
import { launchHub, start, startHubProcess, temporaryDirectory } from '../harness/process.ts';
import { HttpClient } from '../harness/transports/http.ts';
import { until } from '../harness/until.ts';
import { verifies } from '../harness/verifies.ts';

/** What the program says to wrong options, before it does anything. */
const told = (args: readonly string[], env: NodeJS.ProcessEnv = {}): string => {
  try {
    readConfig(args, env);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error(`${args.join(' ')} was taken`);
};

verifies.once('run:public-host', async () => {
  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'hub.example', '127.0.0.1.evil.example']) {
    for (const word of [host, '--token', '--open']) expect(told(['--host', host])).toContain(word);
    for (const args of [['--open'], ['--token', 'long-enough-to-be-one']]) readConfig(['--host', host, ...args], {});
  }
  for (const host of ['localhost', '127.0.0.1', '127.1.2.3', '::1', '[::1]']) readConfig(['--host', host], {});
  const program = launchHub({ args: ['--host', '0.0.0.0'] });
  expect(await program.ended).toEqual({ code: 2, signal: null });
  for (const word of ['0.0.0.0', '--token', '--open']) expect(program.stderr()).toContain(word);
  expect(program.stdout()).toBe('');
});

verifies.once('run:unknown', async () => {
  const wrong: [string[], string][] = [
    [['--nonsense'], 'nonsense'],
    [['--port', '70000'], '--port'],
    [['--port', 'x'], '--port'],
    [['--limits', 'bogus=1'], 'bogus'],
    [['--limits', 'sessions=x'], 'sessions'],
    [['--log-level', 'loud'], '--log-level'],
    [['--origin', 'https://hub.example/path'], '--origin'],
    [['--allow-host', 'one.example,two.example'], '--allow-host'],
    [['--allow-host', '*.example'], '--allow-host'],
    [['--token', 'short'], '--token'],
    [['--token', 'no header can carry this'], '--token'],
    [['--open', '--token', 'long-enough-to-be-one'], '--token'],
    [['--data-dir', ''], '--data-dir'],
    [['--memory', '--repair'], '--repair'],
    ...['https://hub.example', 'hub.example/', '*.example', 'a b', 'hub.example:', '', '::1', 'bücher.example'].map(
      (name): [string[], string] => [['--allow-host', name], '--allow-host (ROGERTHAT_ALLOW_HOST) must be'],
    ),
    [['stray'], 'stray'],
  ];
  for (const [args, word] of wrong) expect(told(args)).toContain(word);
  expect(told([], { ROGERTHAT_OPEN: 'perhaps' })).toContain('ROGERTHAT_OPEN');
  const programs = [launchHub({ args: ['--nonsense'] }), launchHub({ env: { ROGERTHAT_LOG_LEVEL: 'loud' } })];
  for (const [i, program] of programs.entries()) {
    expect(await program.ended).toEqual({ code: 2, signal: null });
    expect(program.stderr()).toContain(['nonsense', '--log-level'][i]);
    expect(program.stderr()).not.toMatch(/\bat .*:[0-9]+:[0-9]+/);
    expect(program.stdout()).toBe('');
  }
});

verifies.once('run:names', async () => {
  const { bin } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { bin: Record<string, string> };
  expect(bin['rogerthat']).toBe('dist/cli.js');
  expect(bin['rogerrat']).toBe(bin['rogerthat']);
  const program = start(process.execPath, [builtHub(), '--port', '0', '--memory']);
  await program.says(/http:\/\/127\.0\.0\.1:[0-9]+/);
  await program.end('SIGTERM');
});

verifies.once('run:address', async () => {
  const hub = await startHubProcess();
  const lines = hub
    .stdout()
    .split('\n')
    .filter((line) => line.includes('on the air'));
  expect(lines).toEqual([`RogerThat is on the air: ${hub.url}`]);
  expect(hub.url).toMatch(/^http:\/\/127\.0\.0\.1:[0-9]+$/);
  const client = new HttpClient(hub.port);
  expect((await client.ask('GET', '/readyz')).status).toBe(200);
  expect((await client.ask('POST', '/api/channels')).status).toBe(201);
  client.close();
  await hub.end('SIGTERM');
});

verifies.once('run:stop', async () => {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    const hub = await startHubProcess();
    const client = new HttpClient(hub.port);
    const created = (await client.ask('POST', '/api/channels')).json();
    const path = `/api/channels/${String(created['channel_id'])}`;
    const headers: Record<string, string> = { Authorization: `Bearer ${String(created['join_token'])}` };
    const joined = (await client.ask('POST', `${path}/join`, { headers, body: '{"callsign":"alpha"}' })).json();
    const mine = { ...headers, 'X-Session-Id': String(joined['session_id']) };
    const parked = client.ask('GET', `${path}/listen?timeout=60`, { headers: mine });
    const stream = await client.open('GET', `${path}/stream`, { headers: mine });
    let text = '';
    stream.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
    });
    const counts = async (): Promise<unknown> => (await client.ask('GET', path, { headers })).json()['counts'];
    const roster = async (): Promise<string> => (await client.ask('GET', `${path}/roster`, { headers })).text;
    await until(() => text !== '', 'the stream');
    expect(await counts()).toMatchObject({ listening: 1 });
    expect(await roster()).toContain('"listening"');
    const began = performance.now();
    expect(await hub.end(signal)).toEqual({ code: 0, signal: null });
    expect(performance.now() - began).toBeLessThan(5000);
    expect((await parked).json()).toMatchObject({ messages: [], ended: 'shutdown' });
    expect(text).toContain('"code":"shutdown"');
    client.close();
  }
});

verifies.once('run:one-at-a-time', async () => {
  const directory = temporaryDirectory();
  const first = await startHubProcess({ directory });
  const second = launchHub({ directory });
  expect(await second.ended).toEqual({ code: 3, signal: null });
  expect(second.stderr()).toContain(String(first.pid));
  const client = new HttpClient(first.port);
  expect((await client.ask('POST', '/api/channels')).status).toBe(201);
  client.close();
  // Nothing that a dead hub leaves keeps the next one out.
  await first.end('SIGKILL');
  const third = await startHubProcess({ directory });
  await third.end('SIGTERM');
});

/** What a shell does before it becomes the program: everything that is written goes nowhere, or to who is gone. */
const UNHEARD = { full: '/dev/full', gone: '>(exit 0)' };

verifies.once('run:unheard', async () => {
  for (const [how, where] of Object.entries(UNHEARD)) {
    const hub = await startHubProcess({ args: ['--log-level', 'debug'], under: ['bash', '-c', `exec "$@" 2> ${where}`, 'bash'] });
    const http = new HttpClient(hub.port);
    for (let i = 0; i < 5; i++) expect((await http.ask('POST', '/api/channels', {})).status, how).toBe(201);
    http.close();
    expect(await hub.end('SIGTERM'), how).toEqual({ code: 0, signal: null });
    const env = { HOME: temporaryDirectory() };
    const command = start('bash', ['-c', `exec "$@" > ${where} 2> ${where}`, 'bash', process.execPath, builtHub(), 'nonsense'], { env });
    expect(await command.ended, how).toEqual({ code: 2, signal: null });
  }
  // No line tells that it is there, so it is asked whether it is.
  const [port = 0] = await lastingPorts(1);
  const hub = launchHub({
    args: ['--port', String(port)],
    under: ['bash', '-c', `exec "$@" > ${UNHEARD.full} 2> ${UNHEARD.full}`, 'bash'],
  });
  const http = new HttpClient(port);
  const answers = (): Promise<boolean> =>
    http.ask('GET', '/healthz').then(
      ({ status }) => status === 200,
      () => false,
    );
  await eventually(
    'the hub to answer',
    async () =>
      await Promise.race([
        answers(),
        hub.ended.then(() => {
          throw new Error('it ended');
        }),
      ]),
  );
  http.close();
  expect(await hub.end('SIGTERM')).toEqual({ code: 0, signal: null });
});

test('a hub in another program that could not be started leaves its data directory to the next one', async () => {
  const config = readConfig(['--port', '0', '--data-dir', temporaryDirectory()], {});
  const log = createLog('error');
  await expect(startHub({ ...config, trustProxies: ['no address'] }, 'test', log)).rejects.toThrow('Invalid');
  const running = await startHub(config, 'test', log);
  await running.close();
});
