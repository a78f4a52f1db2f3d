/** The loop to copy from docs/waking-agents.md, run as it stands there, by a plain sh: R-WAIT-1, R-LISTEN-24. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { ROOT } from '../harness/built.ts';
import { eventually } from '../harness/eventually.ts';
import { type Front, startFront } from '../harness/front.ts';
import { passBy } from '../harness/passing.ts';
import { type Program, type Station, start, startStation } from '../harness/process.ts';
import { createChannel, expectCall, joinChannel, memberCall, type TestChannel, type TestMember } from '../harness/rest.ts';

const [, LOOP = ''] =
  /### One bell that survives the hub[\s\S]*?```text\n([\s\S]*?)```/.exec(readFileSync(join(ROOT, 'docs/waking-agents.md'), 'utf8')) ?? [];

let station: Station;
let front: Front;
beforeAll(async () => {
  station = await startStation();
  front = await startFront(() => station.hub.port);
});

/** The loop, once it waits; and the channel that it waits on. */
const waiting = async (): Promise<{ program: Program; channel: TestChannel; alpha: TestMember; parked(): Promise<void> }> => {
  const url = await station.url();
  const channel = await createChannel(url, { retention: 'full' });
  const alpha = await joinChannel(url, channel, 'alpha');
  const bravo = await joinChannel(url, channel, 'bravo');
  const env = { API: front.url + channel.path, TOKEN: channel.token, SESSION: bravo.session, CURSOR: bravo.cursor };
  const program = start('sh', ['-c', LOOP], { env, group: true });
  const parked = (): Promise<void> =>
    eventually('it to wait', async () => {
      const { counts } = await expectCall(await station.url(), { path: channel.path, token: channel.token });
      return counts.listening === 1;
    });
  await parked();
  return { program, channel, alpha, parked };
};

test('the bell outlasts what passes and a restart of the hub, and rings with the mail', async () => {
  const { program, alpha, parked } = await waiting();
  await passBy(front);
  await parked();
  await station.restart('SIGTERM');
  await parked();
  await expectCall(await station.url(), memberCall(alpha, { path: 'send', body: { to: 'bravo', message: 'wake up' } }));
  expect(await program.ended).toEqual({ code: 0, signal: null });
  expect(program.stderr()).toBe('');
  expect(JSON.parse(program.stdout()).messages).toMatchObject([{ from: 'alpha', text: 'wake up' }]);
});

test('the bell ends with the words of a hub that refuses', async () => {
  const { program, channel } = await waiting();
  const body = { callsign: 'bravo' };
  await expectCall(await station.url(), { path: `${channel.path}/kick`, token: channel.ownerToken, body });
  expect((await program.ended).code).not.toBe(0);
  expect(program.stdout()).toBe('');
  expect(JSON.parse(program.stderr())).toMatchObject({ code: 'kicked', hint: expect.stringContaining('owner') });
});
