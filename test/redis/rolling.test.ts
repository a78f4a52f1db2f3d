/**
 * A rolling restart under load, behind the proxies of deploy/: nothing is lost, nothing comes twice without a flag, and no call has to be
 * made more than once again. And an upgrade of the one hub of a data directory: who asks again is answered by the new process.
 */
import { afterAll, expect, test } from 'vitest';
import { check, figuresLine } from '../harness/checker.ts';
import { behind, type DeployedProxy, freePort, hasBack, startDeployed } from '../harness/deployed.ts';
import { eventually } from '../harness/eventually.ts';
import { runLoad } from '../harness/load.ts';
import { type HubProcess, startHubProcess, temporaryDirectory } from '../harness/process.ts';
import { random, seedOf } from '../harness/random.ts';
import { type RedisServer, startRedis } from '../harness/redis.ts';
import { call } from '../harness/rest.ts';

const MESSAGES = 1_200;
const servers: RedisServer[] = [];
afterAll(async () => {
  for (const server of servers) await server.clear();
});

/** What a proxy says when the hub it had asked is gone. */
const GATEWAY = [502, 503, 504];

const ready = (port: number): Promise<void> =>
  eventually(`the hub at ${port} to be ready`, async () => {
    const answer = await call(`http://127.0.0.1:${port}`, { path: '/readyz' }).catch(() => null);
    return answer?.status === 200;
  });

/** How often calls had to be made again. */
const counter = () => {
  const most = { send: 0, listen: 0 };
  let again = 0;
  return {
    most,
    get again() {
      return again;
    },
    onAnswered: (what: 'send' | 'listen', tries: number): void => {
      most[what] = Math.max(most[what], tries - 1);
      again += tries - 1;
    },
  };
};

test.each<[DeployedProxy, string]>([
  ['nginx', 'full'],
  ['nginx', 'none'],
  ['caddy', 'full'],
])('two hubs behind %s, each restarted twice in turn under load, retention %s', async (proxy, retention) => {
  const server = await startRedis(['--appendfsync', 'everysec']);
  servers.push(server);
  const [front, ...ports] = (await Promise.all([freePort(), freePort(), freePort()])) as [number, number, number];
  const startAt = (port: number): Promise<HubProcess> =>
    startHubProcess({ args: ['--port', String(port), '--redis', server.url, '--limits', 'off', ...behind(proxy, front)] });
  const hubs = await Promise.all(ports.map(startAt));
  const url = await startDeployed(proxy, front, ports);
  const own = random(seedOf(91));
  const calls = counter();
  const endings: unknown[] = [];
  let rolling: Promise<void> = Promise.resolve();
  let restarts = 0;
  const load = await runLoad({
    ...{ station: { url: async () => url }, random: own, channels: 8, agents: 4, retention, messages: MESSAGES, retried: GATEWAY },
    onAnswered: calls.onAnswered,
    onAcknowledged(total) {
      if (restarts === 4 || total < (restarts + 0.5) * (MESSAGES / 4)) return;
      const nth = restarts++ % 2;
      // The next only when this one is back, and the proxy knows.
      rolling = rolling.then(async () => {
        endings.push(await hubs[nth]!.end('SIGTERM'));
        hubs[nth] = await startAt(ports[nth]!);
        await ready(ports[nth]!);
        await hasBack(url, ports[nth]!);
      });
    },
  });
  await rolling;
  const verdict = check(load.history.events);
  console.log(figuresLine(`4 × SIGTERM of one of two hubs behind ${proxy}, ${retention}`, own.seed, verdict));
  console.log(`calls made again: ${calls.again}; at most ${calls.most.send} times a send, ${calls.most.listen} a listen`);
  expect(endings).toEqual(Array(4).fill({ code: 0, signal: null }));
  expect(verdict.violations).toEqual([]);
  expect(verdict.figures).toMatchObject({ acked: MESSAGES, lost: 0, unflagged: 0, announced: 0 });
  expect(calls.most.send).toBeLessThanOrEqual(1);
  expect(calls.most.listen).toBeLessThanOrEqual(1);
  for (const hub of hubs) expect((await hub.end('SIGTERM')).code).toBe(0);
});

test('one hub with a data directory behind nginx: who asks again once the new process is there is answered', async () => {
  const directory = temporaryDirectory();
  const [front, port] = (await Promise.all([freePort(), freePort()])) as [number, number];
  const startAgain = (): Promise<HubProcess> =>
    startHubProcess({ directory, args: ['--port', String(port), '--limits', 'off', ...behind('nginx', front)] });
  let hub = await startAgain();
  const url = await startDeployed('nginx', front, [port]);
  const own = random(seedOf(92));
  const calls = counter();
  // A client waits before it asks again: here, until the new process is there.
  let up: Promise<string> = Promise.resolve(url);
  let restarts = 0;
  const load = await runLoad({
    ...{ station: { url: () => up }, random: own, channels: 6, agents: 4, retention: 'full', messages: MESSAGES, retried: GATEWAY },
    onAnswered: calls.onAnswered,
    onAcknowledged(total) {
      if (restarts === 3 || total < (restarts + 0.5) * (MESSAGES / 3)) return;
      restarts++;
      const old = hub;
      up = old.end('SIGTERM').then(async () => {
        hub = await startAgain();
        await ready(port);
        return url;
      });
    },
  });
  await up;
  const verdict = check(load.history.events);
  console.log(figuresLine('3 × upgrade of one hub behind nginx', own.seed, verdict));
  console.log(`calls made again: ${calls.again}; at most ${calls.most.send} times a send, ${calls.most.listen} a listen`);
  expect(verdict.violations).toEqual([]);
  expect(verdict.figures).toMatchObject({ acked: MESSAGES, lost: 0, unflagged: 0, announced: 0 });
  expect(calls.most.send).toBeLessThanOrEqual(1);
  expect(calls.most.listen).toBeLessThanOrEqual(1);
  await hub.end('SIGTERM');
});
