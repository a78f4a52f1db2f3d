/** Watching a channel without a seat, and what sockets do to streams. */
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, vi } from 'vitest';
import { hashSecret } from '../../src/core/ids.ts';
import { writeStream } from '../../src/transports/stream.ts';
import { short } from '../harness/tape.ts';
import { sseEvents } from '../harness/transports/events.ts';
import { HttpClient } from '../harness/transports/http.ts';
import { prepare } from '../harness/transports/rest.ts';
import type { StreamEvent } from '../harness/transports/wire.ts';
import { turns, until } from '../harness/until.ts';
import { verifies } from '../harness/verifies.ts';

verifies('stream:observer', async (room) => {
  const [channel, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  await alpha.say('before');
  for (const form of ['sse', 'ndjson'] as const) {
    const tape = channel.stream({}, form);
    expect(await tape.next()).toMatchObject({ type: 'roster', roster: [{ callsign: 'alpha' }, { callsign: 'bravo' }] });
    await alpha.send('bravo', 'direct');
    await bravo.say('to all');
    await alpha.say('busy', { kind: 'status' });
    const { recipients } = await alpha.send('charlie', 'to nobody yet');
    expect(recipients).toMatchObject([{ state: 'queued' }]);
    expect((await tape.take(4)).map(short)).toEqual(['direct', 'to all', 'busy', 'to nobody yet']);
    // It is nobody, and nobody's mail is touched by it.
    expect((await channel.info()).counts).toMatchObject({ members: 2, listening: 0 });
    expect(await bravo.rejoin()).toMatchObject({ unconfirmed: [] });
    const joiner = await channel.agent(`late-${form}`);
    const seen = await tape.next();
    expect(seen.type === 'roster' && seen.roster.map(({ callsign }) => callsign)).toContain(`late-${form}`);
    await joiner.leave();
    const after = await tape.next();
    expect(after.type === 'roster' && after.roster.map(({ callsign }) => callsign)).toEqual(['alpha', 'bravo']);
    await tape.close();
    await room.parked(0);
  }
});

verifies('stream:away', { trouble: 'expected' }, async (room) => {
  const [channel, alpha, bravo] = await room.talk({ retention: 'full' }, 'alpha', 'bravo');
  const tape = channel.stream();
  expect((await tape.next()).type).toBe('roster');
  const found = await room.engine.session(channel.id, hashSecret(bravo.sessionId));
  await room.away(async () => {
    // It was let in before that.
    if (found.state === 'live') await expect(room.hub.leave(found.session)).rejects.toMatchObject({ code: 'storage_unavailable' });
    await room.quiet();
  });
  await alpha.say('back');
  let event = await tape.next();
  while (event.type === 'roster') event = await tape.next();
  expect(short(event)).toBe('back');
});

verifies('stream:observer-since', { limits: 'ringMessages=3' }, async (room) => {
  const [channel, alpha] = await room.talk({}, 'alpha');
  for (let i = 1; i <= 5; i++) await alpha.send('bravo', `m${i}`);
  const whole = channel.stream({ since: 0 });
  expect((await whole.take(4)).map(short)).toEqual(['roster', 'm3', 'm4', 'm5']);
  const part = channel.stream({ since: 4 });
  expect((await part.take(2)).map(short)).toEqual(['roster', 'm5']);
  const gone = channel.stream({ last_event_id: '1' });
  const events = await gone.take(5);
  expect(events.map(short)).toEqual(['roster', 'gap', 'm3', 'm4', 'm5']);
  expect(events[1]).toMatchObject({ gap: { reason: 'rotated', oldest: 3, missed_at_most: 1 } });
  const rewound = channel.stream({ since: 99 });
  const [, told, ...rest] = await rewound.take(5);
  expect(told).toMatchObject({ type: 'gap', gap: { reason: 'rewound', missed_at_most: null } });
  // Nobody knows what it has seen, so it gets all there is.
  expect(rest.map(short)).toEqual(['m3', 'm4', 'm5']);
  for (const tape of [whole, part, gone, rewound]) await tape.close();
});

verifies('stream:status-cursor', { limits: 'answerBytes=1500' }, async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  for (let i = 1; i <= 14; i++) await alpha.send('bravo', `m${i}`);
  // A stream whose reader takes a while over the first piece; meanwhile two statuses come.
  const found = await room.hub.channelFor(bravo.channel.id, bravo.channel.created.join_token, '127.0.0.1');
  const session = await room.hub.sessionFor(found, bravo.sessionId);
  const gone = new AbortController();
  const items = room.hub.stream(session, { at: 'start' }, gone.signal);
  const first = await items.next();
  first.value?.type === 'messages' && first.value.answer.delivery.handed();
  for (const text of ['s15', 's16']) await alpha.say(text, { kind: 'status' });
  const held = (async function* () {
    yield first.value!;
    yield* items;
  })();
  const server = createServer(
    (_, response) => void writeStream(response, room.clock, { answers: 'stream', items: held }, 'text/event-stream'),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = new HttpClient((server.address() as AddressInfo).port);
  const events: StreamEvent[] = [];
  for await (const event of sseEvents((await client.open('GET', '/')).setEncoding('utf8'))) {
    events.push(event);
    if (events.length === 16) break;
  }
  gone.abort();
  client.close();
  server.close();
  const all = [...Array.from({ length: 14 }, (_, i) => `m${i + 1}`), 's15', 's16'];
  // In the order of their ids, whatever came when.
  expect(events.map(short)).toEqual(all);
  // Resumed after any event, it gets every message that had not come by then.
  for (const [i, event] of events.entries()) {
    if (event.type !== 'message') continue;
    const position = Number(event.cursor?.split('-')[0]);
    const missed = events.slice(i + 1).flatMap((later) => (later.type === 'message' && !later.message.kind ? [later.message.id] : []));
    expect(Math.min(...missed, 99), `after ${short(event)} at ${event.cursor}`).toBeGreaterThan(position);
  }
});

verifies('stream:heartbeat', async (room) => {
  const [, , bravo] = await room.talk({}, 'alpha', 'bravo');
  for (const [accept, beat] of [
    ['text/event-stream', ':\n\n'],
    ['application/x-ndjson', '\n'],
  ] as const) {
    const { method, path, headers } = prepare('stream', { proofs: bravo.proofs, input: {} });
    const response = await room.http.open(method, path, { headers: { ...headers, Accept: accept } });
    let text = '';
    response.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
    });
    await room.parked(1);
    await turns(50);
    const hello = text;
    for (let i = 1; i <= 3; i++) {
      room.clock.advance(15_000);
      await until(() => text === hello + beat.repeat(i), 'a heartbeat');
    }
    response.destroy();
    await room.parked(0);
  }
});

verifies('stream:slow', { limits: 'off,answerBytes=100000' }, async (room) => {
  const [channel, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
  try {
    const { path, headers } = prepare('stream', { proofs: bravo.proofs, input: {} });
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    const socket = connect(room.http.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${room.http.port}\r\n${lines.join('\r\n')}\r\n\r\n`);
    await room.parked(1);
    socket.pause();
    // Until the kernel takes no more.
    let queued = 0;
    for (let i = 0; i < 2000 && queued < 3; i++) {
      const { recipients } = await alpha.send('bravo', 'x'.repeat(32_000));
      queued = recipients[0]?.state === 'queued' ? queued + 1 : 0;
    }
    expect(queued).toBe(3);
    expect(room.hub.waiters.count).toBe(1);
    vi.advanceTimersByTime(29_999);
    await turns();
    expect(room.hub.waiters.count).toBe(1);
    vi.advanceTimersByTime(1);
    await room.parked(0);
    socket.destroy();
    const { unconfirmed, pending } = await channel.join('bravo');
    const states = new Set<string>();
    for (const { id } of await channel.history(3)) states.add((await channel.receipts(id))['bravo'] ?? '');
    expect(pending).toBeGreaterThanOrEqual(2);
    expect(states.has('confirmed')).toBe(false);
    expect(unconfirmed.length + pending).toBeGreaterThan(0);
    expect((await channel.receipts((await channel.history(1))[0]!.id))['bravo']).toBe('queued');
  } finally {
    vi.useRealTimers();
  }
});
