/** The port: allowances, transcripts, and what a sweep takes away. */
import { expect } from 'vitest';
import { everyEngine } from '../harness/port.ts';

const HOUR = 3_600_000;

everyEngine('an allowance is a burst and then a rate, by key', async (port) => {
  const rate = { burst: 3, perSecond: 2 };
  const spend = async (key = 'k', calls?: 1 | -1) => port.engine.spend(key, rate, calls);
  expect(await spend()).toEqual({ allowed: true, remaining: 2, retryAfterMs: 0 });
  expect(await spend()).toEqual({ allowed: true, remaining: 1, retryAfterMs: 0 });
  expect(await spend()).toEqual({ allowed: true, remaining: 0, retryAfterMs: 0 });
  expect(await spend()).toEqual({ allowed: false, remaining: 0, retryAfterMs: 500 });
  expect((await spend('other')).allowed).toBe(true);
  port.clock.advance(499);
  expect(await spend()).toEqual({ allowed: false, remaining: 0, retryAfterMs: 1 });
  port.clock.advance(1);
  expect((await spend()).allowed).toBe(true);
  expect((await spend()).allowed).toBe(false);
  // A call that is given back can be made again.
  await spend('k', -1);
  expect((await spend()).allowed).toBe(true);
  expect((await spend()).allowed).toBe(false);
  // Full is full, however long nobody asked or whatever was given back.
  port.clock.advance(HOUR);
  await port.engine.sweep();
  await spend('k', -1);
  const calls = [];
  for (let i = 0; i < 4; i++) calls.push((await spend()).allowed);
  expect(calls).toEqual([true, true, true, false]);
});

everyEngine('an allowance does not look at the wall clock', async (port) => {
  const rate = { burst: 1, perSecond: 1 };
  await port.engine.spend('k', rate);
  port.clock.jump(HOUR);
  expect((await port.engine.spend('k', rate)).allowed).toBe(false);
  port.clock.jump(-2 * HOUR);
  port.clock.advance(1000);
  expect((await port.engine.spend('k', rate)).allowed).toBe(true);
});

everyEngine('the transcript is numbered without holes, read in pieces, and keeps what its mode keeps', async (port) => {
  for (const retention of ['metadata', 'prompts', 'full'] as const) {
    const channel = await port.channel({ retention });
    await port.seats(channel, 'alpha', 'bravo');
    for (const text of ['one', 'two']) await port.append(channel, 'alpha', 'all', text);
    await port.append(channel, 'bravo', 'alpha', 'three', { replyTo: 1 });
    const events = await port.engine.transcript(channel.id, 0, 100);
    expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(events.map(({ type }) => type)).toEqual(['channel_created', 'join', 'join', 'message', 'message', 'message']);
    const texts = events.flatMap((event) => (event.type === 'message' ? [event.text] : []));
    const kept = { metadata: [undefined, undefined, undefined], prompts: ['one', undefined, 'three'], full: ['one', 'two', 'three'] };
    expect(texts).toEqual(kept[retention]);
    expect(events[5]).toMatchObject({
      id: 3,
      from: 'bravo',
      to: 'alpha',
      bytes: 5,
      reply_to: 1,
      sender: { verified: false, authorized: false },
    });
    expect((await port.engine.transcript(channel.id, 2, 2)).map(({ seq }) => seq)).toEqual([3, 4]);
    expect(await port.engine.transcript(channel.id, 6, 10)).toEqual([]);
  }
  const none = await port.channel();
  await port.seats(none, 'alpha');
  expect(await port.engine.transcript(none.id, 0, 100)).toEqual([]);
});

everyEngine('a sweep expires sessions and forgets their tombstones', async (port) => {
  const channel = await port.channel({ retention: 'metadata', sessionTtlMs: 60_000 });
  const { session } = await port.claim(channel, 'alpha');
  port.clock.advance(60_000);
  await port.engine.sweep();
  port.clock.advance(1000);
  expect((await port.engine.transcript(channel.id, 0, 100)).at(-1)).toMatchObject({ type: 'leave', callsign: 'alpha', reason: 'expired' });
  expect((await port.engine.roster(channel.id))[0]).toMatchObject({ presence: 'offline' });
  expect((await port.engine.session(channel.id, session.hash)).state).toBe('expired');
  port.clock.advance(HOUR);
  await port.engine.sweep();
  expect((await port.engine.session(channel.id, session.hash)).state).toBe('unknown');
});

everyEngine('a sweep removes idle channels, later those that keep a transcript, and tells which', async (port) => {
  const [none, full, busy] = [await port.channel(), await port.channel({ retention: 'full' }), await port.channel()];
  await port.seats(busy, 'alpha');
  await port.seats(full, 'alpha');
  await port.append(full, 'alpha', 'all', 'x');
  port.clock.advance(24 * HOUR);
  expect(await port.engine.sweep()).toEqual([]);
  await port.claim(busy, 'alpha');
  port.clock.advance(1);
  expect(await port.engine.sweep()).toEqual([none.id]);
  expect(await port.engine.channel(none.id)).toBeUndefined();
  port.clock.advance(6 * 24 * HOUR);
  expect([...(await port.engine.sweep())].sort()).toEqual([full.id, busy.id].sort());
  expect(await port.engine.channelCount()).toBe(0);
});
