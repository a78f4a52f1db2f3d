/** What the owner of a channel can do, and what everybody else is told of it. */
import { expect } from 'vitest';
import { texts } from '../harness/agent.ts';
import { refused } from '../harness/refused.ts';
import type { Channel } from '../harness/room.ts';
import { verifies } from '../harness/verifies.ts';

const HOUR = 3_600_000;

/** The transcript without what only messages and the beginning have. */
const events = async (channel: Channel): Promise<unknown[]> =>
  (await channel.transcript()).events
    .filter(({ type }) => !/^(?:channel_created|join|message)$/.test(type))
    .map(({ seq: _, at: __, ...rest }) => rest);

verifies('owner:token', async (room) => {
  const [channel, other] = [await room.channel(), await room.channel()];
  const alpha = await channel.agent('alpha');
  for (const token of [undefined, '', channel.created.join_token, other.created.owner_token, alpha.sessionId, 'rt_owner_wrong']) {
    const caller = alpha.showing({ token });
    for (const call of [
      () => caller.close(),
      () => caller.rotate(),
      () => caller.kick('alpha'),
      () => caller.pause(),
      () => caller.resume(),
    ])
      await refused(call(), 'unauthorized');
  }
  await alpha.say('nothing came of it');
  expect(await channel.roster()).toHaveLength(1);
});

verifies('owner:refused', async (room) => {
  const channel = await room.channel();
  await refused(channel.owner.kick('Not A Callsign'), 'invalid_callsign');
  await refused(channel.owner.kick('admin'), 'reserved_callsign');
  await refused(channel.owner.kick('alpha', { ban: 'yes' }), 'invalid_body');
  await refused(channel.owner.kick('alpha', { forever: true }), 'unknown_field');
  await refused(channel.owner.close({ delete: true }), 'unknown_field');
  expect(await channel.owner.kick(' ALPHA ')).toEqual({ channel_id: channel.id, callsign: 'alpha', kicked: false, banned: false });
});

verifies('owner:close', async (room) => {
  for (const retention of ['none', 'full']) {
    const channel = await room.channel({ retention });
    const [alpha, bravo] = await channel.agents('alpha', 'bravo');
    await alpha.say('one');
    const listening = await bravo.park({ since: 'latest' });
    const waiting = await alpha.park({ since: 'latest' }, { by: 'wait' });
    const [seated, watching] = [bravo.stream({ since: 'latest' }), channel.stream()];
    await room.parked(4);
    await watching.next();
    expect(await channel.owner.close()).toEqual({ channel_id: channel.id, closed: true, erased: false });
    for (const parked of [listening, waiting]) {
      const told = await refused(parked.answer, 'unauthorized');
      expect(told.detail).toMatch(/closed/);
    }
    for (const tape of [seated, watching])
      expect(await tape.end()).toMatchObject({ code: 'unauthorized', detail: expect.stringMatching(/closed/) });
    const calls = [
      () => channel.join('charlie'),
      () => channel.join('alpha'),
      () => alpha.say('x'),
      () => alpha.listen(),
      () => channel.roster(),
      () => channel.history(),
      () => channel.info(),
      () => channel.owner.pause(),
      () => channel.owner.rotate(),
    ];
    for (const call of calls) expect((await refused(call(), 'unauthorized')).detail).toMatch(/closed/);
    if (retention === 'none') await refused(channel.transcript(), 'no_transcript');
    else {
      // An agent shows its session wherever it goes.
      expect((await alpha.transcript()).events).toHaveLength(5);
      expect((await channel.transcript()).events.map(({ type }) => type)).toEqual(['channel_created', 'join', 'join', 'message', 'close']);
      expect(await channel.owner.close()).toMatchObject({ closed: true });
      expect(await events(channel)).toEqual([{ type: 'close' }]);
    }
    await refused(channel.showing({ token: 'rt_join_wrong' }).transcript(), 'unauthorized');
    // Without the token nobody learns that there was a channel.
    expect((await refused(channel.showing({ token: 'rt_join_wrong' }).info(), 'unauthorized')).detail).not.toMatch(/closed/);
    await room.pass(24 * HOUR);
    for (let i = 0; i < 2; i++) await room.pass(30_000);
    if (retention === 'none') expect(await room.engine.channel(channel.id)).toBeUndefined();
    else expect((await channel.transcript()).events).toHaveLength(5);
  }
});

verifies('owner:erase', async (room) => {
  for (const first of [false, true]) {
    const channel = await room.channel({ retention: 'full' });
    const alpha = await channel.agent('alpha');
    await alpha.say('one');
    if (first) await channel.owner.close();
    const parked = first ? null : await alpha.park({ since: 'latest' });
    expect(await channel.owner.close({ erase: true })).toMatchObject({ closed: true, erased: true });
    if (parked) expect((await refused(parked.answer, 'unauthorized')).detail).toMatch(/closed/);
    const never = channel.showing({ channelId: 'quiet-otter-000000' });
    const ownerOfNone = never.showing({ token: channel.created.owner_token });
    for (const [call, unknown] of [
      [() => channel.transcript(), () => never.transcript()],
      [() => channel.roster(), () => never.roster()],
      [() => channel.join('alpha'), () => never.join('alpha')],
      [() => channel.owner.close(), () => ownerOfNone.close()],
    ] as const) {
      const { detail, hint } = await refused(call(), 'unauthorized');
      const other = await refused(unknown(), 'unauthorized');
      expect({ detail, hint }).toEqual({ detail: other.detail, hint: other.hint });
    }
    expect(await room.engine.channelCount()).toBe(0);
  }
});

verifies('owner:rotate', async (room) => {
  const [channel, alpha, bravo] = await room.talk({ retention: 'full' }, 'alpha', 'bravo');
  await alpha.send('bravo', 'before');
  expect(texts(await bravo.listen())).toEqual(['before']);
  const { join_token } = await channel.owner.rotate();
  expect(join_token).toMatch(/^rt_join_/);
  for (const call of [
    () => channel.join('alpha'),
    () => channel.roster(),
    () => alpha.say('x'),
    () => alpha.listen(),
    () => bravo.history(),
  ])
    await refused(call(), 'unauthorized');
  const renewed = channel.renewed(join_token);
  expect((await renewed.roster()).map(({ callsign, presence }) => [callsign, presence])).toEqual([
    ['alpha', 'offline'],
    ['bravo', 'offline'],
  ]);
  // Its seat and its mailbox: nothing was confirmed, so it is shown again.
  const back = await renewed.agent('bravo');
  expect(back.joined).toMatchObject({ resumed: false, pending: 0 });
  expect(texts({ messages: back.joined.unconfirmed })).toEqual(['before']);
  expect(back.sessionId).not.toBe(bravo.sessionId);
  // The old session with the new token has to join again; a way in that shows no token has to get it first.
  const over = renewed.showing({ sessionId: bravo.sessionId }).send('all', 'x');
  await expect(over).rejects.toMatchObject({
    code: expect.stringMatching(/^(?:session_expired|unauthorized)$/),
    detail: expect.stringMatching(/join token/),
  });
  await (await renewed.agent('alpha')).send('bravo', 'after');
  expect(texts(await back.listen())).toEqual(['after']);
  expect(await events(renewed)).toEqual([{ type: 'rotate' }]);
  // The owner token stays what it was, and may do it again.
  const again = await channel.owner.rotate();
  expect(again.join_token).not.toBe(join_token);
  await refused(renewed.roster(), 'unauthorized');
});

verifies('owner:rotate-told', async (room) => {
  const [channel, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  const parked = [await alpha.park(), await bravo.park({}, { by: 'wait' })];
  const tapes = [alpha.stream(), channel.stream()];
  await room.parked(4);
  await channel.owner.rotate();
  for (const { answer } of parked) {
    const told = await refused(answer, 'unauthorized');
    expect(told.detail).toMatch(/another join token/);
    expect(told.hint).toMatch(/new token/);
  }
  for (const tape of tapes)
    expect(await tape.end()).toMatchObject({ code: 'unauthorized', detail: expect.stringMatching(/another join token/) });
  await room.parked(0);
});

verifies('owner:kick', async (room) => {
  const [channel, alpha, bravo] = await room.talk({ retention: 'full' }, 'alpha', 'bravo');
  await alpha.send('bravo', 'before');
  const parked = [await bravo.park({ since: 'latest' }), await bravo.park({ since: 'latest' }, { by: 'wait' })];
  const other = await alpha.park();
  const tape = bravo.stream({ since: 'latest' });
  await room.parked(4);
  expect(await channel.owner.kick('bravo')).toEqual({ channel_id: channel.id, callsign: 'bravo', kicked: true, banned: false });
  for (const { answer } of parked) await refused(answer, 'kicked');
  expect(await tape.end()).toMatchObject({ code: 'kicked' });
  await room.parked(1);
  for (const call of [() => bravo.listen(), () => bravo.send('alpha', 'x'), () => bravo.leave()]) await refused(call(), 'kicked');
  expect((await channel.roster()).map(({ callsign }) => callsign)).toEqual(['alpha']);
  expect((await alpha.say('still here')).recipients).toEqual([]);
  expect(await channel.owner.kick('bravo')).toMatchObject({ kicked: false });
  const back = await bravo.back();
  expect(back.joined.resumed).toBe(false);
  expect(texts(await back.listen())).toEqual(['still here']);
  await back.send('alpha', 'and back');
  expect(texts(await other.answer)).toEqual(['and back']);
  await room.pass(HOUR);
  await refused(bravo.listen(), 'not_joined');
  expect((await events(channel)).slice(0, 1)).toEqual([{ type: 'kick', callsign: 'bravo' }]);
});

verifies('owner:ban', async (room) => {
  const channel = await room.channel({ retention: 'metadata' });
  const { identity_key } = await room.anyone().createIdentity();
  await channel.join('alpha', { identity_key });
  await channel.join('bravo');
  expect(await channel.owner.kick('alpha', { ban: true })).toMatchObject({ kicked: true, banned: true });
  for (const call of [
    () => channel.join('alpha', { identity_key }),
    () => channel.join('alpha'),
    () => channel.join('other', { identity_key }),
  ])
    expect((await refused(call(), 'kicked')).detail).toMatch(/does not let/);
  // Another identity, or a kick of somebody else, has nothing to do with it; a kick without a word leaves the ban.
  await channel.join('charlie', { new_identity: true });
  await channel.owner.kick('bravo');
  await channel.join('bravo');
  expect(await channel.owner.kick('alpha')).toMatchObject({ kicked: false, banned: true });
  // Before anybody came under it.
  expect(await channel.owner.kick('delta', { ban: true })).toMatchObject({ kicked: false, banned: true });
  await refused(channel.join('delta'), 'kicked');
  expect(await channel.owner.kick('alpha', { ban: false })).toMatchObject({ kicked: false, banned: false });
  await channel.join('alpha', { identity_key });
  await refused(channel.join('delta'), 'kicked');
  expect(await events(channel)).toEqual([
    { type: 'kick', callsign: 'alpha', reason: 'banned' },
    { type: 'kick', callsign: 'bravo' },
    { type: 'kick', callsign: 'delta', reason: 'banned' },
    { type: 'kick', callsign: 'alpha', reason: 'ban lifted' },
  ]);
});

verifies('owner:pause', async (room) => {
  const [channel, alpha, bravo] = await room.talk({ retention: 'full' }, 'alpha', 'bravo');
  const { id } = await alpha.send('bravo', 'before', { idempotency_key: 'k' });
  expect(await channel.info()).toMatchObject({ paused: false });
  for (let i = 0; i < 2; i++) expect(await channel.owner.pause()).toEqual({ channel_id: channel.id, paused: true });
  const told = await refused(alpha.send('bravo', 'x'), 'channel_paused');
  expect(told.status).toBe(423);
  await refused(alpha.say('busy', { kind: 'status' }), 'channel_paused');
  // What was sent before the pause was sent.
  expect(await alpha.send('bravo', 'before', { idempotency_key: 'k' })).toMatchObject({ id, duplicate: true });
  expect(await channel.info()).toMatchObject({ paused: true });
  expect(texts(await bravo.listen())).toEqual(['before']);
  await channel.join('charlie');
  expect(await channel.history()).toHaveLength(1);
  for (let i = 0; i < 2; i++) expect(await channel.owner.resume()).toEqual({ channel_id: channel.id, paused: false });
  await alpha.send('bravo', 'after');
  expect(texts(await bravo.listen())).toEqual(['after']);
  expect(await events(channel)).toEqual([{ type: 'pause' }, { type: 'resume' }]);
});

verifies('owner:pause-parked', async (room) => {
  const [channel, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  const parked = await bravo.park();
  // Asked for at once: what is sent after the pause is asked for is not sent.
  const [paused, sent] = await Promise.allSettled([channel.owner.pause(), room.parked(1).then(() => alpha.send('bravo', 'x'))]);
  expect(paused.status).toBe('fulfilled');
  expect(sent).toMatchObject({ status: 'rejected', reason: { code: 'channel_paused' } });
  await channel.owner.resume();
  await alpha.send('bravo', 'after');
  expect(texts(await parked.answer)).toEqual(['after']);
});
