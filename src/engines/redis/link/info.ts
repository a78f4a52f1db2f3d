/** What a server says of itself, and whether it keeps what it is given. */
import type { StoreAddress } from './address.ts';

export type Info = ReadonlyMap<string, string>;

/** The answer to INFO. */
export const infoOf = (text: string): Info =>
  new Map(text.split('\r\n').flatMap((line) => (line.includes(':') ? [line.split(/:(.*)/s, 2) as [string, string]] : [])));

/** Base 36 of the start of the run's id: four letters, as tags are. */
export const tagOf = (info: Info): string =>
  ((Number.parseInt((info.get('run_id') ?? '0').slice(0, 10), 16) % (36 ** 4 - 36 ** 3)) + 36 ** 3).toString(36);

/** A sentence for the operator when the server cannot be a primary of such a store; else null. */
export const faultOf = (info: Info, kind: StoreAddress['kind']): string | null => {
  const version = info.get('valkey_version') ?? info.get('redis_version') ?? '0';
  const policy = info.get('maxmemory_policy');
  const clustered = info.get('cluster_enabled') === '1';
  if (Number.parseInt(version, 10) < 7) return `the server is version ${version}; the hub needs Redis 7.0 or Valkey 7.2`;
  if (info.get('redis_mode') === 'sentinel') return 'the server is a Sentinel: write redis+sentinel://host:26379/name';
  if (info.get('role') !== 'master') return 'the server is a replica: give the hub the address of the primary';
  if (clustered && kind !== 'cluster') return 'the server is part of a Redis Cluster: write redis+cluster://host:6379';
  if (!clustered && kind === 'cluster') return 'the server is not part of a Redis Cluster: write redis://host:6379';
  if (info.get('aof_enabled') !== '1')
    return 'the server has "appendonly no" and forgets acknowledged messages when it ends: set "appendonly yes"';
  if (info.get('maxmemory') !== '0' && policy !== 'noeviction')
    return `the server has "maxmemory-policy ${policy}" and may drop channels at will: set "maxmemory-policy noeviction"`;
  return null;
};
