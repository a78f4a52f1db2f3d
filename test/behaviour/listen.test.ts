/** Listening: when it answers, and with what. */
import { expect } from 'vitest';
import { type HeardAnswer, texts } from '../harness/agent.ts';
import { refused } from '../harness/refused.ts';
import { CutError } from '../harness/transports/wire.ts';
import { turns } from '../harness/until.ts';
import { verifies } from '../harness/verifies.ts';

verifies('listen:answer', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  const nothing = await bravo.listen();
  expect(nothing).toEqual({ messages: [], cursor: nothing.cursor, after: nothing.cursor, timed_out: true, more: false, gap: null });
  await alpha.say('one');
  const heard = await bravo.listen();
  expect(heard).toEqual({
    messages: heard.messages,
    cursor: heard.cursor,
    after: nothing.cursor,
    timed_out: false,
    more: false,
    gap: null,
  });
  expect(texts(heard)).toEqual(['one']);
});

verifies('listen:at-once', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  await alpha.say('one');
  await alpha.send('bravo', 'two');
  expect(texts(await bravo.listen({ timeout: 30 }))).toEqual(['one', 'two']);
  expect(room.hub.waiters.count).toBe(0);
});

verifies('listen:wakes', async (room) => {
  const [channel, alpha, bravo] = await room.talk({}, 'alpha', 'bravo', 'charlie');
  for (const speak of [() => alpha.say('to all'), () => alpha.send('bravo', 'to you')]) {
    const parked = await bravo.park();
    // None of these is for bravo.
    await bravo.say('my own');
    await alpha.send('charlie', 'to another');
    await channel.join('delta');
    await channel.roster();
    await turns();
    expect(room.hub.waiters.count).toBe(1);
    const { id } = await speak();
    const heard = await parked.answer;
    expect(heard.messages.map((message) => message.id)).toEqual([id]);
    expect(heard.timed_out).toBe(false);
    expect(room.hub.waiters.count).toBe(0);
  }
});

verifies('listen:no-wake-lost', async (room) => {
  const [, alpha, bravo] = await room.talk({ retention: 'metadata' }, 'alpha', 'bravo');
  const heard: number[] = [];
  const listening = (async () => {
    while (heard.length < 50) heard.push(...(await bravo.listen({ timeout: 30 })).messages.map(({ id }) => id));
  })();
  // Each send is made at another moment of the listener's round.
  for (let i = 0; i < 50; i++) {
    await turns(i % 4);
    await alpha.say(`m${i}`);
  }
  await listening;
  expect(heard).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
});

verifies('listen:timeout', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  await alpha.say('one');
  const { cursor } = await bravo.listen();
  for (const [timeout, seconds] of [
    [undefined, 30],
    [1, 1],
    [55, 55],
    [60, 55],
    [61, 55],
    [1_000_000, 55],
  ]) {
    const parked = await bravo.park({ timeout });
    await room.pass(seconds! * 1000 - 1);
    expect(room.hub.waiters.count).toBe(1);
    await room.pass(1);
    const heard = await parked.answer;
    expect(heard).toEqual({ messages: [], cursor, after: cursor, timed_out: true, more: false, gap: null });
  }
  expect((await bravo.listen({ timeout: 0 })).timed_out).toBe(true);
});

verifies('listen:invalid-timeout', async (room) => {
  const [, alpha] = await room.talk({}, 'alpha');
  for (const timeout of [-1, 1.5, 'soon', '', '30s', '1e1', ' ', 'null']) await refused(alpha.listen({ timeout }), 'invalid_timeout');
  expect(room.hub.waiters.count).toBe(0);
});

verifies('listen:limit', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  for (let i = 1; i <= 5; i++) await alpha.say(`m${i}`);
  const pages: HeardAnswer[] = [];
  for (let i = 0; i < 3; i++) pages.push(await bravo.listen({ limit: 2 }));
  expect(pages.map(texts)).toEqual([['m1', 'm2'], ['m3', 'm4'], ['m5']]);
  expect(pages.map(({ more }) => more)).toEqual([true, true, false]);
  // What is for others is no more.
  await alpha.send('bravo', 'm6');
  await alpha.send('charlie', 'not yours');
  expect(await bravo.listen({ limit: 1 })).toMatchObject({ more: false });
  for (const limit of [0, -1, 101, 1.5, 'all', '']) await refused(bravo.listen({ limit }), 'invalid_limit');
  for (let i = 0; i < 100; i++) await alpha.say(`n${i}`);
  expect((await bravo.listen()).messages).toHaveLength(100);
});

verifies('listen:bytes', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  // A quote takes two bytes in JSON, a line separator would take six.
  for (let i = 0; i < 12; i++) await alpha.say('"'.repeat(32 * 1024));
  const ids: number[] = [];
  for (;;) {
    const heard = await bravo.listen();
    expect(heard.messages.length).toBeGreaterThan(0);
    expect(Buffer.byteLength(JSON.stringify(heard))).toBeLessThanOrEqual(256 * 1024);
    ids.push(...heard.messages.map(({ id }) => id));
    if (!heard.more) break;
  }
  expect(ids).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
});

verifies('listen:positions', { limits: 'answerBytes=2000' }, async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  for (let i = 1; i <= 20; i++) {
    await alpha.send(['all', 'bravo', 'charlie'][i % 3]!, `m${i} ${'x'.repeat(i * 20)}`);
    await bravo.say('my own');
  }
  const heard: string[] = [];
  let since: string = bravo.joined.cursor;
  for (let more = true; more; ) {
    const answer = await bravo.listen({ since, limit: 3 });
    expect(answer.after).toBe(since);
    const ids = answer.messages.map(({ id }) => id);
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
    expect(ids.length).toBeGreaterThan(0);
    heard.push(...texts(answer).map((text) => text.split(' ')[0]!));
    ({ cursor: since, more } = answer);
  }
  expect(heard).toEqual(Array.from({ length: 20 }, (_, i) => i + 1).flatMap((i) => (i % 3 === 2 ? [] : [`m${i}`])));
});

verifies('listen:since-forms', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  for (const text of ['one', 'two']) await alpha.say(text);
  const { cursor, after } = await bravo.listen();
  for (const position of [cursor, after]) expect(position).toMatch(/^[0-9]+-[0-9a-z]+$/);
  for (const since of [after, 0, '0', '0-0']) expect(texts(await bravo.listen({ since }))).toEqual(['one', 'two']);
  for (const since of [1, '1', cursor.replace(/^2/, '1')]) expect(texts(await bravo.listen({ since }))).toEqual(['two']);
  for (const since of [2, cursor, 'latest']) expect(texts(await bravo.listen({ since }))).toEqual([]);
  for (const since of ['', 'now', '-1', '1.5', '1-', '-', '1-ABC', 'latest-1', '1 2', '0x1', '9'.repeat(16), '1-aaaaaaaaa']) {
    await refused(bravo.listen({ since }), 'invalid_since');
  }
});

verifies('listen:lossy', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  const seen = new Set<number>();
  const got: number[] = [];
  let since: string = bravo.joined.cursor;
  let dice = 1;
  const lost = (): 'cut' | 'dropped' | null => {
    dice = (dice * 48_271) % 2_147_483_647;
    return ([null, null, 'cut', 'dropped'] as const)[dice % 4] ?? null;
  };
  for (let i = 1; i <= 40; i++) {
    // Whoever has something waiting is answered at once.
    const parked = i % 3 !== 0 && got.length === i - 1;
    if (!parked) await alpha.say(`m${i}`);
    const fate = lost();
    const answer = parked
      ? (await bravo.park({ since }, { cut: fate === 'cut' })).answer
      : bravo.listen({ since }, { cut: fate === 'cut' });
    if (parked) await alpha.say(`m${i}`);
    if (fate === 'cut') await expect(answer).rejects.toThrow(CutError);
    const heard = fate === 'cut' ? null : await answer;
    // Accepted by a socket and never seen by the agent: a proxy took it.
    if (!heard || fate === 'dropped') continue;
    expect(heard.gap).toBeNull();
    for (const { id, redelivered } of heard.messages) {
      if (!redelivered) expect(seen.has(id)).toBe(false);
      if (!seen.has(id)) got.push(id);
      seen.add(id);
    }
    since = heard.cursor;
  }
  for (const { id } of (await bravo.listen({ since })).messages) if (!seen.has(id)) got.push(id);
  expect(got).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
});
