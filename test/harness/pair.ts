/** Two hubs on one store, and callers who are at home at either. */
import { randomBytes } from 'node:crypto';
import { openRedis, type RedisEngine } from '../../src/engines/redis/index.ts';
import { Party } from './agent.ts';
import type { EngineKind } from './engines.ts';
import { asking } from './redis.ts';
import { Room, type RoomOptions } from './room.ts';
import { direct } from './transports/direct.ts';
import type { Transport } from './transports/wire.ts';
import { until } from './until.ts';

export interface Pair {
  readonly here: Room;
  readonly there: Room;
  /** Of every key. */
  readonly prefix: string;
  /** The same caller at the other hub. */
  elsewhere(party: Party): Party;
  clear(): Promise<void>;
}

/** The address of a store for a hub that hears no hint of any channel, and can give none. */
export const deafUrl = async (url: string, prefix: string): Promise<string> => {
  const { ask, end } = await asking(url);
  const user = `deaf${prefix.slice(0, -1)}`;
  await ask('ACL', 'SETUSER', user, 'on', 'nopass', '~*', '+@all', 'resetchannels', `&${prefix}seal:*`);
  end();
  return url.replace('redis://', `redis://${user}:x@`);
};

export interface PairOptions extends RoomOptions {
  readonly transport?: Transport;
  /** Every hint to the first hub is lost. */
  readonly deaf?: boolean;
  /** The address that the first hub has of the store. */
  readonly hereUrl?: string;
}

export const openPair = async (url: string, given: PairOptions = {}): Promise<Pair> => {
  const { transport = direct, deaf = false, hereUrl = url, ...options } = given;
  const prefix = `${randomBytes(6).toString('hex')}:`;
  const kind = (address: string): EngineKind => ({
    name: 'redis',
    offers: [],
    shelf: async () => ({
      directory: null,
      open: (clock, limits, report) => openRedis({ url: address, prefix, limits, clock, report }),
      crash: async (engine) => (engine as RedisEngine).abandon(),
      quiet: (engine) => until(() => (engine as RedisEngine).underWay === 0, 'the answers of the store'),
      clear: async () => {},
    }),
  });
  const here = await Room.open(transport, kind(deaf ? await deafUrl(hereUrl, prefix) : hereUrl), options);
  const there = await Room.open(transport, kind(url), options);
  return {
    here,
    there,
    prefix,
    elsewhere: (party) => new Party(party.room === here ? there : here, party.proofs),
    async clear() {
      await there.close();
      await here.close();
    },
  };
};
