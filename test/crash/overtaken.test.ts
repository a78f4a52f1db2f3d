/**
 * Streams that end while their reader is behind: what it had been given comes, then the end, and nothing that was said since
 * (R-LISTEN-23, R-LISTEN-24, R-LISTEN-28, R-STREAM-10, R-STREAM-12).
 */
import type { Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { STATUSES_KEPT } from '../../src/core/limits.ts';
import type { Session } from '../../src/core/types.ts';
import { createLog } from '../../src/log.ts';
import { type RunningHub, startHub } from '../../src/server.ts';
import { GoneSignal } from '../../src/transports/gone.ts';
import { eventually } from '../harness/eventually.ts';
import { type Followed, follow } from '../harness/follow.ts';
import { createChannel, expectCall, joinChannel, memberCall, type TestChannel, type TestMember } from '../harness/rest.ts';

let running: RunningHub;
let sockets: Set<Socket>;
let channel: TestChannel;
let alpha: TestMember;
let bravo: TestMember;
beforeEach(async () => {
  running = await startHub(readConfig(['--port', '0', '--memory', '--limits', 'off'], {}), 'test', createLog('error'));
  sockets = new Set();
  running.server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  channel = await createChannel(running.url);
  [alpha, bravo] = [await joinChannel(running.url, channel, 'alpha'), await joinChannel(running.url, channel, 'bravo')];
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await running.close();
});

const send = (message: string, to = 'bravo'): Promise<unknown> =>
  expectCall(running.url, memberCall(alpha, { path: 'send', body: { to, message } }));

const owner = (verb: string, body: object = {}): Promise<unknown> =>
  expectCall(running.url, { path: `${channel.path}/${verb}`, token: channel.ownerToken, body });

const LISTENER = () => memberCall(bravo, { path: 'stream' });
const OBSERVER = () => ({ path: `${channel.path}/stream`, token: channel.token });

/** A fifth listener takes the place of the first. */
const overtake = async (): Promise<void> => {
  const before = running.hub.waiters.count;
  for (let i = 0; i < 4; i++) follow(running.url, memberCall(bravo, { path: 'wait?since=latest' }));
  await eventually('four to wait', () => running.hub.waiters.count >= before + 4);
};

test.each<[end: string, who: string, call: () => Parameters<typeof follow>[1], code: string, end: () => unknown]>([
  ['overtaken by another listener', 'a listener', LISTENER, 'superseded', overtake],
  ['ended with the hub', 'a listener', LISTENER, 'shutdown', () => running.hub.waiters.endAll({ type: 'shutdown' })],
  ['ended with the hub', 'an observer', OBSERVER, 'shutdown', () => running.hub.waiters.endAll({ type: 'shutdown' })],
  ['kicked and banned', 'a listener', LISTENER, 'kicked', () => owner('kick', { callsign: 'bravo', ban: true })],
  ['given another token', 'a listener', LISTENER, 'unauthorized', () => owner('rotate-token')],
  ['given another token', 'an observer', OBSERVER, 'unauthorized', () => owner('rotate-token')],
])('%s: %s that is behind hears no more than it was given', async (_, __, call, code, end) => {
  const stream: Followed = follow(running.url, call());
  await stream.says(/retry: /);
  stream.pause();
  await eventually('the stream to be stuck', async () => {
    await send('x'.repeat(30_000));
    return [...sockets].some((socket) => socket.writableLength > 0);
  });
  // More than one answer holds, said before the end, and never given.
  for (let i = 0; i < 20; i++) await send(`waits ${'x'.repeat(30_000)}`);
  await end();
  stream.resume();
  await stream.closed;
  expect(stream.text()).toMatch(new RegExp(`event: end\\ndata: \\{"code":"${code}"`));
  expect(stream.text()).not.toContain('waits');
});

test('who watches and has more to come is told of the end before that', async () => {
  for (let i = 0; i < 20; i++) await send('x'.repeat(30_000));
  const { hub } = running;
  const watched = await hub.channelFor(channel.id, channel.token, 'here');
  const items = hub.watch(watched, { at: 'position', id: 0, tag: null }, new GoneSignal());
  await items.next();
  expect((await items.next()).value).toMatchObject({ type: 'messages', answer: { more: true } });
  hub.waiters.endAll({ type: 'shutdown' });
  expect((await items.next()).value).toEqual({ type: 'end', why: 'shutdown', error: null });
  expect((await items.next()).done).toBe(true);
});

const sessionOf = async ({ session }: TestMember): Promise<Session> =>
  running.hub.sessionFor(await running.hub.channelFor(channel.id, channel.token, 'here'), session);

const say = (message: string, kind: string): Promise<unknown> =>
  expectCall(running.url, memberCall(alpha, { path: 'send', body: { to: 'all', message, kind } }));

test('a stream that is behind hears the last of the statuses, and every message', async () => {
  const items = running.hub.stream(await sessionOf(bravo), { at: 'bare' }, new GoneSignal());
  const first = items.next();
  await eventually('it to stand by', () => running.hub.waiters.count === 1);
  const sent = say('the first', 'message');
  const given = (await first).value;
  if (given?.type === 'messages') given.answer.delivery.unsure();
  await sent;
  for (let i = 0; i < 250; i++) await say(`status ${i}`, i === 50 ? 'message' : 'status');
  const { value } = await items.next();
  const texts = value?.type === 'messages' ? value.answer.heard.map(({ message }) => message.text) : [];
  expect(texts).toEqual(['status 50', ...Array.from({ length: STATUSES_KEPT }, (_, i) => `status ${250 - STATUSES_KEPT + i}`)]);
  await items.return();
});

test('who comes to listen when the channel is gone stands nowhere', async () => {
  const session = await sessionOf(bravo);
  await running.hub.engine.closeChannel(channel.id, true);
  const items = running.hub.stream(session, { at: 'bare' }, new GoneSignal());
  expect((await items.next()).value).toMatchObject({ type: 'end', why: 'removed', error: { code: 'unauthorized' } });
  expect((await items.next()).done).toBe(true);
  await expect(running.hub.listen(session, { since: { at: 'bare' }, limit: 1, timeoutMs: 1000 })).rejects.toMatchObject({
    code: 'unauthorized',
  });
  expect(running.hub.waiters.count).toBe(0);
});
