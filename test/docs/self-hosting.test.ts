/** docs/self-hosting.md: its blocks are run against real hubs and a real Redis, and its backups are restored. */
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { builtHub, ROOT } from '../harness/built.ts';
import { deployed } from '../harness/deployed.ts';
import { type HubProcess, start, startHubProcess, temporaryDirectory } from '../harness/process.ts';
import { type RedisServer, startRedis } from '../harness/redis.ts';
import { createChannel, expectCall, joinChannel, memberCall, type TestChannel } from '../harness/rest.ts';
import { bashBlocks, runScript } from '../harness/shell.ts';

const read = (name: string): string => readFileSync(join(ROOT, 'docs', name), 'utf8');
const blocks = bashBlocks(read('self-hosting.md'));
const ADMIN = 'the-token-of-the-operator';
const KEY = 'a-key-that-all-hubs-have';

const servers: RedisServer[] = [];
afterAll(async () => {
  for (const server of servers) await server.clear();
});

/** The one block with these words, its example places changed into those of the test. */
const block = (words: string, places: Readonly<Record<string, string>>): string => {
  const found = blocks.filter((text) => text.includes(words));
  expect(found, words).toHaveLength(1);
  return Object.entries(places).reduce((text, [from, to]) => text.replaceAll(from, to), found[0]!);
};

/** A command `rogerthat`, as npm install puts it there. */
const installed = (): Record<string, string> => {
  const bin = temporaryDirectory();
  writeFileSync(join(bin, 'rogerthat'), `#!/bin/sh\nexec '${process.execPath}' '${builtHub()}' "$@"\n`);
  chmodSync(join(bin, 'rogerthat'), 0o755);
  return { PATH: `${bin}:${process.env['PATH']}` };
};

const say = async (hub: HubProcess, channel: TestChannel, message: string): Promise<void> => {
  const alpha = await joinChannel(hub.url, channel, 'alpha');
  await expectCall(hub.url, memberCall(alpha, { path: 'send', body: { to: 'all', message } }));
};

const textsOn = async (hub: HubProcess, channel: TestChannel): Promise<string[]> => {
  const { events } = await expectCall(hub.url, { path: `${channel.path}/transcript`, token: channel.token });
  return events.flatMap(({ text }: { text?: string }) => text ?? []);
};

test('every block is run', () => {
  expect(blocks).toHaveLength(6);
});

test('watching, moving there and back, and a backup of each that is restored', async () => {
  const env = installed();
  const directory = join(temporaryDirectory(), 'data');
  const server = await startRedis();
  servers.push(server);
  const onDisk = (data: string) => startHubProcess({ directory: data, args: ['--admin-token', ADMIN] });
  const onRedis = (url: string) => startHubProcess({ args: ['--redis', url, '--secret-key', KEY] });
  let hub = await onDisk(directory);
  const channel = await createChannel(hub.url, { retention: 'full' });
  await expectCall(hub.url, { path: `${channel.path}/webhooks`, token: channel.token, body: { url: 'http://127.0.0.1:8/' } }, 201);
  await say(hub, channel, 'one');
  const address = { 'http://127.0.0.1:7424': hub.url };
  expect(await runScript(block('/readyz', address), { env })).toContain('"ready":true');
  const watched = await runScript(`${block('/readyz', address)}\n${block('/metrics', address)}`, { env });
  expect(watched).toMatch(/^rogerthat_engine_up 1$/m);

  // While it runs.
  const backup = temporaryDirectory();
  const places = {
    '/var/lib/rogerthat': directory,
    'redis://127.0.0.1:6379': server.url,
    '=/backup': `=${backup}`,
    '/var/lib/redis': server.directory,
  };
  const set = `DATA='${directory}' BACKUP='${backup}' ROGERTHAT_REDIS='${server.url}'; `;
  await runScript(set + block('VACUUM INTO', places), { env });
  await say(hub, channel, 'two');
  await hub.end('SIGTERM');
  const restored = await onDisk(backup);
  expect(await textsOn(restored, channel)).toEqual(['one']);
  await restored.end('SIGTERM');

  expect(await runScript(block('--to redis', places), { env })).toContain('read back and found the same');
  hub = await onRedis(server.url);
  expect(await textsOn(hub, channel)).toEqual(['one', 'two']);
  const copies = temporaryDirectory();
  const said = await runScript(`ROGERTHAT_REDIS='${server.url}'; BACKUP='${copies}'; ${block('tar -czf', places)}`, { env });
  expect(said.match(/^OK$/gm)).toHaveLength(2);
  await say(hub, channel, 'three');
  await hub.end('SIGTERM');
  // The copy, in another server's place.
  const again = await startRedis();
  servers.push(again);
  await again.end();
  const unpacked = start('sh', [
    '-c',
    `rm -rf '${again.directory}/appendonlydir' && tar -xzf '${copies}/redis.tar.gz' -C '${again.directory}'`,
  ]);
  expect((await unpacked.ended).code).toBe(0);
  servers.push(await again.again());
  const copy = await onRedis(again.url);
  expect(await textsOn(copy, channel)).toEqual(['one', 'two']);
  await copy.end('SIGTERM');

  expect(existsSync(`${directory}-back`)).toBe(false);
  const back = block('--from redis', places);
  await runScript(`export ROGERTHAT_SECRET_KEY=${KEY} ROGERTHAT_REDIS='${server.url}'; DATA='${directory}'; ${back}`, { env });
  hub = await onDisk(`${directory}-back`);
  expect(await textsOn(hub, channel)).toEqual(['one', 'two', 'three']);
  await hub.end('SIGTERM');
});

test('the metrics that are named are there, in the documents and in the rules', async () => {
  const hub = await startHubProcess({ args: ['--admin-token', ADMIN] });
  await createChannel(hub.url);
  const text = String(await expectCall(hub.url, { path: '/metrics', token: ADMIN }));
  const names = new Set([...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name));
  const rules = parse(deployed('alerts.yml')).groups.flatMap(({ rules: list }: { rules: { expr: string }[] }) =>
    list.map(({ expr }) => expr),
  );
  expect(rules.length).toBeGreaterThan(4);
  const named = [...`${read('self-hosting.md')}${read('scaling.md')}${rules.join('\n')}`.matchAll(/\brogerthat_[a-z_]+/g)].map(
    ([name]) => name,
  );
  expect(named.length).toBeGreaterThan(10);
  for (const name of named) expect(names, name).toContain(name);
  await hub.end('SIGTERM');
});

test.each(['self-hosting.md', 'scaling.md'])('%s links to what is there', (name) => {
  const links = [...read(name).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, path = '']) => path);
  expect(links.length).toBeGreaterThan(3);
  for (const path of links) expect(existsSync(join(ROOT, 'docs', path)), path).toBe(true);
});
