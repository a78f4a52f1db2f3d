/** A store that is full: what makes room goes on. */
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { TIMES } from '../../src/core/limits.ts';
import { openFleet } from '../harness/fleet.ts';
import { asking, type RedisServer, startRedis } from '../harness/redis.ts';

const server: Promise<RedisServer> = startRedis(['--appendfsync', 'no']);
afterAll(async () => (await server).clear());

/** Two idle channels and one that is in use, and then no room for more. */
const scene = async () => {
  const fleet = await openFleet((await server).url);
  const { port, prefix } = fleet;
  const { ask, end } = await asking((await server).url);
  const idle = [await port.channel(), await port.channel({ retention: 'full' })] as const;
  for (const channel of idle) {
    await port.seats(channel, 'alpha', 'bravo');
    await port.append(channel, 'alpha', 'bravo', 'hello');
  }
  await ask('CONFIG', 'SET', 'maxmemory', '1');
  await expect(port.channel()).rejects.toMatchObject({ code: 'storage_unavailable' });
  const keys = async (channel: { readonly id: string }) => (await ask('KEYS', `${prefix}{${channel.id}}*`)) as string[];
  onTestFinished(async () => {
    await ask('CONFIG', 'SET', 'maxmemory', '0');
    end();
    await fleet.clear();
  });
  return { port, idle, keys };
};

test('a sweep removes idle channels', async () => {
  const { port, idle, keys } = await scene();
  port.clock.advance(TIMES.idleTranscriptMs + 1);
  expect([...(await port.engine.sweep())].sort()).toEqual(idle.map(({ id }) => id).sort());
  for (const channel of idle) expect(await keys(channel)).toEqual([]);
  expect(await port.engine.channelCount()).toBe(0);
});

test('owners close and erase channels', async () => {
  const { port, idle, keys } = await scene();
  const [none, full] = idle;
  await port.engine.closeChannel(none.id, false);
  expect(await keys(none)).not.toContain(expect.stringContaining(':ring'));
  await port.engine.closeChannel(full.id, true);
  expect(await keys(full)).toEqual([]);
});
