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
  /** Makes the hub take another token for the channel; the new one. */
  rotate(): Promise<string>;
  /** Bravo, who is elsewhere and was told the token, says something to alpha. */
  say(token: string, message: string): Promise<void>;
}

const scene = async (): Promise<Scene> => {
  const { url } = await startHubProcess();
  const home = newHome(url);
  const { channel_id: id, join_token: token } = JSON.parse((await home.run(['create', '--retention', 'full', '--json'])).stdout);
  const path = `/api/channels/${id}`;
  return {
    home,
    id,
    token,
    rotate: async () => JSON.parse((await home.run(['rotate-token', '--json'])).stdout).join_token,
    async say(bearer, message) {
      const { session_id: session } = await expectCall(url, { path: `${path}/join`, token: bearer, body: { callsign: 'bravo' } });
      await expectCall(url, { path: `${path}/send`, token: bearer, session, body: { to: 'alpha', message } });
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
