/** Hubs of one store with different keys for the secrets of webhooks: nobody would look for it in single attempts, so it is in the log. */
import { expect, test } from 'vitest';
import { eventually } from '../harness/eventually.ts';
import { ownRedis, startHub } from '../harness/hubs.ts';
import { createChannel, expectCall, joinChannel, memberCall } from '../harness/rest.ts';

test('a hub with another --secret-key says so, once', async () => {
  const { url } = await ownRedis();
  const hub = (key: string) => startHub(url, '--secret-key', key, '--allow-private-webhooks');
  const [right, wrong] = await Promise.all([hub('the-key-of-the-fleet'), hub('the-key-of-nobody')]);
  const channel = await createChannel(right.url, {});
  const { path, token } = channel;
  const alpha = await joinChannel(wrong.url, channel, 'alpha');
  // Nobody is asked to take anything: it cannot be signed.
  const { webhook_id } = await expectCall(right.url, { path: `${path}/webhooks`, token, body: { url: right.url } }, 201);
  // Who is asked to send looks first at what is owed for it.
  for (const message of ['one', 'two']) await expectCall(wrong.url, memberCall(alpha, { path: 'send', body: { to: 'all', message } }));
  const tried = async (): Promise<number> => {
    const { deliveries } = await expectCall(right.url, { method: 'GET', path: `${path}/webhooks/${webhook_id}/deliveries`, token });
    return deliveries.filter(({ attempts }: { attempts: readonly unknown[] }) => attempts.length > 0).length;
  };
  await eventually('both to be tried', async () => (await tried()) === 2);
  expect(wrong.stderr().split('--secret-key')).toHaveLength(2);
  expect(right.stderr()).not.toContain('--secret-key');
});
