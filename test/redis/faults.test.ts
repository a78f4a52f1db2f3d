/**
 * Hubs on one Redis under load, and what may break: a hub, every pub/sub connection, Redis itself, the line between them.
 * Eight channels of six agents, with keys and `since`; the checker looks at the whole history: 0 lost, 0 repeats without
 * a flag.
 */
import { expect, test } from 'vitest';
import { behind, startDeployed } from '../harness/deployed.ts';
import { ask, Hubs, MESSAGES, ownRedis } from '../harness/hubs.ts';
import type { CutKind } from '../harness/link.ts';
import { lastingPorts } from '../harness/ports.ts';
import { seedOf } from '../harness/random.ts';

interface Fault {
  readonly what: string;
  readonly count: number;
  readonly times: number;
  readonly seed: number;
  /** `everysec` unless told. */
  readonly fsync?: 'always';
  /**
   * While its disk is slow to sync, a Redis with `everysec` answers before it has written. Killed then, it has forgotten: what
   * was heard and is sent again has another id.
   */
  readonly forgets?: true;
  strike(hubs: Hubs, nth: number): Promise<void>;
}

const FORGOTTEN: ReadonlySet<string> = new Set(['id-reused', 'two-ids']);

/** A hub is cut off until the others have gone on for a while. */
const cutOne = async ({ links, pulse }: Hubs, kind: CutKind): Promise<void> => {
  links[0]!.cut(kind);
  await pulse.more(40);
  links[0]!.heal();
};

/** No hub reaches the store until each has said so. */
const cutAll = async ({ links, pulse }: Hubs, kind: CutKind): Promise<void> => {
  for (const link of links) link.cut(kind);
  await pulse.refusals(20);
  for (const link of links) link.heal();
};

const KINDS: readonly CutKind[] = ['hole', 'reset'];

const FAULTS: readonly Fault[] = [
  {
    ...{ what: '2 × kill -9 of a hub of three, 2 × all hints cut', count: 3, times: 4, seed: 71 },
    strike: async (hubs, nth) => {
      if (nth % 2 === 0) await ask(hubs.server, 'CLIENT', 'KILL', 'TYPE', 'pubsub');
      else await hubs.replaceOne();
    },
  },
  {
    ...{ what: '2 × kill -9 of Redis (everysec) under two hubs', count: 2, times: 2, seed: 72, forgets: true },
    strike: (hubs) => hubs.restartServer(),
  },
  {
    ...{ what: '2 × kill -9 of Redis (always) under two hubs', count: 2, times: 2, seed: 77, fsync: 'always' },
    strike: (hubs) => hubs.restartServer(),
  },
  {
    ...{ what: 'one hub of three cut off, as a black hole and by resets', count: 3, times: 2, seed: 73 },
    strike: (hubs, nth) => cutOne(hubs, KINDS[nth]!),
  },
  {
    ...{ what: 'one hub of three stopped and going on, twice', count: 3, times: 2, seed: 76 },
    strike: async ({ hubs: [hub], pulse }) => {
      hub!.signal('SIGSTOP');
      await pulse.more(40);
      hub!.signal('SIGCONT');
    },
  },
  {
    ...{ what: 'both hubs cut off, as a black hole and by resets', count: 2, times: 2, seed: 74 },
    strike: (hubs, nth) => cutAll(hubs, KINDS[nth]!),
  },
];

test.each(FAULTS.map((fault) => [fault.what, fault] as const))(
  '%s: everything acknowledged is heard once, or flagged',
  async (what, fault) => {
    const { count, times, seed, strike, fsync = 'everysec', forgets = false } = fault;
    const hubs = await Hubs.start(await ownRedis('--appendfsync', fsync), count);
    const { violations, figures } = await hubs.load(`${what}, redis`, seedOf(seed), times, (nth) => strike(hubs, nth));
    expect(violations.filter(({ kind }) => !(forgets && FORGOTTEN.has(kind)))).toEqual([]);
    expect(figures).toMatchObject({ acked: MESSAGES, lost: 0, unflagged: 0, ...(forgets ? {} : { announced: 0 }) });
    await hubs.end();
  },
);

test('nginx before two hubs, one of which dies: everything acknowledged is heard once, or flagged', async () => {
  const [port, ...own] = (await lastingPorts(3)) as [number, number, number];
  const hubs = await Hubs.start(await ownRedis(), 0, ...behind('nginx', port));
  for (const one of own) await hubs.add('--port', String(one));
  const url = await startDeployed('nginx', port, own);
  const more = { station: { url: async () => url }, retried: [502, 504] };
  const { violations, figures } = await hubs.load(
    'nginx before two hubs, kill -9 of one, redis',
    seedOf(75),
    1,
    () => hubs.replaceOne(true),
    more,
  );
  expect(violations).toEqual([]);
  expect(figures).toMatchObject({ acked: MESSAGES, announced: 0, lost: 0, unflagged: 0 });
  await hubs.end();
});
