/** The port: what owners do, each in one step. */
import { expect } from 'vitest';
import { after, everyEngine, hashOf, heard } from '../harness/port.ts';

const HOUR = 3_600_000;

everyEngine('a rotation ends every session of the old token and leaves seats, mailboxes and bindings', async (port) => {
  const channel = await port.channel({ retention: 'metadata' });
  const identity = port.identity('a');
  const { session } = await port.claim(channel, 'alpha', { newIdentity: identity, authorized: true });
  await port.claim(channel, 'bravo');
  await port.append(channel, 'bravo', 'alpha', 'waits');
  const [joinTokenHash, last] = [hashOf('one more'), hashOf('the last')];
  // However many ask at once, one of their tokens is in force, and it is that of the last.
  await Promise.all([port.engine.rotateToken(channel.id, joinTokenHash), port.engine.rotateToken(channel.id, last)]);
  expect(await port.engine.channel(channel.id)).toEqual({ ...channel, joinTokenHash: last });
  expect(await port.engine.session(channel.id, session.hash)).toEqual({ state: 'rotated' });
  expect((await port.engine.roster(channel.id)).map(({ presence, authorized }) => [presence, authorized])).toEqual([
    ['offline', false],
    ['offline', false],
  ]);
  await expect(port.claim(channel, 'alpha', { tokenHash: last })).rejects.toMatchObject({ code: 'callsign_taken' });
  const back = await port.claim(channel, 'alpha', { tokenHash: last, identityId: identity.id });
  expect(back).toMatchObject({ resumed: false, pending: 1, session: { sender: { verified: true, authorized: false } } });
  expect((await port.engine.transcript(channel.id, 0, 100)).map(({ type }) => type)).toEqual([
    ...['channel_created', 'join', 'join', 'message', 'rotate', 'rotate', 'join'],
  ]);
  port.clock.advance(HOUR);
  expect(await port.engine.session(channel.id, session.hash)).toEqual({ state: 'unknown' });
});

everyEngine('a kick ends the session of one callsign, once, and its mailbox goes on', async (port) => {
  const channel = await port.channel();
  const { session } = await port.claim(channel, 'alpha');
  await port.claim(channel, 'bravo');
  const kicks = await Promise.all([port.engine.kick(channel.id, 'alpha', null), port.engine.kick(channel.id, 'alpha', null)]);
  expect(kicks).toEqual([
    { kicked: true, banned: false },
    { kicked: false, banned: false },
  ]);
  expect(await port.engine.session(channel.id, session.hash)).toEqual({ state: 'kicked' });
  expect((await port.engine.roster(channel.id)).map(({ callsign }) => callsign)).toEqual(['bravo']);
  await port.append(channel, 'bravo', 'all', 'meanwhile');
  await port.claim(channel, 'alpha');
  expect(heard(await port.hear(channel, 'alpha'))).toEqual(['meanwhile']);
  expect(await port.engine.kick(channel.id, 'nobody', null)).toEqual({ kicked: false, banned: false });
});

everyEngine('a ban is of the callsign and of the identity that its seat is bound to', async (port) => {
  const channel = await port.channel();
  const [one, two] = [port.identity('one'), port.identity('two')];
  await port.claim(channel, 'alpha', { newIdentity: one });
  await port.claim(channel, 'bravo', { newIdentity: two });
  await port.engine.kick(channel.id, 'alpha', true);
  const refusal = { code: 'kicked' };
  await expect(port.claim(channel, 'alpha', { identityId: one.id })).rejects.toMatchObject(refusal);
  await expect(port.claim(channel, 'charlie', { identityId: one.id })).rejects.toMatchObject(refusal);
  await expect(port.claim(channel, 'alpha', { newIdentity: port.identity('three') })).rejects.toMatchObject(refusal);
  expect(await port.engine.identity(port.identity('three').keyHash)).toBeUndefined();
  await port.claim(channel, 'charlie', { identityId: two.id });
  // Asked for together, the last word counts.
  await Promise.all([port.engine.kick(channel.id, 'alpha', false), port.engine.kick(channel.id, 'alpha', true)]);
  await expect(port.claim(channel, 'alpha', { identityId: one.id })).rejects.toMatchObject(refusal);
  await Promise.all([port.engine.kick(channel.id, 'alpha', true), port.engine.kick(channel.id, 'alpha', false)]);
  await port.claim(channel, 'alpha', { identityId: one.id });
});

everyEngine('from the call of a pause on nothing is appended, and what was asked for before it is', async (port) => {
  const channel = await port.channel({ retention: 'full' });
  await port.seats(channel, 'alpha');
  const settled = await Promise.allSettled([
    port.append(channel, 'alpha', 'all', 'before'),
    port.engine.pause(channel.id, true),
    port.append(channel, 'alpha', 'all', 'after'),
    port.engine.pause(channel.id, true),
  ]);
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  expect(settled[2]).toMatchObject({ reason: { code: 'channel_paused' } });
  expect(await port.engine.channel(channel.id)).toMatchObject({ paused: true });
  expect((await port.engine.history(channel.id, 10)).map(({ text }) => text)).toEqual(['before']);
  await Promise.all([port.engine.pause(channel.id, false), port.engine.pause(channel.id, false)]);
  await port.append(channel, 'alpha', 'all', 'resumed');
  expect((await port.engine.transcript(channel.id, 2, 100)).map(({ type }) => type)).toEqual(['message', 'pause', 'resume', 'message']);
});

everyEngine('a closed channel takes nobody in, forgets its mailboxes and keeps its transcript', async (port) => {
  const channel = await port.channel({ retention: 'full' });
  const { session } = await port.claim(channel, 'alpha');
  await port.append(channel, 'alpha', 'all', 'one');
  const [, late] = await Promise.allSettled([port.engine.closeChannel(channel.id, false), port.append(channel, 'alpha', 'all', 'late')]);
  expect(late).toMatchObject({ status: 'rejected', reason: { code: 'unauthorized' } });
  expect((await port.engine.channel(channel.id))?.closedAt).toBe(port.clock.now());
  expect(await port.engine.session(channel.id, session.hash)).toEqual({ state: 'closed' });
  await expect(port.claim(channel, 'alpha')).rejects.toMatchObject({ code: 'unauthorized' });
  expect(await port.engine.roster(channel.id)).toEqual([]);
  expect(await port.engine.history(channel.id, 10)).toEqual([]);
  const kept = await port.engine.transcript(channel.id, 0, 100);
  expect(kept.map(({ type, text }) => text ?? type)).toEqual(['channel_created', 'join', 'one', 'close']);
  // Again, it is closed already; and with everything it kept.
  await port.engine.closeChannel(channel.id, false);
  expect(await port.engine.transcript(channel.id, 0, 100)).toHaveLength(4);
  await port.engine.closeChannel(channel.id, true);
  expect(await port.engine.channel(channel.id)).toBeUndefined();
  expect(await port.engine.channelCount()).toBe(0);
  // A listener that outlived it has nobody to tell.
  port.engine.unpark(channel.id, 'alpha');
});

everyEngine(
  'owners’ steps are there again after a restart and after a crash',
  async (port) => {
    for (const how of ['stop', 'crash'] as const) {
      const channel = await port.channel({ retention: 'metadata' });
      const closed = await port.channel({ retention: 'full' });
      const erased = await port.channel({ retention: 'full' });
      const identity = port.identity(how);
      await port.claim(channel, 'alpha', { newIdentity: identity });
      const { session } = await port.claim(channel, 'bravo');
      for (const one of [closed, erased]) {
        await port.seats(one, 'alpha', 'bravo');
        await port.append(one, 'alpha', 'bravo', 'one', { key: { hash: hashOf('k'), content: hashOf('c') } });
      }
      await port.engine.kick(channel.id, 'alpha', true);
      await port.engine.kick(channel.id, 'charlie', true);
      await port.engine.kick(channel.id, 'charlie', false);
      const joinTokenHash = hashOf(`new ${how}`);
      await port.engine.rotateToken(channel.id, joinTokenHash);
      await port.engine.pause(channel.id, true);
      await port.engine.closeChannel(closed.id, false);
      await port.engine.closeChannel(erased.id, true);
      await port.reopen(how, 1000);
      expect(await port.engine.channel(channel.id)).toEqual({ ...channel, joinTokenHash, paused: true });
      expect(await port.engine.session(channel.id, session.hash)).toEqual({ state: 'rotated' });
      const banned = port.claim(channel, 'alpha', { identityId: identity.id, tokenHash: joinTokenHash });
      await expect(banned).rejects.toMatchObject({ code: 'kicked' });
      await port.claim(channel, 'charlie', { tokenHash: joinTokenHash });
      await expect(port.append(channel, 'charlie', 'all', 'x')).rejects.toMatchObject({ code: 'channel_paused' });
      expect((await port.engine.channel(closed.id))?.closedAt).toBeGreaterThan(0);
      expect(await port.engine.roster(closed.id)).toEqual([]);
      await expect(port.claim(closed, 'alpha')).rejects.toMatchObject({ code: 'unauthorized' });
      expect((await port.engine.transcript(closed.id, 0, 100)).map(({ type }) => type)).toEqual([
        ...['channel_created', 'join', 'join', 'message', 'close'],
      ]);
      expect(await port.engine.channel(erased.id)).toBeUndefined();
      await port.engine.pause(channel.id, false);
      await port.engine.kick(channel.id, 'alpha', false);
      await port.reopen(how);
      expect(await port.engine.channel(channel.id)).toMatchObject({ paused: false });
      await port.claim(channel, 'alpha', { identityId: identity.id, tokenHash: joinTokenHash });
      await port.append(channel, 'alpha', 'charlie', 'again');
      await port.engine.acknowledge(channel.id, 'charlie', after(1));
    }
  },
  { durable: true },
);

everyEngine('a closed channel is removed like an idle one', async (port) => {
  const [none, full] = [await port.channel(), await port.channel({ retention: 'full' })];
  for (const { id } of [none, full]) await port.engine.closeChannel(id, false);
  port.clock.advance(24 * HOUR + 1);
  expect(await port.engine.sweep()).toEqual([none.id]);
  port.clock.advance(6 * 24 * HOUR);
  expect(await port.engine.sweep()).toEqual([full.id]);
});
