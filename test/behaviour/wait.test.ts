/** One long wait: run until there is mail, then exit. */
import { expect } from 'vitest';
import { marked, texts } from '../harness/agent.ts';
import { refused } from '../harness/refused.ts';
import type { Room } from '../harness/room.ts';
import { prepare } from '../harness/transports/rest.ts';
import { CutError, type Proofs } from '../harness/transports/wire.ts';
import { turns, until } from '../harness/until.ts';
import { verifies } from '../harness/verifies.ts';

const HOUR = 3_600_000;

verifies('wait:answers', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  for (let i = 1; i <= 3; i++) await alpha.say(`m${i}`);
  const first = await bravo.wait({ limit: 2, since: bravo.joined.cursor });
  expect(texts(first)).toEqual(['m1', 'm2']);
  expect(first).toMatchObject({ more: true, timed_out: false, gap: null, after: bravo.joined.cursor });
  expect(texts(await bravo.wait({ since: first.cursor }))).toEqual(['m3']);
  const parked = await bravo.park({ since: 3, timeout: undefined }, { by: 'wait' });
  await room.pass(5 * HOUR);
  const sent = await (await alpha.back()).say('m4');
  expect(sent.recipients).toEqual([{ callsign: 'bravo', state: 'delivered', presence: 'listening' }]);
  expect(texts(await parked.answer)).toEqual(['m4']);
});

verifies('wait:timeout', async (room) => {
  const [, alpha] = await room.talk({}, 'alpha');
  for (const [timeout, seconds] of [
    [undefined, 86_400],
    [100, 100],
    [86_400, 86_400],
    [1_000_000, 86_400],
  ]) {
    const parked = await alpha.park({ timeout }, { by: 'wait' });
    await room.pass(seconds! * 1000 - 1);
    expect(room.hub.waiters.count).toBe(1);
    await room.pass(1);
    expect(await parked.answer).toMatchObject({ messages: [], timed_out: true });
  }
  expect((await alpha.wait({ timeout: 0 })).timed_out).toBe(true);
  for (const timeout of [-1, 1.5, 'long', '']) await refused(alpha.wait({ timeout }), 'invalid_timeout');
});

/** A wait as it comes over the socket, piece by piece. */
const openWait = async (room: Room, proofs: Proofs) => {
  const { method, path, headers } = prepare('wait', { proofs, input: {} });
  const response = await room.http.open(method, path, { headers });
  const got = { text: '', ended: false };
  response.setEncoding('utf8');
  response.on('data', (piece: string) => {
    got.text += piece;
  });
  response.on('end', () => {
    got.ended = true;
  });
  return { response, got };
};

verifies('wait:spaces', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  const { response, got } = await openWait(room, bravo.proofs);
  expect(response.statusCode).toBe(200);
  expect(response.headers['content-type']).toBe('application/json');
  await until(() => got.text === ' ', 'the first space');
  for (let i = 2; i <= 4; i++) {
    room.clock.advance(14_999);
    await turns();
    expect(got.text).toBe(' '.repeat(i - 1));
    room.clock.advance(1);
    await until(() => got.text === ' '.repeat(i), 'a space');
  }
  await alpha.say('mail');
  await until(() => got.ended, 'the end');
  expect(got.text.startsWith('    {')).toBe(true);
  expect(texts(JSON.parse(got.text))).toEqual(['mail']);
});

verifies('wait:refused', async (room) => {
  const [channel, alpha] = await room.talk({}, 'alpha');
  const cases: [Proofs, Record<string, unknown>, number, string][] = [
    [{ ...alpha.proofs, token: 'rt_join_wrong' }, {}, 401, 'unauthorized'],
    [channel.proofs, {}, 400, 'not_joined'],
    [alpha.proofs, { timeout: 'x' }, 400, 'invalid_timeout'],
    [alpha.proofs, { since: 'x' }, 400, 'invalid_since'],
    [alpha.proofs, { limit: 0 }, 400, 'invalid_limit'],
    [alpha.proofs, { sinse: 0 }, 400, 'unknown_field'],
  ];
  for (const [proofs, input, status, code] of cases) {
    const { method, path, headers } = prepare('wait', { proofs, input });
    const reply = await room.http.ask(method, path, { headers });
    expect(reply.status).toBe(status);
    expect(reply.headers['content-type']).toBe('application/problem+json');
    expect(reply.text.startsWith('{')).toBe(true);
    expect(reply.json()).toMatchObject({ code, status });
  }
});

verifies('wait:refused-late', async (room) => {
  const [, alpha] = await room.talk({}, 'alpha');
  const { response, got } = await openWait(room, alpha.proofs);
  await until(() => got.text === ' ', 'the first space');
  await room.parked(1);
  await alpha.leave();
  await until(() => got.ended, 'the end');
  expect([response.statusCode, response.headers['content-type']]).toEqual([200, 'application/json']);
  expect(JSON.parse(got.text)).toMatchObject({ status: 400, code: 'not_joined', hint: expect.stringContaining('join') });
});

verifies('wait:is-a-listen', { limits: 'ringMessages=3' }, async (room) => {
  const [channel, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  for (let i = 1; i <= 5; i++) await alpha.say(`m${i}`);
  expect(await bravo.wait({ since: bravo.joined.cursor })).toMatchObject({ gap: { reason: 'rotated', missed_at_most: 2 } });
  await expect(bravo.wait({ since: 3 }, { cut: true })).rejects.toThrow(CutError);
  expect(marked(await bravo.wait({ since: 3 }))).toEqual(['(m4)', '(m5)']);
  expect((await bravo.rejoin()).cursor).toMatch(/^3-/);
  await bravo.wait({ since: 'latest', timeout: 0 });
  // It counts as one of the four.
  const first = await bravo.park({}, { by: 'wait' });
  for (let i = 0; i < 3; i++) await bravo.park({});
  const fifth = bravo.listen({ timeout: 30 });
  expect(await first.answer).toMatchObject({ messages: [], superseded: true });
  await room.parked(4);
  expect((await channel.roster())[1]).toMatchObject({ callsign: 'bravo', presence: 'listening' });
  const another = bravo.wait({});
  await room.parked(4);
  await bravo.leave();
  await refused(another, 'not_joined');
  await refused(fifth, 'not_joined');
  const again = await bravo.back();
  const last = await again.park({}, { by: 'wait' });
  room.hub.close();
  expect(await last.answer).toMatchObject({ messages: [], ended: 'shutdown' });
});
