/** The home of several agents: whose turn it is in its outbox, who is told, and a disk that is full. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openOutbox } from '../../src/cli/outbox.ts';
import { Profiles } from '../../src/cli/profiles.ts';
import { type Home, newHome } from '../harness/command.ts';
import { limitedDisk } from '../harness/disk.ts';
import { ENGINES } from '../harness/engines.ts';
import { eventually } from '../harness/eventually.ts';
import { type Front, startFront } from '../harness/front.ts';
import { startHubProcess, temporaryDirectory } from '../harness/process.ts';
import { createChannel, expectCall, joinChannel, type TestChannel, type TestMember } from '../harness/rest.ts';
import { Room } from '../harness/room.ts';
import { rest } from '../harness/transports/rest.ts';
import { verifies } from '../harness/verifies.ts';
import { type BridgeClient, startBridge } from './stdio.ts';

const AWAY = { status: 503, text: '<html>Back soon.</html>' };

interface Scene {
  readonly hub: string;
  readonly front: Front;
  readonly home: Home;
  readonly channel: TestChannel;
  readonly bravo: TestMember;
  start(): BridgeClient;
}

const scene = async (...args: string[]): Promise<Scene> => {
  const { port, url: hub } = await startHubProcess({ args });
  const front = await startFront(() => port);
  const channel = await createChannel(hub);
  const bravo = await joinChannel(hub, channel, 'bravo');
  const home = newHome();
  return { hub, front, home, channel, bravo, start: () => startBridge(home, ['--hub', front.url, '--ring', 'none']) };
};

const joinAs = async (client: BridgeClient, { channel }: Scene, callsign: string): Promise<{ session_id: string }> => {
  const text = await client.call('join', { channel_id: channel.id, token: channel.token, callsign });
  return { session_id: /session_id: (\S+)/.exec(text)?.[1] ?? '' };
};

const heardByBravo = async ({ hub, channel, bravo }: Scene): Promise<string[]> => {
  const request = { path: `${channel.path}/history?n=100`, token: channel.token, session: bravo.session };
  return ((await expectCall(hub, request)).messages as { text: string }[]).map(({ text }) => text);
};

/** What lies in the outbox, as its files have it. */
const outboxOf = ({ home }: Scene): { callsign: string; refused?: string }[] => {
  if (!existsSync(join(home.directory, '.local/state/rogerthat/outbox'))) return [];
  return home.kept('outbox').flatMap((path) => {
    try {
      return [JSON.parse(readFileSync(path, 'utf8'))];
    } catch {
      // It was sent meanwhile.
      return [];
    }
  });
};

const refused = (here: Scene, callsign: string): Promise<void> =>
  eventually(`a refusal for ${callsign}`, () => outboxOf(here).some((one) => one.callsign === callsign && one.refused !== undefined));

verifies.once('bridge:guards', async () => {
  const here = await scene('--limits', 'callsignMessages=3');
  const client = here.start();
  await joinAs(client, here, 'alpha');
  const send = (message: string): Promise<string> => client.call('send', { to: 'bravo', message });
  expect(await send('one')).toContain('Sent as #');
  expect(await send('two')).toContain('Sent as #');
  here.front.answer(AWAY);
  expect(await send('three')).toContain('Queued here');
  expect(await send('four')).toContain('Queued here');
  here.front.answer(null);
  await refused(here, 'alpha');
  const told = await send('five');
  expect(told).toMatch(/was not sent\. budget_spent/);
  expect(told).toMatch(/Error budget_spent/);
  expect(told).not.toContain('Queued here');
  expect(outboxOf(here)).toEqual([]);
  expect(await heardByBravo(here)).toEqual(['one', 'two', 'three']);
});

verifies.once('bridge:senders', async () => {
  const here = await scene('--limits', 'send=1/0.001');
  const client = here.start();
  const alpha = await joinAs(client, here, 'alpha');
  const charlie = await joinAs(client, here, 'charlie');
  const send = (message: string, session: object): Promise<string> => client.call('send', { to: 'bravo', message, ...session });
  expect(await send('one', alpha)).toContain('Sent as #');
  expect(await send('two', alpha)).toContain('Error rate_limited');
  here.front.answer(AWAY);
  expect(await send('has to wait', alpha)).toContain('Queued here');
  expect(await send('need not', charlie)).toContain('Queued here');
  here.front.answer(null);
  await eventually('the other', async () => (await heardByBravo(here)).includes('need not'));
  expect(await heardByBravo(here)).toEqual(['one', 'need not']);
  // The hub has it before the bridge knows that it has.
  await eventually('an outbox with one', () => outboxOf(here).length === 1);
  expect(outboxOf(here)).toMatchObject([{ callsign: 'alpha' }]);
});

// R-WAKE-5: whoever carries a message of another agent does not take its seat for its own.
test('sending for an agent that is away leaves its seat as it is, but for a session that was over', async () => {
  const room = await Room.open(rest, ENGINES[0]!);
  onTestFinished(() => room.close());
  const [channel, alpha] = await room.talk({ session_ttl_seconds: 60 }, 'alpha', 'bravo');
  const home = newHome();
  const profiles = new Profiles(home.env);
  const hub = `http://127.0.0.1:${room.http.port}`;
  const { token, sessionId = '' } = alpha.proofs;
  const owner = 'CLAUDE_CODE_SESSION_ID:one';
  profiles.keepSeat(hub, { channelId: channel.id, token, callsign: 'alpha', sessionId, cursor: '7' }, owner);
  const [before] = profiles.seats();
  const input = { to: 'bravo', message: 'waits', idempotency_key: 'key' };
  openOutbox(home.env).put({ hub, channelId: channel.id, callsign: 'alpha', at: Date.now(), input });
  room.clock.advance(61_000);
  startBridge(home, ['--hub', hub, '--ring', 'none'], { CLAUDE_CODE_SESSION_ID: 'another' });
  await eventually('an empty outbox', () => home.kept('outbox').length === 0);
  const [after] = profiles.seats();
  expect(after?.sessionId).not.toBe(sessionId);
  expect(after).toEqual({ ...before, sessionId: after?.sessionId });
});

verifies.once('bridge:whose-refusal', async () => {
  const here = await scene();
  const [first, second] = [here.start(), here.start()];
  await joinAs(first, here, 'alpha');
  await joinAs(second, here, 'charlie');
  here.front.answer(AWAY);
  // Longer than the hub takes; nobody else would know.
  expect(await first.call('send', { to: 'bravo', message: 'x'.repeat(40_000) })).toContain('Queued here');
  here.front.answer(null);
  await refused(here, 'alpha');
  expect(await second.call('roster', {})).not.toContain('was not sent');
  expect(await first.call('roster', {})).toContain('was not sent. message_too_large');
  expect(await first.call('roster', {})).not.toContain('was not sent');
  expect(outboxOf(here)).toEqual([]);
});

test('messages stay in the order in which they were put, whatever the wall clock does', () => {
  const outbox = openOutbox({ ROGERTHAT_PROFILE_DIR: temporaryDirectory() });
  const put = (text: string, at: number): void => {
    const input = { to: 'bravo', message: text, idempotency_key: text };
    outbox.put({ hub: 'http://hub.example', channelId: 'quiet-otter-3a8f19', callsign: 'alpha', at, input });
  };
  put('one', 2_000);
  put('two', 1_000);
  put('three', 1_000);
  put('four', 3_000);
  expect(outbox.list().map(({ at, input }) => [at, input['message']])).toEqual([
    [2_000, 'one'],
    [1_000, 'two'],
    [1_000, 'three'],
    [3_000, 'four'],
  ]);
});

verifies.once('bridge:disk', async () => {
  const here = await scene();
  const client = here.start();
  const { session_id } = await joinAs(client, here, 'alpha');
  const says = async (message: string): Promise<void> => {
    const { channel, bravo } = here;
    await expectCall(here.hub, {
      path: `${channel.path}/send`,
      token: channel.token,
      session: bravo.session,
      body: { to: 'all', message },
    });
  };
  await says('one');
  const disk = limitedDisk();
  disk.fill(client.program.pid);
  expect(await client.call('listen', { timeout_seconds: 0 })).toContain('| one');
  await joinAs(client, here, 'charlie');
  await says('two');
  const heard = await client.call('listen', { timeout_seconds: 0 });
  expect(heard).toContain('| two');
  expect(heard).not.toContain('| one');
  here.front.answer(AWAY);
  const [, key] = /idempotency_key "([^"]+)"/.exec(await client.call('send', { to: 'bravo', message: 'nowhere' })) ?? [];
  here.front.answer(null);
  expect(await client.call('send', { to: 'bravo', message: 'nowhere', idempotency_key: key })).toContain('Sent as #');
  const ids = client.lines().map(({ id }) => id);
  expect(ids).toEqual([...new Set(ids)]);
  // The next one goes on from what the file still says: something comes again, and nothing is lost.
  await client.program.end('SIGKILL');
  const again = await here.start().call('listen', { timeout_seconds: 0, session_id });
  expect(again).toMatch(/redelivered.*| one\n/);
  expect(again).toContain('| two');
});
