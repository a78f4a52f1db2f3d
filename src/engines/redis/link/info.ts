/** What a server says of itself, and whether it keeps what it is given. */
import { RedisUnfitError } from '../unfit.ts';

export type Info = ReadonlyMap<string, string>;

/** The answer to INFO. */
export const infoOf = (text: string): Info =>
  new Map(text.split('\r\n').flatMap((line) => (line.includes(':') ? [line.split(/:(.*)/s, 2) as [string, string]] : [])));

/** Base 36 of the start of the run's id: four letters, as tags are. */
export const tagOf = (info: Info): string =>
  ((Number.parseInt((info.get('run_id') ?? '0').slice(0, 10), 16) % (36 ** 4 - 36 ** 3)) + 36 ** 3).toString(36);

/** @throws RedisUnfitError with a sentence for the operator */
export const checkFit = (info: Info): void => {
  const version = info.get('valkey_version') ?? info.get('redis_version') ?? '0';
  if (Number.parseInt(version, 10) < 7)
    throw new RedisUnfitError(`the server is version ${version}; the hub needs Redis 7.0 or Valkey 7.2`);
  if (info.get('role') !== 'master') throw new RedisUnfitError('the server is a replica: give the hub the address of the primary');
  if (info.get('cluster_enabled') === '1')
    throw new RedisUnfitError('the server is part of a Redis Cluster, which this hub does not use yet');
  if (info.get('aof_enabled') !== '1')
    throw new RedisUnfitError('the server has "appendonly no" and forgets acknowledged messages when it ends: set "appendonly yes"');
  const policy = info.get('maxmemory_policy');
  if (info.get('maxmemory') !== '0' && policy !== 'noeviction')
    throw new RedisUnfitError(
      `the server has "maxmemory-policy ${policy}" and may drop channels at will: set "maxmemory-policy noeviction"`,
    );
};
