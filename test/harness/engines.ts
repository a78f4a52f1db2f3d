/** Every engine. A new one is a line here; the behaviour suite and the suite of the port then run over it too. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../src/core/clock.ts';
import type { Engine } from '../../src/core/engine.ts';
import type { Limits } from '../../src/core/limits.ts';
import { type LocalEngine, openLocal } from '../../src/engines/local/index.ts';
import { openRedis, type RedisEngine } from '../../src/engines/redis/index.ts';
import { sharedCluster } from './cluster.ts';
import type { Need } from './needs.ts';
import { type RedisServer, sharedRedis, startRedis } from './redis.ts';
import { scratch } from './scratch.ts';
import { turns, until } from './until.ts';

/** A place where an engine keeps things, for one test. */
export interface Shelf {
  /** Where its files are; null when it has none, or none that a test may touch. */
  readonly directory: string | null;
  /** The key that its hubs are given for the secrets of webhooks, unless each makes its own. */
  readonly secretKey?: string;
  open(clock: Clock, limits: Limits, report: (error: unknown) => void): Promise<Engine>;
  /** The process of this engine dies: nothing more is written. */
  crash(engine: Engine): Promise<void>;
  /** Resolves when nothing that was asked of the engine is still under way. */
  quiet(engine: Engine): Promise<void>;
  /** Nothing holds its files, and a store in another process is away, until `resume`. */
  halt?(): Promise<void>;
  resume?(): Promise<void>;
  /** Removes everything. */
  clear(): Promise<void>;
}

export interface EngineKind {
  readonly name: string;
  readonly offers: readonly Need[];
  /** @param own with a store of its own, for tests that look into its files */
  shelf(own?: boolean): Promise<Shelf>;
}

const localShelf = (base: string | null): Shelf => {
  // The engine makes its own directory.
  const directory = base === null ? null : join(base, 'data');
  return {
    directory,
    open: async (clock, limits, report) => openLocal({ directory, limits, clock, report }),
    crash: async (engine) => (engine as LocalEngine).abandon(),
    quiet: async () => {},
    clear: async () => {
      if (base !== null) rmSync(base, { recursive: true, force: true });
    },
  };
};

const redisShelf = async (store: Promise<{ readonly url: string }>, own: RedisServer | null = null): Promise<Shelf> => {
  const { url } = await store;
  let server = own;
  const prefix = `${randomBytes(6).toString('hex')}:`;
  return {
    directory: own?.directory ?? null,
    secretKey: 'the key of this fleet',
    halt: async () => server?.end(),
    resume: async () => {
      server = (await server?.again()) ?? null;
    },
    // Who was here a moment ago was ended, and does not come back.
    open: (clock, limits, report) => openRedis({ url, prefix, limits, clock, report, patienceMs: 0 }),
    crash: async (engine) => (engine as RedisEngine).abandon(),
    quiet: async (engine) => {
      // What an answer sets going may ask again.
      for (let calm = 0; calm < 3; calm++) {
        await until(() => (engine as RedisEngine).underWay === 0, 'the answers of the store');
        await turns();
      }
    },
    // One that is shared ends with this process, and takes all prefixes along.
    clear: async () => server?.clear(),
  };
};

/** What it was given is in its log as soon as it has answered. */
const ownRedisShelf = async (): Promise<Shelf> => {
  const server = await startRedis(['--appendfsync', 'no']);
  return redisShelf(Promise.resolve(server), server);
};

export const ENGINES: readonly EngineKind[] = [
  { name: 'local in memory', offers: ['alone'], shelf: async () => localShelf(null) },
  { name: 'local on disk', offers: ['durable', 'files', 'alone'], shelf: async () => localShelf(mkdtempSync(join(scratch, 'rogerthat-'))) },
  { name: 'redis', offers: ['durable', 'files', 'remote'], shelf: (own) => (own ? ownRedisShelf() : redisShelf(sharedRedis())) },
];

/** For the suite of the port: see test/redis/port.test.ts. */
export const CLUSTER: EngineKind = { name: 'redis cluster', offers: ['durable'], shelf: () => redisShelf(sharedCluster()) };
