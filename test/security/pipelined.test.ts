/** Clients that ask without end and read nothing: what the hub does and keeps for them is bounded (R-REQ-19). */
import type { Socket } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { createLog } from '../../src/log.ts';
import { type RunningHub, startHub } from '../../src/server.ts';
import { eventually } from '../harness/eventually.ts';
import { follow } from '../harness/follow.ts';
import { createChannel, expectCall, joinChannel, memberCall, requestText, type TestMember } from '../harness/rest.ts';

/** One that is answered, and those that may wait behind it. */
const ACCEPTED = 17;

let running: RunningHub;
let alpha: TestMember;
const sockets = new Set<Socket>();
let connected = 0;
beforeAll(async () => {
  running = await startHub(readConfig(['--port', '0', '--memory', '--limits', 'off'], {}), 'test', createLog('error'));
  running.server.on('connection', (socket) => {
    connected++;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  alpha = await joinChannel(running.url, await createChannel(running.url), 'alpha');
  for (let i = 0; i < 8; i++) await say('x'.repeat(30_000));
});
afterAll(() => running.close());

const say = async (message: string): Promise<number> =>
  (await expectCall(running.url, memberCall(alpha, { path: 'send', body: { to: 'all', message } }))).id;

test.each<[name: string, request: () => string]>([
  ['a quarter of a megabyte', () => requestText(new URL(running.url).host, memberCall(alpha, { path: 'history?n=8' }))],
  ['a document', () => requestText(new URL(running.url).host, { path: '/openapi.json' })],
  ['what is refused at the door', () => 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['an expectation', () => 'GET / HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\n\r\n'],
])('who asks a thousand times at once for %s is cut off at once', async (_, request) => {
  await eventually('the other connections to end', () => sockets.size === 0);
  const history = vi.spyOn(running.hub, 'history');
  const before = connected;
  const client = follow(running.url, request().replace('Connection: close\r\n', '').repeat(1000));
  client.pause();
  await eventually('the connection to be made and ended', () => connected > before && sockets.size === 0);
  expect(history.mock.calls.length).toBeLessThanOrEqual(ACCEPTED);
  history.mockRestore();
  client.destroy();
  expect(await say('the hub is there')).toBeGreaterThan(0);
});
