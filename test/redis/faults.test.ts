/**
 * Three hubs on one Redis under load, and what may die: a hub by kill -9, every pub/sub connection, Redis itself. The
 * checker looks at the whole history: 0 lost, 0 repeats without a flag.
 */
import { createClient } from '@redis/client';
import { afterAll, expect, test } from 'vitest';
import { check, figuresLine } from '../harness/checker.ts';
import { runLoad } from '../harness/load.ts';
import { type HubProcess, startHubProcess } from '../harness/process.ts';
import { random, seedOf } from '../harness/random.ts';
import { type RedisServer, startRedis } from '../harness/redis.ts';
import { call, createChannel, joinChannel, memberCall } from '../harness/rest.ts';

const MESSAGES = 600;
const servers: RedisServer[] = [];
afterAll(async () => {
  for (const server of servers) await server.clear();
});

const hubs = async (server: RedisServer, count: number): Promise<HubProcess[]> => {
  const all: HubProcess[] = [];
  for (let i = 0; i < count; i++) all.push(await startHubProcess({ args: ['--redis', server.url, '--limits', 'off'] }));
  return all;
};

/** Every call goes to another hub. */
const anyOf = (all: readonly HubProcess[]) => {
  let turn = 0;
  return { url: async () => all[turn++ % all.length]!.url };
};

test('hubs die, hints are cut: everything acknowledged is heard once, or flagged', async () => {
  const server = await startRedis(['--appendfsync', 'everysec']);
  servers.push(server);
  const all = await hubs(server, 3);
  const own = random(seedOf(71));
  const faults: Promise<unknown>[] = [];
  let done = 0;
  const load = await runLoad({
    ...{ station: anyOf(all), random: own, channels: 8, agents: 6, retention: 'full', messages: MESSAGES },
    onAcknowledged(total) {
      if (done >= 4 || total < (done + 0.5) * (MESSAGES / 4)) return;
      const nth = done++;
      if (nth % 2 === 0) faults.push(cutHints(server));
      else {
        const [victim] = all.splice(0, 1);
        faults.push(
          victim!.end('SIGKILL').then(async () => {
            all.push(...(await hubs(server, 1)));
          }),
        );
      }
    },
  });
  await Promise.all(faults);
  const verdict = check(load.history.events);
  console.log(figuresLine('2 × kill -9 of a hub of three, 2 × all hints cut, redis', own.seed, verdict));
  expect(done).toBe(4);
  expect(verdict.violations).toEqual([]);
  expect(verdict.figures).toMatchObject({ acked: MESSAGES, lost: 0, unflagged: 0 });
  for (const hub of all) expect((await hub.end('SIGTERM')).code).toBe(0);
});

const cutHints = async (server: RedisServer): Promise<void> => {
  const client = createClient({ url: server.url });
  await client.connect();
  await client.sendCommand(['CLIENT', 'KILL', 'TYPE', 'pubsub']);
  client.destroy();
};

test('while Redis is away sends and joins are 503, who listens waits on, and is answered when it is back', async () => {
  const server = await startRedis(['--appendfsync', 'always']);
  servers.push(server);
  const [one, two] = (await hubs(server, 2)) as [HubProcess, HubProcess];
  const channel = await createChannel(one.url, { retention: 'full' });
  const alpha = await joinChannel(one.url, channel, 'alpha');
  const bravo = await joinChannel(two.url, channel, 'bravo');
  const say = (message: string) => call(one.url, memberCall(alpha, { method: 'POST', path: 'send', body: { to: 'bravo', message } }));
  const ready = () => call(one.url, { method: 'GET', path: '/readyz' });
  const parked = call(two.url, memberCall(bravo, { method: 'GET', path: 'listen?timeout=55' }));
  // It is parked once the other hub sees it listen.
  for (;;) {
    const { body } = await call(one.url, memberCall(alpha, { method: 'GET', path: 'roster' }));
    if (JSON.stringify(body).includes('"listening"')) break;
  }
  await server.end('SIGKILL');
  const refused = await say('too early');
  expect([refused.status, refused.body['code'], refused.headers['retry-after']]).toEqual([503, 'storage_unavailable', '2']);
  expect((await ready()).status).toBe(503);
  const again = await server.again();
  servers.push(again);
  let sent = refused;
  while (sent.status === 503) sent = await say('back');
  expect(sent.status).toBe(200);
  const heard = await parked;
  expect(heard.status).toBe(200);
  expect(JSON.stringify(heard.body)).toContain('"back"');
  expect((await ready()).status).toBe(200);
});

test('a server that forgets is refused at the start, in plain words', async () => {
  const server = await startRedis(['--appendonly', 'no']);
  servers.push(server);
  await expect(hubs(server, 1)).rejects.toMatchObject({
    ending: { code: 5 },
    stderr: expect.stringContaining('set "appendonly yes"'),
  });
  const small = await startRedis(['--maxmemory', '50mb', '--maxmemory-policy', 'allkeys-lru']);
  servers.push(small);
  await expect(hubs(small, 1)).rejects.toMatchObject({ ending: { code: 5 }, stderr: expect.stringContaining('noeviction') });
  await small.end();
  await expect(hubs(small, 1)).rejects.toMatchObject({ ending: { code: 5 }, stderr: expect.stringContaining('cannot use redis://') });
});
