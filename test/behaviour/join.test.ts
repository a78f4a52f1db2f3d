/** Taking a seat, and taking it up again. */
import { expect } from 'vitest';
import { marked, texts } from '../harness/agent.ts';
import { refused } from '../harness/refused.ts';
import { verifies } from '../harness/verifies.ts';

const TTL = 1_800_000;
const RESERVED = 'all everyone here system hub admin operator owner user human assistant tool developer'.split(' ');

verifies('join:answer', async (room) => {
  const channel = await room.channel();
  const joined = await channel.join('alpha');
  const { session_id, session_expires_at, instructions, roster, cursor, ...rest } = joined;
  expect(rest).toEqual({
    channel_id: channel.id,
    callsign: 'alpha',
    resumed: false,
    trust_posture: 'untrusted',
    history: [],
    pending: 0,
    unconfirmed: [],
    gap: null,
  });
  expect(session_id).not.toBe('');
  expect(Date.parse(session_expires_at)).toBe(room.clock.now() + TTL);
  expect(instructions.length).toBeGreaterThan(200);
  expect(roster).toEqual([expect.objectContaining({ callsign: 'alpha', presence: 'active' })]);
  expect(cursor).toMatch(/^0-[0-9a-z]+$/);
});

verifies('join:callsign', async (room) => {
  const channel = await room.channel();
  const good = { ' Alpha ': 'alpha', a: 'a', '7': '7', 'a-b_c': 'a-b_c', ['Z'.repeat(32)]: 'z'.repeat(32), '\tx9\n': 'x9' };
  for (const [given, taken] of Object.entries(good)) expect((await channel.join(given)).callsign).toBe(taken);
  const bad = ['', ' ', '-a', 'a-', '_a', 'a_', 'a'.repeat(33), 'a b', 'a.b', 'ä', '\u0430lpha', 'a\0b', 'a/b', 'a@b', '🦦'];
  for (const callsign of bad) await refused(channel.join(callsign), 'invalid_callsign');
  for (const callsign of [7, null, true, ['a'], {}, undefined]) await refused(channel.join('', { callsign }), 'invalid_callsign');
  expect((await channel.roster()).length).toBe(Object.keys(good).length);
});

verifies('join:reserved', async (room) => {
  const channel = await room.channel();
  for (const word of RESERVED) {
    for (const callsign of [word, word.toUpperCase(), ` ${word} `]) await refused(channel.join(callsign), 'reserved_callsign');
  }
  for (const callsign of ['all1', 'user-1', 'my-hub']) await channel.join(callsign);
});

verifies('join:idempotent', async (room) => {
  const channel = await room.channel();
  const alpha = await channel.agent('alpha');
  expect(alpha.joined.resumed).toBe(false);
  for (const callsign of ['alpha', 'ALPHA', ' alpha']) {
    expect(await channel.join(callsign)).toMatchObject({ resumed: true, session_id: alpha.sessionId, callsign: 'alpha' });
  }
  await room.pass(TTL - 1);
  expect(await channel.join('alpha')).toMatchObject({ resumed: true, session_id: alpha.sessionId });
  expect(await channel.roster()).toHaveLength(1);
});

verifies('join:at-once', async (room) => {
  const channel = await room.channel();
  const joins = await Promise.all(Array.from({ length: 20 }, () => channel.join('alpha')));
  expect(new Set(joins.map(({ session_id }) => session_id)).size).toBe(1);
  expect(joins.filter(({ resumed }) => !resumed)).toHaveLength(1);
  expect(await channel.roster()).toHaveLength(1);
  await channel.showing({ sessionId: joins[7]!.session_id }).send('bravo', 'we are one');
});

verifies('join:after-expiry', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  await alpha.say('one');
  await alpha.say('two');
  expect(texts(await bravo.listen({ limit: 1 }))).toEqual(['one']);
  await room.pass(TTL);
  await refused(bravo.listen(), 'session_expired');
  const again = await bravo.back();
  expect(again.joined).toMatchObject({ resumed: false, pending: 1 });
  expect(again.sessionId).not.toBe(bravo.sessionId);
  expect(marked(await again.listen({ since: again.joined.cursor }))).toEqual(['(one)', 'two']);
});

verifies('join:after-leave', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  await alpha.say('one');
  await bravo.listen();
  await bravo.leave();
  await alpha.say('two');
  const again = await bravo.back();
  expect(again.joined).toMatchObject({ resumed: false, pending: 1 });
  expect(again.sessionId).not.toBe(bravo.sessionId);
  expect(marked({ messages: again.joined.unconfirmed })).toEqual(['(one)']);
  expect(marked(await again.listen())).toEqual(['two']);
  await refused(bravo.listen(), 'not_joined');
});

verifies('join:sessions-apart', async (room) => {
  const [one, other] = [await room.channel(), await room.channel()];
  const [alpha, bravo, elsewhere] = [await one.agent('alpha'), await one.agent('bravo'), await other.agent('alpha')];
  expect(new Set([alpha, bravo, elsewhere].map(({ sessionId }) => sessionId)).size).toBe(3);
  await refused(other.showing({ sessionId: alpha.sessionId }).listen(), 'not_joined');
  await refused(other.showing({ sessionId: 'rt_session_nobody' }).send('all', 'x'), 'not_joined');
});

verifies('join:old-session', async (room) => {
  const [channel, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  await bravo.leave();
  expect(await bravo.join('bravo')).toMatchObject({ callsign: 'bravo', resumed: false });
  for (const sessionId of ['', 'rt_session_nobody']) expect((await channel.showing({ sessionId }).join('alpha')).resumed).toBe(true);
  await room.pass(TTL);
  await refused(alpha.listen(), 'session_expired');
  const again = await alpha.join('alpha');
  expect(again.resumed).toBe(false);
  // Another's session is none of the joiner's business.
  expect(await channel.showing({ sessionId: again.session_id }).join('bravo')).toMatchObject({ callsign: 'bravo', resumed: false });
});

verifies('join:at-head', async (room) => {
  const [channel, alpha] = await room.talk({}, 'alpha');
  await alpha.say('before');
  await alpha.send('charlie', 'for another');
  const bravo = await channel.agent('bravo');
  expect(bravo.joined).toMatchObject({ pending: 0, unconfirmed: [], gap: null });
  expect(texts({ messages: bravo.joined.history })).toEqual(['before', 'for another']);
  await alpha.say('after');
  expect(texts(await bravo.listen())).toEqual(['after']);
  expect(texts(await bravo.listen({ since: 0 }))).toEqual(['after']);
  expect((await bravo.listen({ since: 0 })).gap).toBeNull();
});

verifies('join:direct-waits', async (room) => {
  const [channel, alpha] = await room.talk({}, 'alpha');
  await alpha.say('to all before');
  const sent = await alpha.send('Bravo', 'first');
  expect(sent.recipients).toEqual([{ callsign: 'bravo', state: 'queued', presence: 'offline' }]);
  await alpha.say('to all between');
  await alpha.send('bravo', 'second');
  await alpha.send('charlie', 'not yours');
  const bravo = await channel.agent('bravo');
  expect(bravo.joined).toMatchObject({ pending: 2, unconfirmed: [] });
  await alpha.say('to all after');
  expect(marked(await bravo.listen())).toEqual(['first', 'second', 'to all after']);
});

verifies('join:moves-nothing', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  for (const text of ['one', 'two', 'three']) await alpha.say(text);
  await bravo.listen({ limit: 2 });
  const first = await bravo.rejoin();
  expect(first).toMatchObject({ pending: 1, gap: null, cursor: bravo.joined.cursor });
  expect(marked({ messages: first.unconfirmed })).toEqual(['(one)', '(two)']);
  for (let i = 0; i < 10; i++) {
    const { cursor, pending, unconfirmed, gap } = await bravo.rejoin();
    expect({ cursor, pending, unconfirmed, gap }).toEqual({
      cursor: first.cursor,
      pending: first.pending,
      unconfirmed: first.unconfirmed,
      gap: null,
    });
  }
  expect(marked(await bravo.listen())).toEqual(['three']);
});

verifies('join:cursor', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  await alpha.say('one');
  await bravo.listen();
  await bravo.listen();
  for (const text of ['two', 'three']) await alpha.say(text);
  await bravo.listen();
  const { cursor, unconfirmed } = await bravo.rejoin();
  expect(marked({ messages: unconfirmed })).toEqual(['(two)', '(three)']);
  const heard = await bravo.listen({ since: cursor });
  expect(heard.messages).toEqual(unconfirmed);
  expect(heard.after).toBe(cursor);
});

verifies('join:unconfirmed', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  const sent = await alpha.send('bravo', 'one');
  await bravo.listen();
  await alpha.say('waits');
  await alpha.send('charlie', 'not yours');
  const { unconfirmed, pending } = await bravo.rejoin();
  expect(unconfirmed).toEqual([
    {
      id: sent.id,
      from: 'alpha',
      to: 'bravo',
      text: 'one',
      at: sent.at,
      redelivered: true,
      sender: { verified: false, authorized: false },
    },
  ]);
  expect(pending).toBe(1);
  // Confirmed, it is neither.
  await bravo.listen();
  await bravo.listen();
  expect(await bravo.rejoin()).toMatchObject({ unconfirmed: [], pending: 0 });
});

verifies('join:overflow', { limits: 'answerBytes=8192' }, async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  const sent: string[] = [];
  for (let i = 0; i < 6; i++) {
    const text = `${i} ${'x'.repeat(1000)}`;
    sent.push(text);
    await alpha.send('bravo', text);
    await bravo.listen({ since: 0, limit: 100 });
    await bravo.listen({ since: bravo.joined.cursor });
  }
  // Everything was handed over in pieces; now a session that never gave evidence comes.
  await bravo.leave();
  const again = await bravo.back();
  const shown = texts({ messages: again.joined.unconfirmed });
  expect(shown.length).toBeGreaterThan(0);
  expect(shown).toEqual(sent.slice(0, shown.length));
  expect(shown.length + again.joined.pending).toBe(sent.length);
  expect(again.joined.pending).toBeGreaterThan(0);
  await again.listen();
  expect((await again.rejoin()).cursor).toBe(again.joined.cursor);
});

verifies('join:gap', { limits: 'ringMessages=3' }, async (room) => {
  const [channel, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  for (let i = 1; i <= 5; i++) await alpha.say(`m${i}`);
  const joined = await bravo.rejoin();
  expect(joined).toMatchObject({ pending: 3, gap: { reason: 'rotated', missed_at_most: 2, oldest: 3 } });
  expect((await channel.join('alpha')).gap).toBeNull();
  expect((await channel.join('charlie')).gap).toBeNull();
});

verifies('join:history', async (room) => {
  const [channel, alpha] = await room.talk({}, 'alpha');
  for (let i = 1; i <= 25; i++) await alpha.say(`m${i}`);
  const { history } = await channel.join('bravo');
  expect(texts({ messages: history })).toEqual(Array.from({ length: 20 }, (_, i) => `m${i + 6}`));
  for (let i = 1; i <= 8; i++) await alpha.say(`${i} ${'x'.repeat(32_000)}`);
  const { history: big } = await channel.join('charlie');
  expect(big.length).toBeGreaterThan(0);
  expect(big.length).toBeLessThan(8);
  expect(texts({ messages: big }).map((text) => text.slice(0, 1))).toEqual(
    Array.from({ length: big.length }, (_, i) => String(8 - big.length + 1 + i)),
  );
});
