/** A real Redis Cluster for the tests: three primaries that share the slots, and replicas where asked for. */
import { asking, freePort, type RedisServer, startRedis } from './redis.ts';

export interface RedisCluster {
  /** As --redis takes it. */
  readonly url: string;
  readonly primaries: readonly RedisServer[];
  /** One of each primary, or none. */
  readonly replicas: readonly RedisServer[];
  /** Asks one node. */
  ask(node: RedisServer, ...args: string[]): Promise<unknown>;
  clear(): Promise<void>;
}

const SLOTS = 16_384;

const node = async (more: readonly string[]): Promise<RedisServer> => {
  const bus = String(await freePort());
  const own = ['--cluster-enabled', 'yes', '--cluster-port', bus, '--cluster-node-timeout', '2000', '--repl-diskless-sync-delay', '0'];
  return startRedis([...own, '--appendfsync', 'no', ...more]);
};

/** Asks until it is so: the nodes of a cluster tell each other in their own time. */
const until = async (so: () => Promise<boolean>): Promise<void> => {
  while (!(await so())) await new Promise((resolve) => setTimeout(resolve, 20));
};

export const startCluster = async ({ replicas: withReplicas = false, more = [] as readonly string[] } = {}): Promise<RedisCluster> => {
  const nodes = await Promise.all(Array.from({ length: withReplicas ? 6 : 3 }, () => node(more)));
  const [primaries, replicas] = [nodes.slice(0, 3), nodes.slice(3)];
  const connections = new Map<RedisServer, Awaited<ReturnType<typeof asking>>>();
  for (const one of nodes) connections.set(one, await asking(one.url));
  const ask = (one: RedisServer, ...args: string[]): Promise<unknown> => connections.get(one)!.ask(...args);

  const bounds = primaries.map((_, i) => Math.round((i * SLOTS) / 3));
  for (const [i, one] of primaries.entries()) {
    await ask(one, 'CLUSTER', 'ADDSLOTSRANGE', String(bounds[i]), String((bounds[i + 1] ?? SLOTS) - 1));
    // Each has an epoch of its own from the start, so that none has to be settled.
    await ask(one, 'CLUSTER', 'SET-CONFIG-EPOCH', String(i + 1));
  }
  const bus = async (one: RedisServer): Promise<string> => /:\d+@(\d+)/.exec(String(await ask(one, 'CLUSTER', 'NODES')))?.[1] ?? '';
  for (const one of nodes.slice(1)) await ask(nodes[0]!, 'CLUSTER', 'MEET', '127.0.0.1', String(one.port), await bus(one));
  await until(async () => {
    const seen = await Promise.all(nodes.map(async (one) => String(await ask(one, 'CLUSTER', 'NODES'))));
    return seen.every((text) => text.trim().split('\n').length === nodes.length && !/handshake|\?@|noaddr/.test(text));
  });
  for (const [i, one] of replicas.entries()) {
    await ask(one, 'CLUSTER', 'REPLICATE', String(await ask(primaries[i]!, 'CLUSTER', 'MYID')));
  }
  await until(async () => {
    const states = await Promise.all(nodes.map(async (one) => String(await ask(one, 'CLUSTER', 'INFO'))));
    const links = await Promise.all(replicas.map(async (one) => String(await ask(one, 'INFO', 'replication'))));
    return states.every((text) => text.includes('cluster_state:ok')) && links.every((text) => text.includes('master_link_status:up'));
  });
  return {
    url: `redis+cluster://${primaries.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
    primaries,
    replicas,
    ask,
    async clear() {
      for (const { end } of connections.values()) end();
      await Promise.all(nodes.map((one) => one.clear()));
    },
  };
};

/** Waits until all nodes know the same primaries. */
export const agreed = (cluster: RedisCluster): Promise<void> =>
  until(async () => {
    const views = await Promise.all(
      [...cluster.primaries, ...cluster.replicas].map(async (one) => {
        const map = (await cluster.ask(one, 'CLUSTER', 'SLOTS')) as [number, number, [string, number]][];
        const roles = String(await cluster.ask(one, 'CLUSTER', 'NODES')).match(/:\d+@\d+\S* (?:myself,)?master/g) ?? [];
        return `${[...new Set(map.map(([, , [, port]]) => port))].sort()} ${roles.map((role) => /\d+/.exec(role)![0]).sort()}`;
      }),
    );
    return new Set(views).size === 1;
  });

/** Carries the keys of a slot from one primary to another. Nobody is told yet that it is the other's. */
export const carrySlot = async (cluster: RedisCluster, slot: number, from: RedisServer, to: RedisServer): Promise<void> => {
  const [source, target] = await Promise.all([from, to].map(async (one) => String(await cluster.ask(one, 'CLUSTER', 'MYID'))));
  await cluster.ask(to, 'CLUSTER', 'SETSLOT', String(slot), 'IMPORTING', source!);
  await cluster.ask(from, 'CLUSTER', 'SETSLOT', String(slot), 'MIGRATING', target!);
  for (;;) {
    const [key] = (await cluster.ask(from, 'CLUSTER', 'GETKEYSINSLOT', String(slot), '1')) as string[];
    if (key === undefined) return;
    await cluster.ask(from, 'MIGRATE', '127.0.0.1', String(to.port), key, '0', '5000');
  }
};

/** Moves a slot from one primary to another, key by key, as redis-cli does. */
export const moveSlot = async (cluster: RedisCluster, slot: number, from: RedisServer, to: RedisServer): Promise<void> => {
  await carrySlot(cluster, slot, from, to);
  const target = String(await cluster.ask(to, 'CLUSTER', 'MYID'));
  for (const one of [to, from]) await cluster.ask(one, 'CLUSTER', 'SETSLOT', String(slot), 'NODE', target);
  // The others would hear of it by themselves; replicas may not be told.
  for (const one of [...cluster.primaries, ...cluster.replicas]) {
    await cluster.ask(one, 'CLUSTER', 'SETSLOT', String(slot), 'NODE', target).catch(() => {});
  }
};

let shared: Promise<RedisCluster> | null = null;

/** The cluster that the tests of this process share; it ends with the process. */
export const sharedCluster = (): Promise<RedisCluster> => (shared ??= startCluster());
