/** A store that is away is said to be away, and comes back; one that forgets is refused at the start. */
import { expect, test } from 'vitest';
import { eventually } from '../harness/eventually.ts';
import { ask, Hubs, ownRedis, startHub } from '../harness/hubs.ts';
import { call, createChannel, joinChannel, memberCall, type Reply, type TestMember } from '../harness/rest.ts';

/** Two agents at two hubs; bravo listens at the second. */
const scene = async () => {
  const hubs = await Hubs.start(await ownRedis('--appendfsync', 'always'), 2);
  const [one, two] = hubs.hubs.map(({ url }) => url) as [string, string];
  const channel = await createChannel(one, { retention: 'full' });
  const alpha = await joinChannel(one, channel, 'alpha');
  const bravo = await joinChannel(two, channel, 'bravo');
  const say = (message: string, url = one) =>
    call(url, memberCall(alpha, { method: 'POST', path: 'send', body: { to: 'bravo', message } }));
  const who = () => call(one, memberCall(alpha, { path: 'roster', cut: { at: 'turns', count: 20 } }));
  const join = () => call(one, { path: `${channel.path}/join`, token: channel.token, body: { callsign: 'charlie' } });
  const parked = call(two, memberCall(bravo, { method: 'GET', path: 'listen?timeout=55' }));
  await listening(one, alpha);
  return { hubs, one, say, join, who, parked };
};

/** Somebody is parked once another hub says so. */
const listening = (url: string, member: TestMember): Promise<void> =>
  eventually('the listener', async () => {
    const { body } = await call(url, memberCall(member, { method: 'GET', path: 'roster' }));
    return JSON.stringify(body).includes('"listening"');
  });

const ready = (url: string): Promise<Reply> => call(url, { method: 'GET', path: '/readyz' });

const expectAway = ({ status, body, headers }: Reply): void =>
  expect([status, body['code'], headers['retry-after']]).toEqual([503, 'storage_unavailable', '2']);

test('while Redis is away sends and joins are 503, who listens waits on, and is answered when it is back', async () => {
  const { hubs, one, say, join, parked } = await scene();
  await hubs.server.end('SIGKILL');
  expectAway(await say('too early'));
  expectAway(await join());
  expect((await ready(one)).status).toBe(503);
  await hubs.restartServer();
  let sent = await say('back');
  while (sent.status === 503) sent = await say('back');
  expect(sent.status).toBe(200);
  expect((await parked).body.messages.map(({ text }: { text: string }) => text)).toEqual(['back']);
  await eventually('the hub to be back', async () => (await ready(one)).status === 200);
  await hubs.end();
});

test('a line that swallows everything is an outage, too, however much is asked meanwhile', async () => {
  const { hubs, one, say, parked, who } = await scene();
  hubs.links[0]!.cut('hole');
  await eventually('the hub to say that it is away', async () => {
    // Somebody always asks, and nobody waits for long.
    await who().catch(() => {});
    return (await ready(one)).status === 503;
  });
  expectAway(await say('too early'));
  hubs.links[0]!.heal();
  await eventually('the hub to be back', async () => (await ready(one)).status === 200);
  expect((await say('back')).status).toBe(200);
  expect((await parked).body.messages.map(({ text }: { text: string }) => text)).toEqual(['back']);
  await hubs.end();
});

/** What a server that is there may refuse writes for: how it begins, how it ends, and what callers are told. */
const REFUSING = {
  full: [['CONFIG', 'SET', 'maxmemory', '1'], ['CONFIG', 'SET', 'maxmemory', '0'], 'is full'],
  'short of replicas': [
    ['CONFIG', 'SET', 'min-replicas-to-write', '1'],
    ['CONFIG', 'SET', 'min-replicas-to-write', '0'],
    'too few replicas',
  ],
  'a replica for now': [['REPLICAOF', '127.0.0.1', '1'], ['REPLICAOF', 'NO', 'ONE'], 'a replica'],
} as const;

test.each(Object.entries(REFUSING))(
  'while Redis is %s calls are 503 and say so, and who listens waits on',
  async (_, [begin, end, words]) => {
    const { hubs, one, say, join, parked } = await scene();
    await ask(hubs.server, ...begin);
    for (const refused of [await say('too early'), await join(), await call(one, { path: '/api/channels', body: {} })]) {
      expectAway(refused);
      expect(refused.body['detail']).toContain(words);
    }
    await ask(hubs.server, ...end);
    expect((await say('back')).status).toBe(200);
    expect((await parked).body.messages.map(({ text }: { text: string }) => text)).toEqual(['back']);
    await hubs.end();
  },
);

test('a server that is still loading is away, and is used when it has loaded, though nobody asks', async () => {
  const server = await ownRedis();
  await ask(server, 'EVAL', "for i = 1, 6000 do redis.call('SET', 'key:' .. i, i) end", '0');
  const hubs = await Hubs.start(server, 1);
  const { url } = hubs.hubs[0]!;
  // One key after the other, each with a pause.
  await hubs.restartServer('--key-load-delay', '300');
  await eventually('the hub to be back', async () => (await ready(url)).status === 200);
  await createChannel(url, {});
  await hubs.end();
  // The hub's sweep, every 30 seconds, would find it as well.
}, 25_000);

test('a server that forgets, or has no replica where one is asked for, is refused at the start, in plain words', async () => {
  const refused = async (url: string, words: string, ...args: readonly string[]): Promise<void> =>
    expect(startHub(url, ...args)).rejects.toMatchObject({ ending: { code: 5 }, stderr: expect.stringContaining(words) });
  await refused((await ownRedis('--appendonly', 'no')).url, 'set "appendonly yes"');
  const small = await ownRedis('--maxmemory', '50mb', '--maxmemory-policy', 'allkeys-lru');
  await refused(small.url, 'noeviction');
  await refused((await ownRedis()).url, 'no replica', '--durability', 'replicated');
  await small.end();
  // That is all it says.
  await expect(startHub(small.url)).rejects.toMatchObject({
    ending: { code: 5 },
    stderr: expect.stringMatching(/^rogerthat: cannot use redis:\/\/.*\n$/),
  });
});
