/** Every example is run against a real hub, from its own text: R-LISTEN-8, R-LISTEN-26, R-WAIT-1. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { ERRORS } from '../../src/core/errors.ts';
import { ROOT } from '../harness/built.ts';
import { eventually } from '../harness/eventually.ts';
import { startFront } from '../harness/front.ts';
import { type Program, type Station, start, startStation, temporaryDirectory } from '../harness/process.ts';
import { startProxy, type TcpProxy } from '../harness/proxy.ts';
import { random } from '../harness/random.ts';
import { createChannel, expectCall, joinChannel, memberCall, type TestChannel, type TestMember } from '../harness/rest.ts';

const EXAMPLES = join(ROOT, 'examples');
const example = (name: string): string => join(EXAMPLES, name);

/** The hub may come back under another port; its clients know it by the one of the proxy before it. */
let station: Station;
let proxy: TcpProxy;
beforeAll(async () => {
  proxy = await startProxy({ target: () => station.hub.port, delayMs: 0, cuts: 0, random: random(0) });
  station = await startStation({ args: ['--allow-host', `localhost:${proxy.port}`] });
});

const env = (channel: TestChannel): Record<string, string> => ({
  HUB: `http://localhost:${proxy.port}`,
  CHANNEL: channel.id,
  TOKEN: channel.token,
});

const say = async (member: TestMember, to: string, message: string): Promise<void> => {
  await expectCall(await station.url(), memberCall(member, { path: 'send', body: { to, message } }));
};

const linesOf = (path: string): { text?: string; redelivered?: boolean }[] =>
  existsSync(path)
    ? readFileSync(path, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line))
    : [];

/** Somebody listens there. */
const parkedOn = (channel: TestChannel): Promise<void> =>
  eventually('it to wait', async () => {
    const { counts } = await expectCall(await station.url(), { path: channel.path, token: channel.token });
    return counts.listening === 1;
  });

/** What who shows a wrong token is told. */
const WRONG_TOKEN = [ERRORS.unauthorized.title, ERRORS.unauthorized.hint];

const textsIn = (path: string): (string | undefined)[] => linesOf(path).map(({ text }) => text);

test('every file of examples/ is run by this file, says how, and can be run', () => {
  const here = readFileSync(new URL(import.meta.url), 'utf8');
  const readme = readFileSync(example('README.md'), 'utf8');
  for (const name of readdirSync(EXAMPLES).filter((one) => one !== 'README.md')) {
    expect(here, name).toContain(`example('${name}')`);
    expect(readme).toContain(`(${name})`);
    const text = readFileSync(example(name), 'utf8');
    expect(text, name).toMatch(/^#!\/usr\/bin\/env /);
    expect(text, name).toContain('http://127.0.0.1:7424');
    expect(statSync(example(name)).mode & 0o111, name).toBe(0o111);
  }
});

test('two-agents.sh: one asks, the other answers', async () => {
  const program = start('bash', [example('two-agents.sh')], { env: { HUB: await station.url() }, cwd: temporaryDirectory() });
  expect([await program.ended, program.stderr()]).toEqual([{ code: 0, signal: null }, '']);
  expect(program.stdout()).toMatch(/bravo hears alpha: Are the tests green\?\nalpha hears bravo: All green\. Over\.\nBoth have left\.\n$/);
});

describe('listen-loop.sh', () => {
  test('hears everything once, over its own end and the hub’s', async () => {
    const url = await station.url();
    const channel = await createChannel(url, { retention: 'full' });
    const sender = await joinChannel(url, channel, 'sender');
    const cwd = temporaryDirectory();
    const inbox = join(cwd, 'inbox.jsonl');
    const listen = (): Program => start('bash', [example('listen-loop.sh'), 'bravo'], { env: env(channel), cwd, group: true });
    const heard = (texts: string[]): Promise<void> =>
      eventually(`${texts.length} lines`, () => JSON.stringify(textsIn(inbox)) === JSON.stringify(texts));

    const first = listen();
    await first.says(/bravo listens on/);
    await say(sender, 'bravo', 'one');
    await say(sender, 'all', 'two');
    await heard(['one', 'two']);
    await eventually('the cursor', () => existsSync(`${inbox}.cursor`) && readFileSync(`${inbox}.cursor`, 'utf8').startsWith('2-'));
    await first.end('SIGTERM');
    await say(sender, 'bravo', 'three');
    listen();
    await heard(['one', 'two', 'three']);
    await station.restart('SIGKILL');
    await say(sender, 'bravo', 'four \u{1f4fb}');
    await heard(['one', 'two', 'three', 'four \u{1f4fb}']);
    expect(linesOf(inbox).filter(({ redelivered }) => redelivered)).toEqual([]);
  });

  test('goes on over a proxy that answers for the hub or cuts its calls, and ends when the hub refuses it', async () => {
    const url = await station.url();
    const channel = await createChannel(url, { retention: 'full' });
    const sender = await joinChannel(url, channel, 'sender');
    let lost = false;
    // Nobody listens at port 1.
    const front = await startFront(() => (lost ? 1 : station.hub.port));
    const cwd = temporaryDirectory();
    const args = { env: { ...env(channel), HUB: front.url }, cwd, group: true };
    const program = start('bash', [example('listen-loop.sh'), 'bravo'], args);
    await program.says(/bravo listens on/);
    front.answer({ status: 200, text: '<html>Back in a minute</html>' });
    await eventually('a listen and a join that the proxy answered', () => front.own > 2);
    lost = true;
    const passed = front.passed.length;
    front.answer(null);
    await eventually('calls that were cut', () => front.passed.length > passed + 1);
    lost = false;
    await say(sender, 'bravo', 'one');
    await eventually('the message', () => textsIn(join(cwd, 'inbox.jsonl')).includes('one'));
    await program.end('SIGTERM');
    const refused = start('bash', [example('listen-loop.sh'), 'bravo'], { ...args, env: { ...args.env, TOKEN: 'wrong' } });
    expect((await refused.ended).code).toBe(22);
    expect(refused.stderr()).toBe(`${WRONG_TOKEN.join('\n')}\n`);
  });

  test('takes its seat again when that expired, and ends with the words of a hub that does not want it back', async () => {
    const url = await station.url();
    const channel = await createChannel(url, { retention: 'full' });
    const sender = await joinChannel(url, channel, 'sender');
    const cwd = temporaryDirectory();
    const program = start('bash', [example('listen-loop.sh'), 'bravo'], { env: env(channel), cwd, group: true });
    await program.says(/bravo listens on/);
    await parkedOn(channel);
    const { session } = await joinChannel(url, channel, 'bravo');
    await expectCall(url, memberCall({ ...sender, session }, { path: 'leave', body: {} }));
    await parkedOn(channel);
    await say(sender, 'bravo', 'back again');
    await eventually('the message', () => textsIn(join(cwd, 'inbox.jsonl')).includes('back again'));
    await expectCall(url, { path: `${channel.path}/kick`, token: channel.ownerToken, body: { callsign: 'bravo' } });
    expect((await program.ended).code).toBe(22);
    expect(program.stderr()).toBe(`${ERRORS.kicked.title}\n${ERRORS.kicked.hint}\n`);
  });

  test('five of one callsign: the oldest ends, the others go on', async () => {
    const channel = await createChannel(await station.url(), { retention: 'full' });
    const loops = Array.from({ length: 5 }, () => {
      const cwd = temporaryDirectory();
      return start('bash', [example('listen-loop.sh'), 'bravo'], { env: env(channel), cwd, group: true });
    });
    const oldest = await Promise.race(loops.map((loop) => loop.ended.then(() => loop)));
    expect((await oldest.ended).code).toBe(1);
    expect(oldest.stderr()).toContain('newer listeners took the place');
    for (const loop of loops) if (loop !== oldest) expect(await loop.end('SIGTERM')).toMatchObject({ code: null });
  });

  test('without a channel it makes one, and shows how others join', async () => {
    const cwd = temporaryDirectory();
    const program = start('bash', [example('listen-loop.sh'), 'solo', 'mail.jsonl'], {
      env: { HUB: await station.url() },
      cwd,
      group: true,
    });
    const [, id = ''] = await program.says(/solo listens on (\S+)/);
    const [, token = ''] = /^TOKEN=(\S+)$/m.exec(program.stdout()) ?? [];
    const channel: TestChannel = { id, path: `/api/channels/${id}`, token, ownerToken: '', retention: 'none' };
    await say(await joinChannel(await station.url(), channel, 'sender'), 'solo', 'found you');
    await eventually('the message', () => textsIn(join(cwd, 'mail.jsonl')).includes('found you'));
    await program.end('SIGTERM');
  });
});

test('wake-on-mail.sh: sleeps over a restart, wakes with the mail, and does not wake for it again', async () => {
  const url = await station.url();
  const channel = await createChannel(url, { retention: 'full' });
  const sender = await joinChannel(url, channel, 'sender');
  const cwd = temporaryDirectory();
  const sleep = (): Program =>
    start('bash', [example('wake-on-mail.sh'), 'bravo', 'jq', '-r', '.[].text'], { env: env(channel), cwd, group: true });
  const parked = (): Promise<void> => parkedOn(channel);

  const first = sleep();
  await parked();
  await station.restart('SIGTERM');
  await parked();
  await say(sender, 'bravo', 'wake up');
  expect(await first.ended).toEqual({ code: 0, signal: null });
  expect(first.stdout()).toBe('wake up\n');
  const second = sleep();
  await parked();
  await say(sender, 'bravo', 'and again');
  expect(await second.ended).toEqual({ code: 0, signal: null });
  expect(second.stdout()).toBe('and again\n');
});

test('wake-on-mail.sh: says how it is called, and ends with the words of a hub that refuses', async () => {
  const url = await station.url();
  const channel = await createChannel(url);
  const cwd = temporaryDirectory();
  const run = (args: string[], more: Record<string, string> = env(channel)): Program =>
    start('bash', [example('wake-on-mail.sh'), ...args], { env: more, cwd, group: true });
  for (const wrong of [run([]), run(['bravo']), run(['bravo', 'cat'], { HUB: url })]) {
    expect((await wrong.ended).code).toBe(2);
    expect(wrong.stderr()).toMatch(/^usage: CHANNEL=\S+ TOKEN=\S+ \S+wake-on-mail\.sh CALLSIGN COMMAND \[ARGUMENT…\]\n$/);
  }
  const refused = run(['bravo', 'cat'], { ...env(channel), TOKEN: 'wrong' });
  expect((await refused.ended).code).toBe(22);
  expect(refused.stderr()).toBe(`${WRONG_TOKEN.join('\n')}\n`);
  const kicked = run(['bravo', 'cat']);
  await parkedOn(channel);
  await expectCall(url, { path: `${channel.path}/kick`, token: channel.ownerToken, body: { callsign: 'bravo' } });
  expect((await kicked.ended).code).toBe(22);
  expect(kicked.stderr()).toContain(`${ERRORS.kicked.title}\n${ERRORS.kicked.hint}\n`);
  expect(kicked.stdout()).toBe('');
});

describe('client.mjs and client.py', () => {
  const node = (): [string, string] => [process.execPath, example('client.mjs')];
  const python = (): [string, string] => ['python3', example('client.py')];
  const talk = ([command, path]: [string, string], callsign: string, channel: TestChannel): Program =>
    start(command, [path, callsign], { env: env(channel), interactive: true, cwd: temporaryDirectory() });

  test('talk to each other, over a restart of the hub, and leave', async () => {
    const channel = await createChannel(await station.url(), { retention: 'full' });
    const nora = talk(node(), 'nora', channel);
    await nora.says(/nora is on/);
    const pete = talk(python(), 'pete', channel);
    await pete.says(/pete is on/);
    nora.type('hello all');
    await pete.says(/^nora: hello all$/m);
    pete.type('@nora hello nora');
    await nora.says(/^pete: hello nora$/m);
    await station.restart('SIGKILL');
    nora.type('@pete still there?');
    await pete.says(/^nora: still there\?/m);
    pete.type('loud and clear');
    await nora.says(/^pete: loud and clear/m);
    pete.type('@not a callsign');
    pete.type(null);
    nora.type(null);
    expect(await Promise.all([nora.ended, pete.ended])).toEqual(Array(2).fill({ code: 0, signal: null }));
    const { roster } = await expectCall(await station.url(), { path: `${channel.path}/roster`, token: channel.token });
    expect(roster).toEqual([]);
    expect(nora.stdout().match(/hello nora/g)).toHaveLength(1);
    expect(pete.stdout().match(/hello all/g)).toHaveLength(1);
  });

  test.each([
    ['node', node],
    ['python', python],
  ])('%s: without a channel it makes one; a wrong token ends it with a word', async (_, client) => {
    const [command, path] = client();
    const alone = start(command, [path], { env: { HUB: await station.url() }, interactive: true });
    await alone.says(/-client is on \S+/);
    expect(alone.stdout()).toContain('You are invited');
    alone.type(null);
    expect(await alone.ended).toEqual({ code: 0, signal: null });
    const channel = await createChannel(await station.url());
    const wrong = talk(client(), 'alpha', { ...channel, token: 'rt_join_wrong' });
    expect((await wrong.ended).code).not.toBe(0);
    expect(wrong.stderr()).toContain('the token is wrong');
  });
});
