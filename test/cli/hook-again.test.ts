/** A hook that waits while the seat of its session is lost, and taken again. */
import { expect } from 'vitest';
import { type Home, newHome } from '../harness/command.ts';
import { eventually } from '../harness/eventually.ts';
import { startFront } from '../harness/front.ts';
import { passBy } from '../harness/passing.ts';
import { type Program, startHubProcess } from '../harness/process.ts';
import { createChannel, expectCall, joinChannel, memberCall } from '../harness/rest.ts';
import { verifies } from '../harness/verifies.ts';

/** The hook of a session of Claude Code at the end of a turn. */
const hookOf = (home: Home): Program => {
  const waits = home.launch(['hook', 'claude-code', '--wait', '600'], { interactive: true });
  waits.type(JSON.stringify({ session_id: 'one', hook_event_name: 'Stop', cwd: process.cwd() }));
  waits.type(null);
  return waits;
};

/** A session that joined, behind a front that can answer in the place of its hub. */
const sessionOf = async () => {
  const hub = await startHubProcess();
  const front = await startFront(() => hub.port);
  const channel = await createChannel(hub.url);
  const home = newHome(front.url);
  const own = { CLAUDE_CODE_SESSION_ID: 'one' };
  const join = async (token: string): Promise<void> =>
    expect(await home.run(['join', channel.id, 'alpha', '--token', token], own)).toMatchObject({ code: 0 });
  await join(channel.token);
  return { hub, front, channel, home, join };
};

verifies.once('hook:again', async () => {
  const { hub, front, channel, home, join } = await sessionOf();
  const waits = hookOf(home);
  const asked = (what: string): number => front.passed.filter((path) => path.includes(what)).length;
  await eventually('the hook to watch', () => asked('/stream') > 0);

  // Somebody else changes the token, and the hook learns that its seat is over.
  const before = asked('/ack');
  const { join_token: token } = await expectCall(hub.url, { path: `${channel.path}/rotate-token`, token: channel.ownerToken, body: {} });
  await eventually('the hook to look again', () => asked('/ack') > before);
  await join(token);
  const peer = await joinChannel(hub.url, { ...channel, token }, 'peer');
  await expectCall(hub.url, memberCall(peer, { path: 'send', body: { to: 'alpha', message: 'there again' } }));
  expect(await waits.ended).toEqual({ code: 2, signal: null });
});

verifies.once('hook:again', async () => {
  const { hub, front, channel, home } = await sessionOf();
  front.answer({ status: 502, text: '' });
  const waits = hookOf(home);
  await eventually('the hook to ask', () => front.own > 0);
  // What says nothing of the seat is no loss of it.
  await passBy(front);
  const peer = await joinChannel(hub.url, channel, 'peer');
  await expectCall(hub.url, memberCall(peer, { path: 'send', body: { to: 'alpha', message: 'still there' } }));
  expect(await waits.ended).toEqual({ code: 2, signal: null });
});
