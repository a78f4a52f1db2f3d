/** What a listener's arrival found saves its first read, unless something came in between. */
import { afterAll, expect, test } from 'vitest';
import type { Engine } from '../../src/core/engine.ts';
import type { Channel } from '../../src/core/types.ts';
import { openFleet } from '../harness/fleet.ts';
import { deafUrl } from '../harness/pair.ts';
import { asked, BARE, heard, sessionOf } from '../harness/port.ts';
import { type RedisServer, startRedis } from '../harness/redis.ts';
import { until } from '../harness/until.ts';

const server: Promise<RedisServer> = startRedis(['--appendfsync', 'no']);
afterAll(async () => (await server).clear());

/** An engine beside the port's own, and bravo on a channel. */
const scene = async (deaf = false) => {
  const { url } = await server;
  const fleet = await openFleet(url);
  const other = await fleet.another(deaf ? await deafUrl(url, fleet.prefix) : url);
  const channel = await fleet.port.channel();
  await fleet.port.seats(channel, 'alpha', 'bravo');
  return { ...fleet, other, channel, session: sessionOf(channel, 'bravo') };
};

/** Bravo's listener arrives; how it reads then. */
const arrive = async (engine: Engine, channel: Channel) => {
  engine.park(channel.id, 'bravo');
  const from = await engine.arrive(channel.id, 'bravo', BARE, { ...asked(channel, 'bravo'), waits: true });
  return () =>
    engine.read({
      ...{ channelId: channel.id, callsign: 'bravo', sessionHash: sessionOf(channel, 'bravo') },
      ...{ from: from.id, tag: from.tag, bare: true, final: false, rewoundTold: false, limits: { messages: 10, bytes: 1e6 } },
    });
};

test('a session that ended after its listener arrived, and before that was parked, reads nothing, wherever it ended', async () => {
  for (const where of ['there', 'here'] as const) {
    const { port, other, channel, session, clear } = await scene();
    const turns: unknown[] = [];
    other.onTurned((_, callsign) => turns.push(callsign));
    const read = await arrive(other, channel);
    await (where === 'here' ? other : port.engine).leave(channel.id, session);
    if (where === 'there') await until(() => turns.length === 1, 'the hint');
    await expect((async () => read())()).rejects.toMatchObject({ code: 'not_joined' });
    await clear();
  }
});

test('a session that ended before its listener arrived does not arrive, and confirms nothing', async () => {
  const { port, other, channel, session, clear } = await scene();
  await port.append(channel, 'alpha', 'bravo', 'one');
  await port.hear(channel, 'bravo');
  await port.engine.leave(channel.id, session);
  await expect(arrive(other, channel)).rejects.toMatchObject({ code: 'not_joined' });
  expect(await port.claim(channel, 'bravo')).toMatchObject({ unconfirmed: [{ message: { text: 'one' } }] });
  await clear();
});

test('what one arrival found is not for the next, which found more', async () => {
  // Nor does a hint tell of it.
  const { port, other, channel, clear } = await scene(true);
  await arrive(other, channel);
  await port.append(channel, 'alpha', 'bravo', 'one');
  const read = await arrive(other, channel);
  const slice = await read();
  expect(typeof slice === 'string' ? slice : heard(slice)).toEqual(['one']);
  await clear();
});
