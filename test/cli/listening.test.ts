/** Listening from the shell, with everything killed that can be: no line is lost and none is written twice. */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect } from 'vitest';
import { HubClient, Seat } from '../../src/client/index.ts';
import { type Home, newHome } from '../harness/command.ts';
import { eventually } from '../harness/eventually.ts';
import { type Station, startStation } from '../harness/process.ts';
import { startProxy, type TcpProxy } from '../harness/proxy.ts';
import { random } from '../harness/random.ts';
import { createChannel, expectCall, joinChannel, memberCall, type TestChannel, type TestMember } from '../harness/rest.ts';
import { verifies } from '../harness/verifies.ts';

/** The hub comes back under another port; its clients know it by the one of the proxy before it. */
let station: Station;
let proxy: TcpProxy;
let url: string;
beforeAll(async () => {
  proxy = await startProxy({ target: () => station.hub.port, delayMs: 0, cuts: 0.1, random: random(3) });
  url = `http://localhost:${proxy.port}`;
  station = await startStation({ args: ['--allow-host', `localhost:${proxy.port}`] });
});

interface Scene {
  readonly channel: TestChannel;
  readonly sender: TestMember;
  readonly home: Home;
  readonly inbox: string;
}

const scene = async (): Promise<Scene> => {
  const channel = await createChannel(await station.url(), { retention: 'full' });
  const sender = await joinChannel(await station.url(), channel, 'sender');
  const home = newHome();
  expect(await home.run(['join', channel.id, 'bravo', '--token', channel.token, '--hub', url])).toMatchObject({ code: 0 });
  return { channel, sender, home, inbox: join(home.directory, 'inbox.jsonl') };
};

const say = async ({ sender, channel }: Scene, message: string): Promise<number> => {
  const seat = new Seat(new HubClient(await station.url()), {
    channelId: channel.id,
    token: channel.token,
    callsign: 'sender',
    sessionId: sender.session,
    cursor: sender.cursor,
  });
  return (await seat.send({ to: 'bravo', message })).value.id;
};

const stateOf = async ({ channel }: Scene, id: number): Promise<string> => {
  const { receipts } = await expectCall(await station.url(), { path: `${channel.path}/messages/${id}`, token: channel.token });
  return receipts[0].state;
};

const linesOf = (path: string): { text: string; redelivered?: true }[] =>
  existsSync(path)
    ? readFileSync(path, 'utf8')
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line))
    : [];

verifies.once('cli:jsonl', async () => {
  const here = await scene();
  const listen = () => here.home.launch(['listen', '--follow', '--jsonl', here.inbox]);
  let program = listen();
  const texts: string[] = [];
  for (let i = 1; i <= 60; i++) {
    texts.push(`message ${i}`);
    const id = await say(here, `message ${i}`);
    if (i % 20 === 10) await station.restart('SIGKILL');
    if (i % 10 === 5) {
      // In the middle of something: a line or two ago at the most. Or just when the hub was told that the line is there.
      const told = i % 20 === 15;
      await eventually(`message ${i}`, async () =>
        told ? (await stateOf(here, id)) === 'confirmed' : linesOf(here.inbox).length >= i - 1,
      );
      await program.end('SIGKILL');
      if (told) expect(linesOf(here.inbox).at(-1)?.text).toBe(`message ${i}`);
      // What a crash may leave.
      if (i === 25) appendFileSync(here.inbox, '{"id":999,"from":"sender","te');
      program = listen();
    }
  }
  await eventually('every line', () => linesOf(here.inbox).length >= texts.length);
  await program.end('SIGTERM');
  expect(linesOf(here.inbox).map(({ text }) => text)).toEqual(texts);
  expect(program.stdout()).toBe('');
});

verifies.once('cli:jsonl-confirms', async () => {
  const here = await scene();
  const id = await say(here, 'one');
  const folder = join(here.home.directory, 'missing', 'inbox.jsonl');
  expect(await here.home.run(['listen', '--jsonl', folder])).toMatchObject({ code: 1, stderr: expect.stringContaining('--jsonl') });
  expect(await stateOf(here, id)).toBe('queued');
  expect(await here.home.run(['listen', '--jsonl', here.inbox])).toMatchObject({ code: 0, stdout: '' });
  expect(linesOf(here.inbox)).toMatchObject([{ id, text: 'one' }]);
  expect(await stateOf(here, id)).toBe('confirmed');
  // A line that is there already is not written again, and what follows it is.
  const [file = ''] = here.home.kept('seats');
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), cursor: '0' }));
  await say(here, 'two');
  await here.home.run(['listen', '--jsonl', here.inbox]);
  expect(linesOf(here.inbox).map(({ text }) => text)).toEqual(['one', 'two']);
  // To the terminal: printed is confirmed by the next listen.
  const third = await say(here, 'three');
  await here.home.run(['listen']);
  expect(await stateOf(here, third)).toBe('delivered');
  await here.home.run(['listen', '--timeout', '0']);
  expect(await stateOf(here, third)).toBe('confirmed');
});

const script = (here: Scene, text: string): string => {
  const path = join(here.home.directory, 'on message $(touch pwned).sh');
  writeFileSync(path, `#!/usr/bin/env bash\n${text}\n`, { mode: 0o755 });
  return path;
};

verifies.once('cli:exec', async () => {
  const here = await scene();
  const out = join(here.home.directory, 'out');
  const command = script(
    here,
    `cat >> "${out}"; printf '%s|%s|%s|%s|%s\\n' "$ROGERTHAT_ID" "$ROGERTHAT_FROM" "$ROGERTHAT_TO" "$ROGERTHAT_TEXT" "\${ROGERTHAT_TOKEN-\${ROGERTHAT_CHANNEL_TOKEN-none}}" >> "${out}"`,
  );
  const text = '$(touch pwned); `touch pwned` "quoted" \'and\'';
  const ids = [await say(here, text), await say(here, 'two')];
  const program = here.home.launch(['listen', '--follow', '--exec', command], {
    env: { ROGERTHAT_TOKEN: 'secret', ROGERTHAT_CHANNEL_TOKEN: 'rt_join_other' },
    cwd: here.home.directory,
  });
  await eventually('both', () => existsSync(out) && readFileSync(out, 'utf8').split('\n').length > 4);
  await eventually('the receipt', async () => (await stateOf(here, ids[1]!)) === 'confirmed');
  const [one = '', first, two = '', second] = readFileSync(out, 'utf8').split('\n');
  expect(JSON.parse(one)).toMatchObject({ id: ids[0], from: 'sender', to: 'bravo', text, sender: { verified: false } });
  expect(JSON.parse(two)).toMatchObject({ id: ids[1] });
  expect([first, second]).toEqual([`${ids[0]}|sender|bravo|${text}|none`, `${ids[1]}|sender|bravo|two|none`]);
  expect(existsSync(join(here.home.directory, 'pwned'))).toBe(false);
  expect(await program.end('SIGTERM')).toEqual({ code: 0, signal: null });
});

verifies.once('cli:exec-fails', async () => {
  const here = await scene();
  const count = join(here.home.directory, 'count');
  const ids = [await say(here, 'one'), await say(here, 'two')];
  const failing = script(here, `echo "$ROGERTHAT_ID" >> "${count}"; [ "$ROGERTHAT_TEXT" = one ] || exit 3`);
  const done = await here.home.run(['listen', '--follow', '--exec', failing, '--exec-tries', '2']);
  expect(done).toMatchObject({ code: 10, stderr: expect.stringContaining('ended with 3 for message') });
  expect(readFileSync(count, 'utf8')).toBe(`${ids[0]}\n${ids[1]}\n${ids[1]}\n`);
  expect([await stateOf(here, ids[0]!), await stateOf(here, ids[1]!)]).toEqual(['confirmed', 'delivered']);
  // The second is below a file.
  for (const command of ['/nowhere', join(failing, 'nowhere')]) {
    expect(await here.home.run(['listen', '--exec', command])).toMatchObject({
      code: 10,
      stderr: expect.stringContaining('cannot be started'),
    });
  }
  const again = await here.home.run(['listen', '--json']);
  expect(JSON.parse(again.stdout).messages).toMatchObject([{ id: ids[1], redelivered: true }]);
});

verifies.once('cli:wait', async () => {
  const here = await scene();
  expect(await here.home.run(['wait', '--timeout', '1'])).toMatchObject({ code: 9, stdout: '' });
  const program = here.home.launch(['wait', '--json']);
  await eventually('the wait', async () => {
    const { roster } = await expectCall(await station.url(), { path: `${here.channel.path}/roster`, token: here.channel.token });
    return roster.some((one: { callsign: string; presence: string }) => one.callsign === 'bravo' && one.presence === 'listening');
  });
  await station.restart('SIGKILL');
  await say(here, 'wake up');
  expect(await program.ended).toEqual({ code: 0, signal: null });
  expect(JSON.parse(program.stdout()).messages).toMatchObject([{ text: 'wake up' }]);
  // What was printed is not printed again.
  expect(await here.home.run(['wait', '--timeout', '0'])).toMatchObject({ code: 9, stdout: '' });
});

verifies.once('cli:follow-ends', async () => {
  const here = await scene();
  const first = here.home.launch(['listen', '--follow']);
  const id = await say(here, 'one');
  await first.says(/one\n/);
  expect(await first.end('SIGTERM')).toEqual({ code: 0, signal: null });
  expect(await stateOf(here, id)).toBe('confirmed');
  const second = here.home.launch(['listen', '--follow', '--json']);
  await say(here, 'two');
  await second.says(/"text":"two".*\n/);
  const { sessionId } = JSON.parse(readFileSync(here.home.kept('seats')[0]!, 'utf8'));
  await expectCall(await station.url(), memberCall({ ...here.sender, session: sessionId }, { path: 'leave', body: {} }));
  expect(await second.ended).toEqual({ code: 8, signal: null });
  expect(second.stderr()).toContain('not_joined');
});

verifies.once('cli:tail-restart', async () => {
  const here = await scene();
  const tail = here.home.launch(['tail']);
  await eventually('the watcher', () => tail.stderr().includes('On the air'));
  tail.signal('SIGSTOP');
  await station.restart('SIGKILL');
  await say(here, 'while it was away');
  tail.signal('SIGCONT');
  await tail.says(/while it was away/);
});
