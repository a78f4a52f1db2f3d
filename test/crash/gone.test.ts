/**
 * Clients that are gone in ways of which Node tells late, or not at all: nothing counts as delivered to them, and nothing is lost
 * (R-RCPT-4, R-LISTEN-2, R-LISTEN-21); and who comes down a kept connection while the hub ends (R-STREAM-10, R-LISTEN-24).
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../harness/eventually.ts';
import { type Call, expectCall, memberCall, requestText } from '../harness/rest.ts';
import { type WatchedHub, watchedHub } from '../harness/watched-hub.ts';

let { running, sockets, alpha, bravo } = {} as WatchedHub;
beforeEach(async () => {
  ({ running, sockets, alpha, bravo } = await watchedHub('off,pipelined=100,ring_messages=1000,ring_bytes=100000000'));
});
afterEach(() => running.close());

/** A request that does not end its connection. */
const kept = (call: Call): string => requestText(new URL(running.url).host, call).replace('Connection: close\r\n', '');
const asked = (path: string, more: Partial<Call> = {}): string => kept(memberCall(bravo, { path, ...more }));

const overMcp = (): string => {
  const params = { name: 'listen', arguments: { session_id: bravo.session, timeout_seconds: 0 } };
  const headers = { Accept: 'application/json', 'Content-Type': 'application/json' };
  return kept({ path: '/mcp', headers, body: { jsonrpc: '2.0', id: 1, method: 'tools/call', params } });
};

interface Client {
  readonly socket: Socket;
  /** What has arrived. */
  text(): string;
}

/** A client whose connection the hub has accepted, and no other. */
const client = async (): Promise<Client> => {
  await eventually('the other connections to end', () => sockets.size === 0);
  const socket = connect({ port: Number(new URL(running.url).port), host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
  socket.on('error', () => {});
  let text = '';
  socket.setEncoding('utf8').on('data', (more: string) => {
    text += more;
  });
  await once(socket, 'connect');
  await eventually('the hub to accept', () => sockets.size === 1);
  return { socket, text: () => text };
};

const send = async (message: string): Promise<{ id: number; state: string }> => {
  const { id, recipients } = await expectCall(running.url, memberCall(alpha, { path: 'send', body: { to: 'bravo', message } }));
  return { id, state: recipients[0].state };
};

const stateOf = async (id: number): Promise<string> =>
  (await expectCall(running.url, memberCall(alpha, { path: `messages/${id}` }))).receipts[0].state;

/** What bravo hears, who proves nothing. */
const heard = async () => expectCall(running.url, memberCall(bravo, { path: 'listen?timeout=0' }));

describe('a client that is reset in the turn in which it asks', () => {
  test.each([
    ['a listen', () => asked('listen?timeout=30')],
    ['a listen over MCP', overMcp],
    ['a stream', () => asked('stream')],
  ])('%s is delivered to nobody', async (_, request) => {
    const { id } = await send('precious');
    const { socket } = await client();
    socket.write(request());
    socket.resetAndDestroy();
    await eventually('its connection to end', () => sockets.size === 0);
    expect(await stateOf(id)).toBe('queued');
    expect(await heard()).toMatchObject({ messages: [{ id }], gap: null });
  });
});

describe('what is no request', () => {
  test.each([
    ['a listen', () => asked('listen?timeout=50')],
    ['a stream', () => asked('stream')],
  ])('behind %s ends the connection, and takes no mail', async (_, request) => {
    const { socket, text } = await client();
    socket.write(request());
    await eventually('the listener', () => running.hub.waiters.count === 1);
    socket.write('rubbish\r\n\r\n');
    await eventually('its connection to end', () => sockets.size === 0);
    expect(running.hub.waiters.count).toBe(0);
    expect(await send('hello')).toMatchObject({ state: 'queued' });
    expect(text()).not.toContain('400 Bad Request');
    expect(await heard()).toMatchObject({ messages: [{ text: 'hello' }] });
  });

  test('is never answered in the name of a request before it', async () => {
    const { socket, text } = await client();
    socket.write(`${asked('send', { body: { to: 'alpha', message: 'carried out' } })}rubbish\r\n\r\n`);
    await eventually('its connection to end', () => sockets.size === 0);
    expect(text()).not.toContain('400 Bad Request');
  });

  test('by itself is told so, and its connection ends', async () => {
    const { socket, text } = await client();
    socket.write('rubbish\r\n\r\n');
    await eventually('the answer', () => text().includes('The request is not HTTP/1.1.'));
    // It does not close its side.
    await eventually('its connection to end', () => sockets.size === 0);
    expect(text()).toMatch(/^HTTP\/1\.1 400 /);
    socket.destroy();
  });
});

test('an answer that is stuck is not delivered by a reset, whatever waits behind it', async () => {
  const ids: number[] = [];
  for (let i = 0; i < 240; i++) ids.push((await send('x'.repeat(32_000))).id);
  const states = () => Promise.all(ids.map(stateOf));
  const { socket } = await client();
  socket.pause();
  const [server] = sockets;
  // Each takes what the one before it was given for confirmed; the last of them are stuck, or wait behind one that is.
  for (let i = 0; i < 60 && !(server!.writableLength > 0 && server!.isPaused()); i++) {
    socket.write(asked('listen?timeout=0'));
    await states();
  }
  expect(server!.isPaused()).toBe(true);
  const before = await states();
  expect(before).toContain('queued');
  socket.resetAndDestroy();
  await eventually('its connection to end', () => !sockets.has(server!));
  expect(await states()).toEqual(before);
});

describe('a connection that Node does not read', () => {
  test('a body that a listen does not need is read, so the end of its client is seen', async () => {
    const { socket } = await client();
    const body = 'x'.repeat(70_000);
    socket.write(asked('listen?timeout=50').replace('\r\n\r\n', `\r\nContent-Length: ${body.length}\r\n\r\n${body}`));
    await eventually('the listener', () => running.hub.waiters.count === 1);
    socket.destroy();
    // At once, and not only when the body has taken too long.
    for (let i = 0; i < 50 && running.hub.waiters.count > 0; i++) await heardOfAlpha();
    expect(running.hub.waiters.count).toBe(0);
    expect(await send('hello')).toMatchObject({ state: 'queued' });
  });

  test('with requests behind a listen takes mail, and nothing is said to be delivered', async () => {
    for (let i = 0; i < 8; i++)
      await expectCall(running.url, memberCall(bravo, { path: 'send', body: { to: 'all', message: 'x'.repeat(30_000) } }));
    const { socket } = await client();
    socket.write(asked('listen?timeout=50'));
    await eventually('the listener', () => running.hub.waiters.count === 1);
    const [server] = sockets;
    for (let i = 0; i < 20 && !server!.isPaused(); i++) {
      socket.write(asked('history?n=8'));
      await heardOfAlpha();
    }
    expect(server!.isPaused()).toBe(true);
    socket.destroy();
    const { id, state } = await send('to nobody');
    expect(state).toBe('queued');
    expect(await stateOf(id)).toBe('queued');
    expect((await heard()).messages).toMatchObject([{ id }]);
  });
});

/** A call between two requests of somebody else: the hub has looked at the first by then. */
const heardOfAlpha = () => expectCall(running.url, memberCall(alpha, { path: 'roster' }));

describe('while the hub ends', () => {
  test.each([
    ['a stream', () => asked('stream'), /event: end\ndata: \{"code":"shutdown"/],
    ['an observer', () => kept({ ...memberCall(bravo, { path: 'stream' }), session: undefined }), /event: end\ndata: \{"code":"shutdown"/],
    ['a listen', () => asked('listen?timeout=50'), /"timed_out":false.*"ended":"shutdown"/],
  ])('%s down a kept connection is told so', async (_, request, says) => {
    const { socket, text } = await client();
    socket.write(asked('roster'));
    await eventually('an answer', () => text().includes('"roster"'));
    const closed = running.close();
    socket.write(request());
    await eventually('the end', () => says.test(text()));
    socket.destroy();
    await closed;
  });
});
