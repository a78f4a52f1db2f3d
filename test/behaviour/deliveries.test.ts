/** What becomes of webhooks: retries, failures, order, tests. */
import { expect } from 'vitest';
import { done, receives, tried } from '../harness/hooks.ts';
import { answering, hanging, type Manner, Receiver } from '../harness/receiver.ts';
import { turns } from '../harness/until.ts';
import { verifies } from '../harness/verifies.ts';

/** The middle of each wait: the jitter of a room is none. */
const WAITS = [1_000, 5_000, 25_000] as const;

verifies('hook:retries', async (room) => {
  const receiver = await receives(room, answering(500, 500, 500, 200, 503, 503, 503, 503, 200));
  const [channel, alpha] = await room.talk({}, 'alpha');
  const { webhook_id: id } = await channel.createWebhook({ url: receiver.url });
  const begun = room.clock.now();
  await alpha.say('third time lucky');
  for (const [i, wait] of WAITS.entries()) {
    const [delivery] = await tried(channel, id, i + 1);
    expect(delivery).toMatchObject({ state: 'pending', reason: null, next_attempt_at: new Date(room.clock.now() + wait).toISOString() });
    await room.pass(wait - 1);
    await turns();
    expect(receiver.received).toHaveLength(i + 1);
    await room.pass(1);
    await receiver.has(i + 2);
  }
  const [delivered] = await done(channel, id, 1);
  const at = (ms: number): string => new Date(begun + ms).toISOString();
  const failed = { took_ms: 0, status: 500, reason: 'answered 500' };
  expect(delivered).toEqual({
    delivery_id: receiver.received[0]!.id,
    type: 'message.created',
    at: at(0),
    message_id: 1,
    state: 'delivered',
    reason: null,
    attempts: [
      { at: at(0), ...failed },
      { at: at(1_000), ...failed },
      { at: at(6_000), ...failed },
      { at: at(31_000), took_ms: 0, status: 200, reason: null },
    ],
    next_attempt_at: null,
  });
  const [first, ...again] = receiver.received;
  for (const one of again) expect([one.id, one.text]).toEqual([first!.id, first!.text]);
  // Signed anew each time, or a receiver would think it stale.
  expect(receiver.received.map(({ headers }) => Number(headers['webhook-timestamp']) - begun / 1000)).toEqual([0, 1, 6, 31]);
  expect(new Set(receiver.received.map(({ headers }) => headers['webhook-signature'])).size).toBe(4);

  await alpha.say('never');
  for (const [i, wait] of WAITS.entries()) {
    await tried(channel, id, i + 1);
    await room.pass(wait);
  }
  const [never] = await done(channel, id, 2);
  expect(never).toMatchObject({ state: 'failed', reason: 'answered 503', attempts: Array(4).fill({ status: 503 }), next_attempt_at: null });
  await room.pass(3_600_000);
  expect(receiver.received).toHaveLength(8);
  expect((await channel.webhooks())[0]).toMatchObject({ state: 'armed' });
});

const redirecting: Manner = (response) => response.writeHead(307, { Location: '/elsewhere' }).end();
const resetting: Manner = (response) => response.socket?.resetAndDestroy();
const trickling: Manner = (response) => response.writeHead(200).write('{');
const chattering: Manner = (response) => response.writeHead(200).write('x'.repeat(100_000));
const breakingOff: Manner = (response) => {
  response.writeHead(200, { 'Content-Length': '10' }).write('x', () => response.socket?.destroy());
};
const switching: Manner = (response) =>
  response.socket?.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n');
const babbling: Manner = (response) => response.socket?.end('SMTP\r\n\r\n');

verifies('hook:failures', { limits: 'webhooks=11' }, async (room) => {
  const [channel, alpha] = await room.talk({}, 'alpha');
  const slow = [hanging, trickling];
  const quick: readonly (readonly [manner: Manner, status: number | null, reason: string | null])[] = [
    [resetting, null, 'connection reset'],
    [breakingOff, 200, 'connection reset'],
    [babbling, null, 'the answer is not HTTP'],
    [switching, 101, 'answered 101'],
    [redirecting, 307, 'redirects are not followed'],
    [answering(404), 404, 'answered 404'],
    [chattering, 200, null],
    [answering(204), 204, null],
  ];
  const hook = async (url: string): Promise<string> => (await channel.createWebhook({ url })).webhook_id;
  const gone = await Receiver.start();
  const nobody = await hook(gone.url);
  await gone.close();
  const slowOnes = await Promise.all(slow.map(async (manner) => hook((await receives(room, manner)).url)));
  const receivers = await Promise.all(quick.map(([manner]) => receives(room, manner)));
  const quickOnes = await Promise.all(receivers.map(({ url }) => hook(url)));
  await alpha.say('one');
  expect((await tried(channel, nobody, 1))[0]).toMatchObject({
    state: 'pending',
    attempts: [{ status: null, reason: 'connection refused' }],
  });
  for (const [i, id] of quickOnes.entries()) {
    const [, status, reason] = quick[i]!;
    const [delivery] = await tried(channel, id, 1);
    expect(delivery).toMatchObject({ state: reason === null ? 'delivered' : 'pending', attempts: [{ status, reason }] });
  }
  // Those that hang hold up nobody, and have ten seconds.
  await room.pass(9_999);
  for (const id of slowOnes) expect((await channel.deliveries(id))[0]).toMatchObject({ state: 'pending', attempts: [] });
  await room.pass(1);
  for (const id of slowOnes) {
    expect((await tried(channel, id, 1))[0]).toMatchObject({ attempts: [{ status: null, reason: 'timed out', took_ms: 10_000 }] });
  }
  expect(receivers.flatMap(({ received }) => received.filter(({ path }) => path !== '/hook'))).toEqual([]);
});

verifies('hook:gone', async (room) => {
  let leave = (): void => {};
  const receiver = await receives(room, (response) => {
    leave = () => response.writeHead(410).end();
  });
  const [channel, alpha] = await room.talk({}, 'alpha', 'bravo');
  const { webhook_id: id } = await channel.createWebhook({ url: receiver.url, callsign: 'bravo' });
  for (const text of ['one', 'two', 'three']) await alpha.say(text);
  await receiver.has(1);
  leave();
  const deliveries = await done(channel, id, 3);
  expect(receiver.received).toHaveLength(1);
  expect(deliveries.at(-1)).toMatchObject({ state: 'failed', reason: 'answered 410', attempts: [{ status: 410 }] });
  for (const one of deliveries.slice(0, 2)) {
    expect(one).toMatchObject({ state: 'failed', reason: 'given up: the webhook was disabled', attempts: [] });
  }
  expect(await channel.webhooks()).toMatchObject([{ state: 'disabled', reason: 'the receiver answered 410 Gone' }]);
  expect((await channel.roster()).map(({ reach }) => reach)).toEqual([[], []]);
  await alpha.say('four');
  await room.pass(60_000);
  expect(receiver.received).toHaveLength(1);
  expect(await channel.deliveries(id)).toHaveLength(3);
  receiver.answer(answering(200));
  expect(await channel.testWebhook(id)).toMatchObject({ delivered: true });
  expect((await channel.webhooks())[0]).toMatchObject({ state: 'disabled' });
});

verifies('hook:order', async (room) => {
  let leave = (): void => {};
  const receiver = await receives(room, (response, { body }, nth) => {
    const { text } = body.data.message;
    const end = (): void => void response.writeHead(text === 'two' && nth < 6 ? 500 : 200).end();
    if (text === 'one') leave = end;
    else end();
  });
  const [channel, alpha] = await room.talk({}, 'alpha');
  const { webhook_id: id } = await channel.createWebhook({ url: receiver.url });
  const texts = ['one', 'two', 'three', 'four', 'five'];
  await Promise.all(texts.map((text) => alpha.say(text)));
  await receiver.has(1);
  // A test does not wait for its turn, so whatever else would come has come.
  await channel.testWebhook(id);
  expect(receiver.texts.slice(0, 1)).toEqual(['one']);
  expect(receiver.received.map(({ body }) => body.type)).toEqual(['message.created', 'webhook.test']);
  leave();
  await done(channel, id, 5);
  expect(receiver.received.slice(2).map(({ body }) => body.data.message.text)).toEqual(texts.slice(1));
  await room.pass(1_000);
  await receiver.has(7);
  expect(receiver.texts.at(-1)).toBe('two');
});

verifies('hook:bounded', { limits: 'deliveriesWaiting=3,deliveriesKept=2' }, async (room) => {
  const receiver = await receives(room, hanging);
  const [channel, alpha] = await room.talk({}, 'alpha');
  const { webhook_id: id } = await channel.createWebhook({ url: receiver.url });
  for (const text of ['one', 'two', 'three', 'four', 'five']) await alpha.say(text);
  await receiver.has(1);
  const deliveries = await channel.deliveries(id);
  const givenUp = { state: 'failed', reason: 'given up: more than the hub keeps was waiting' };
  expect(deliveries.map(({ message_id: message, state }) => [message, state])).toEqual([
    [5, 'pending'],
    [4, 'pending'],
    [3, 'failed'],
    [2, 'failed'],
    // Under way: nobody knows yet that it fails.
    [1, 'pending'],
  ]);
  for (const one of deliveries.slice(2, 4)) expect(one).toMatchObject(givenUp);
  // A test does not wait for its turn, so whatever else would come has come.
  receiver.answer(answering(200));
  await channel.testWebhook(id);
  expect(receiver.texts).toEqual(['one', 'This is a test of your webhook. Over.']);
  await room.pass(10_000);
  await room.pass(1_000);
  const left = await done(channel, id, 2);
  expect(left.filter(({ state }) => state !== 'pending').length).toBeLessThanOrEqual(2);
  expect(await channel.deliveries(id, { limit: 1 })).toHaveLength(1);
});

verifies('hook:test', async (room) => {
  const receiver = await receives(room, answering(500, 200));
  const [channel] = await room.talk({}, 'alpha');
  const { webhook_id: id } = await channel.createWebhook({ url: receiver.url, callsign: 'bravo', events: ['member.left'] });
  const now = new Date(room.clock.now()).toISOString();
  const failed = await channel.testWebhook(id);
  expect(failed).toEqual({
    ...{ webhook_id: id, delivery_id: receiver.received[0]!.id, delivered: false },
    ...{ at: now, took_ms: 0, status: 500, reason: 'answered 500' },
  });
  expect(receiver.received[0]!.body).toEqual({
    type: 'webhook.test',
    timestamp: now,
    data: {
      channel_id: channel.id,
      message: {
        ...{ id: 0, from: 'hub', to: 'bravo', text: 'This is a test of your webhook. Over.', at: now },
        sender: { verified: false, authorized: false },
      },
    },
  });
  await room.pass(60_000);
  expect(receiver.received).toHaveLength(1);
  expect(await channel.testWebhook(id)).toMatchObject({ delivered: true, status: 200, reason: null });
  expect((await channel.deliveries(id)).map(({ type, state }) => [type, state])).toEqual([
    ['webhook.test', 'delivered'],
    ['webhook.test', 'failed'],
  ]);
  expect((await channel.webhooks())[0]).toMatchObject({ state: 'armed' });
});

verifies('hook:rebinding', { allowPrivateWebhooks: false }, async (room) => {
  const receiver = await receives(room);
  const [channel, alpha] = await room.talk({}, 'alpha');
  room.names['rebind.example'] = ['93.184.215.14'];
  const { webhook_id: id } = await channel.createWebhook({ url: `http://rebind.example:${receiver.port}/` });
  for (const [i, address] of ['127.0.0.1', '::ffff:127.0.0.1', '169.254.169.254'].entries()) {
    room.names['rebind.example'] = ['93.184.215.14', address];
    await alpha.say(`for ${address}`);
    const [delivery] = await tried(channel, id, 1);
    expect(delivery).toMatchObject({ message_id: i + 1, attempts: [{ status: null, reason: 'refused: private address' }] });
  }
  delete room.names['rebind.example'];
  await alpha.say('for nobody');
  expect((await tried(channel, id, 1))[0]).toMatchObject({ attempts: [{ reason: 'the name does not resolve' }] });
  expect(receiver.received).toEqual([]);
  // Looked up once to make it and once for each attempt: what was checked is what is connected to.
  expect(room.lookups).toHaveLength(5);
});
