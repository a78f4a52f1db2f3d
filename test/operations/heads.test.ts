/** Heads that are taken from an earlier answer are those that Node would have written: R-RUN-11, R-REQ-16. */
import { createServer, type RequestListener, type Server, ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { writeJson } from '../../src/transports/answer.ts';
import { responsesOf } from '../../src/transports/heads.ts';

const servers: Server[] = [];
let last = false;

const listen = (kept: boolean, answer: RequestListener): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer({ keepAliveTimeout: 75_000, ...(kept ? { ServerResponse: responsesOf(() => last) } : {}) }, answer);
    servers.push(server);
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });

/** The path is the status and the body. */
const answer: RequestListener = (request, response) => {
  const [, status, body] = decodeURIComponent(request.url ?? '').split('/');
  const session = request.headers['give-session'];
  if (session !== undefined) response.setHeader('Mcp-Session-Id', session);
  writeJson(response, Number(status), body ?? '');
};

/** Everything that a server says to these requests, which are sent down one connection one by one. */
const talk = async (port: number, requests: readonly string[]): Promise<string[]> => {
  const socket = connect(port, '127.0.0.1');
  const answers: string[] = [];
  for (const request of requests) {
    let text = '';
    const whole = new Promise<void>((resolve) => {
      const read = (bytes: Buffer): void => {
        text += bytes.toString();
        const end = text.indexOf('\r\n\r\n');
        const length = Number(/^Content-Length: ([0-9]+)/m.exec(text)?.[1]);
        if (end < 0 || (!request.startsWith('HEAD') && Buffer.byteLength(text.slice(end + 4)) < length)) return;
        socket.off('data', read);
        resolve();
      };
      socket.on('data', read);
    });
    socket.write(request);
    await whole;
    answers.push(text);
  }
  socket.destroy();
  return answers;
};

const ask = (method: string, status: number, body: string, version = '1.1', header = ''): string =>
  `${method} /${status}/${encodeURIComponent(body)} HTTP/${version}\r\nHost: x\r\n${header}\r\n`;

const undated = (text: string): string => text.replace(/^Date: .*$/m, 'Date: then');

let ours = 0;
let nodes = 0;
beforeAll(async () => {
  ours = await listen(true, answer);
  nodes = await listen(false, answer);
});
afterAll(() => {
  for (const server of servers) server.close();
});

const REQUESTS = [
  ...['{}', '{"text":"\u00fcber \u{1f4fb}"}', '{}', '', '{"a":1}'].map((body) => ask('GET', 200, body)),
  ...[
    ask('GET', 201, '{}'),
    ask('GET', 201, '{"longer":true}'),
    ask('GET', 404, '{}'),
    ask('POST', 200, '{}', '1.1', 'Content-Length: 0\r\n'),
  ],
  ...[ask('HEAD', 200, '{}'), ask('GET', 200, '{}'), ask('GET', 200, '{}', '1.0', 'Connection: keep-alive\r\n')],
  ...[ask('GET', 200, '{}', '1.1', 'Connection: keep-alive\r\n'), ask('GET', 200, '{}', '1.1', 'Connection: close\r\n')],
];

test('every answer is what Node itself would have said, byte for byte', async () => {
  expect((await talk(ours, REQUESTS)).map(undated)).toEqual((await talk(nodes, REQUESTS)).map(undated));
});

test('a field of one answer is in no other', async () => {
  const asked = ['one', null, 'two', null, null, 'three'];
  const answers = await talk(
    ours,
    asked.map((session) => ask('GET', 200, '{}', '1.1', session === null ? '' : `Give-Session: ${session}\r\n`)),
  );
  expect(answers.map((text) => /^Mcp-Session-Id: (.*)\r$/m.exec(text)?.[1] ?? null)).toEqual(asked);
});

test('most heads are not made anew', async () => {
  const made = vi.spyOn(ServerResponse.prototype, 'writeHead');
  const answers = await talk(
    ours,
    Array.from({ length: 200 }, (_, i) => ask('GET', 200, `{"i":${i}}`)),
  );
  expect(answers.map((text) => text.slice(text.indexOf('\r\n\r\n') + 4))).toEqual(answers.map((_, i) => `{"i":${i}}`));
  expect(made.mock.calls.length).toBeLessThan(100);
  made.mockRestore();
});

test('a head is kept for the second that it names', async () => {
  await talk(ours, [ask('GET', 200, '{}')]);
  const made = vi.spyOn(ServerResponse.prototype, 'writeHead');
  const later = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 5_000);
  await talk(ours, [ask('GET', 200, '{}'), ask('GET', 200, '{}')]);
  expect(made.mock.calls.length).toBe(1);
  for (const spy of [made, later]) spy.mockRestore();
});

test('once the end has begun each answer is the last of its connection', async () => {
  await talk(ours, [ask('GET', 200, '{}')]);
  last = true;
  const [text] = await talk(ours, [ask('GET', 200, '{}')]);
  last = false;
  expect(text).toContain('\r\nConnection: close\r\n');
});
