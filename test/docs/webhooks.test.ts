/** docs/webhooks.md is run out of the document: the calls, and each receiver against a real hub (R-HOOK-1, R-HOOK-6). */
import { spawn } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../harness/built.ts';
import { eventually } from '../harness/eventually.ts';
import { type HubProcess, start, startHubProcess, temporaryDirectory } from '../harness/process.ts';
import { createChannel, expectCall, joinChannel, memberCall } from '../harness/rest.ts';
import { runScript, scriptOf } from '../harness/shell.ts';

const DOCUMENT = readFileSync(join(ROOT, 'docs/webhooks.md'), 'utf8');
const blocks = [...DOCUMENT.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = '', text = '']) => ({ language, text }));
const block = (language: string, mark: string): string => {
  const found = blocks.filter((one) => one.language === language && one.text.includes(mark));
  expect(found, `${language} with ${mark}`).toHaveLength(1);
  return found[0]!.text;
};

const SIGN = block('bash', 'by hand');
const FIRST = block('bash', 'MADE=');

let hub: HubProcess;
beforeAll(async () => {
  hub = await startHubProcess();
});

/** A port that nothing listens on. */
const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

/** A receiver that runs: what it has printed of what it took. */
interface Running {
  said(): string;
}

type Run = (port: number, secret: string) => Promise<Running>;

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

const asServer =
  (command: string, name: string, text: string): Run =>
  async (port, secret) => {
    const cwd = temporaryDirectory();
    writeFileSync(join(cwd, name), text);
    const program = start(command, [name], { cwd, env: { SECRET: secret, PORT: String(port) } });
    await program.says(/ready\n/);
    ends.push(() => program.signal('SIGTERM'));
    return { said: () => program.stdout().replace('ready\n', '') };
  };

/** As socat and inetd do: a process for each connection, which is its standard input and output. */
const forConnections =
  (text: string): Run =>
  async (port, secret) => {
    const cwd = temporaryDirectory();
    const path = join(cwd, 'receiver.sh');
    writeFileSync(path, text);
    chmodSync(path, 0o755);
    let said = '';
    const env = { ...process.env, SECRET: secret, SEEN: join(cwd, 'seen') };
    const server: Server = createServer((socket) => {
      const child = spawn(path, { cwd, env });
      socket.pipe(child.stdin).on('error', () => {});
      child.stdout.pipe(socket).on('error', () => {});
      child.stderr.setEncoding('utf8').on('data', (piece: string) => {
        said += piece;
      });
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    ends.push(() => server.close());
    return { said: () => said };
  };

const RECEIVERS: Readonly<Record<string, Run>> = {
  node: asServer(process.execPath, 'receiver.mjs', block('js', 'createServer')),
  python: asServer('python3', 'receiver.py', block('python', 'HTTPServer')),
  bash: forConnections(block('bash', '#!/usr/bin/env bash')),
};

describe.each(Object.entries(RECEIVERS))('the receiver in %s', (_, run) => {
  test('takes what the hub signed, once, and nothing else', async () => {
    const channel = await createChannel(hub.url);
    const alpha = await joinChannel(hub.url, channel, 'alpha');
    const port = await freePort();
    const receiver = `http://127.0.0.1:${port}/hook`;
    const path = `${channel.path}/webhooks`;
    const { webhook_id: id, secret } = await expectCall(hub.url, { path, token: channel.token, body: { url: receiver } }, 201);
    const running = await run(port, secret);
    const tested = await expectCall(hub.url, { method: 'POST', path: `${path}/${id}/test`, token: channel.token });
    expect(tested).toMatchObject({ delivered: true, status: 204 });
    // The one in Bash answers first and prints then, each request in a process of its own.
    await eventually('the first line', () => running.said().endsWith('\n'));
    await expectCall(hub.url, memberCall(alpha, { path: 'send', body: { to: 'all', message: 'Grüße. Over.' } }));
    const both = 'webhook.test hub This is a test of your webhook. Over.\nmessage.created alpha Grüße. Over.\n';
    await eventually('the message', () => running.said().length >= both.length);
    expect(running.said()).toBe(both);

    const post = async (changed: string): Promise<string> => {
      const script = scriptOf([`${changed}\n${SIGN}`]);
      return (await runScript(script, { env: { SECRET: secret, RECEIVER: receiver } })).trim().split('\n').at(-1) ?? '';
    };
    const forged = Buffer.from('another secret of 24 bytes').toString('base64');
    expect(await post(`SECRET=whsec_${forged}`)).toBe('401');
    // Signed rightly, ten minutes ago and ten minutes from now.
    for (const minutes of ['-10', '+10']) {
      expect(await post(`date() { command date -d '${minutes} minutes' "$@"; }`)).toBe('401');
    }
    expect(running.said()).toBe(both);
    expect(await post('')).toBe('204');
    expect(await post('')).toBe('204');
    const all = `${both}message.created alpha by hand\n`;
    await eventually('what was posted by hand', () => running.said().length >= all.length);
    expect(running.said()).toBe(all);
  });

  test('refuses what is changed or not signed at all', async () => {
    const port = await freePort();
    const running = await run(port, `whsec_${Buffer.alloc(32, 7).toString('base64')}`);
    const now = String(Math.floor(Date.now() / 1000));
    const cases: readonly Record<string, string>[] = [
      {},
      { 'webhook-id': 'msg_1', 'webhook-timestamp': now },
      { 'webhook-id': 'msg_1', 'webhook-timestamp': now, 'webhook-signature': 'v1,' },
      { 'webhook-id': 'msg_1', 'webhook-timestamp': now, 'webhook-signature': `v1,${Buffer.alloc(32).toString('base64')} v1a,x` },
      { 'webhook-id': 'msg_1', 'webhook-timestamp': 'soon', 'webhook-signature': 'v1,x' },
      { 'webhook-timestamp': now, 'webhook-signature': 'v1,x' },
    ];
    for (const headers of cases) {
      const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers, body: '{"type":"forged","data":{}}' });
      expect(response.status).toBe(401);
    }
    expect(running.said()).toBe('');
  });
});

test('the calls of the first minute', async () => {
  const channel = await createChannel(hub.url);
  const port = await freePort();
  const env = { API: `${hub.url}${channel.path}`, TOKEN: channel.token, RECEIVER: `http://127.0.0.1:${port}/hook` };
  const said = await runScript(scriptOf([`${FIRST}\necho "$SECRET $WEBHOOK"`]), { env });
  const [, outcome, list, made] = said.split('\n');
  expect(JSON.parse(outcome ?? '')).toEqual({ delivered: false, status: null, reason: 'connection refused' });
  expect(JSON.parse(list ?? '')).toEqual({ type: 'webhook.test', state: 'failed' });
  expect(made).toMatch(/^whsec_\S{44} wh_\S{16}$/);
});

test('every block is run, or is an example of a body', () => {
  const run = [FIRST, SIGN, block('js', 'createServer'), block('python', 'HTTPServer'), block('bash', '#!/usr/bin/env bash')];
  expect(blocks.filter(({ language, text }) => language !== 'json' && !run.includes(text))).toEqual([]);
});
