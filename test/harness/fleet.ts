/** Several engines on one store, without hubs around them: each has connections of its own, and all have one clock. */
import { randomBytes } from 'node:crypto';
import type { Engine } from '../../src/core/engine.ts';
import { limitsFor } from '../../src/core/limits.ts';
import type { Channel } from '../../src/core/types.ts';
import { openRedis, type RedisEngine } from '../../src/engines/redis/index.ts';
import type { TestClock } from './clock.ts';
import type { Shelf } from './engines.ts';
import { asked, BARE, Port } from './port.ts';

const limits = limitsFor('local');

export interface Fleet {
  readonly port: Port;
  /** Of every key. */
  readonly prefix: string;
  /** One more beside the port's own. @param at its address of the store */
  another(at?: string): Promise<RedisEngine>;
  clear(): Promise<void>;
}

/** @param given the prefix of every key; by default one that nobody has */
export const openFleet = async (url: string, durability: 'async' | 'replicated' = 'async', given?: string): Promise<Fleet> => {
  const prefix = given ?? `${randomBytes(6).toString('hex')}:`;
  const open = (clock: TestClock, at = url): Promise<RedisEngine> =>
    openRedis({ url: at, prefix, durability, limits, clock, report: () => {} });
  const shelf = { directory: null, open: (clock: unknown) => open(clock as TestClock), clear: async () => {} } as unknown as Shelf;
  const port = new Port(shelf, limits);
  await port.open();
  const beside: RedisEngine[] = [];
  return {
    port,
    prefix,
    async another(at) {
      const engine = await open(port.clock, at);
      beside.push(engine);
      return engine;
    },
    async clear() {
      for (const engine of beside) await engine.close();
      await port.clear();
    },
  };
};

/** A listener on each of these channels, at an engine that has no others: what each is woken for, in the order of the channels. */
export const parkAt = async (engine: Engine, callsign: string, ...channels: readonly Channel[]): Promise<(readonly number[])[]> => {
  const woken = new Map<string, number[]>(channels.map(({ id }) => [id, []]));
  engine.onAppended((channelId, { id }) => void woken.get(channelId)?.push(id));
  for (const { id } of channels) {
    engine.park(id, callsign);
    await engine.arrive(id, callsign, BARE, asked({ id }, callsign));
  }
  return [...woken.values()];
};

/** Tries until the store takes it: it is away, or a part of it is being replaced. Gives up with the test. */
export const insist = async <T>(what: () => Promise<T>): Promise<T> => {
  for (;;) {
    try {
      return await what();
    } catch (error) {
      if ((error as { code?: string }).code !== 'storage_unavailable') throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
};
