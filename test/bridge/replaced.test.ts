/** While a hub is replaced, what stands before it answers anything: whoever watches and waits goes on. */

import { beforeAll, expect } from 'vitest';
import { type Home, newHome } from '../harness/command.ts';
import { eventually } from '../harness/eventually.ts';
import { type Front, type OwnAnswer, startFront } from '../harness/front.ts';
import { type Station, startStation } from '../harness/process.ts';
import { createChannel, expectCall, joinChannel, type TestChannel, type TestMember } from '../harness/rest.ts';
import { verifies } from '../harness/verifies.ts';
import { recorder, startBridge } from './stdio.ts';

const PAGES: readonly OwnAnswer[] = [
  { status: 404, text: '404 page not found' },
  { status: 500, text: '<html>Oops</html>' },
  { status: 200, text: '<html>\nBack soon.\n</html>\n' },
];

let station: Station;
beforeAll(async () => {
  station = await startStation();
});

interface Scene {
  readonly front: Front;
  readonly home: Home;
  readonly channel: TestChannel;
  readonly bravo: TestMember;
}

const scene = async (): Promise<Scene> => {
  const front = await startFront(() => station.hub.port);
  const channel = await createChannel(await station.url());
  const bravo = await joinChannel(await station.url(), channel, 'bravo');
  return { front, home: newHome(front.url), channel, bravo };
};

const say = async ({ channel, bravo }: Scene, message: string): Promise<void> => {
  const request = { path: `${channel.path}/send`, token: channel.token, session: bravo.session, body: { to: 'alpha', message } };
  await expectCall(await station.url(), request);
};

const asks = ({ front }: Scene, what: string): Promise<void> =>
  eventually(what, () => front.passed.some((one) => new RegExp(`/${what}\\b`).test(one)));

/** Every page in the place of the hub, one after the other. */
const replaced = async ({ front }: Scene): Promise<void> => {
  for (const page of PAGES) {
    front.answer(page);
    await eventually(`whoever asks again after ${page.status}`, () => front.own >= 1);
  }
  front.answer(null);
};

verifies.once('bridge:replaced', async () => {
  const here = await scene();
  const { path, calls } = recorder(here.home.directory);
  const client = startBridge(here.home, ['--hub', here.front.url, '--ring', 'codex', '--codex', path]);
  await client.call('join', { channel_id: here.channel.id, token: here.channel.token, callsign: 'alpha' }, { threadId: '0195-thread' });
  await asks(here, 'stream');
  await replaced(here);
  await say(here, 'are you there?');
  await eventually('the ring', () => calls().length === 1);
  // What is sent meanwhile waits, and a listen goes on.
  here.front.answer(PAGES[0]!);
  expect(await client.call('send', { to: 'bravo', message: 'queued' })).toContain('Queued here');
  const listening = client.call('listen', { timeout_seconds: 20 });
  await eventually('the listen that is refused', () => here.front.own >= 3);
  here.front.answer(null);
  expect(await listening).toContain('are you there?');
  await eventually('an empty outbox', () => here.home.kept('outbox').length === 0);
  expect(await client.call('history', { n: 5 })).toContain('| queued');
});

verifies.once('hook:replaced', async () => {
  const here = await scene();
  const env = { CLAUDE_CODE_SESSION_ID: 'one' };
  expect(await here.home.run(['join', here.channel.id, 'alpha', '--token', here.channel.token], env)).toMatchObject({ code: 0 });
  const program = here.home.launch(['hook', 'claude-code'], { interactive: true });
  program.type(JSON.stringify({ session_id: 'one', hook_event_name: 'Stop', cwd: process.cwd(), stop_hook_active: false }));
  program.type(null);
  await asks(here, 'stream');
  await replaced(here);
  await say(here, 'wake up');
  expect(await program.ended).toEqual({ code: 2, signal: null });
});

verifies.once('cli:replaced', async () => {
  const here = await scene();
  const { home, channel, front } = here;
  expect(await home.run(['join', channel.id, 'alpha', '--token', channel.token])).toMatchObject({ code: 0 });
  front.answer(PAGES[0]!);
  expect(await home.run(['wait'])).toMatchObject({ code: 6 });
  front.answer(null);
  const waiting = home.launch(['wait', '--json']);
  await asks(here, 'wait');
  await replaced(here);
  await say(here, 'one');
  expect(await waiting.ended).toEqual({ code: 0, signal: null });
  const following = home.launch(['listen', '--follow']);
  await say(here, 'two');
  await following.says(/two\n/);
  await replaced(here);
  await say(here, 'three');
  await following.says(/three\n/);
  await following.end('SIGTERM');
});
