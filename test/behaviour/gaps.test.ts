/** Messages that a seat will never get: said out loud, and counted. */
import { expect } from 'vitest';
import { marked, texts } from '../harness/agent.ts';
import { CutError } from '../harness/transports/wire.ts';
import { turns } from '../harness/until.ts';
import { verifies } from '../harness/verifies.ts';

const RING_3 = { limits: 'ringMessages=3' };

verifies('gap:counted', RING_3, async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  for (let i = 1; i <= 3; i++) await alpha.say(`m${i}`);
  expect((await bravo.listen({ since: 0 })).gap).toBeNull();
  for (let i = 4; i <= 8; i++) await alpha.say(`m${i}`);
  // 1 to 5 are gone; it was given 1 to 3 and has confirmed none of them.
  const heard = await bravo.listen({ since: bravo.joined.cursor });
  expect(heard.gap).toEqual({ reason: 'rotated', missed_at_most: 5, oldest: 6 });
  expect(marked(heard)).toEqual(['m6', 'm7', 'm8']);
  expect(heard.after).toBe(bravo.joined.cursor);
  const later = await bravo.listen({ since: heard.cursor });
  expect(later).toMatchObject({ gap: null, messages: [] });
});

verifies('gap:not-mine', RING_3, async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  for (let i = 0; i < 6; i++) {
    await alpha.say('my own');
    await alpha.send('charlie', 'not for bravo');
    await bravo.send('charlie', 'not for alpha');
  }
  // The broadcasts were for bravo, and nothing at all for alpha.
  expect(await alpha.listen({ since: alpha.joined.cursor })).toMatchObject({ messages: [], gap: null, timed_out: true });
  expect((await alpha.rejoin()).gap).toBeNull();
  const heard = await bravo.listen({ since: bravo.joined.cursor });
  expect(heard.gap).toMatchObject({ missed_at_most: 5, oldest: 16 });
});

verifies('gap:mixed', { limits: 'ringMessages=4' }, async (room) => {
  const [channel, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  let dice = 7;
  const forBravo: string[] = [];
  const say = async (i: number): Promise<void> => {
    dice = (dice * 48_271) % 2_147_483_647;
    const text = `m${i}`;
    const kind = dice % 5;
    if (kind === 0) await bravo.say(text);
    else if (kind === 1) await alpha.send('charlie', text);
    else if (kind === 2) await bravo.send('alpha', text);
    else {
      await alpha.send(kind === 3 ? 'all' : 'bravo', text);
      forBravo.push(text);
    }
  };
  let confirmed = bravo.joined.cursor;
  let had = 0;
  for (let round = 0, i = 0; round < 12; round++) {
    const count = (round * 5) % 13;
    for (let n = 0; n < count; n++) await say(i++);
    const ring = new Set(texts({ messages: await channel.history(100) }));
    const left = forBravo.slice(had).filter((text) => !ring.has(text));
    const heard = await bravo.listen({ since: confirmed });
    expect(heard.gap?.missed_at_most ?? 0, `round ${round}`).toBe(left.length);
    expect(texts(heard)).toEqual(forBravo.slice(had + left.length));
    // Sometimes the agent takes only a part of it.
    const part = round % 3 === 0 ? heard.messages[0] : undefined;
    confirmed = part ? String(part.id) : heard.cursor;
    had = part ? forBravo.indexOf(part.text) + 1 : forBravo.length;
  }
  expect(had).toBeGreaterThan(20);
});

verifies('gap:bytes', { limits: 'ringBytes=100' }, async (room) => {
  const [channel, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  for (let i = 1; i <= 4; i++) await alpha.say(`${i}${'x'.repeat(39)}`);
  expect(await bravo.listen()).toMatchObject({ gap: { reason: 'rotated', missed_at_most: 2, oldest: 3 } });
  // One message larger than the ring: the newest always stays.
  const { id } = await alpha.say('x'.repeat(1000));
  expect((await channel.history()).map((message) => message.id)).toEqual([id]);
  const heard = await bravo.listen({ since: 4 });
  expect(heard.messages.map((message) => message.id)).toEqual([id]);
  expect(heard.gap).toBeNull();
});

verifies('gap:seen', RING_3, async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  for (let i = 1; i <= 3; i++) await alpha.say(`m${i}`);
  const { cursor } = await bravo.listen();
  await bravo.listen();
  for (let i = 4; i <= 6; i++) await alpha.say(`m${i}`);
  const heard = await bravo.listen();
  expect(heard.gap).toBeNull();
  expect(texts(heard)).toEqual(['m4', 'm5', 'm6']);
  expect((await bravo.listen({ since: cursor })).gap).toBeNull();
});

verifies('gap:before-confirmed', RING_3, async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  for (let i = 1; i <= 3; i++) await alpha.say(`m${i}`);
  await bravo.send('alpha', 'not for me');
  const { cursor } = await bravo.listen();
  await bravo.listen({ since: cursor });
  for (let i = 5; i <= 7; i++) await alpha.say(`m${i}`);
  // It has confirmed 3, and asks from 1 on: 2 and 3 are gone, though it had them.
  const heard = await bravo.listen({ since: 1 });
  expect(marked(heard)).toEqual(['m5', 'm6', 'm7']);
  expect(heard.gap).toEqual({ reason: 'rotated', missed_at_most: 2, oldest: 5 });
  expect((await bravo.rejoin()).cursor).toBe(cursor);
  expect((await bravo.listen({ since: cursor })).gap).toBeNull();
});

verifies('gap:repeated', RING_3, async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  for (let i = 1; i <= 5; i++) await alpha.say(`m${i}`);
  const gap = { reason: 'rotated', missed_at_most: 2, oldest: 3 };
  const since = bravo.joined.cursor;
  for (let i = 0; i < 3; i++) expect((await bravo.listen({ since })).gap).toEqual(gap);
  expect((await bravo.rejoin()).gap).toEqual(gap);
  await expect(bravo.listen({ since }, { cut: true })).rejects.toThrow(CutError);
  // A place before the gap does not end it, one after it does.
  expect((await bravo.listen({ since: 1 })).gap).toEqual({ ...gap, missed_at_most: 1 });
  expect((await bravo.listen({ since: 2 })).gap).toBeNull();
  expect((await bravo.rejoin()).gap).toBeNull();
});

verifies('gap:wakes', RING_3, async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  await alpha.send('bravo', 'gone');
  for (let i = 0; i < 3; i++) await bravo.say('my own');
  const gap = { reason: 'rotated', missed_at_most: 1, oldest: 2 };
  const since = bravo.joined.cursor;
  expect(await bravo.listen({ timeout: 30, since })).toMatchObject({ messages: [], gap, timed_out: false });
  for (let i = 0; i < 3; i++) expect(await bravo.listen({ timeout: 30 })).toMatchObject({ messages: [], gap, timed_out: false });
  const parked = await bravo.park({ timeout: 30 });
  await turns();
  expect(room.hub.waiters.count).toBe(1);
  await room.pass(30_000);
  expect(await parked.answer).toMatchObject({ messages: [], gap });
  expect(await bravo.listen({ timeout: 30, since })).toMatchObject({ gap });
});

verifies('gap:rewound', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  for (const text of ['one', 'two', 'three']) await alpha.say(text);
  const { cursor } = await bravo.listen({ limit: 1 });
  const rewound = { reason: 'rewound', missed_at_most: null, oldest: 1 };
  const elsewhere = cursor.endsWith('zzzz') ? '2-yyyy' : '2-zzzz';
  for (const since of [4, '4-abcd', 1_000_000, elsewhere]) {
    await bravo.listen({ since: cursor });
    const heard = await bravo.listen({ since });
    expect(heard.gap).toEqual(rewound);
    expect(heard.after).toBe(cursor);
    expect(texts(heard)).toEqual(['two', 'three']);
    expect((await bravo.rejoin()).cursor).toBe(cursor);
  }
  // It does not wait for mail to say so.
  await bravo.listen({ since: 3 });
  expect(await bravo.listen({ since: 99, timeout: 30 })).toMatchObject({ messages: [], gap: rewound, timed_out: false });
});

verifies('gap:rewound-flagged', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  for (const text of ['one', 'two', 'three']) await alpha.say(text);
  // What it had before the store was rolled back may have been these very messages.
  const first = await bravo.listen({ since: '2-zzzz', limit: 1 });
  expect([first.gap?.reason, ...marked(first)]).toEqual(['rewound', '(one)']);
  expect(marked(await bravo.listen({ since: first.cursor }))).toEqual(['(two)', 'three']);
});

verifies('gap:rewound-repeated', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  for (const text of ['one', 'two']) await alpha.say(text);
  // The first answer that tells of it is lost: a valid since does not end it.
  await expect(bravo.listen({ since: 99 }, { cut: true })).rejects.toThrow(CutError);
  expect((await bravo.rejoin()).gap).toMatchObject({ reason: 'rewound' });
  const told = await bravo.listen({ since: 1 });
  expect(told.gap).toMatchObject({ reason: 'rewound' });
  // Told; and told again to whoever gives no evidence.
  expect((await bravo.rejoin()).gap).toMatchObject({ reason: 'rewound' });
  expect((await bravo.listen()).gap).toMatchObject({ reason: 'rewound' });
  const after = await bravo.listen({ since: told.cursor });
  expect(after).toMatchObject({ gap: null, messages: [] });
  expect((await bravo.rejoin()).gap).toBeNull();
});

verifies('gap:rewound-bare', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  await alpha.say('one');
  await expect(bravo.listen({ since: 99 }, { cut: true })).rejects.toThrow(CutError);
  await bravo.leave();
  const again = await bravo.back();
  expect(again.joined.gap).toMatchObject({ reason: 'rewound' });
  const told = await again.listen();
  expect(told.gap).toMatchObject({ reason: 'rewound' });
  expect(marked(told)).toEqual(['(one)']);
  expect(await again.listen()).toMatchObject({ gap: null, messages: [] });
});
