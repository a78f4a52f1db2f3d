/** Turns that a hook may begin within an hour: mail that comes when those are spent begins one later. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { newHome } from '../harness/command.ts';
import { startHubProcess } from '../harness/process.ts';
import { createChannel, expectCall, joinChannel, memberCall } from '../harness/rest.ts';
import { verifies } from '../harness/verifies.ts';

/** A session of Claude Code that has joined as alpha, and its hook at the end of a turn. */
const scene = async () => {
  const hub = await startHubProcess();
  const channel = await createChannel(hub.url);
  const peer = await joinChannel(hub.url, channel, 'peer');
  const home = newHome(hub.url);
  const own = { CLAUDE_CODE_SESSION_ID: 'one' };
  expect(await home.run(['join', channel.id, 'alpha', '--token', channel.token], own)).toMatchObject({ code: 0 });
  const say = (message: string) => expectCall(hub.url, memberCall(peer, { path: 'send', body: { to: 'alpha', message } }));
  const event = JSON.stringify({ session_id: 'one', hook_event_name: 'Stop', cwd: process.cwd() });
  const hook = () => home.run(['hook', 'claude-code'], {}, event);
  return { say, hook, folder: join(home.directory, '.local/state/rogerthat/hooks') };
};

verifies.once('hook:hourly', async () => {
  const { say, hook, folder } = await scene();
  await say('one');
  expect(await hook()).toMatchObject({ code: 2 });
  const [file = ''] = readdirSync(folder).filter((name) => name.endsWith('.json'));
  const kept = JSON.parse(readFileSync(join(folder, file), 'utf8'));
  // One of sixty turns is forgotten in a few seconds.
  const soon = Date.now() - 3600_000 + 3_000;
  writeFileSync(join(folder, file), JSON.stringify({ ...kept, times: Array.from({ length: 60 }, (_, turn) => soon + turn * 10_000) }));
  await say('two');
  expect(await hook()).toMatchObject({ code: 2, stderr: expect.stringContaining('2 new') });
  expect(Date.now()).toBeGreaterThan(soon + 3600_000);
});

verifies.once('hook:tidy', async () => {
  const { say, hook, folder } = await scene();
  mkdirSync(folder, { recursive: true });
  for (const [name, days] of [
    ['over', 8],
    ['resting', 6],
  ] as const) {
    writeFileSync(join(folder, `${name}.json`), JSON.stringify({ rung: {}, times: [Date.now() - days * 24 * 3600_000] }));
  }
  await say('one');
  expect(await hook()).toMatchObject({ code: 2 });
  const left = readdirSync(folder);
  expect([left.includes('over.json'), left.includes('resting.json'), left.length]).toEqual([false, true, 2]);
});
