/** The port: who holds a callsign, and what a session is worth. */
import { expect } from 'vitest';
import { everyEngine, hashOf } from '../harness/port.ts';

const TTL = 1_800_000;
const HOUR = 3_600_000;

everyEngine('a claim is one step: however many ask at once, one session begins', async (port) => {
  const channel = await port.channel({ retention: 'metadata' });
  const claims = await Promise.all(Array.from({ length: 20 }, () => port.claim(channel, 'alpha')));
  expect(new Set(claims.map(({ nonce }) => nonce)).size).toBe(1);
  expect(new Set(claims.map(({ session }) => session.hash)).size).toBe(1);
  expect(claims.filter(({ resumed }) => !resumed)).toHaveLength(1);
  expect(await port.engine.roster(channel.id)).toHaveLength(1);
  const joins = (await port.engine.transcript(channel.id, 0, 100)).filter(({ type }) => type === 'join');
  expect(joins).toHaveLength(1);
});

everyEngine('a claim says who it is for and until when', async (port) => {
  const channel = await port.channel({ sessionTtlMs: 60_000 });
  const { session, expiresAt, nonce } = await port.claim(channel, 'alpha', { authorized: true, newIdentity: port.identity('a') });
  expect(session).toEqual({
    channelId: channel.id,
    callsign: 'alpha',
    hash: hashOf(`session ${nonce}`),
    sender: { verified: true, authorized: true },
  });
  expect(expiresAt).toBe(port.clock.now() + 60_000);
  expect(await port.engine.session(channel.id, session.hash)).toEqual({ state: 'live', session });
});

everyEngine('a live session belongs to the token it was made with', async (port) => {
  const channel = await port.channel();
  const first = await port.claim(channel, 'alpha');
  const tokenHash = hashOf('another token');
  await expect(port.claim(channel, 'alpha', { tokenHash })).rejects.toMatchObject({ code: 'unauthorized' });
  // Also for who was on the way when the token changed.
  const [, late] = await Promise.allSettled([port.engine.rotateToken(channel.id, tokenHash), port.claim(channel, 'bravo')]);
  expect(late).toMatchObject({ status: 'rejected', reason: { code: 'unauthorized' } });
  const second = await port.claim(channel, 'alpha', { tokenHash });
  expect(second.resumed).toBe(false);
  expect(await port.engine.session(channel.id, first.session.hash)).toEqual({ state: 'rotated' });
  expect(await port.engine.session(channel.id, second.session.hash)).toMatchObject({ state: 'live' });
});

everyEngine('an identity binds a seat for good, and is made with the seat or not at all', async (port) => {
  const channel = await port.channel();
  const [one, two] = [port.identity('one'), port.identity('two')];
  const open = await port.claim(channel, 'alpha');
  const { session, resumed } = await port.claim(channel, 'alpha', { newIdentity: one });
  // Whoever holds the session that began without it is not verified by it.
  expect(resumed).toBe(false);
  expect(await port.engine.session(channel.id, open.session.hash)).toEqual({ state: 'unknown' });
  expect(session.sender.verified).toBe(true);
  expect(await port.engine.identity(one.keyHash)).toEqual(one);
  await expect(port.claim(channel, 'alpha', { newIdentity: two })).rejects.toMatchObject({ code: 'callsign_taken' });
  await expect(port.claim(channel, 'alpha')).rejects.toMatchObject({ code: 'callsign_taken' });
  expect(await port.engine.identity(two.keyHash)).toBeUndefined();
  await port.engine.leave(channel.id, session.hash);
  await expect(port.claim(channel, 'alpha')).rejects.toMatchObject({ code: 'callsign_taken' });
  await port.claim(channel, 'alpha', { identityId: one.id });
  await port.claim(channel, 'bravo', { identityId: one.id });
});

everyEngine('two identities that claim a seat at once: one gets it', async (port) => {
  const channel = await port.channel();
  const claims = await Promise.allSettled(
    ['one', 'two', 'three'].map((name) => port.claim(channel, 'alpha', { newIdentity: port.identity(name) })),
  );
  expect(claims.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
  const kept = await Promise.all(['one', 'two', 'three'].map((name) => port.engine.identity(port.identity(name).keyHash)));
  expect(kept.filter(Boolean)).toHaveLength(1);
});

everyEngine('authorisation is raised by a claim and ends with the session', async (port) => {
  const channel = await port.channel();
  const authorized = async (given: boolean): Promise<boolean> =>
    (await port.claim(channel, 'alpha', { authorized: given })).session.sender.authorized;
  expect([await authorized(false), await authorized(true), await authorized(false)]).toEqual([false, true, true]);
  port.clock.advance(TTL);
  expect(await authorized(false)).toBe(false);
});

everyEngine('sessions slide with every look, expire, are remembered for an hour, and then were never here', async (port) => {
  const channel = await port.channel();
  const { session } = await port.claim(channel, 'alpha');
  const state = async () => (await port.engine.session(channel.id, session.hash)).state;
  for (let i = 0; i < 3; i++) {
    port.clock.advance(TTL - 1);
    expect(await state()).toBe('live');
  }
  port.clock.advance(TTL);
  expect(await state()).toBe('expired');
  port.clock.advance(HOUR - 1);
  expect(await state()).toBe('expired');
  port.clock.advance(1);
  expect(await state()).toBe('unknown');
  expect((await port.engine.session(channel.id, 'nothing')).state).toBe('unknown');
});

everyEngine('a jump of the wall clock changes nothing', async (port) => {
  const channel = await port.channel();
  const { session } = await port.claim(channel, 'alpha');
  for (const ms of [100 * TTL, -200 * TTL]) {
    port.clock.jump(ms);
    expect((await port.engine.session(channel.id, session.hash)).state).toBe('live');
  }
});

everyEngine('who is parked is listening and does not expire; its idle time counts from the end', async (port) => {
  const channel = await port.channel();
  const { session } = await port.claim(channel, 'alpha');
  const presence = async () => (await port.engine.roster(channel.id))[0]?.presence;
  port.engine.park(channel.id, 'alpha');
  port.engine.park(channel.id, 'alpha');
  port.clock.advance(10 * TTL);
  await port.engine.sweep();
  expect(await presence()).toBe('listening');
  port.engine.unpark(channel.id, 'alpha');
  expect(await presence()).toBe('listening');
  port.engine.unpark(channel.id, 'alpha');
  expect(await presence()).toBe('active');
  port.clock.advance(TTL - 1);
  expect(await presence()).toBe('idle');
  port.clock.advance(1);
  expect(await presence()).toBe('offline');
  expect((await port.engine.session(channel.id, session.hash)).state).toBe('expired');
});

everyEngine('a leave ends the session once and takes the seat off the roster', async (port) => {
  const channel = await port.channel();
  const { session } = await port.claim(channel, 'alpha');
  await port.claim(channel, 'bravo');
  const left = await Promise.all([port.engine.leave(channel.id, session.hash), port.engine.leave(channel.id, session.hash)]);
  expect(left.sort()).toEqual([false, true]);
  expect((await port.engine.roster(channel.id)).map(({ callsign }) => callsign)).toEqual(['bravo']);
  expect((await port.engine.session(channel.id, session.hash)).state).toBe('unknown');
  expect(await port.engine.leave(channel.id, 'nothing')).toBe(false);
});

everyEngine(
  'there is room for so many sessions and mailboxes, however many ask at once',
  async (port) => {
    const channel = await port.channel();
    const claims = await Promise.allSettled(['a', 'b', 'c', 'd', 'e'].map((name) => port.claim(channel, name)));
    expect(claims.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    expect(await port.engine.roster(channel.id)).toHaveLength(2);
    await port.append(channel, 'a', 'x', 'the third mailbox');
    await expect(port.append(channel, 'a', 'y', 'a fourth')).rejects.toMatchObject({ code: 'hub_full' });
    expect(await port.engine.history(channel.id, 10)).toHaveLength(1);
    // Sessions that have expired take no place.
    port.clock.advance(TTL);
    await port.claim(channel, 'x');
  },
  { limits: 'sessions=2,mailboxes=3' },
);
