/** What owners do from the shell, with the tokens that `create` remembered. */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { newHome } from '../harness/command.ts';
import { eventually } from '../harness/eventually.ts';
import { startHubProcess } from '../harness/process.ts';
import { expectCall } from '../harness/rest.ts';
import { verifies } from '../harness/verifies.ts';

verifies.once('cli:owner', async () => {
  const hub = await startHubProcess();
  const home = newHome(hub.url);
  const created = JSON.parse((await home.run(['create', '--json'])).stdout);
  const { channel_id: id, join_token: first } = created;
  for (const callsign of ['alpha', 'bravo']) expect(await home.run(['join', id, callsign])).toMatchObject({ code: 0 });
  expect(await home.run(['pause'])).toMatchObject({ code: 0, stdout: `${id} is paused.\n` });
  expect(await home.run(['send', 'bravo', 'hi', '--as', 'alpha'])).toMatchObject({
    code: 7,
    stderr: expect.stringContaining('channel_paused'),
  });
  expect(await home.run(['resume', '--json'])).toMatchObject({ code: 0, stdout: expect.stringContaining('"paused":false') });

  const following = home.launch(['listen', '--follow', '--as', 'bravo']);
  await home.run(['send', 'bravo', 'before the kick', '--as', 'alpha']);
  await following.says(/before the kick/);
  expect(await home.run(['kick', 'bravo', '--ban'])).toMatchObject({ code: 0, stdout: `bravo was removed from ${id} and is banned.\n` });
  expect(await following.ended).toEqual({ code: 8, signal: null });
  expect(following.stderr()).toContain('kicked');

  // The seats of this home take themselves back with the new token.
  const rotated = await home.run(['rotate-token']);
  const [, token = ''] = /is now: (\S+)/.exec(rotated.stdout) ?? [];
  expect(token).not.toBe(first);
  await expectCall(hub.url, { path: `/api/channels/${id}`, token: first }, 401);
  expect(home.kept('seats').map((path) => JSON.parse(readFileSync(path, 'utf8')).token)).toEqual([token, token]);
  expect(await home.run(['send', 'all', 'still here', '--as', 'alpha'])).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('joined again'),
  });

  // Who made nothing here needs the token.
  const other = newHome(hub.url);
  expect(await other.run(['close'])).toMatchObject({ code: 11 });
  expect(await other.run(['close', '--channel', id, '--token', token])).toMatchObject({ code: 7 });
  const last = home.launch(['listen', '--follow', '--as', 'alpha', '--json']);
  await eventually('the listener', () => last.stderr().includes('alpha listens'));
  expect(await home.run(['close'])).toMatchObject({ code: 0, stdout: `${id} is closed.\n` });
  expect(await last.ended).toEqual({ code: 8, signal: null });
  expect([...home.kept('seats'), ...home.kept('channels')]).toEqual([]);
});
