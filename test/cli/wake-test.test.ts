/** `rogerthat wake-test` against agents that do exactly what a test lets them do. */
import { readFileSync } from 'node:fs';
import { beforeAll, expect } from 'vitest';
import { type Home, newHome } from '../harness/command.ts';
import { type Program, type Station, startStation } from '../harness/process.ts';
import { createChannel, expectCall, joinChannel, type TestChannel } from '../harness/rest.ts';
import { verifies } from '../harness/verifies.ts';

let station: Station;
beforeAll(async () => {
  station = await startStation();
});

interface Agent {
  /** Listens once, from where the last answer ended. */
  listen(timeout: number): Promise<{ cursor: string; messages: { id: number; from: string; to: string }[] }>;
  send(body: object): Promise<unknown>;
}

const agentOf = async (channel: TestChannel, session: string, since: string): Promise<Agent> => {
  const shown = { token: channel.token, session };
  const url = await station.url();
  let at = since;
  return {
    async listen(timeout) {
      const heard = await expectCall(url, { path: `${channel.path}/listen?timeout=${timeout}&since=${at}`, ...shown });
      at = heard.cursor;
      return heard;
    },
    send: (body) => expectCall(url, { path: `${channel.path}/send`, body, ...shown }),
  };
};

interface Scene {
  readonly home: Home;
  readonly channel: TestChannel;
}

const scene = async (): Promise<Scene> => ({ home: newHome(await station.url()), channel: await createChannel(await station.url()) });

/** An agent that joined from the home, in a session of a client. */
const joinFrom = async ({ home, channel }: Scene, callsign: string, env: Record<string, string>): Promise<Agent> => {
  expect(await home.run(['join', channel.id, callsign, '--token', channel.token], env)).toMatchObject({ code: 0 });
  const kept = home.kept('seats').map((path) => JSON.parse(readFileSync(path, 'utf8')));
  const { sessionId, cursor } = kept.find((seat) => seat.callsign === callsign);
  return agentOf(channel, sessionId, cursor);
};

const toldBy = async (test: Program): Promise<{ code: number | null; told: Record<string, unknown> }> => {
  const { code } = await test.ended;
  return { code, told: JSON.parse(test.stdout()) };
};

verifies.once('wake:measures', async () => {
  const here = await scene();
  const { home, channel } = here;
  const alpha = await joinFrom(here, 'alpha', { CLAUDE_CODE_SESSION_ID: 'one' });
  const asleep = await home.run(['wake-test', 'claude-code', '--wait', '1']);
  expect(asleep).toMatchObject({
    code: 9,
    stdout: expect.stringMatching(
      /^alpha \(claude-code\) on \S+: did not wake within 1 s: nobody took .*\n {2}next: rogerthat doctor claude-code /,
    ),
    stderr: expect.stringContaining('Not known to be awake: alpha.'),
  });
  expect(await home.run(['wake-test', 'codex', '--wait', '1'])).toMatchObject({ code: 11 });
  expect(await home.run(['wake-test', 'vim'])).toMatchObject({ code: 2 });
  await alpha.listen(0);

  await joinFrom(here, 'charlie', { CODEX_THREAD_ID: 'two' });
  const test = home.launch(['wake-test', '--wait', '3', '--json'], {});
  const heard = await alpha.listen(55);
  expect(heard.messages[0]).toMatchObject({ from: 'wake-test', to: 'alpha' });
  await alpha.listen(0);
  const { code, told } = await toldBy(test);
  expect(code).toBe(9);
  expect(told).toEqual({
    waited_seconds: 3,
    woke: 1,
    recipients: [
      {
        ...{ callsign: 'alpha', client: 'claude-code', channel_id: channel.id, hub: await station.url() },
        ...{ outcome: 'woke', evidence: 'confirmed', presence: expect.any(String), sent_at: expect.any(String) },
        ...{ taken_ms: expect.any(Number), woke_ms: expect.any(Number), problem: null, next: [] },
      },
      {
        ...{ callsign: 'charlie', client: 'codex', channel_id: channel.id, hub: await station.url() },
        ...{ outcome: 'asleep', evidence: null, presence: 'active', sent_at: expect.any(String) },
        ...{ taken_ms: null, woke_ms: null, problem: null, next: [expect.stringContaining('rogerthat doctor codex')] },
      },
    ],
  });
  const { roster } = await expectCall(await station.url(), { path: `${channel.path}/roster`, token: channel.token });
  expect(roster.map((one: { callsign: string }) => one.callsign).sort()).toEqual(['alpha', 'charlie']);
});

verifies.once('wake:honest', async () => {
  const here = await scene();
  const { home } = here;
  const alpha = await joinFrom(here, 'alpha', { CLAUDE_CODE_SESSION_ID: 'one' });
  const silent = home.launch(['wake-test', '--wait', '2'], {});
  expect((await alpha.listen(55)).messages).toHaveLength(1);
  expect(await silent.ended).toMatchObject({ code: 9 });
  expect(silent.stdout()).toMatch(
    /not known to be awake: a listener of it was handed the message after \d+ ms, and within 2 s it showed nothing more/,
  );

  const answered = home.launch(['wake-test', '--json'], {});
  const [message] = (await alpha.listen(55)).messages;
  await alpha.send({ to: 'wake-test', message: 'Awake.', reply_to: message?.id });
  const { code, told } = await toldBy(answered);
  expect([code, told]).toMatchObject([0, { woke: 1, recipients: [{ outcome: 'woke', evidence: 'replied', woke_ms: expect.any(Number) }] }]);
});

verifies.once('wake:named', async () => {
  const { home, channel } = await scene();
  expect(await home.run(['wake-test'])).toMatchObject({ code: 11, stderr: expect.stringContaining('--to') });
  expect(await home.run(['wake-test', '--to', 'bravo'])).toMatchObject({ code: 11, stderr: expect.stringContaining('--channel') });
  const member = await joinChannel(await station.url(), channel, 'bravo');
  const bravo = await agentOf(channel, member.session, member.cursor);
  const named = ['--channel', channel.id, '--token', channel.token, '--json'];
  const test = home.launch(['wake-test', '--to', 'Bravo,delta', ...named], {});
  await bravo.listen(55);
  await bravo.listen(0);
  const { code, told } = await toldBy(test);
  expect([code, told]).toMatchObject([
    9,
    {
      recipients: [
        { callsign: 'bravo', client: null, outcome: 'woke' },
        { callsign: 'delta', outcome: 'absent', presence: null, sent_at: null },
      ],
    },
  ]);
  const { messages } = await expectCall(await station.url(), { path: `${channel.path}/history?n=10`, token: channel.token });
  expect(messages.map((one: { to: string }) => one.to)).toEqual(['bravo']);

  // Where everybody needs an identity, it takes one.
  const trusted = await createChannel(await station.url(), { trust_mode: 'trusted' });
  const body = { callsign: 'golf', new_identity: true };
  const joined = await expectCall(await station.url(), { path: `${trusted.path}/join`, token: trusted.token, body });
  const golf = await agentOf(trusted, joined.session_id, joined.cursor);
  const again = home.launch(['wake-test', '--to', 'golf', '--channel', trusted.id, '--token', trusted.token], {});
  await golf.listen(55);
  await golf.listen(0);
  expect(await again.ended).toMatchObject({ code: 0 });
  expect(again.stdout()).toMatch(/^golf on \S+: awake after \d+ ms: it came back and showed that it has the message; a listener/);
});
