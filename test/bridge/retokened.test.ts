/** The owner of a channel changes its token from the shell, while programs of the same home hold seats there. Proves R-CLI-18. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { builtHub } from '../harness/built.ts';
import { type Home, newHome } from '../harness/command.ts';
import { eventually } from '../harness/eventually.ts';
import { startHubProcess } from '../harness/process.ts';
import { expectCall } from '../harness/rest.ts';
import { verifies } from '../harness/verifies.ts';
import { recorder, startBridge } from './stdio.ts';

interface Scene {
  readonly home: Home;
  readonly id: string;
  readonly token: string;
  readonly ownerToken: string;
  readonly url: string;
  /** Makes the hub take another token for the channel; the new one. */
  rotate(): Promise<string>;
  /** Bravo, who is elsewhere and was told the token, says something, to alpha unless another is named. */
  say(token: string, message: string, to?: string): Promise<void>;
}

const scene = async (): Promise<Scene> => {
  const { url } = await startHubProcess();
  const home = newHome(url);
  const created = JSON.parse((await home.run(['create', '--retention', 'full', '--json'])).stdout);
  const { channel_id: id, join_token: token, owner_token: ownerToken } = created;
  const path = `/api/channels/${id}`;
  return {
    home,
    id,
    token,
    ownerToken,
    url,
    rotate: async () => JSON.parse((await home.run(['rotate-token', '--json'])).stdout).join_token,
    async say(bearer, message, to = 'alpha') {
      const { session_id: session } = await expectCall(url, { path: `${path}/join`, token: bearer, body: { callsign: 'bravo' } });
      await expectCall(url, { path: `${path}/send`, token: bearer, session, body: { to, message } });
    },
  };
};

verifies.once('bridge:retokened', async () => {
  const { home, id, token, rotate, say } = await scene();
  const { path, calls } = recorder(home.directory);
  const client = startBridge(home, ['--ring', 'codex', '--codex', path]);
  const args = { channel_id: id, token, callsign: 'alpha' };
  const [, session_id = ''] = /session_id: (\S+)/.exec(await client.call('join', args, { threadId: 'thread' })) ?? [];
  const next = await rotate();
  // An agent that sleeps is rung on, and one that calls goes on with the session id that it knows.
  await say(next, 'after the change');
  await eventually('a ring', () => calls().length === 1);
  expect(await client.call('listen', { session_id, timeout_seconds: 0 })).toContain('| after the change');
  await rotate();
  expect(await client.call('send', { session_id, to: 'bravo', message: 'still here' })).not.toContain('unauthorized');
  expect(await client.call('roster', {})).toContain('alpha');
});

verifies.once('cli:retokened', async () => {
  const { home, id, token, say } = await scene();
  expect(await home.run(['join', id, 'alpha'])).toMatchObject({ code: 0 });
  await say(token, 'change it');
  // The command of the message changes the token: what is remembered of the message afterwards leaves it as it is.
  const command = join(home.directory, 'rotate');
  writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" "${builtHub()}" rotate-token\n`, { mode: 0o755 });
  expect(await home.run(['listen', '--exec', command])).toMatchObject({ stdout: expect.stringContaining(' is now: ') });
  const [seat = ''] = home.kept('seats');
  expect(JSON.parse(readFileSync(seat, 'utf8')).token).not.toBe(token);
  expect(await home.run(['listen', '--timeout', '0'])).toMatchObject({ code: 0 });

  // A seat that is left meanwhile stays left.
  writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" "${builtHub()}" leave\n`, { mode: 0o755 });
  await say(JSON.parse(readFileSync(seat, 'utf8')).token, 'leave');
  await home.run(['listen', '--exec', command]);
  expect(home.kept('seats')).toEqual([]);
});

verifies.once('cli:goes-on-retokened', async () => {
  const { home, id, token, ownerToken, url, rotate, say } = await scene();
  for (const callsign of ['alpha', 'carol']) expect(await home.run(['join', id, callsign])).toMatchObject({ code: 0 });
  const following = home.launch(['listen', '--follow', '--as', 'alpha']);
  const waiting = home.launch(['wait', '--as', 'carol']);
  const watching = home.launch(['tail']);
  const listening = (bearer: string, callsigns: string[]) =>
    eventually('the listeners', async () => {
      const { roster } = await expectCall(url, { path: `/api/channels/${id}/roster`, token: bearer });
      const heard = roster.filter((one: { presence: string }) => one.presence === 'listening');
      return callsigns.every((callsign) => heard.some((one: { callsign: string }) => one.callsign === callsign));
    });
  await listening(token, ['alpha', 'carol']);
  await eventually('the watcher', () => watching.stderr().includes('On the air'));
  const next = await rotate();
  await say(next, 'after the change');
  await say(next, 'wake up', 'carol');
  await following.says(/after the change/);
  expect(await waiting.ended).toEqual({ code: 0, signal: null });
  expect(waiting.stdout()).toContain('wake up');
  await watching.says(/after the change/);

  // What this home does not know is somebody else's wish.
  await listening(next, ['alpha']);
  await expectCall(url, { method: 'POST', path: `/api/channels/${id}/rotate-token`, token: ownerToken });
  expect(await following.ended).toEqual({ code: 8, signal: null });
  expect(await watching.ended).toEqual({ code: 7, signal: null });
});

verifies.once('cli:goes-on-retokened', async () => {
  const { home, id, ownerToken, url } = await scene();
  const elsewhere = async (): Promise<string> =>
    (await expectCall(url, { method: 'POST', path: `/api/channels/${id}/rotate-token`, token: ownerToken })).join_token;
  // The token that this home remembers of the channel is an old one by now, and that of its seat the next.
  expect(await home.run(['join', id, 'alpha', '--token', await elsewhere()])).toMatchObject({ code: 0 });
  const watching = home.launch(['tail']);
  await eventually('the watcher', () => watching.stderr().includes('On the air'));
  await elsewhere();
  expect(await watching.ended).toEqual({ code: 7, signal: null });
});

verifies.once('cli:goes-on-retokened', async () => {
  const { home, id, ownerToken, url } = await scene();
  const tokensKept = (): unknown[] => home.kept('seats').map((file) => JSON.parse(readFileSync(file, 'utf8')).token);
  expect(await home.run(['join', id, 'alpha'])).toMatchObject({ code: 0 });
  const { join_token: next } = await expectCall(url, { method: 'POST', path: `/api/channels/${id}/rotate-token`, token: ownerToken });
  expect(await home.run(['join', id, 'carol', '--token', next])).toMatchObject({ code: 0 });
  // The first takes its seat back with the token that the second was given, and shows that one from then on.
  for (const again of [true, false]) {
    const { code, stderr } = await home.run(['send', 'carol', 'hello', '--as', 'alpha']);
    expect([code, stderr.includes('joined again')]).toEqual([0, again]);
  }
  expect(tokensKept()).toEqual([next, next]);
});
