/** The port: the four positions of a mailbox, and reading without moving anything. */
import { expect } from 'vitest';
import type { Slice } from '../../src/core/types.ts';
import { after, at, BARE, everyEngine, heard, LATEST, START, sessionOf } from '../harness/port.ts';

everyEngine('a read waits when there is nothing, and answers when its time is up', async (port) => {
  const channel = await port.channel();
  await port.seats(channel, 'alpha', 'bravo');
  await port.append(channel, 'bravo', 'all', 'its own');
  await port.append(channel, 'alpha', 'charlie', 'for another');
  expect(await port.hear(channel, 'bravo')).toBeNull();
  const slice = await port.hear(channel, 'bravo', BARE, { final: true });
  expect(slice).toMatchObject({ heard: [], more: false, gap: null, cursor: { id: 2 } });
});

everyEngine('what was given counts as sent, what was signed for as handed, what evidence says as confirmed', async (port) => {
  const channel = await port.channel();
  await port.seats(channel, 'alpha', 'bravo');
  for (const text of ['one', 'two']) await port.append(channel, 'alpha', 'all', text);
  const state = async (id: number) => (await port.engine.receipts(channel.id, id))?.receipts[0]?.state;
  expect(heard(await port.hear(channel, 'bravo', BARE, { handed: false }))).toEqual(['one', 'two']);
  expect(await state(1)).toBe('queued');
  const slice = await port.hear(channel, 'bravo', BARE, { limit: 1 });
  expect(heard(slice)).toEqual(['(one)']);
  expect(slice).toMatchObject({ more: true, cursor: { id: 1 } });
  expect([await state(1), await state(2)]).toEqual(['delivered', 'queued']);
  expect(heard(await port.hear(channel, 'bravo', at(slice!.cursor)))).toEqual(['(two)']);
  expect([await state(1), await state(2)]).toEqual(['confirmed', 'delivered']);
});

everyEngine('a bare listen confirms what was handed, unless the session gave evidence before', async (port) => {
  const channel = await port.channel();
  await port.seats(channel, 'alpha', 'bravo', 'charlie');
  await port.append(channel, 'alpha', 'all', 'one');
  await port.hear(channel, 'bravo');
  expect(await port.hear(channel, 'bravo')).toBeNull();
  await port.hear(channel, 'charlie', START);
  for (let i = 0; i < 3; i++) expect(heard(await port.hear(channel, 'charlie'))).toEqual(['(one)']);
  // Without evidence it would go on like that for ever.
  expect(await port.hear(channel, 'charlie')).toBeNull();
  expect(heard(await port.hear(channel, 'charlie', BARE, { final: true }))).toEqual(['(one)']);
  expect(await port.hear(channel, 'charlie', LATEST)).toBeNull();
});

everyEngine('an answer that began beyond what was handed hands nothing over', async (port) => {
  const channel = await port.channel();
  await port.seats(channel, 'alpha', 'bravo');
  for (const text of ['one', 'two', 'three']) await port.append(channel, 'alpha', 'all', text);
  const lost = await port.hear(channel, 'bravo', BARE, { limit: 1, handed: false });
  const { engine } = port;
  const limits = { messages: 100, bytes: 1_000_000 };
  const beyond = (await engine.read({
    ...{
      channelId: channel.id,
      callsign: 'bravo',
      sessionHash: sessionOf(channel, 'bravo'),
      from: lost!.cursor.id,
      tag: lost!.cursor.tag,
      bare: true,
      final: false,
      rewoundTold: false,
      limits,
    },
  })) as Slice;
  expect(heard(beyond)).toEqual(['two', 'three']);
  engine.handed(channel.id, 'bravo', beyond);
  const states = await Promise.all([1, 2, 3].map(async (id) => (await engine.receipts(channel.id, id))?.receipts[0]?.state));
  expect(states).toEqual(['queued', 'queued', 'queued']);
  expect(heard(await port.hear(channel, 'bravo'))).toEqual(['(one)', '(two)', '(three)']);
});

everyEngine('evidence never lowers and never goes past the head', async (port) => {
  const channel = await port.channel();
  await port.seats(channel, 'alpha', 'bravo');
  for (const text of ['one', 'two']) await port.append(channel, 'alpha', 'all', text);
  const { engine } = port;
  expect((await engine.acknowledge(channel.id, 'bravo', after(1))).id).toBe(1);
  expect((await engine.acknowledge(channel.id, 'bravo', START)).id).toBe(1);
  expect((await engine.acknowledge(channel.id, 'bravo', after(99))).id).toBe(1);
  expect((await engine.acknowledge(channel.id, 'bravo', LATEST)).id).toBe(2);
  expect((await engine.acknowledge(channel.id, 'bravo', after(1))).id).toBe(2);
  expect(heard(await port.hear(channel, 'bravo', after(1)))).toEqual(['(two)']);
});

everyEngine('a claim shows what stands and moves nothing', async (port) => {
  const channel = await port.channel();
  await port.seats(channel, 'alpha', 'bravo');
  for (const text of ['one', 'two', 'three']) await port.append(channel, 'alpha', 'all', text);
  await port.hear(channel, 'bravo', BARE, { limit: 2 });
  for (let i = 0; i < 3; i++) {
    const { unconfirmed, pending, cursor, gap } = await port.claim(channel, 'bravo');
    expect(unconfirmed.map(({ message, redelivered }) => [message.text, redelivered])).toEqual([
      ['one', true],
      ['two', true],
    ]);
    expect([pending, cursor.id, gap]).toEqual([1, 0, null]);
  }
  const short = await port.claim(channel, 'bravo', { limits: { messages: 1, bytes: 1_000_000 } });
  expect([short.unconfirmed.length, short.pending]).toEqual([1, 2]);
  // What was not shown is not confirmed by a bare listen either.
  expect(heard(await port.hear(channel, 'bravo'))).toEqual(['(one)', '(two)', 'three']);
});

everyEngine('a mailbox that was made by a direct message begins with it, and hears broadcasts from its first join on', async (port) => {
  const channel = await port.channel();
  await port.seats(channel, 'alpha');
  await port.append(channel, 'alpha', 'all', 'before');
  await port.append(channel, 'alpha', 'bravo', 'direct');
  await port.append(channel, 'alpha', 'all', 'between');
  const { pending, unconfirmed } = await port.claim(channel, 'bravo');
  expect([pending, unconfirmed.length]).toEqual([1, 0]);
  await port.append(channel, 'alpha', 'all', 'after');
  expect(heard(await port.hear(channel, 'bravo', START))).toEqual(['direct', 'after']);
});

everyEngine('who has no mailbox cannot listen', async (port) => {
  const channel = await port.channel();
  await expect(port.hear(channel, 'nobody')).rejects.toMatchObject({ code: 'not_joined' });
});

everyEngine(
  'what left the ring unseen is a gap, for the seats it was for and with their number',
  async (port) => {
    const channel = await port.channel();
    await port.seats(channel, 'alpha', 'bravo', 'charlie');
    await port.append(channel, 'alpha', 'all', 'one');
    await port.append(channel, 'bravo', 'all', 'two');
    await port.append(channel, 'alpha', 'charlie', 'three');
    for (const text of ['four', 'five']) await port.append(channel, 'alpha', 'bravo', text);
    const gaps = Object.fromEntries(
      await Promise.all(['alpha', 'bravo', 'charlie'].map(async (name) => [name, (await port.claim(channel, name)).gap] as const)),
    );
    expect(gaps).toEqual({
      alpha: { reason: 'rotated', missed_at_most: 1, oldest: 4 },
      bravo: { reason: 'rotated', missed_at_most: 1, oldest: 4 },
      charlie: { reason: 'rotated', missed_at_most: 3, oldest: 4 },
    });
    expect(await port.hear(channel, 'charlie')).toMatchObject({ heard: [], gap: gaps['charlie'] });
    const slice = await port.hear(channel, 'bravo');
    expect(heard(slice)).toEqual(['four', 'five']);
    expect((await port.engine.receipts(channel.id, 1))?.receipts).toEqual([
      { callsign: 'bravo', state: 'expired', at: null },
      { callsign: 'charlie', state: 'expired', at: null },
    ]);
    expect(await port.hear(channel, 'bravo', at(slice!.cursor))).toBeNull();
  },
  { limits: 'ringMessages=2' },
);

everyEngine('a place that was never issued, or by another run, is a rewound gap', async (port) => {
  const channel = await port.channel();
  await port.seats(channel, 'alpha', 'bravo');
  await port.append(channel, 'alpha', 'all', 'one');
  for (const since of [after(2), at({ id: 1, tag: 'zzzzz' })]) {
    const slice = await port.hear(channel, 'bravo', since);
    expect(slice).toMatchObject({ after: { id: 0 }, gap: { reason: 'rewound', missed_at_most: null, oldest: 1 } });
  }
  expect(heard(await port.hear(channel, 'bravo', START))?.length).toBe(1);
});

everyEngine('an observer sees everything from where it asks, in order, and moves nothing', async (port) => {
  const channel = await port.channel();
  await port.seats(channel, 'alpha', 'bravo');
  for (let i = 1; i <= 5; i++) await port.append(channel, 'alpha', i % 2 ? 'bravo' : 'all', `m${i}`);
  const limits = { messages: 2, bytes: 1_000_000 };
  const seen: (string[] | null)[] = [];
  let from = START;
  for (let more = true; more; ) {
    const slice = await port.observe(channel, from, limits);
    seen.push(heard(slice));
    from = at(slice.cursor);
    ({ more } = slice);
  }
  expect(seen).toEqual([['m1', 'm2'], ['m3', 'm4'], ['m5']]);
  expect(await port.observe(channel, LATEST, limits)).toMatchObject({
    heard: [],
    cursor: { id: 5 },
    gap: null,
  });
  expect(await port.observe(channel, after(9), limits)).toMatchObject({ gap: { reason: 'rewound' } });
  expect(await port.claim(channel, 'bravo')).toMatchObject({ pending: 5, unconfirmed: [] });
});

everyEngine('receipts are for the mailboxes a message is for, and of ids that were issued', async (port) => {
  const channel = await port.channel();
  const { session } = await port.claim(channel, 'left');
  await port.seats(channel, 'alpha', 'bravo');
  await port.append(channel, 'alpha', 'all', 'one');
  await port.engine.leave(channel.id, session.hash);
  await port.claim(channel, 'late');
  const found = await port.engine.receipts(channel.id, 1);
  expect(found?.message?.text).toBe('one');
  expect(found?.receipts.map(({ callsign }) => callsign).sort()).toEqual(['bravo', 'left']);
  for (const id of [0, -1, 2]) expect(await port.engine.receipts(channel.id, id)).toBeUndefined();
});

everyEngine(
  'what was given three times is held back, until something new can be given or is lost',
  async (port) => {
    const channel = await port.channel();
    await port.seats(channel, 'alpha', 'bravo');
    await port.append(channel, 'alpha', 'bravo', 'one');
    await port.hear(channel, 'bravo', LATEST);
    await port.append(channel, 'alpha', 'bravo', 'two');
    const again = () => port.hear(channel, 'bravo', BARE, { limit: 1 });
    const given = [await again(), await again(), await again(), await again(), await again()].map(heard);
    expect(given).toEqual([['two'], ['(two)'], ['(two)'], ['(two)'], null]);
    // It fills the answer, so what stands behind it is not given either …
    await port.append(channel, 'alpha', 'bravo', 'three');
    expect(await again()).toBeNull();
    // … until it leaves the ring.
    await port.append(channel, 'alpha', 'charlie', 'x');
    expect(heard(await again())).toEqual(['three']);
    // What leaves without ever having been given is told at once.
    await again();
    await again();
    await again();
    expect(await again()).toBeNull();
    await port.append(channel, 'alpha', 'bravo', 'four');
    for (const text of ['y', 'z']) await port.append(channel, 'alpha', 'charlie', text);
    const told = await again();
    expect([heard(told), told?.gap?.reason]).toEqual([[], 'rotated']);
    expect(await again()).toBeNull();
  },
  { limits: 'ringMessages=2' },
);

everyEngine('who watches gets as much at once as an answer may hold', async (port) => {
  const channel = await port.channel();
  await port.seats(channel, 'alpha');
  for (let i = 1; i <= 5; i++) await port.append(channel, 'alpha', 'all', String(i).repeat(1000));
  const watched = async (limits: { messages: number; bytes: number }) => {
    const { heard: found, cursor, more } = await port.observe(channel, START, limits);
    return [found.map(({ message }) => message.id), cursor.id, more];
  };
  expect(await watched({ messages: 100, bytes: 5_000 })).toEqual([[1, 2], 2, true]);
  expect(await watched({ messages: 100, bytes: 1 })).toEqual([[1], 1, true]);
  expect(await watched({ messages: 3, bytes: 50_000 })).toEqual([[1, 2, 3], 3, true]);
  expect(await watched({ messages: 5, bytes: 50_000 })).toEqual([[1, 2, 3, 4, 5], 5, false]);
});
