/** nginx and Caddy with the files of deploy/, in front of two real hubs: what comes late or in pieces, and who asks. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { behind, type DeployedProxy, freePort, startDeployed } from '../harness/deployed.ts';
import { eventually } from '../harness/eventually.ts';
import { follow } from '../harness/follow.ts';
import { startHubProcess } from '../harness/process.ts';
import { type RedisServer, startRedis } from '../harness/redis.ts';
import { call, createChannel, expectCall, joinChannel, memberCall } from '../harness/rest.ts';

describe.each<DeployedProxy>(['nginx', 'caddy'])('%s', (proxy) => {
  let server: RedisServer;
  let url = '';
  beforeAll(async () => {
    server = await startRedis();
    const [front, ...ports] = (await Promise.all([freePort(), freePort(), freePort()])) as [number, number, number];
    const limits = ['--limits', 'createChannel=30/0.001'];
    const args = (port: number) => ['--port', String(port), '--redis', server.url, '--open', ...limits, ...behind(proxy, front)];
    await Promise.all(ports.map((port) => startHubProcess({ args: args(port) })));
    url = await startDeployed(proxy, front, ports);
  });
  afterAll(() => server.clear());

  test('a listen that waits is answered by what is said at another hub; a stream gives each line at once', async () => {
    const channel = await createChannel(url);
    const [alpha, bravo] = [await joinChannel(url, channel, 'alpha'), await joinChannel(url, channel, 'bravo')];
    const streamer = await joinChannel(url, channel, 'charlie');
    const counts = async () => (await expectCall(url, { path: channel.path, token: channel.token })).counts;
    for (const [i, type] of ['text/event-stream', 'application/x-ndjson', 'text/event-stream', 'application/x-ndjson'].entries()) {
      const parked = call(url, memberCall(bravo, { path: 'listen?timeout=30' }));
      const stream = follow(url, memberCall(streamer, { path: 'stream', headers: { Accept: type } }));
      await stream.says(/200 OK/);
      await eventually('both to be parked', async () => (await counts()).listening === 2);
      await expectCall(url, memberCall(alpha, { path: 'send', body: { to: 'all', message: `number ${i}` } }));
      await stream.says(new RegExp(`number ${i}`));
      expect((await parked).body.messages).toMatchObject([{ text: `number ${i}` }]);
      // Who goes away is gone at the hub.
      stream.destroy();
      await eventually('nobody to be parked', async () => (await counts()).listening === 0);
    }
  });

  test('what is too large is refused by the hub, which says why', async () => {
    const channel = await createChannel(url);
    const alpha = await joinChannel(url, channel, 'alpha');
    const send = (bytes: number) => call(url, memberCall(alpha, { path: 'send', body: { to: 'all', message: 'x'.repeat(bytes) } }));
    expect((await send(100_000)).body.code).toBe('message_too_large');
    expect((await send(300_000)).body.code).toBe('body_too_large');
    expect((await send(30_000)).status).toBe(200);
  });

  test('what a client says of its own address counts for nothing', async () => {
    const create = async (forwarded: string) =>
      (await call(url, { path: '/api/channels', headers: { 'X-Forwarded-For': forwarded }, body: {} })).status;
    const made: number[] = [];
    for (let i = 1; i <= 40; i++) made.push(await create(`203.0.113.${i}`));
    expect(made.at(-1)).toBe(429);
  });
});
