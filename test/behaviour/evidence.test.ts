/** What counts as evidence that an agent has its messages, and what does not. */
import { expect } from 'vitest';
import { marked, texts } from '../harness/agent.ts';
import { refused } from '../harness/refused.ts';
import { CutError } from '../harness/transports/wire.ts';
import { turns } from '../harness/until.ts';
import { verifies } from '../harness/verifies.ts';

verifies('since:confirms', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  for (const text of ['one', 'two', 'three']) await alpha.say(text);
  const first = await bravo.listen({ limit: 2, since: bravo.joined.cursor });
  expect(marked(first)).toEqual(['one', 'two']);
  expect(await bravo.receipts(2)).toEqual({ bravo: 'delivered' });
  const second = await bravo.listen({ since: first.cursor });
  expect(marked(second)).toEqual(['three']);
  expect(await bravo.receipts(2)).toEqual({ bravo: 'confirmed' });
  expect(await bravo.receipts(3)).toEqual({ bravo: 'delivered' });
  expect((await bravo.rejoin()).cursor).toBe(first.cursor);
});

verifies('since:twice', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  for (const text of ['one', 'two']) await alpha.say(text);
  const since = bravo.joined.cursor;
  const first = await bravo.listen({ since });
  expect(marked(first)).toEqual(['one', 'two']);
  for (let i = 0; i < 5; i++) {
    const again = await bravo.listen({ since });
    expect(marked(again)).toEqual(['(one)', '(two)']);
    expect(again).toMatchObject({ after: first.after, cursor: first.cursor, timed_out: false });
  }
  await alpha.say('three');
  expect(marked(await bravo.listen({ since }))).toEqual(['(one)', '(two)', 'three']);
});

verifies('since:never-lowers', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  for (const text of ['one', 'two', 'three']) await alpha.say(text);
  const { cursor } = await bravo.listen();
  await bravo.listen({ since: cursor });
  const older = await bravo.listen({ since: 1 });
  expect(marked(older)).toEqual(['(two)', '(three)']);
  expect(older.gap).toBeNull();
  expect(await bravo.rejoin()).toMatchObject({ cursor, unconfirmed: [], pending: 0 });
  expect(texts(await bravo.listen({ since: cursor }))).toEqual([]);
});

verifies('since:message-id', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  for (const text of ['one', 'two', 'three']) await alpha.say(text);
  expect(texts(await bravo.listen({ since: 2 }))).toEqual(['three']);
  expect((await bravo.rejoin()).cursor).toMatch(/^2-/);
  // Also one that was not for this seat.
  const { id } = await alpha.send('charlie', 'not yours');
  await alpha.say('four');
  expect(texts(await bravo.listen({ since: id }))).toEqual(['four']);
});

verifies('since:zero', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  for (const text of ['one', 'two']) await alpha.say(text);
  const { cursor } = await bravo.listen();
  await bravo.listen({ since: cursor });
  await alpha.say('three');
  expect(marked(await bravo.listen({ since: 0 }))).toEqual(['(one)', '(two)', 'three']);
  const { unconfirmed } = await bravo.rejoin();
  expect(marked({ messages: unconfirmed })).toEqual(['(three)']);
  expect(marked(await bravo.listen({ since: 0, limit: 1 }))).toEqual(['(one)']);
});

verifies('since:latest', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  for (const text of ['one', 'two']) await alpha.say(text);
  const parked = await bravo.park({ since: 'latest' });
  expect(await bravo.rejoin()).toMatchObject({ unconfirmed: [], pending: 0 });
  await alpha.say('three');
  const heard = await parked.answer;
  expect(marked(heard)).toEqual(['three']);
  expect(heard.after).toMatch(/^2-/);
});

verifies('since:explicit', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  await alpha.say('one');
  expect(marked(await bravo.listen({ since: bravo.joined.cursor }))).toEqual(['one']);
  expect(marked(await bravo.listen())).toEqual(['(one)']);
  // Joining again does not end the session, nor its being explicit.
  await bravo.rejoin();
  expect(marked(await bravo.listen())).toEqual(['(one)']);
  await bravo.leave();
  const again = await bravo.back();
  expect(marked({ messages: again.joined.unconfirmed })).toEqual(['(one)']);
  expect(marked(await again.listen())).toEqual([]);
});

verifies('bare:confirms', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  await alpha.say('one');
  expect(marked(await bravo.listen())).toEqual(['one']);
  expect(await bravo.receipts(1)).toEqual({ bravo: 'delivered' });
  expect(await bravo.listen()).toMatchObject({ messages: [], timed_out: true });
  expect(await bravo.receipts(1)).toEqual({ bravo: 'confirmed' });
  // It confirms when it arrives, not when it is answered.
  await alpha.say('two');
  await bravo.listen();
  const parked = await bravo.park();
  expect(await bravo.receipts(2)).toEqual({ bravo: 'confirmed' });
  await alpha.say('three');
  expect(marked(await parked.answer)).toEqual(['three']);
});

verifies('bare:cut', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  await alpha.say('one');
  for (let i = 0; i < 3; i++) await expect(bravo.listen({}, { cut: true })).rejects.toThrow(CutError);
  await alpha.say('two');
  expect(marked(await bravo.listen())).toEqual(['(one)', 'two']);
  expect(marked(await bravo.listen())).toEqual([]);
  // A parked one that is cut is delivered again as well.
  const parked = await bravo.park({}, { cut: true });
  await alpha.say('three');
  await expect(parked.answer).rejects.toThrow(CutError);
  expect(await bravo.rejoin()).toMatchObject({ unconfirmed: [], pending: 1 });
  expect(marked(await bravo.listen())).toEqual(['(three)']);
});

verifies('bare:explicit-repeats', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  for (const text of ['one', 'two']) await alpha.say(text);
  await bravo.listen({ since: bravo.joined.cursor });
  for (let i = 0; i < 3; i++) expect(marked(await bravo.listen({ timeout: 30 }))).toEqual(['(one)', '(two)']);
  for (let i = 0; i < 2; i++) {
    const parked = await bravo.park({ timeout: 30 });
    await room.pass(29_999);
    expect(room.hub.waiters.count).toBe(1);
    await room.pass(1);
    const heard = await parked.answer;
    expect(marked(heard)).toEqual(['(one)', '(two)']);
    expect(heard.timed_out).toBe(false);
  }
  // A since is never made to wait.
  expect(marked(await bravo.listen({ since: bravo.joined.cursor, timeout: 30 }))).toEqual(['(one)', '(two)']);
});

verifies('bare:explicit-fresh', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  await alpha.say('one');
  await bravo.listen({ since: bravo.joined.cursor });
  for (let i = 0; i < 3; i++) await bravo.listen({ timeout: 30 });
  const parked = await bravo.park({ timeout: 30 });
  await alpha.send('charlie', 'not yours');
  await turns();
  expect(room.hub.waiters.count).toBe(1);
  await alpha.say('two');
  const heard = await parked.answer;
  expect(marked(heard)).toEqual(['(one)', 'two']);
  // Evidence, though not for everything: again three at once.
  await bravo.listen({ since: 1 });
  for (let i = 0; i < 3; i++) expect(marked(await bravo.listen({ timeout: 30 }))).toEqual(['(two)']);
  const waits = await bravo.park({ timeout: 30 });
  await room.pass(30_000);
  expect(marked(await waits.answer)).toEqual(['(two)']);
});

verifies('ack:confirms', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  for (const text of ['one', 'two', 'three']) await alpha.say(text);
  const { cursor } = await bravo.listen({ limit: 2 });
  expect((await bravo.ack(1)).cursor).toMatch(/^1-/);
  expect(await bravo.receipts(1)).toEqual({ bravo: 'confirmed' });
  expect(await bravo.receipts(2)).toEqual({ bravo: 'delivered' });
  expect(await bravo.ack(cursor)).toEqual({ cursor });
  expect(await bravo.rejoin()).toMatchObject({ cursor, unconfirmed: [], pending: 1 });
  for (const id of ['', 'x', -1, 1.5]) await refused(bravo.ack(id), 'invalid_body');
});

verifies('ack:never-lowers', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  for (const text of ['one', 'two', 'three']) await alpha.say(text);
  const { cursor } = await bravo.ack(2);
  for (const id of [2, 1, 0, '1', cursor]) expect(await bravo.ack(id)).toEqual({ cursor });
  expect(await bravo.receipts(2)).toEqual({ bravo: 'confirmed' });
  expect(await bravo.receipts(3)).toEqual({ bravo: 'queued' });
  expect(texts(await bravo.listen())).toEqual(['three']);
});

verifies('ack:explicit', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  for (const text of ['one', 'two']) await alpha.say(text);
  await bravo.ack(1);
  expect(marked(await bravo.listen())).toEqual(['two']);
  expect(marked(await bravo.listen())).toEqual(['(two)']);
});

verifies('ack:zero', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  const { cursor } = bravo.joined;
  await alpha.say('one');
  expect(await bravo.ack(0)).toEqual({ cursor });
  expect(marked(await bravo.listen())).toEqual(['one']);
  for (const id of [0, '0']) expect(await bravo.ack(id)).toEqual({ cursor });
  expect(await bravo.rejoin()).toMatchObject({ cursor });
  // Not explicit: the next bare listen confirms what was handed over.
  await alpha.say('two');
  const heard = await bravo.listen();
  expect(marked(heard)).toEqual(['two']);
  expect((await bravo.ack(0)).cursor).toMatch(/^1-/);
  expect(marked(await bravo.listen())).toEqual([]);
  // Explicit: it stays so.
  await bravo.ack(heard.cursor);
  await alpha.say('three');
  expect(marked(await bravo.listen())).toEqual(['three']);
  expect(await bravo.ack(0)).toEqual({ cursor: heard.cursor });
  expect(marked(await bravo.listen())).toEqual(['(three)']);
});
