/** Streams of a seat: a listen that does not end. */
import { expect } from 'vitest';
import { marked } from '../harness/agent.ts';
import { refused } from '../harness/refused.ts';
import { short } from '../harness/tape.ts';
import { prepare } from '../harness/transports/rest.ts';
import { until } from '../harness/until.ts';
import { verifies } from '../harness/verifies.ts';

verifies('stream:messages', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  await alpha.say('waits');
  for (const form of ['sse', 'ndjson'] as const) {
    const tape = bravo.stream({ since: 0 }, form);
    expect(await tape.message()).toMatchObject({ message: { from: 'alpha', to: 'all', text: 'waits' } });
    await bravo.say('my own');
    await alpha.send('charlie', 'not yours');
    const { id, recipients } = await alpha.say(`comes by ${form}`);
    expect(recipients).toEqual([{ callsign: 'bravo', state: 'delivered', presence: 'listening' }]);
    // What came for others lies before it, so the cursor is past all of it.
    for (let event = await tape.message(); event.message.id !== id; event = await tape.message())
      expect(event.message.redelivered).toBe(true);
    expect(tape.events.at(-1)).toMatchObject({ type: 'message', cursor: expect.stringMatching(new RegExp(`^${id}-`)) });
    await tape.close();
    await room.parked(0);
  }
});

verifies('stream:bytes', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  const read = async (accept: string | undefined, expected: string): Promise<string> => {
    const { method, path, headers } = prepare('stream', { proofs: bravo.proofs, input: { since: 'latest' } });
    const response = await room.http.open(method, path, { headers: accept === undefined ? headers : { ...headers, Accept: accept } });
    expect(response.headers).toMatchObject({ 'content-type': expected, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    let text = '';
    response.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
    });
    await room.parked(1);
    await alpha.say('two\nlines', { reply_to: 1 });
    await until(() => text.endsWith('\n') && text.includes('lines'), 'the event');
    response.destroy();
    await room.parked(0);
    return text;
  };
  const others = ['application/json, text/plain, */*', 'application/json, text/event-stream', 'application/json'];
  for (const accept of [undefined, '*/*', 'text/event-stream', ...others]) {
    const block = (await read(accept, 'text/event-stream')).split('\n\n').find((one) => one.includes('lines'));
    const lines = block!.split('\n');
    expect(lines.map((line) => line.split(':')[0])).toEqual(['id', 'event', 'data']);
    expect(lines[0]).toMatch(/^id: [0-9]+-[0-9a-z]+$/);
    expect(lines[1]).toBe('event: message');
    expect(JSON.parse(lines[2]!.slice('data: '.length))).toMatchObject({ from: 'alpha', text: 'two\nlines', reply_to: 1 });
  }
  const line = (await read('application/x-ndjson', 'application/x-ndjson')).trim();
  expect(line).not.toContain('\n');
  expect(JSON.parse(line)).toMatchObject({ type: 'message', cursor: expect.stringMatching(/^[0-9]+-/), from: 'alpha', text: 'two\nlines' });
});

verifies('stream:confirms-nothing', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  const tape = bravo.stream();
  await room.parked(1);
  for (const text of ['one', 'two']) {
    const { id } = await alpha.say(text);
    await tape.next();
    expect(await alpha.receipts(id)).toEqual({ bravo: 'delivered' });
  }
  await tape.close();
  await room.parked(0);
  const { unconfirmed } = await bravo.rejoin();
  expect(marked({ messages: unconfirmed })).toEqual(['(one)', '(two)']);
  expect(await alpha.receipts(2)).toEqual({ bravo: 'delivered' });
});

verifies('stream:resume', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  const tape = bravo.stream();
  await room.parked(1);
  await alpha.say('one');
  const first = await tape.message();
  await alpha.say('two');
  await tape.next();
  await tape.close();
  await room.parked(0);
  await alpha.say('three');
  for (const field of ['last_event_id', 'since']) {
    const again = bravo.stream({ [field]: first.cursor });
    expect((await again.take(2)).map(short)).toEqual(['(two)', field === 'since' ? '(three)' : 'three']);
    expect(await bravo.receipts(1)).toEqual({ bravo: 'confirmed' });
    await again.close();
    await room.parked(0);
  }
  // What a browser sends by itself when it reconnects goes before the URL it was given at first.
  const both = bravo.stream({ since: 0, last_event_id: '2' });
  expect((await both.take(1)).map(short)).toEqual(['(three)']);
  await both.close();
});

verifies('stream:each-cursor', { limits: 'answerBytes=1500' }, async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  for (let i = 1; i <= 8; i++) await alpha.send(i % 4 === 0 ? 'charlie' : 'bravo', `m${i}`);
  const all = ['m1', 'm2', 'm3', 'm5', 'm6', 'm7'];
  const tape = bravo.stream({ since: 0 });
  const events = await tape.take(6);
  expect(events.map(short)).toEqual(all);
  await tape.close();
  for (const [i, event] of events.entries()) {
    if (event.type !== 'message' || i === 5) continue;
    const heard = await bravo.listen({ since: event.cursor });
    expect(marked(heard)).toEqual(all.slice(i + 1, i + 1 + heard.messages.length).map((text) => `(${text})`));
    expect(heard.messages.length).toBeGreaterThan(0);
  }
});

verifies('stream:gap', { limits: 'ringMessages=3' }, async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  for (let i = 1; i <= 5; i++) await alpha.say(`m${i}`);
  for (const form of ['sse', 'ndjson'] as const) {
    const tape = bravo.stream({ since: bravo.joined.cursor }, form);
    const [gap, ...rest] = await tape.take(4);
    expect(gap).toMatchObject({ type: 'gap', gap: { reason: 'rotated', missed_at_most: 2, oldest: 3 } });
    expect(rest.map((event) => short(event).replace(/[()]/g, ''))).toEqual(['m3', 'm4', 'm5']);
    await tape.close();
    await room.parked(0);
  }
});

verifies('stream:status', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  const tape = bravo.stream();
  await room.parked(1);
  await alpha.say('one');
  await tape.next();
  const sent = await alpha.say('thinking', { kind: 'status' });
  expect(sent.recipients).toMatchObject([{ callsign: 'bravo', state: 'delivered' }]);
  const status = await tape.message();
  expect(status.message).toMatchObject({ text: 'thinking', kind: 'status' });
  await tape.close();
  await room.parked(0);
  await alpha.say('two');
  const again = bravo.stream({ last_event_id: status.cursor });
  expect((await again.take(1)).map(short)).toEqual(['two']);
  await again.close();
});

verifies('stream:counts', async (room) => {
  const [channel, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  const tape = bravo.stream();
  await room.parked(1);
  expect((await channel.roster())[1]).toMatchObject({ callsign: 'bravo', presence: 'listening' });
  for (let i = 0; i < 3; i++) await bravo.park();
  const fifth = bravo.listen({ timeout: 30 });
  expect(await tape.next()).toMatchObject({ type: 'end', code: 'superseded', detail: expect.any(String), hint: expect.any(String) });
  await tape.over;
  await room.parked(4);
  await alpha.say('hello');
  await fifth;
});

verifies('stream:end', async (room) => {
  const [channel, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  const left = alpha.stream();
  await room.parked(1);
  await alpha.leave();
  expect(await left.next()).toMatchObject({ type: 'end', code: 'not_joined' });
  await left.over;
  const tapes = [bravo.stream(), bravo.stream({}, 'ndjson'), channel.stream({}, 'ndjson')];
  await room.parked(3);
  room.hub.close();
  for (const tape of tapes) {
    await tape.over;
    expect(tape.events.at(-1)).toMatchObject({
      type: 'end',
      code: 'shutdown',
      detail: expect.stringMatching(/./),
      hint: expect.stringMatching(/./),
    });
  }
});

verifies('stream:gone', async (room) => {
  const [channel, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  const tape = bravo.stream();
  await room.parked(1);
  await tape.close();
  await room.parked(0);
  expect((await channel.roster())[1]).toMatchObject({ presence: 'active' });
  const sent = await alpha.say('one');
  expect(sent.recipients).toEqual([{ callsign: 'bravo', state: 'queued', presence: 'active' }]);
  expect(marked(await bravo.listen())).toEqual(['one']);
});

verifies('stream:refused', async (room) => {
  const [channel, alpha] = await room.talk({}, 'alpha');
  await refused(channel.showing({ token: 'rt_join_wrong' }).stream().over, 'unauthorized');
  await refused(channel.showing({ sessionId: 'rt_session_nobody' }).stream().over, 'not_joined');
  for (const fields of [{ since: 'x' }, { last_event_id: 'x' }]) await refused(alpha.stream(fields).over, 'invalid_since');
  await refused(alpha.stream({ timeout: 3 }).over, 'unknown_field');
});
