/** `--durability replicated`: what no replica has is neither acknowledged nor given to anybody, by any call. */
import { expect, test } from 'vitest';
import type { Engine } from '../../src/core/engine.ts';
import type { Channel } from '../../src/core/types.ts';
import { openFleet } from '../harness/fleet.ts';
import { ask, ownRedis, replicated } from '../harness/hubs.ts';
import { asked, BARE, hashOf, LATEST, type Port, START, sessionOf } from '../harness/port.ts';
import { turns, until } from '../harness/until.ts';

const limits = { messages: 100, bytes: 1_000_000 };

const CALLS: Readonly<Record<string, (port: Port, channel: Channel) => unknown>> = {
  append: (port, channel) => port.append(channel, 'alpha', 'all', 'more'),
  'append, of a status': (port, channel) => port.append(channel, 'alpha', 'all', 'busy', { kind: 'status' }),
  'append, of a key that was used': (port, channel) =>
    port.append(channel, 'alpha', 'all', 'keyed', { key: { hash: hashOf('k'), content: hashOf('keyed') } }),
  claimSeat: (port, channel) => port.claim(channel, 'charlie'),
  leave: (port, channel) => port.engine.leave(channel.id, hashOf('nobody')),
  acknowledge: ({ engine }, channel) => engine.acknowledge(channel.id, 'bravo', BARE),
  'arrive, at the newest': ({ engine }, channel) => engine.arrive(channel.id, 'bravo', LATEST, asked(channel, 'bravo')),
  'read, at its end': ({ engine }, channel) =>
    engine.read({
      ...{ channelId: channel.id, callsign: 'bravo', sessionHash: sessionOf(channel, 'bravo') },
      ...{ from: 0, tag: '0', bare: true, final: true, rewoundTold: false, limits },
    }),
  observe: ({ engine }, channel) => engine.observe(channel.id, channel.joinTokenHash, START, limits),
  history: ({ engine }, channel) => engine.history(channel.id, 10),
  receipts: ({ engine }, channel) => engine.receipts(channel.id, 1),
  transcript: ({ engine }, channel) => engine.transcript(channel.id, 0, 10),
  roster: ({ engine }, channel) => engine.roster(channel.id),
  createChannel: (port) => port.channel(),
  createIdentity: (port) => port.engine.createIdentity(port.identity('one')),
  pause: ({ engine }, channel) => engine.pause(channel.id, false),
  claimTest: ({ engine }, channel) => engine.claimTest(channel.id, 'hook', 1_000),
};

/** How each call ended: 'ok', or the code it was refused with. */
const endings = async (port: Port, channel: Channel): Promise<Record<string, string>> =>
  Object.fromEntries(
    await Promise.all(
      Object.entries(CALLS).map(async ([name, make]) => {
        try {
          await make(port, channel);
          return [name, 'ok'] as const;
        } catch (error) {
          return [name, (error as { code?: string }).code ?? String(error)] as const;
        }
      }),
    ),
  );

const all = (ending: string): Record<string, string> => Object.fromEntries(Object.keys(CALLS).map((name) => [name, ending]));

/** A listener that waits: what it was woken for, with the text of a status. */
const parkAt = async (engine: Engine, channel: Channel) => {
  const told: string[] = [];
  engine.onAppended((_, { id, text }) => told.push(text || String(id)));
  engine.park(channel.id, 'bravo');
  const from = await engine.arrive(channel.id, 'bravo', LATEST, asked(channel, 'bravo'));
  const read = () =>
    engine.read({
      channelId: channel.id,
      callsign: 'bravo',
      sessionHash: sessionOf(channel, 'bravo'),
      from: from.id,
      tag: from.tag,
      bare: false,
      final: false,
      rewoundTold: false,
      limits,
    });
  return { told, read };
};

test('without a replica every call that promises or tells something is refused, and nobody hears of it', async () => {
  const primary = await ownRedis();
  const replica = await ownRedis('--replicaof', '127.0.0.1', String(primary.port));
  await replicated(primary);
  const { port, another, clear } = await openFleet(primary.url, 'replicated');
  const other = await another();
  const channel = await port.channel({ retention: 'full' });
  await port.seats(channel, 'alpha', 'bravo');
  await port.engine.addWebhook(
    {
      ...{ id: 'hook', channelId: channel.id, url: 'https://example.com/', events: ['message.created'], callsign: null },
      ...{ secret: 'sealed', secretKey: 'key', createdAt: 0, disabled: null },
    } as never,
    null,
  );
  await port.append(channel, 'alpha', 'all', 'keyed', { key: { hash: hashOf('k'), content: hashOf('keyed') } });
  expect(await endings(port, channel)).toEqual(all('ok'));
  const { told, read } = await parkAt(other, channel);

  await ask(replica, 'REPLICAOF', 'NO', 'ONE');
  expect(await endings(port, channel)).toEqual(all('storage_unavailable'));
  // A hint told the other hub; who waits there is given nothing, and no status is heard.
  await until(() => told.length > 0, 'the hint');
  expect(await read()).toBe('away');
  expect(told).not.toContain('busy');

  await ask(replica, 'REPLICAOF', '127.0.0.1', String(primary.port));
  await replicated(primary);
  // Who waits is told again by itself.
  const before = told.length;
  for (let i = 0; i < 1000 && told.length === before; i++) {
    port.clock.advance(1_000);
    await turns(20);
  }
  expect(await read()).toMatchObject({ heard: [{ message: { text: 'more' } }] });
  expect(await endings(port, channel)).toEqual(all('ok'));
  await until(() => told.includes('busy'), 'the status');
  await clear();
});
