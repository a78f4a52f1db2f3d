/**
 * Answers that nobody reads for 30 seconds: the connection is ended, and what was in it is not lost to the seat. The
 * hub's timers are the test's here, so nobody waits (R-REQ-18, R-STREAM-11, R-LISTEN-16, R-RCPT-4).
 */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { eventually } from '../harness/eventually.ts';
import { follow } from '../harness/follow.ts';
import { type Call, expectCall, memberCall, requestText, type TestMember } from '../harness/rest.ts';
import { type WatchedHub, watchedHub } from '../harness/watched-hub.ts';

const UNREAD_MS = 30_000;

let { running, sockets, alpha, bravo } = {} as WatchedHub;
beforeEach(async () => {
  // Of the program only: Node's own sockets have other timers.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
  ({ running, sockets, alpha, bravo } = await watchedHub('off,pipelined=100'));
});
afterEach(async () => {
  vi.useRealTimers();
  for (const socket of sockets) socket.destroy();
  await running.close();
});

/** Whether a connection has more to say than the kernel takes for a client that does not read. */
const isStuck = (): boolean => [...sockets].some((socket) => socket.writableLength > 0);

const send = async (message: string): Promise<number> =>
  (await expectCall(running.url, memberCall(alpha, { path: 'send', body: { to: 'bravo', message } }))).id;

test('a stream that nobody reads is ended after 30 s, and its seat goes on where it proved to be', async () => {
  const stream = follow(running.url, memberCall(bravo, { path: 'stream' }));
  await stream.says(/retry: /);
  stream.pause();
  let last = 0;
  await eventually('the stream to be stuck', async () => {
    last = await send('x'.repeat(30_000));
    return isStuck();
  });
  const { receipts } = await expectCall(running.url, memberCall(alpha, { path: `messages/${last}` }));
  expect(receipts).toMatchObject([{ callsign: 'bravo', state: 'queued' }]);
  await eventually('the other connections to end', () => sockets.size === 1);

  vi.advanceTimersByTime(UNREAD_MS - 1);
  expect([...sockets].every((socket) => !socket.destroyed)).toBe(true);
  vi.advanceTimersByTime(1);
  await eventually('the connection to end', () => sockets.size === 0);

  const heard = await expectCall(running.url, memberCall(bravo, { path: `listen?timeout=0&since=${bravo.cursor}` }));
  expect(heard.gap).toMatchObject({ reason: 'rotated' });
  expect(heard.gap.missed_at_most).toBe(last - (last - heard.gap.oldest + 1));
  expect(heard.messages[0].id).toBe(heard.gap.oldest);
  stream.destroy();
});

/** A question that does not end its connection. */
const question = (call: Call): string => requestText(new URL(running.url).host, call).replace('Connection: close\r\n', '');

const piped = (member: TestMember, path: string): string => question(memberCall(member, { path }));

test.each<[name: string, call: () => Call]>([
  ['an answer', () => memberCall(alpha, { path: 'history?n=8' })],
  ['a document', () => ({ path: '/openapi.json' })],
])('%s that nobody reads is ended after 30 s', async (_, call) => {
  for (let i = 0; i < 8; i++) await send('x'.repeat(30_000));
  // One connection, many questions, no ear: each answer is a quarter of a megabyte.
  const client = follow(running.url, question(call()).repeat(100));
  client.pause();
  await eventually('the answers to be stuck', isStuck);
  vi.advanceTimersByTime(UNREAD_MS - 1);
  expect(sockets.size).toBe(1);
  vi.advanceTimersByTime(1);
  await eventually('the connection to end', () => sockets.size === 0);
  client.destroy();
});

test('an answer has its 30 s when it is its turn, and not behind one that is waited for', async () => {
  const asked = ['history', 'roster'].map((path) => piped(alpha, path)).join('') + question({ path: '/llms.txt' });
  const client = follow(
    running.url,
    piped(alpha, 'listen?timeout=55') + asked + requestText('localhost', memberCall(alpha, { path: 'x' })),
  );
  await eventually('all to be looked at', () => running.hub.waiters.count === 1);
  vi.advanceTimersByTime(55_000);
  await client.closed;
  expect([...client.text().matchAll(/HTTP\/1\.1 ([0-9]{3})/g)].map(([, status]) => status)).toEqual(['200', '200', '200', '200', '403']);
});

test('a wait and a stream that have ended behind answers that nobody reads are written to no more', async () => {
  for (let i = 0; i < 8; i++) await send('x'.repeat(30_000));
  const question = piped(alpha, 'history?n=8');
  const client = follow(running.url, question.repeat(40) + piped(alpha, 'wait?timeout=0') + piped(alpha, 'stream'));
  client.pause();
  await eventually('the answers to be stuck', isStuck);
  const presence = async () => (await expectCall(running.url, memberCall(bravo, { path: 'roster' }))).roster[0].presence;
  await eventually('the stream to be open', async () => (await presence()) === 'listening');
  running.hub.waiters.endAll({ type: 'shutdown' });
  await eventually('the stream to be over', async () => (await presence()) !== 'listening');
  // Of an answer that is written to after its end, the program would die.
  vi.advanceTimersByTime(UNREAD_MS - 1);
  expect(await send('the hub is there')).toBeGreaterThan(0);
  vi.advanceTimersByTime(1);
  await eventually('the connection to end', () => sockets.size === 0);
  client.destroy();
});

test('who waits behind another answer on a connection that is gone listens no more', async () => {
  const client = follow(running.url, piped(bravo, 'wait') + piped(alpha, 'stream') + piped(alpha, 'wait') + piped(alpha, 'listen'));
  const presence = async () => (await expectCall(running.url, memberCall(bravo, { path: 'roster' }))).roster[0].presence;
  await eventually('all to listen', () => running.hub.waiters.count === 4);
  expect(await presence()).toBe('listening');
  client.destroy();
  await eventually('nobody to listen', () => running.hub.waiters.count === 0);
  expect(await presence()).toBe('active');
});

test('a reader that is slow but reads is not ended', async () => {
  const stream = follow(running.url, memberCall(bravo, { path: 'stream' }));
  await stream.says(/retry: /);
  stream.pause();
  await eventually('the stream to be stuck', async () => {
    await send('x'.repeat(30_000));
    return isStuck();
  });
  vi.advanceTimersByTime(UNREAD_MS - 1);
  stream.resume();
  await eventually('the stream to flow', () => !isStuck());
  const last = await send('the last');
  await stream.says(new RegExp(`"id":${last},`));
  await eventually('the other connections to end', () => sockets.size === 1);
  vi.advanceTimersByTime(2 * UNREAD_MS);
  const later = await send('later');
  await stream.says(new RegExp(`"id":${later},`));
  stream.destroy();
});
