/** Saying something, to whom, and what the answer to it may claim. */
import { expect } from 'vitest';
import { marked, texts } from '../harness/agent.ts';
import { refused } from '../harness/refused.ts';
import { CutError } from '../harness/transports/wire.ts';
import { verifies } from '../harness/verifies.ts';

const KIB = 1024;
const TTL = 1_800_000;

verifies('send:fields', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  const first = await alpha.send('bravo', 'by message');
  expect(first).toEqual({
    id: 1,
    at: new Date(room.clock.now()).toISOString(),
    to: 'bravo',
    recipients: [{ callsign: 'bravo', state: 'queued', presence: 'active' }],
    recipient_count: 1,
  });
  await alpha.send(' BRAVO ', '', { message: undefined, text: 'by text', reply_to: 1 });
  const heard = await bravo.listen();
  expect(heard.messages).toEqual([
    { id: 1, from: 'alpha', to: 'bravo', text: 'by message', at: first.at, sender: { verified: false, authorized: false } },
    { id: 2, from: 'alpha', to: 'bravo', text: 'by text', at: first.at, reply_to: 1, sender: { verified: false, authorized: false } },
  ]);
  await refused(alpha.send('bravo', 'one', { text: 'two' }), 'invalid_message');
  await refused(alpha.send('bravo', '', { message: undefined }), 'invalid_message');
  for (const message of [7, null, ['x'], { text: 'x' }]) await refused(alpha.send('bravo', '', { message }), 'invalid_message');
  for (const kind of ['note', '', null]) await refused(alpha.send('bravo', 'x', { kind }), 'invalid_body');
  for (const reply_to of [0, -1, 1.5, '1']) await refused(alpha.send('bravo', 'x', { reply_to }), 'invalid_body');
});

verifies('send:ids', async (room) => {
  const [channel, ...agents] = await room.talk({}, 'alpha', 'bravo', 'charlie');
  const other = await room.channel();
  await (await other.agent('alpha')).say('elsewhere');
  const sent = await Promise.all(Array.from({ length: 30 }, (_, i) => agents[i % 3]!.say(`m${i}`)));
  expect(sent.map(({ id }) => id).sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
  expect((await channel.history(100)).map(({ id }) => id)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
});

verifies('send:all', async (room) => {
  const [, alpha, bravo, charlie] = await room.talk({}, 'alpha', 'bravo', 'charlie');
  const sent = await alpha.say('hello');
  expect(sent).toMatchObject({ to: 'all', recipient_count: 2 });
  expect(sent.recipients.map(({ callsign }) => callsign).sort()).toEqual(['bravo', 'charlie']);
  for (const agent of [bravo, charlie]) expect(texts(await agent.listen())).toEqual(['hello']);
  expect(texts(await alpha.listen({ since: 0 }))).toEqual([]);
});

verifies('send:direct', async (room) => {
  const [, alpha, bravo, charlie] = await room.talk({}, 'alpha', 'bravo', 'charlie');
  const sent = await alpha.send('bravo', 'for you');
  expect(sent.recipients).toEqual([{ callsign: 'bravo', state: 'queued', presence: 'active' }]);
  expect(sent.recipient_count).toBe(1);
  expect(texts(await bravo.listen())).toEqual(['for you']);
  for (const agent of [alpha, charlie]) expect(texts(await agent.listen({ since: 0 }))).toEqual([]);
});

verifies('send:to', async (room) => {
  const [channel, alpha] = await room.talk({}, 'alpha');
  const bad = ['', ' ', '-x', 'x-', 'a b', 'x'.repeat(33), 'ä', 'everyone', 'HUB', 'system', 'user', 'alpha', ' Alpha ', '*', 'all,bravo'];
  for (const to of bad) await refused(alpha.send(to, 'hello'), 'invalid_to');
  for (const to of [7, null, ['bravo'], undefined]) await refused(alpha.send('', 'hello', { to }), 'invalid_to');
  expect(await channel.history()).toEqual([]);
  expect((await alpha.send('ALL', 'hello')).to).toBe('all');
});

verifies('send:left', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  await bravo.leave();
  expect(await alpha.say('to all')).toMatchObject({ recipients: [], recipient_count: 0 });
  expect((await alpha.send('bravo', 'to you')).recipients).toEqual([{ callsign: 'bravo', state: 'queued', presence: 'offline' }]);
  const again = await bravo.back();
  expect(again.joined.pending).toBe(2);
  expect(marked(await again.listen())).toEqual(['to all', 'to you']);
});

verifies('send:expired', async (room) => {
  const [channel, , bravo] = await room.talk({}, 'alpha', 'bravo');
  await room.pass(TTL);
  await refused(bravo.listen(), 'session_expired');
  const alpha = await channel.agent('alpha');
  const sent = await alpha.say('to all');
  expect(sent.recipients).toEqual([{ callsign: 'bravo', state: 'queued', presence: 'offline' }]);
  expect(texts(await (await bravo.back()).listen())).toEqual(['to all']);
});

verifies('send:delivered', async (room) => {
  const [, alpha, bravo, charlie, delta] = await room.talk({}, 'alpha', 'bravo', 'charlie', 'delta');
  await room.pass(61_000);
  await charlie.listen();
  const parked = await bravo.park();
  await delta.leave();
  const sent = await alpha.say('hello');
  expect(sent.recipients).toEqual([
    { callsign: 'bravo', state: 'delivered', presence: 'listening' },
    { callsign: 'charlie', state: 'queued', presence: 'active' },
  ]);
  expect(texts(await parked.answer)).toEqual(['hello']);
  // Having listened a moment ago is not listening.
  expect((await alpha.send('bravo', 'again')).recipients).toEqual([{ callsign: 'bravo', state: 'queued', presence: 'active' }]);
  await room.pass(61_000);
  expect((await alpha.send('bravo', 'later')).recipients).toEqual([{ callsign: 'bravo', state: 'queued', presence: 'idle' }]);
});

verifies('send:not-delivered', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  const parked = await bravo.park({}, { cut: true });
  const sent = await alpha.send('bravo', 'hello');
  expect(sent.recipients).toEqual([{ callsign: 'bravo', state: 'queued', presence: 'listening' }]);
  await expect(parked.answer).rejects.toThrow(CutError);
  // The client that comes back gets it, flagged because it may have been seen.
  expect(marked(await bravo.listen())).toEqual(['(hello)']);
});

verifies('send:listed', { limits: 'recipients=3' }, async (room) => {
  const names = ['bravo', 'charlie', 'delta', 'echo', 'foxtrot'];
  const [, alpha] = await room.talk({}, 'alpha', ...names);
  const sent = await alpha.say('hello');
  expect(sent.recipient_count).toBe(5);
  expect(sent.recipients).toHaveLength(3);
  expect(new Set(sent.recipients.map(({ callsign }) => callsign)).size).toBe(3);
});

verifies('send:size', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  const full = 'x'.repeat(32 * KIB);
  await alpha.send('bravo', full);
  await alpha.send('bravo', 'é'.repeat(16 * KIB));
  await refused(alpha.send('bravo', `${full}x`), 'message_too_large');
  await refused(alpha.send('bravo', `${'é'.repeat(16 * KIB)}x`), 'message_too_large');
  await refused(alpha.send('bravo', '\u{1F9A6}'.repeat(8 * KIB + 1)), 'message_too_large');
  for (const message of ['', ' ', '\n\t ']) await refused(alpha.send('bravo', message), 'invalid_message');
  // A listen over MCP has room for less.
  const first = await bravo.listen({ timeout: 0 });
  const rest = first.more ? await bravo.listen({ timeout: 0, since: first.cursor }) : { messages: [] };
  expect([...first.messages, ...rest.messages].map(({ text }) => text.length)).toEqual([32 * KIB, 16 * KIB]);
});

verifies('send:order', async (room) => {
  const [, alpha, bravo, charlie] = await room.talk({}, 'alpha', 'bravo', 'charlie');
  const heard: number[] = [];
  const listening = (async () => {
    let since: string = charlie.joined.cursor;
    while (heard.length < 60) {
      const answer = await charlie.listen({ since, timeout: 30 });
      heard.push(...answer.messages.map(({ id }) => id));
      since = answer.cursor;
    }
  })();
  await Promise.all(Array.from({ length: 60 }, (_, i) => (i % 2 ? alpha : bravo).send(i % 3 ? 'all' : 'charlie', `m${i}`)));
  await listening;
  expect(heard).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
});

verifies('send:confirms-nothing', async (room) => {
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  await alpha.say('one');
  await bravo.listen();
  await alpha.say('two');
  await bravo.say('from me');
  await bravo.roster();
  await bravo.history();
  await bravo.message(1);
  expect(await bravo.receipts(1)).toEqual({ bravo: 'delivered' });
  expect(await bravo.receipts(2)).toEqual({ bravo: 'queued' });
  const { unconfirmed, pending } = await bravo.rejoin();
  expect(marked({ messages: unconfirmed })).toEqual(['(one)']);
  expect(pending).toBe(1);
  await bravo.leave();
  expect(await bravo.receipts(1).catch(() => bravo.channel.receipts(1))).toEqual({ bravo: 'delivered' });
});

verifies('send:not-secret', async (room) => {
  const [channel, alpha, , charlie] = await room.talk({ retention: 'full' }, 'alpha', 'bravo', 'charlie');
  const observer = channel.stream({ since: 0 });
  const { id } = await alpha.send('bravo', 'between us');
  expect(texts({ messages: await charlie.history() })).toEqual(['between us']);
  expect((await charlie.message(id)).message.text).toBe('between us');
  expect((await charlie.transcript()).events.map(({ text }) => text)).toContain('between us');
  await observer.next();
  expect((await observer.message()).message.text).toBe('between us');
  expect(texts(await charlie.listen({ since: 0 }))).toEqual([]);
  await observer.close();
});
