/** A hub ends though its store has gone silent: the end waits for nobody who does not answer. */
import { afterAll, expect, test } from 'vitest';
import { limitsFor } from '../../src/core/limits.ts';
import { openRedis } from '../../src/engines/redis/index.ts';
import { openFleet } from '../harness/fleet.ts';
import { asking, type RedisServer, startRedis } from '../harness/redis.ts';
import { turns } from '../harness/until.ts';

const servers: RedisServer[] = [];
afterAll(async () => {
  for (const server of servers) await server.clear();
});

const own = async (): Promise<RedisServer> => {
  const server = await startRedis(['--appendfsync', 'no']);
  servers.push(server);
  return server;
};

test('a server that is frozen: close() settles, and so does what was asked before', async () => {
  const server = await own();
  const reported: unknown[] = [];
  const engine = await openRedis({ url: server.url, limits: limitsFor('local'), report: (error) => reported.push(error) });
  process.kill(server.pid, 'SIGSTOP');
  const asked = expect(engine.channelCount()).rejects.toMatchObject({ code: 'storage_unavailable' });
  await engine.close();
  await asked;
  // The lines were cut by the hub itself, which is no outage.
  expect(reported).toEqual([]);
  process.kill(server.pid, 'SIGCONT');
});

test('a server that answers: what was asked before the end is done', async () => {
  const { port, clear } = await openFleet((await own()).url);
  const channel = await port.channel();
  await port.seats(channel, 'alpha', 'bravo');
  const sent = Array.from({ length: 50 }, (_, i) => port.append(channel, 'alpha', 'bravo', `message ${i}`));
  await port.engine.close();
  expect((await Promise.all(sent)).map(({ message }) => message.id)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
  await clear();
});

test('a sweep that the end overtakes is no trouble', async () => {
  const { url } = await own();
  const reported: unknown[] = [];
  const engine = await openRedis({ url, limits: limitsFor('local'), report: (error) => reported.push(error) });
  const { ask, end } = await asking(url);
  // Another hub has swept; what every hub has to say then meets a store that takes nothing before the end.
  await ask('SET', 'rogerthat:swept', `another ${Date.now()}`);
  await ask('CLIENT', 'PAUSE', '60000', 'WRITE');
  const swept = engine.sweep();
  await turns(20);
  await engine.close();
  await swept;
  expect(reported).toEqual([]);
  await ask('CLIENT', 'UNPAUSE');
  end();
});
