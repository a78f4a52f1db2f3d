/** Guards against loops and bills: what stops agents that answer each other without end. */
import { expect } from 'vitest';
import { refused } from '../harness/refused.ts';
import { verifies } from '../harness/verifies.ts';

const HOUR = 3_600_000;

verifies('guard:callsign', { limits: 'callsignMessages=3' }, async (room) => {
  const [channel, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  await room.pass(1000);
  for (const text of ['one', 'two']) await alpha.say(text);
  await alpha.say('busy', { kind: 'status' });
  await room.pass(1000);
  const told = await refused(alpha.say('four'), 'budget_spent');
  expect(told).toMatchObject({ status: 429, retryAfter: 3599, problem: { guard: 'callsign_budget' } });
  expect(told.headers['ratelimit']).toBe('"budget";r=0;t=3599');
  expect(told.detail).toMatch(/3 messages within an hour/);
  expect(told.hint).toMatch(/human.*owner/s);
  // Going out and in again changes nothing; another's budget is another's.
  await alpha.leave();
  const back = await alpha.back();
  await refused(back.say('four'), 'budget_spent');
  await bravo.say('mine is untouched');
  expect(await channel.history()).toHaveLength(3);
  await room.pass(3_599_000);
  await back.rejoin();
  await (await back.back()).say('a new hour');
});

verifies('guard:channel', { limits: 'channelMessages=4' }, async (room) => {
  const [channel, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  for (const text of ['one', 'two']) for (const agent of [alpha, bravo]) await agent.say(text);
  for (const agent of [alpha, bravo]) {
    const told = await refused(agent.say('three'), 'budget_spent');
    expect(told.problem['guard']).toBe('channel_budget');
  }
  expect((await channel.owner.guards()).messages).toBe(4);
  const [, other] = await room.talk({}, 'alpha');
  await other.say('elsewhere');
  await room.pass(HOUR);
  expect((await channel.owner.guards()).messages).toBe(0);
  await (await alpha.back()).say('a new hour');
});

verifies('guard:identical', { limits: 'identicalMessages=3' }, async (room) => {
  const [channel, alpha, bravo] = await room.talk({}, 'alpha', 'bravo', 'charlie');
  for (const text of ['thanks', 'x'.repeat(5000)]) {
    for (let i = 0; i < 3; i++) await alpha.send('bravo', text);
    const told = await refused(alpha.send('bravo', text), 'loop_suspected');
    expect(told).toMatchObject({ status: 409, problem: { guard: 'identical' } });
    expect(told.detail).toMatch(/same text to bravo 3 times in a row/);
    expect(told.detail + told.hint).not.toContain('thanks');
    // Invisible characters make no other text.
    await refused(alpha.send('bravo', `${text}\u200b`), 'loop_suspected');
  }
  const many = (await channel.history(100)).length;
  // Another recipient, another sender or another text in between: no longer in a row.
  await alpha.send('charlie', 'x'.repeat(5000));
  await alpha.send('bravo', 'x'.repeat(5000));
  await bravo.send('alpha', 'x'.repeat(5000));
  await alpha.send('bravo', 'something else');
  for (let i = 0; i < 6; i++) await alpha.say('busy', { kind: 'status' });
  expect(await channel.history(100)).toHaveLength(many + 4);
});

verifies('guard:hops', { limits: 'replyHops=5' }, async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  let { id } = await alpha.send('bravo', 'what do you think?');
  const first = id;
  for (let i = 1; i <= 5; i++) {
    const [from, to] = i % 2 ? [bravo, 'alpha'] : [alpha, 'bravo'];
    ({ id } = await from.send(to, `I agree ${i}`, { reply_to: id }));
  }
  const told = await refused(alpha.send('bravo', 'I agree 6', { reply_to: id }), 'loop_suspected');
  expect(told.problem['guard']).toBe('hops');
  expect(told.hint).toMatch(/human/);
  // A broad discussion is no loop, and neither is a new thread.
  for (let i = 0; i < 10; i++) await alpha.send('bravo', `another answer ${i}`, { reply_to: first });
  const { id: fresh } = await alpha.send('bravo', 'a new thread');
  await bravo.send('alpha', 'an answer', { reply_to: fresh });
  await bravo.send('alpha', 'to nothing that is known', { reply_to: 4000 });
});

verifies('guard:repeats', { limits: 'callsignMessages=4,identicalMessages=2,mailboxes=3,ringMessages=10' }, async (room) => {
  const [, alpha] = await room.talk({}, 'alpha', 'bravo', 'charlie');
  const { id } = await alpha.send('bravo', 'hello', { idempotency_key: 'k' });
  for (let i = 0; i < 5; i++) expect(await alpha.send('bravo', 'hello', { idempotency_key: 'k' })).toMatchObject({ id, duplicate: true });
  for (let i = 0; i < 5; i++) await refused(alpha.send('delta', 'no room for a mailbox'), 'hub_full');
  for (let i = 0; i < 5; i++) await refused(alpha.send('bravo', ''), 'invalid_message');
  await alpha.send('bravo', 'hello again');
  await alpha.send('bravo', 'hello again');
  await refused(alpha.send('bravo', 'hello again'), 'loop_suspected');
  await alpha.send('bravo', 'the fourth');
  await refused(alpha.send('bravo', 'the fifth'), 'budget_spent');
});

verifies('guard:owner', { limits: 'callsignMessages=10,identicalMessages=2' }, async (room) => {
  const [channel, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  for (let i = 0; i < 2; i++) for (const agent of [alpha, bravo]) await agent.say('same');
  await refused(alpha.say('same'), 'loop_suspected');
  await room.pass(1000);
  for (let i = 0; i < 2; i++) await refused(bravo.say('same'), 'loop_suspected');
  expect(await channel.owner.guards()).toEqual({
    channel_id: channel.id,
    factor: 1,
    limits: { callsign_messages: 10, channel_messages: 1_000_000, identical_messages: 2, reply_hops: 5000 },
    messages: 4,
    tripped: [
      { guard: 'identical', callsign: 'alpha', at: new Date(room.clock.now() - 1000).toISOString(), times: 1 },
      { guard: 'identical', callsign: 'bravo', at: new Date(room.clock.now()).toISOString(), times: 2 },
    ],
  });
  await refused(channel.guards(), 'unauthorized');
  await refused(channel.setGuards({ reset: true }), 'unauthorized');
  const raised = await channel.owner.setGuards({ factor: 2 });
  expect(raised).toMatchObject({ factor: 2, limits: { callsign_messages: 20, identical_messages: 4 }, messages: 4 });
  expect(raised.tripped).toHaveLength(2);
  for (let i = 0; i < 2; i++) await alpha.say('same');
  await refused(alpha.say('same'), 'loop_suspected');
  expect(await channel.owner.setGuards({ reset: true })).toMatchObject({ factor: 2, messages: 0, tripped: [] });
  for (let i = 0; i < 4; i++) await alpha.say('same');
  expect(await channel.owner.setGuards({ factor: 1 })).toMatchObject({ factor: 1, messages: 4 });
  for (const fields of [{ factor: 0 }, { factor: -1 }, { factor: 1.5 }, { factor: 1001 }, { reset: 'yes' }]) {
    await refused(channel.owner.setGuards(fields), 'invalid_body');
  }
});

verifies('guard:kept', { limits: 'identicalMessages=2' }, async (room) => {
  for (const how of ['stop', 'crash'] as const) {
    const [channel, alpha] = await room.talk({}, 'alpha');
    await channel.owner.setGuards({ factor: 2 });
    for (let i = 0; i < 4; i++) await alpha.say('same');
    await refused(alpha.say('same'), 'loop_suspected');
    await room.restart(how);
    expect(await channel.owner.guards()).toMatchObject({ factor: 2 });
    for (let i = 0; i < 4; i++) await alpha.say('something else');
    await refused(alpha.say('something else'), 'loop_suspected');
  }
});

verifies('guard:counts', { limits: 'identicalMessages=2' }, async (room) => {
  for (const how of ['stop', 'crash'] as const) {
    const [channel, alpha] = await room.talk({}, 'alpha');
    for (let i = 0; i < 2; i++) await alpha.say('same');
    await refused(alpha.say('same'), 'loop_suspected');
    await room.restart(how);
    expect(await channel.owner.guards()).toMatchObject({ tripped: [], messages: 0 });
    for (let i = 0; i < 2; i++) await alpha.say('same');
    await refused(alpha.say('same'), 'loop_suspected');
  }
});

verifies('guard:modes', { mode: 'open', adminToken: 'an-admin-token-of-some-length', bands: true }, async (room) => {
  const channel = await room.channel();
  expect((await channel.owner.guards()).limits).toEqual({
    ...{ callsign_messages: 1000, channel_messages: 10_000, identical_messages: 100, reply_hops: 500 },
  });
  const band = await room.band('general').showing({ token: 'an-admin-token-of-some-length' }).guards();
  expect(band.limits).toEqual({ callsign_messages: 200, channel_messages: 2000, identical_messages: 20, reply_hops: 100 });
});
