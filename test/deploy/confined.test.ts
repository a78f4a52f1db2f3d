/** The unit of systemd takes rights away: what a hub needs must be among those that are left. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../harness/built.ts';
import { startHubProcess } from '../harness/process.ts';
import { createChannel, expectCall, joinChannel, memberCall } from '../harness/rest.ts';

const UNIT = ['python3', join(ROOT, 'test/deploy/confined.py'), join(ROOT, 'deploy/rogerthat.service')];

test('a hub lives with the system calls and address families that its unit leaves it', async () => {
  const hub = await startHubProcess({ under: UNIT });
  const channel = await createChannel(hub.url, { retention: 'full' });
  const alpha = await joinChannel(hub.url, channel, 'alpha');
  const bravo = await joinChannel(hub.url, channel, 'bravo');
  await expectCall(hub.url, memberCall(alpha, { method: 'POST', path: 'send', body: { to: 'bravo', message: 'Confined.' } }));
  const heard = await expectCall(hub.url, memberCall(bravo, { path: `listen?since=${bravo.cursor}` }));
  expect(heard.messages).toMatchObject([{ text: 'Confined.' }]);
  // A name is looked up in a thread of its own.
  const hook = { method: 'POST', path: `${channel.path}/webhooks`, token: channel.token, body: { url: 'http://localhost:8080/' } };
  await expectCall(hub.url, hook, 201);
  expect(await hub.end('SIGTERM')).toEqual({ code: 0, signal: null });
  expect(hub.stderr()).not.toMatch(/"level":"error"/);
});
