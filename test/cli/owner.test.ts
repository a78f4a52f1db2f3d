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
  expect(await home.run(['close'])).toMatchObject({ code: 0, stdout: expect.stringContaining(`${id} is closed.`) });
  expect(await last.ended).toEqual({ code: 8, signal: null });
  expect(home.kept('seats')).toEqual([]);
});

verifies.once('cli:close-keeps', async () => {
  const hub = await startHubProcess();
  const home = newHome(hub.url);
  const { channel_id: id } = JSON.parse((await home.run(['create', '--retention', 'full', '--json'])).stdout);
  await home.run(['join', id, 'alpha']);
  await home.run(['send', 'all', 'for the record']);
  const closed = await home.run(['close']);
  expect(closed.stdout).toContain(`rogerthat transcript --channel ${id}`);
  expect((await home.run(['transcript', '--channel', id])).stdout).toMatch(/alpha > all {2}#1 {2}for the record/);
  // What was closed is in nobody's way.
  const { channel_id: next } = JSON.parse((await home.run(['create', '--json'])).stdout);
  expect((await home.run(['pause'])).stdout).toBe(`${next} is paused.\n`);
  expect((await home.run(['close', '--erase'])).stdout).toBe(`${next} is closed, and all that it kept is erased.\n`);
  expect((await home.run(['close', '--erase'])).stdout).toBe(`${id} is closed, and all that it kept is erased.\n`);
  expect(home.kept('channels')).toEqual([]);
});

verifies.once('cli:bans', async () => {
  const hub = await startHubProcess({ args: ['--limits', 'identicalMessages=2'] });
  const home = newHome(hub.url);
  const { channel_id: id } = JSON.parse((await home.run(['create', '--json'])).stdout);
  for (const callsign of ['alpha', 'bravo']) await home.run(['join', id, callsign]);
  const joins = async (): Promise<number | null> => (await home.run(['join', id, 'bravo'])).code;
  expect(await home.run(['kick', 'bravo', '--ban'])).toMatchObject({ code: 0 });
  expect(await joins()).toBe(8);
  // To kick again says nothing of the ban.
  expect((await home.run(['kick', 'bravo'])).stdout).toBe(`bravo was not on ${id} and is banned.\n`);
  expect(await joins()).toBe(8);
  expect((await home.run(['kick', 'bravo', '--no-ban'])).stdout).toBe(`bravo was not on ${id} and may join again.\n`);
  expect(await joins()).toBe(0);
  await home.run(['kick', 'bravo', '--ban=true']);
  expect(await joins()).toBe(8);
  expect(await home.run(['kick', 'bravo', '--ban=false'])).toMatchObject({ code: 0 });
  expect(await joins()).toBe(0);
  expect(await home.run(['kick', 'bravo', '--ban=perhaps'])).toMatchObject({ code: 2 });

  const say = () => home.run(['send', 'bravo', 'the same', '--as', 'alpha']);
  for (let i = 0; i < 2; i++) expect(await say()).toMatchObject({ code: 0 });
  expect(await say()).toMatchObject({ code: 7, stderr: expect.stringContaining('loop_suspected') });
  const seen = await home.run(['guards']);
  expect(seen.stdout).toMatch(new RegExp(`^${id}: .*\\n(?:.*\\n)*.*identical messages +2\\n(?:.*\\n)*.*alpha by identical`));
  const raised = await home.run(['set-guards', '--factor', '5', '--reset']);
  expect(raised.stdout).toMatch(/limits times 5\.\n(?:.*\n)*.*identical messages +10\n(?:.*\n)*Nobody was stopped/);
  expect(await say()).toMatchObject({ code: 0 });
  expect(JSON.parse((await home.run(['guards', '--json'])).stdout)).toMatchObject({ channel_id: id, factor: 5 });
});
