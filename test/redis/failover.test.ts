/**
 * A primary that dies or is cut off, and a replica that takes over, under eight channels of six agents. What was
 * acknowledged and is with no replica is lost with `--durability async`, and the checker sees that; with `replicated`
 * nothing is lost, and nothing is heard that the store may still forget.
 */
import { expect, test } from 'vitest';
import { ask, Hubs, MESSAGES, ownRedis, replicated } from '../harness/hubs.ts';
import { type Link, startLink } from '../harness/link.ts';
import { seedOf } from '../harness/random.ts';
import type { RedisServer } from '../harness/redis.ts';

interface Pair {
  readonly replica: RedisServer;
  /** From the replica to the primary. */
  readonly line: Link;
  readonly hubs: Hubs;
}

const startPair = async (durability: string): Promise<Pair> => {
  const primary = await ownRedis();
  const line = await startLink(primary.port);
  const replica = await ownRedis('--replicaof', '127.0.0.1', String(line.port));
  await replicated(primary);
  // One more behind it, so that the new primary has a replica, too.
  await ownRedis('--replicaof', '127.0.0.1', String(replica.port));
  await replicated(replica);
  return { replica, line, hubs: await Hubs.start(primary, 3, '--durability', durability) };
};

/** The replica takes over, and the hubs are led to it. */
const promote = async ({ replica, hubs }: Pair): Promise<void> => {
  await ask(replica, 'REPLICAOF', 'NO', 'ONE');
  hubs.server = replica;
  for (const link of hubs.links) link.to(replica.port);
};

test('async: what no replica had is lost by a failover, and the checker sees it', async () => {
  const pair = await startPair('async');
  const { hubs, line } = pair;
  const { figures, violations } = await hubs.load('the primary dies apart from its replica, async', seedOf(81), 1, async () => {
    line.cut('hole');
    await hubs.pulse.more(100);
    await hubs.server.end('SIGKILL');
    await promote(pair);
  });
  expect(figures.lost + figures.announced).toBeGreaterThan(0);
  // Nobody is left in the dark: who misses something is told, and what may be heard again is flagged. The ids of what is lost
  // are given again, under another tag, and what was heard and not acknowledged is sent anew under another id.
  const kinds = new Set(violations.map(({ kind }) => kind));
  expect(kinds).toContain('id-reused');
  kinds.delete('two-ids');
  expect([...kinds]).toEqual(['id-reused']);
  expect(figures).toMatchObject({ acked: MESSAGES, lost: 0, unflagged: 0 });
  await hubs.end();
});

interface Fault {
  readonly what: string;
  readonly seed: number;
  strike(pair: Pair): Promise<void>;
}

const FAULTS: readonly Fault[] = [
  {
    ...{ what: 'the primary dies', seed: 82 },
    strike: async (pair) => {
      await pair.hubs.server.end('SIGKILL');
      await promote(pair);
    },
  },
  {
    ...{ what: 'the primary loses its replica and then dies', seed: 83 },
    strike: async (pair) => {
      pair.line.cut('hole');
      await pair.hubs.pulse.calls(60);
      await pair.hubs.server.end('SIGKILL');
      await promote(pair);
    },
  },
  {
    ...{ what: 'the primary loses its replica and lives on beside it', seed: 84 },
    strike: async (pair) => {
      pair.line.cut('reset');
      await pair.hubs.pulse.calls(60);
      await promote(pair);
    },
  },
];

test.each(FAULTS.map((fault) => [fault.what, fault] as const))('replicated: %s, and nothing is lost', async (what, { seed, strike }) => {
  const pair = await startPair('replicated');
  const { violations, figures } = await pair.hubs.load(`${what}, replicated`, seedOf(seed), 1, () => strike(pair));
  expect(violations).toEqual([]);
  expect(figures).toMatchObject({ acked: MESSAGES, announced: 0, lost: 0, unflagged: 0 });
  await pair.hubs.end();
});
