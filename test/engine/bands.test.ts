/** The port: bands, and claims where no token tells two callers apart. */
import { expect } from 'vitest';
import { openBands } from '../../src/core/bands.ts';
import type { Channel } from '../../src/core/types.ts';
import { everyEngine, hashOf, type Port } from '../harness/port.ts';

const DAY = 86_400_000;

const band = async (port: Port): Promise<Channel> => {
  await openBands(port.engine, port.clock);
  return (await port.engine.channel('general'))!;
};

everyEngine(
  'a band is made once, takes no channel’s place, and is never swept',
  async (port) => {
    const first = await band(port);
    await Promise.all([openBands(port.engine, port.clock), openBands(port.engine, port.clock)]);
    expect(await port.engine.channel('general')).toEqual(first);
    expect(await port.engine.channelCount()).toBe(0);
    await port.channel();
    await expect(port.channel()).rejects.toMatchObject({ code: 'hub_full' });
    port.clock.advance(30 * DAY);
    expect(await port.engine.sweep()).toHaveLength(1);
    expect(await port.engine.channel('general')).toEqual(first);
  },
  { limits: 'channels=1' },
);

everyEngine('an exclusive claim finds the seat held by another token, unless its identity is that of the seat', async (port) => {
  const channel = await band(port);
  const [here, there] = [hashOf('here'), hashOf('there')];
  const identity = port.identity('one');
  await port.engine.createIdentity(identity);
  const first = await port.claim(channel, 'alpha', { tokenHash: here, terms: 'exclusive' });
  await expect(port.claim(channel, 'alpha', { tokenHash: there, terms: 'exclusive' })).rejects.toMatchObject({ code: 'callsign_taken' });
  await expect(port.claim(channel, 'alpha', { tokenHash: there, terms: 'exclusive', identityId: identity.id })).rejects.toMatchObject({
    code: 'callsign_taken',
  });
  const bound = await port.claim(channel, 'alpha', { tokenHash: here, terms: 'exclusive', identityId: identity.id });
  expect(bound).toMatchObject({ resumed: false });
  expect(await port.engine.session(channel.id, first.session.hash)).toEqual({ state: 'unknown' });
  expect(await port.claim(channel, 'alpha', { tokenHash: here, terms: 'exclusive', identityId: identity.id })).toMatchObject({
    resumed: true,
    nonce: bound.nonce,
  });
  const moved = await port.claim(channel, 'alpha', { tokenHash: there, terms: 'exclusive', identityId: identity.id });
  expect(moved.resumed).toBe(false);
  expect(await port.engine.session(channel.id, bound.session.hash)).toEqual({ state: 'unknown' });
});

everyEngine('a claim to resume begins no session', async (port) => {
  const channel = await band(port);
  await expect(port.claim(channel, 'alpha', { terms: 'resume' })).rejects.toMatchObject({ code: 'not_joined' });
  expect(await port.engine.roster(channel.id)).toEqual([]);
  await port.claim(channel, 'alpha', { terms: 'exclusive' });
  expect(await port.claim(channel, 'alpha', { terms: 'resume' })).toMatchObject({ resumed: true });
  const identity = port.identity('one');
  await port.engine.createIdentity(identity);
  // It would begin one.
  await expect(port.claim(channel, 'alpha', { terms: 'resume', identityId: identity.id })).rejects.toMatchObject({ code: 'not_joined' });
  expect(await port.claim(channel, 'alpha', { terms: 'resume' })).toMatchObject({ resumed: true });
});

everyEngine('nobody leaves mail on a band for who has not joined', async (port) => {
  const channel = await band(port);
  await port.claim(channel, 'alpha', { terms: 'exclusive' });
  await expect(port.append(channel, 'alpha', 'nobody', 'x')).rejects.toMatchObject({ code: 'invalid_to' });
  await port.append(channel, 'alpha', 'all', 'x');
  expect(await port.engine.history(channel.id, 10)).toHaveLength(1);
});

everyEngine(
  'a seat of a band that was given up does not come back with the next start, and one that was taken again does',
  async (port) => {
    for (const how of ['stop', 'crash'] as const) {
      const channel = await band(port);
      for (const name of [`gone-${how}`, `back-${how}`]) await port.claim(channel, name, { terms: 'exclusive' });
      port.clock.advance(2 * DAY);
      await port.engine.sweep();
      await port.claim(channel, `back-${how}`, { terms: 'exclusive' });
      // Written lazily, half a second at the latest.
      port.clock.advance(1000);
      await port.claim(channel, `third-${how}`, { terms: 'exclusive' });
      await port.reopen(how);
      const names = (await port.engine.roster(channel.id)).map(({ callsign }) => callsign);
      expect(names).toContain(`back-${how}`);
      expect(names).not.toContain(`gone-${how}`);
    }
  },
  { durable: true },
);
