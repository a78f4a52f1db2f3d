/** Sentinels replace the primary: the hubs follow, and what was missed meanwhile is looked up. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { limitsFor } from '../../src/core/limits.ts';
import { openRedis } from '../../src/engines/redis/index.ts';
import { check, figuresLine } from '../harness/checker.ts';
import { insist, openFleet, parkAt } from '../harness/fleet.ts';
import { runLoad } from '../harness/load.ts';
import { type HubProcess, startHubProcess } from '../harness/process.ts';
import { random, seedOf } from '../harness/random.ts';
import { asking, type RedisServer, startRedis, startSentinel } from '../harness/redis.ts';
import { until } from '../harness/until.ts';

const NAME = 'messages';
/** Soon enough for a test, and later than a busy machine is silent. */
const SOON = 1_500;
/** Nobody dies in this test. */
const NEVER = 600_000;

interface Watched {
  readonly url: string;
  readonly sentinel: RedisServer;
  readonly primary: RedisServer;
  readonly replica: RedisServer;
}

const running: RedisServer[] = [];
afterAll(async () => {
  for (const server of running) await server.clear();
});

/** A primary with a replica, and a Sentinel that has found both. */
const watched = async (downAfter: number): Promise<Watched> => {
  const more = ['--appendfsync', 'no', '--repl-diskless-sync-delay', '0'];
  const primary = await startRedis(more);
  const replica = await startRedis([...more, '--replicaof', `127.0.0.1 ${primary.port}`]);
  const at = await asking(replica.url);
  while (!String(await at.ask('INFO', 'replication')).includes('master_link_status:up'));
  at.end();
  const sentinel = await startSentinel(NAME, primary.port, [`down-after-milliseconds ${downAfter}`, 'failover-timeout 2000']);
  running.push(primary, replica, sentinel);
  const watch = await asking(sentinel.url);
  // It learns of replicas from the primary, every ten seconds and at once.
  while (((await watch.ask('SENTINEL', 'REPLICAS', NAME)) as unknown[]).length === 0);
  watch.end();
  return { url: `redis+sentinel://127.0.0.1:${sentinel.port}/${NAME}`, sentinel, primary, replica };
};

let store: Watched;
beforeAll(async () => {
  store = await watched(SOON);
});

test('a name nobody knows, or no Sentinel at all, is refused at the start in plain words', async () => {
  const open = (url: string) => openRedis({ url, limits: limitsFor('local') });
  const { sentinel, primary } = store;
  await expect(open(`redis+sentinel://127.0.0.1:${sentinel.port}/other`)).rejects.toThrow('knows no primary "other"');
  await expect(open(`redis+sentinel://127.0.0.1:${primary.port}/${NAME}`)).rejects.toThrow(/does not answer: ERR unknown command/);
  await expect(open(sentinel.url)).rejects.toThrow('write redis+sentinel://');
});

test('the primary is killed, its replica promoted: hubs go on, listeners hear, the old one is not written to again', async () => {
  const { url, primary, replica } = store;
  const { port, another, clear } = await openFleet(url);
  const other = await another();
  const channel = await port.channel({ retention: 'full' });
  await port.seats(channel, 'alpha', 'bravo');
  const [woken = []] = await parkAt(other, 'bravo', channel);
  await port.append(channel, 'alpha', 'bravo', 'before');
  await until(() => woken.length === 1, 'the first hint');
  const at = await asking(primary.url);
  // WAIT waits for what its own connection wrote, and all that was written before that.
  await at.ask('SET', 'probe', '1');
  await at.ask('WAIT', '1', '0');
  at.end();

  await primary.end('SIGKILL');
  const refused = port.engine.append(port.draft(channel, 'alpha', 'bravo', 'too early'));
  await expect(refused).rejects.toMatchObject({ code: 'storage_unavailable' });
  expect(port.engine.health()).not.toBe(null);
  await insist(() => port.append(channel, 'alpha', 'bravo', 'after'));
  await until(() => woken.length >= 2, 'the hint of the new primary');
  expect([port.engine.health(), other.health()]).toEqual([null, null]);

  // The old primary is back, and takes writes until the Sentinel has told it: no hub goes there.
  running.push(await primary.again());
  await insist(() => port.append(channel, 'alpha', 'bravo', 'and on'));
  const now = await asking(replica.url);
  expect(((await now.ask('ROLE')) as string[])[0]).toBe('master');
  now.end();
  expect((await port.engine.history(channel.id, 10)).map(({ text }) => text)).toEqual(['before', 'after', 'and on']);
  await clear();
});

test('three hubs under load while the Sentinels replace the primary: everything acknowledged is heard once, or flagged', async () => {
  const { url, sentinel, primary, replica } = await watched(NEVER);
  const hubs: HubProcess[] = [];
  for (let i = 0; i < 3; i++) hubs.push(await startHubProcess({ args: ['--redis', url, '--limits', 'off'] }));
  const [own, watch] = [random(seedOf(79)), await asking(sentinel.url)];
  // In good order, as an operator does it: what was acknowledged is with the replica. The old primary lives on.
  const replace = async (): Promise<unknown> => {
    const at = await asking(primary.url);
    await at.ask('CLIENT', 'PAUSE', '20000', 'WRITE');
    for (let behind = true; behind; ) {
      const words = String(await at.ask('INFO', 'replication'));
      behind = /master_repl_offset:(\d+)/.exec(words)?.[1] !== /,offset=(\d+)/.exec(words)?.[1];
    }
    at.end();
    return watch.ask('SENTINEL', 'FAILOVER', NAME);
  };
  let turn = 0;
  let replaced: Promise<unknown> | null = null;
  const load = await runLoad({
    ...{ station: { url: async () => hubs[turn++ % 3]!.url }, random: own, channels: 4, agents: 4, retention: 'full', messages: 300 },
    onAcknowledged(total) {
      if (total >= 100) replaced ??= replace();
    },
  });
  expect(await replaced).toBe('OK');
  const verdict = check(load.history.events);
  console.log(figuresLine('the primary replaced by a Sentinel', own.seed, verdict));
  expect(verdict.violations).toEqual([]);
  expect(verdict.figures).toMatchObject({ acked: 300, lost: 0, unflagged: 0 });
  expect(await watch.ask('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME)).toEqual(['127.0.0.1', String(replica.port)]);
  watch.end();
  for (const hub of hubs) expect((await hub.end('SIGTERM')).code).toBe(0);
});
