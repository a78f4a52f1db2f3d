/** A client of an agent that is killed leaves what it started behind: nothing is taken for an agent that reads no more. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type Home, newHome } from '../harness/command.ts';
import { eventually } from '../harness/eventually.ts';
import { type Program, type Station, start, startStation } from '../harness/process.ts';
import { createChannel, expectCall, joinChannel, memberCall, type TestChannel, type TestMember } from '../harness/rest.ts';
import { verifies } from '../harness/verifies.ts';

interface Scene {
  readonly station: Station;
  readonly channel: TestChannel;
  readonly peer: TestMember;
  readonly home: Home;
}

const scene = async (): Promise<Scene> => {
  const station = await startStation();
  const url = await station.url();
  const channel = await createChannel(url);
  const home = newHome(url);
  expect(await home.run(['join', channel.id, 'alpha', '--token', channel.token])).toMatchObject({ code: 0 });
  return { station, channel, peer: await joinChannel(url, channel, 'peer'), home };
};

const say = async ({ station, peer }: Scene, message: string): Promise<number> =>
  (await expectCall(await station.url(), memberCall(peer, { path: 'send', body: { to: 'alpha', message } }))).id;

const stateOf = async ({ station, channel }: Scene, id: number): Promise<string> =>
  (await expectCall(await station.url(), { path: `${channel.path}/messages/${id}`, token: channel.token })).receipts[0].state;

/** Starts what a client starts, and resolves when it listens. */
const listening = async ({ station, channel, home }: Scene, client: Program, words: readonly string[]): Promise<Program> => {
  const program = home.launch(words, { env: { CLAUDE_PID: String(client.pid) } });
  await eventually(`${words} to listen`, async () => {
    const { roster } = await expectCall(await station.url(), { path: `${channel.path}/roster`, token: channel.token });
    return roster.some((one: { callsign: string; presence: string }) => one.callsign === 'alpha' && one.presence === 'listening');
  });
  return program;
};

const newClient = (): Program => start('sleep', ['600']);

for (const words of [['wait'], ['listen', '--timeout', '50'], ['listen', '--follow']]) {
  verifies.once('cli:reader', async () => {
    const here = await scene();
    const client = newClient();
    const program = await listening(here, client, words);
    await client.end('SIGKILL');
    // Mail that comes before the end is noticed is handed over, and not taken as read.
    const id = await say(here, 'is anybody there?');
    await program.ended;
    expect([words, program.stdout()]).toEqual([words, '']);
    expect(program.stderr()).toContain('has ended');
    expect(await stateOf(here, id)).not.toBe('confirmed');
    // The agent that is resumed has it.
    const resumed = await here.home.run(['listen', '--timeout', '0']);
    expect([words, resumed]).toEqual([words, expect.objectContaining({ code: 0, stdout: expect.stringContaining('is anybody there?') })]);
  });
}

verifies.once('cli:reader', async () => {
  const here = await scene();
  const client = newClient();
  const program = await listening(here, client, ['wait']);
  await client.end('SIGKILL');
  // Nobody has to send anything for that.
  expect(await program.ended).toEqual({ code: 9, signal: null });
  expect(await stateOf(here, await say(here, 'nobody is called a listener'))).toBe('queued');
});

verifies.once('cli:reader', async () => {
  const here = await scene();
  const client = newClient();
  const file = join(here.home.directory, 'inbox.jsonl');
  const keeps = await listening(here, client, ['listen', '--follow', '--jsonl', file]);
  await client.end('SIGKILL');
  // What is kept in a file is read by whoever reads the file.
  const id = await say(here, 'for the file');
  await eventually('the line', async () => existsSync(file) && (await stateOf(here, id)) === 'confirmed');
  await keeps.end('SIGTERM');
  // Who inherited the name of a client that is over is not its shell.
  const heir = await listening(here, client, ['wait']);
  await say(here, 'for the heir');
  expect(await heir.ended).toEqual({ code: 0, signal: null });
  expect(heir.stdout()).toContain('for the heir');
});
