/** The port: channels and identities. */
import { expect } from 'vitest';
import { everyEngine } from '../harness/port.ts';

everyEngine('a channel is found as it was made, and others are not', async (port) => {
  expect(await port.engine.channel('nothing')).toBeUndefined();
  const one = await port.channel({ retention: 'full', trustMode: 'trusted', requireIdentity: true, ownerPasswordHash: 'scrypt$a$b' });
  const two = await port.channel({ sessionTtlMs: 60_000 });
  expect(await port.engine.channel(one.id)).toEqual(one);
  expect(await port.engine.channel(two.id)).toEqual(two);
  expect(await port.engine.channelCount()).toBe(2);
});

everyEngine('a channel that is not there is refused as an unknown one', async (port) => {
  const ghost = { ...(await port.channel()), id: 'ghost' };
  const { engine } = port;
  const calls: (() => unknown)[] = [
    () => engine.counts(ghost.id),
    () => port.claim(ghost, 'alpha'),
    () => engine.session(ghost.id, 'x'),
    () => engine.roster(ghost.id),
    () => port.append(ghost, 'alpha', 'all', 'x'),
    () => engine.history(ghost.id, 1),
    () => engine.receipts(ghost.id, 1),
    () => port.hear(ghost, 'alpha'),
  ];
  for (const call of calls) await expect((async () => call())()).rejects.toMatchObject({ code: 'unauthorized' });
  // These happen to a listener that outlived its channel, and have nobody to tell.
  engine.unpark(ghost.id, 'alpha');
  const nowhere = { id: 0, tag: '0' };
  engine.handed(ghost.id, 'alpha', { heard: [], after: nowhere, cursor: nowhere, more: false, gap: null });
});

everyEngine(
  'there is room for so many channels, however many ask at once',
  async (port) => {
    const made = await Promise.allSettled(Array.from({ length: 6 }, () => port.channel()));
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    for (const one of made) if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'hub_full' });
    expect(await port.engine.channelCount()).toBe(3);
  },
  { limits: 'channels=3' },
);

everyEngine(
  'identities are found by the hash of their key, and there is room for so many',
  async (port) => {
    const [one, two] = [port.identity('one'), { ...port.identity('two'), name: null }];
    await port.engine.createIdentity(one);
    await port.engine.createIdentity(two);
    expect(await port.engine.identity(one.keyHash)).toEqual(one);
    expect(await port.engine.identity(two.keyHash)).toEqual(two);
    expect(await port.engine.identity('nothing')).toBeUndefined();
    await expect(port.engine.createIdentity(port.identity('three'))).rejects.toMatchObject({ code: 'hub_full' });
    expect(await port.engine.identity(port.identity('three').keyHash)).toBeUndefined();
  },
  { limits: 'identities=2' },
);

everyEngine('counts are of members, listeners, messages in the ring, and ids', async (port) => {
  const channel = await port.channel();
  await port.seats(channel, 'alpha', 'bravo');
  await port.append(channel, 'alpha', 'charlie', 'x');
  await port.append(channel, 'alpha', 'all', 'busy', { kind: 'status' });
  port.engine.park(channel.id, 'bravo');
  expect(await port.engine.counts(channel.id)).toEqual({ members: 2, listening: 1, messages: 1, head: 2 });
  port.engine.unpark(channel.id, 'bravo');
  expect(await port.engine.counts(channel.id)).toMatchObject({ listening: 0 });
  expect(port.engine.health()).toBeNull();
});

everyEngine('a survey has every channel with its counts and its last sign of life, and no text', async (port) => {
  const [one, two] = [await port.channel({ retention: 'full' }), await port.channel()];
  await port.seats(one, 'alpha', 'bravo');
  await port.append(one, 'alpha', 'all', 'secret words');
  port.engine.park(one.id, 'bravo');
  const facts = new Map((await port.engine.survey()).map((fact) => [fact.channel.id, fact]));
  expect([...facts.keys()].sort()).toEqual([one.id, two.id].sort());
  expect(facts.get(one.id)).toEqual({
    channel: one,
    ...(await port.engine.counts(one.id)),
    lastActiveAt: port.clock.now(),
    tripped: 0,
  });
  expect(facts.get(two.id)).toMatchObject({ members: 0, listening: 0, messages: 0, head: 0 });
  expect(JSON.stringify([...facts.values()])).not.toContain('secret words');
  port.engine.unpark(one.id, 'bravo');
});
