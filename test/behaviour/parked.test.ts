/** Several listeners of one seat, listeners that die, and a hub that goes down. */
import { expect } from 'vitest';
import { marked, type Parked, texts } from '../harness/agent.ts';
import { refused } from '../harness/refused.ts';
import { verifies } from '../harness/verifies.ts';

verifies('parked:all-answered', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  for (const retentionOfParked of [2, 4]) {
    const parked: Parked[] = [];
    for (let i = 0; i < retentionOfParked; i++) parked.push(await bravo.park());
    const sent = await alpha.say('hello');
    expect(sent.recipients).toEqual([{ callsign: 'bravo', state: 'delivered', presence: 'listening' }]);
    const heard = await Promise.all(parked.map(({ answer }) => answer));
    const said = heard.flatMap(marked);
    expect(said.sort()).toEqual(['hello', ...Array.from({ length: retentionOfParked - 1 }, () => '(hello)')].sort());
    expect(heard.every(({ superseded }) => superseded === undefined)).toBe(true);
    expect(await bravo.listen()).toMatchObject({ messages: [] });
  }
});

verifies('parked:fifth', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  const parked: Parked[] = [];
  for (let i = 0; i < 4; i++) parked.push(await bravo.park());
  const fifth = bravo.listen({ timeout: 30 });
  const ended = await parked[0]!.answer;
  expect(ended).toEqual({
    messages: [],
    cursor: ended.after,
    after: ended.after,
    timed_out: false,
    more: false,
    gap: null,
    superseded: true,
  });
  await room.parked(4);
  await alpha.say('hello');
  const rest = await Promise.all([...parked.slice(1).map(({ answer }) => answer), fifth]);
  expect(rest.map(texts)).toEqual([['hello'], ['hello'], ['hello'], ['hello']]);
  // A look takes nobody's place.
  const full: Parked[] = [];
  for (let i = 0; i < 4; i++) full.push(await bravo.park());
  expect(await bravo.listen()).toMatchObject({ messages: [] });
  expect(room.hub.waiters.count).toBe(4);
  for (const { goAway } of full) goAway();
  await room.parked(0);
  // Another seat's listeners are another seat's.
  const others = [await alpha.park(), await bravo.park()];
  expect(room.hub.waiters.count).toBe(2);
  for (const { goAway } of others) goAway();
});

verifies('parked:shutdown', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  await alpha.say('one');
  const { cursor } = await bravo.listen();
  const parked = [await bravo.park({ since: cursor }), await bravo.park(), await alpha.park()];
  room.hub.close();
  for (const { answer } of parked) {
    expect(await answer).toMatchObject({ messages: [], ended: 'shutdown', timed_out: false, gap: null });
  }
  expect((await parked[0]!.answer).cursor).toBe(cursor);
  // Who comes now does not wait.
  expect(await bravo.listen({ timeout: 30, since: cursor })).toMatchObject({ messages: [] });
  expect(room.hub.waiters.count).toBe(0);
});

verifies('parked:gone', async (room) => {
  const [channel, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  const parked = await bravo.park();
  expect((await channel.roster())[1]).toMatchObject({ presence: 'listening' });
  parked.goAway();
  await room.parked(0);
  await expect(parked.answer).rejects.toThrow();
  expect((await channel.roster())[1]).toMatchObject({ presence: 'active' });
  const sent = await alpha.say('hello');
  expect(sent.recipients).toEqual([{ callsign: 'bravo', state: 'queued', presence: 'active' }]);
  expect(await channel.receipts(sent.id)).toEqual({ bravo: 'queued' });
  expect(await bravo.rejoin()).toMatchObject({ unconfirmed: [], pending: 1 });
  // Nobody can have seen it, so it is not flagged.
  expect(marked(await bravo.listen())).toEqual(['hello']);
});

verifies('parked:left', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  const parked = [await bravo.park(), await bravo.park({ since: 'latest' })];
  const others = await alpha.park();
  await bravo.leave();
  for (const { answer } of parked) await refused(answer, 'not_joined');
  await room.parked(1);
  others.goAway();
});
