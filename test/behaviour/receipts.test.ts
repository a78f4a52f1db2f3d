/** How far a message has come, and how sure the hub is of it. */
import { expect } from 'vitest';
import { texts } from '../harness/agent.ts';
import { refused } from '../harness/refused.ts';
import { CutError } from '../harness/transports/wire.ts';
import { verifies } from '../harness/verifies.ts';

verifies('receipt:listed', async (room) => {
  const [channel, alpha, bravo, charlie] = await room.talk({}, 'alpha', 'bravo', 'charlie');
  const all = await alpha.say('to all');
  const direct = await alpha.send('bravo', 'to you');
  const unknown = await alpha.send('echo', 'to nobody yet');
  await charlie.leave();
  const late = await channel.agent('delta');
  expect(await channel.receipts(all.id)).toEqual({ bravo: 'queued', charlie: 'queued' });
  expect(await late.receipts(direct.id)).toEqual({ bravo: 'queued' });
  expect(await channel.receipts(unknown.id)).toEqual({ echo: 'queued' });
  const { message } = await channel.message(all.id);
  expect(message).toMatchObject({ id: all.id, from: 'alpha', to: 'all', text: 'to all', at: all.at });
  const after = await alpha.say('to all again');
  expect(await channel.receipts(after.id)).toEqual({ bravo: 'queued', charlie: 'queued', delta: 'queued' });
  void bravo;
});

verifies('receipt:states', async (room) => {
  const [channel, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  const { id } = await alpha.say('one');
  const start = room.clock.now();
  const receipt = async () => (await channel.message(id)).receipts;
  const at = (ms: number): string => new Date(start + ms).toISOString();
  expect(await receipt()).toEqual([{ callsign: 'bravo', state: 'queued', at: at(0) }]);
  await room.pass(1000);
  const { cursor } = await bravo.listen();
  expect(await receipt()).toEqual([{ callsign: 'bravo', state: 'delivered', at: at(1000) }]);
  await room.pass(1000);
  await bravo.rejoin();
  expect(await receipt()).toEqual([{ callsign: 'bravo', state: 'delivered', at: at(1000) }]);
  await room.pass(1000);
  await bravo.listen({ since: cursor });
  expect(await receipt()).toEqual([{ callsign: 'bravo', state: 'confirmed', at: at(3000) }]);
});

verifies('receipt:never-back', async (room) => {
  const [channel, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  for (const text of ['one', 'two', 'three']) await alpha.say(text);
  const states = async () => Promise.all([1, 2, 3].map(async (id) => (await channel.receipts(id))['bravo']));
  expect(await states()).toEqual(['queued', 'queued', 'queued']);
  await bravo.listen({ limit: 2 });
  expect(await states()).toEqual(['delivered', 'delivered', 'queued']);
  await bravo.listen({ since: 1 });
  expect(await states()).toEqual(['confirmed', 'delivered', 'delivered']);
  await bravo.listen({ since: 0 });
  await bravo.ack(0);
  await bravo.rejoin();
  expect(await states()).toEqual(['confirmed', 'delivered', 'delivered']);
  await bravo.ack(3);
  await bravo.listen({ since: 1 });
  expect(await states()).toEqual(['confirmed', 'confirmed', 'confirmed']);
});

verifies('receipt:cut', async (room) => {
  const [channel, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  await alpha.say('one');
  await expect(bravo.listen({}, { cut: true })).rejects.toThrow(CutError);
  expect(await channel.receipts(1)).toEqual({ bravo: 'queued' });
  // Nor does the next bare listen take it for received.
  expect((await bravo.listen()).messages).toMatchObject([{ text: 'one', redelivered: true }]);
  expect(await channel.receipts(1)).toEqual({ bravo: 'delivered' });
});

verifies('receipt:forgotten-time', async (room) => {
  const [channel, alpha, bravo] = await room.talk({ retention: 'full' }, 'alpha', 'bravo');
  await alpha.say('one');
  await alpha.say('two');
  await bravo.listen({ limit: 1 });
  await room.restart('stop');
  expect((await channel.message(1)).receipts).toEqual([{ callsign: 'bravo', state: 'delivered', at: null }]);
  const two = await channel.message(2);
  expect(two.receipts).toEqual([{ callsign: 'bravo', state: 'queued', at: two.message.at }]);
});

verifies('receipt:rotated', { limits: 'ringMessages=2' }, async (room) => {
  const [channel, alpha, bravo, charlie] = await room.talk({}, 'alpha', 'bravo', 'charlie');
  await alpha.say('one');
  const { cursor } = await bravo.listen();
  await alpha.send('bravo', 'two');
  await alpha.say('three');
  const gone = await refused(channel.message(1), 'rotated');
  expect(gone.problem['receipts']).toMatchObject([
    { callsign: 'bravo', state: 'delivered' },
    { callsign: 'charlie', state: 'expired', at: null },
  ]);
  await bravo.listen({ since: cursor });
  await alpha.say('four');
  const later = await refused(channel.message(1), 'rotated');
  expect(later.problem['receipts']).toMatchObject([
    { callsign: 'bravo', state: 'confirmed' },
    { callsign: 'charlie', state: 'expired' },
  ]);
  // Handed over and gone: it was seen.
  const two = await refused(channel.message(2), 'rotated');
  expect(two.problem['receipts']).toMatchObject([{ callsign: 'bravo', state: 'delivered' }]);
  void charlie;
});

verifies('receipt:expired-stays', { limits: 'ringMessages=2' }, async (room) => {
  const [channel, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  for (const text of ['one', 'two', 'three', 'four']) await alpha.say(text);
  const states = async () =>
    Promise.all([1, 2].map(async (id) => (await refused(channel.message(id), 'rotated')).problem['receipts'] as { state: string }[]));
  const expired = [[{ callsign: 'bravo', state: 'expired', at: null }], [{ callsign: 'bravo', state: 'expired', at: null }]];
  expect(await states()).toEqual(expired);
  const heard = await bravo.listen();
  expect(texts(heard)).toEqual(['three', 'four']);
  expect(heard.gap).toEqual({ reason: 'rotated', missed_at_most: 2, oldest: 3 });
  await bravo.listen({ since: heard.cursor });
  expect(await states()).toEqual(expired);
  expect(await channel.receipts(3)).toEqual({ bravo: 'confirmed' });
  // Nor is it seen by who skips it without ever having listened.
  const [other, charlie, delta] = await room.talk({}, 'charlie', 'delta');
  for (const text of ['one', 'two', 'three', 'four']) await charlie.say(text);
  await delta.listen({ since: 'latest' });
  for (const id of [1, 2]) {
    const gone = await refused(other.message(id), 'rotated');
    expect(gone.problem['receipts']).toEqual([{ callsign: 'delta', state: 'expired', at: null }]);
  }
});

verifies('receipt:status', async (room) => {
  const [channel, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  const parked = await bravo.park();
  const { id } = await alpha.say('busy', { kind: 'status' });
  await parked.answer;
  const gone = await refused(channel.message(id), 'rotated');
  expect(gone.problem['receipts']).toEqual([]);
});

verifies('receipt:unknown', async (room) => {
  const [channel, alpha] = await room.talk({}, 'alpha');
  await alpha.say('one');
  for (const id of [2, 1_000_000]) await refused(channel.message(id), 'not_found');
  for (const id of [0, -1, 'x', '1.5']) await refused(channel.message(id), 'invalid_body');
});
