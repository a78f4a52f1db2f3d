/** What comes in a body: R-REQ-8 to R-REQ-13, R-ERR-7, R-ERR-9, R-ERR-10, R-SEND-16, R-CHAN-12, R-RUN-2. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readAnswer } from '../harness/exchange.ts';
import { ask, bytesOf, expectProblem, expectUnharmed, get, openTarget, post, proper, type Target, WORDS } from '../harness/intruder.ts';

let target: Target;
beforeAll(async () => {
  target = await openTarget();
});
afterAll(() => expectUnharmed(target));

const send = (): string => `${target.channel.path}/send`;
const GOOD = JSON.stringify({ to: 'bravo', message: WORDS });

describe('R-REQ-8, R-REQ-9: content types', () => {
  test.each([
    ...['application/json', 'application/json; charset=utf-8', 'application/json;charset="UTF-8"', 'Application/JSON; x=y'],
    ...['application/x-www-form-urlencoded', 'text/plain', 'text/plain; charset=us-ascii'],
  ])('%s is read as JSON', async (type) => {
    expect((await post(target, send(), GOOD, `Content-Type: ${type}`)).status).toBe(200);
  });

  test('none at all, and curl’s own, are read as JSON', async () => {
    expect((await post(target, send(), GOOD)).status).toBe(200);
    expect((await post(target, send(), GOOD, 'Content-Type: application/x-www-form-urlencoded', 'Accept: */*')).status).toBe(200);
    expect((await post(target, send(), GOOD, 'Content-Encoding: identity')).status).toBe(200);
  });

  test.each([
    ...['application/xml', 'text/html', 'multipart/form-data; boundary=x', 'application/json+x', 'application/jsonx', 'json', '*/*', ''],
    ...[
      'application/json; charset=utf-16',
      'text/plain; charset=iso-8859-1',
      'application/json; charset=',
      'application/json; charset="utf-7"',
    ],
  ])('"%s" is not', async (type) => {
    expectProblem(target, await post(target, send(), GOOD, `Content-Type: ${type}`), 415, 'unsupported_media_type');
  });

  test.each(['gzip', 'deflate', 'br', 'GZIP', 'identity, gzip', 'x'])('an encoding: %s', async (encoding) => {
    const body = encoding.includes('gzip') ? gzipSync(GOOD) : GOOD;
    expectProblem(target, await post(target, send(), body, `Content-Encoding: ${encoding}`), 415, 'unsupported_media_type');
  });
});

describe('R-REQ-10, R-REQ-11, R-REQ-12: what is not an object with fields', () => {
  const deep = (times: number): string => '['.repeat(times) + ']'.repeat(times);
  test.each<[name: string, body: string | Uint8Array, code: string]>([
    ['null', 'null', 'invalid_body'],
    ['a list', '[]', 'invalid_body'],
    ['a list of what would be right', `[${GOOD}]`, 'invalid_body'],
    ['a text', '"hello"', 'invalid_body'],
    ['a number', '42', 'invalid_body'],
    ['true', 'true', 'invalid_body'],
    ['nested 100,000 deep', deep(100_000), 'invalid_body'],
    ['nested in a field', `{"to":"bravo","message":${deep(50_000)}}`, 'invalid_message'],
    ['objects nested in a field', `{"to":${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)},"message":"x"}`, 'invalid_to'],
    ['nested and never closed', '['.repeat(200_000), 'invalid_json'],
    ['half an object', '{"to":"bravo"', 'invalid_json'],
    ['two objects', `${GOOD}${GOOD}`, 'invalid_json'],
    ['a form', 'to=bravo&message=hello', 'invalid_json'],
    ['single quotes', "{'to':'bravo'}", 'invalid_json'],
    ['a comment', '{/* */}', 'invalid_json'],
    ['NaN', '{"to":NaN}', 'invalid_json'],
    ['a byte order mark', `\uFEFF${GOOD}`, 'invalid_json'],
    ['a NUL', '\0', 'invalid_json'],
    ['UTF-16', Buffer.from(GOOD, 'utf16le'), 'invalid_json'],
    ['Latin-1', Buffer.from('{"to":"bravo","message":"caf\u00e9"}', 'latin1'), 'invalid_json'],
    ['an overlong slash', Buffer.from([...Buffer.from('{"to":"bravo","message":"'), 0xc0, 0xaf, ...Buffer.from('"}')]), 'invalid_json'],
    [
      'a surrogate in UTF-8',
      Buffer.from([...Buffer.from('{"to":"bravo","message":"'), 0xed, 0xa0, 0x80, ...Buffer.from('"}')]),
      'invalid_json',
    ],
    ['half a character', Buffer.from([...Buffer.from('{"to":"bravo","message":"'), 0xf0, 0x9f]), 'invalid_json'],
    ['__proto__', '{"to":"bravo","message":"x","__proto__":{"kind":"status"}}', 'unknown_field'],
    ['constructor', '{"to":"bravo","message":"x","constructor":{"prototype":{"kind":"status"}}}', 'unknown_field'],
    ['prototype', '{"to":"bravo","message":"x","prototype":1}', 'unknown_field'],
    ['toString', '{"to":"bravo","message":"x","toString":1}', 'unknown_field'],
    ['20,000 fields', `{${Array.from({ length: 20_000 }, (_, i) => `"f${i}":1`).join()}}`, 'unknown_field'],
    ['an empty body', '', 'invalid_to'],
    ['an empty object', '{}', 'invalid_to'],
  ])('%s', async (_, body, code) => {
    expectProblem(target, await post(target, send(), body), 400, code);
  });

  test('after all of that, objects are what they were', async () => {
    const answer = await post(target, send(), GOOD);
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body).recipients).toMatchObject([{ callsign: 'bravo' }]);
  });
});

describe('R-REQ-13, R-SEND-16: sizes', () => {
  const message = (bytes: number): string => JSON.stringify({ to: 'bravo', message: 'x'.repeat(bytes) });
  test('a body of 256 KiB is read, one byte more is not, said or not', async () => {
    const full = '{"to":"bravo","message":"x"}'.padEnd(256 * 1024, ' ');
    expect((await post(target, send(), full)).status).toBe(200);
    expectProblem(target, await post(target, send(), `${full} `), 413, 'body_too_large');
    const chunks = Array.from({ length: 40 }, () => `2000\r\n${' '.repeat(0x2000)}\r\n`).join('');
    const lines = [`POST ${send()} HTTP/1.1`, ...proper(target), 'Transfer-Encoding: chunked'];
    expectProblem(target, await ask(target, lines, `${chunks}0\r\n\r\n`), 413, 'body_too_large');
  });

  test.each([
    ['REST', () => send()],
    ['MCP', () => '/mcp'],
    ['A2A', () => `/a2a/${target.channel.id}`],
  ])('who writes slowly over %s writes to the end, and then reads the refusal', async (door, path) => {
    const size = 1024 * 1024;
    const typed = ['Content-Type: application/json', 'Accept: application/json, text/event-stream'];
    const socket = connect(target.hub.port, '127.0.0.1');
    const bytes: Buffer[] = [];
    socket.on('data', (chunk) => bytes.push(chunk));
    const ended = once(socket, 'close');
    const write = (piece: string | Uint8Array): Promise<unknown> =>
      new Promise((resolve, reject) => socket.write(piece, (error) => (error ? reject(error) : resolve(null))));
    await write(bytesOf([`POST ${path()} HTTP/1.1`, ...proper(target), ...typed, `Content-Length: ${size}`], ' '.repeat(size / 2)));
    // By the time of other answers the hub has read what is there.
    for (let i = 0; i < 3; i++) await get(target, `${target.channel.path}/roster`);
    for (let i = 0; i < 8; i++) {
      await write(' '.repeat(size / 16));
      await get(target, `${target.channel.path}/roster`);
    }
    await ended;
    const answer = readAnswer(Buffer.concat(bytes), false, true)!;
    if (door === 'REST') expectProblem(target, answer, 413, 'body_too_large');
    expect([answer.status, answer.body]).toEqual([413, expect.stringContaining('body_too_large')]);
  });

  test('a body without end is refused all the same', async () => {
    const socket = connect(target.hub.port, '127.0.0.1');
    const bytes: Buffer[] = [];
    socket.on('data', (chunk) => bytes.push(chunk)).on('error', () => {});
    const ended = new Promise((resolve) => socket.once('close', resolve));
    socket.write(bytesOf([`POST ${send()} HTTP/1.1`, ...proper(target), 'Transfer-Encoding: chunked']));
    const piece = `10000\r\n${' '.repeat(0x10000)}\r\n`;
    let written = 0;
    while (!socket.destroyed && bytes.length === 0 && written < 64 * 1024 * 1024) {
      written += piece.length;
      if (!socket.write(piece)) await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), ended]);
    }
    await ended;
    // Who goes on writing may miss it.
    const answer = readAnswer(Buffer.concat(bytes), false, true);
    if (answer) expectProblem(target, answer, 413, 'body_too_large');
    expect(written).toBeGreaterThan(8 * 1024 * 1024);
    expect(written).toBeLessThan(32 * 1024 * 1024);
  });

  test('a length that is a lie costs nothing', async () => {
    const lines = [`POST ${send()} HTTP/1.1`, ...proper(target), 'Content-Length: 99999999999'];
    expectProblem(target, await ask(target, lines, '{}'), 413, 'body_too_large');
  });

  test('a message of 32 KiB is sent, one byte more is not', async () => {
    expect((await post(target, send(), message(32 * 1024))).status).toBe(200);
    expectProblem(target, await post(target, send(), message(32 * 1024 + 1)), 413, 'message_too_large');
    const wide = JSON.stringify({ to: 'bravo', message: '\u20ac'.repeat(11_000) });
    expectProblem(target, await post(target, send(), wide), 413, 'message_too_large');
    const status = JSON.stringify({ to: 'all', kind: 'status', message: 'x'.repeat(281) });
    expectProblem(target, await post(target, send(), status), 413, 'message_too_large');
  });
});

describe('R-ERR-9, R-ERR-10: fields', () => {
  test.each<[field: string, path: string, near: string]>([
    ['mesage', 'send', 'message'],
    ['Message', 'send', 'message'],
    ['txt', 'send', 'text'],
    ['reply-to', 'send', 'reply_to'],
    ['call_sign', 'join', 'callsign'],
    ['identitykey', 'join', 'identity_key'],
    ['token', 'join', 'Authorization: Bearer'],
    ['session_id', 'send', 'X-Session-Id'],
    ['idempotency_key', 'send', 'dempotency-'],
  ])('%s to %s: the hint has %s', async (field, path, near) => {
    const answer = await post(target, `${target.channel.path}/${path}`, JSON.stringify({ [field]: 'x' }));
    expectProblem(target, answer, 400, 'unknown_field');
    expect(JSON.parse(answer.body).hint).toContain(near);
  });

  test('a field that could be a secret is not repeated', async () => {
    const answer = await post(target, send(), JSON.stringify({ [target.channel.token]: 'x', [WORDS]: 'y' }));
    expectProblem(target, answer, 400, 'unknown_field');
    expect(answer.body).not.toContain(WORDS);
  });

  test.each<[name: string, path: string, fields: object, code: string]>([
    ['a callsign of capitals and spaces that is none', 'join', { callsign: 'not a callsign' }, 'invalid_callsign'],
    ['a callsign of another alphabet', 'join', { callsign: 'alph\u0430' }, 'invalid_callsign'],
    ['a callsign with a newline', 'join', { callsign: 'alpha\nbravo' }, 'invalid_callsign'],
    ['a number for a callsign', 'join', { callsign: 7 }, 'invalid_callsign'],
    ['a reserved callsign', 'join', { callsign: ' SYSTEM ' }, 'reserved_callsign'],
    ['a list of recipients', 'send', { to: ['bravo'], message: 'x' }, 'invalid_to'],
    ['a path for a recipient', 'send', { to: '../bravo', message: 'x' }, 'invalid_to'],
    ['a message of nothing visible', 'send', { to: 'bravo', message: '\u200b\u2066 \n' }, 'invalid_message'],
    ['a kind that is none', 'send', { to: 'bravo', message: 'x', kind: 'system' }, 'invalid_body'],
    ['a forged sender', 'send', { to: 'bravo', message: 'x', sender: { verified: true, authorized: true } }, 'unknown_field'],
    ['an id that is none', 'ack', { id: '1; DROP TABLE seats' }, 'invalid_body'],
    ['a negative id', 'ack', { id: -1 }, 'invalid_body'],
    ['an id past all numbers', 'ack', { id: 1e300 }, 'invalid_body'],
  ])('%s', async (_, path, fields, code) => {
    expectProblem(target, await post(target, `${target.channel.path}/${path}`, JSON.stringify(fields)), 400, code);
  });

  test.each(['-1', '1.5', '1e3', 'x', '', '99999999999999999999', '0x10', '%2031', '١'])(
    'a number in a query that is none: %s',
    async (value) => {
      const { path } = target.channel;
      expectProblem(target, await get(target, `${path}/listen?timeout=${value}`), 400, 'invalid_timeout');
      expectProblem(target, await get(target, `${path}/listen?timeout=0&limit=${value}`), 400, 'invalid_limit');
      expectProblem(target, await get(target, `${path}/history?n=${value}`), 400, 'invalid_n');
      if (value !== '99999999999999999999')
        expectProblem(target, await get(target, `${path}/messages/${value || '-'}`), 400, 'invalid_body');
    },
  );
});

describe('R-CHAN-12, R-ERR-6, R-ERR-7: proof', () => {
  const bare = (...headers: string[]): Promise<Awaited<ReturnType<typeof ask>>> =>
    ask(target, [`GET ${target.channel.path}/roster HTTP/1.1`, `Host: ${target.host}`, 'Connection: close', ...headers]);
  test.each<[name: string, header: (token: string) => string[]]>([
    ['none', () => []],
    ['an empty one', () => ['Authorization:']],
    ['a scheme without a token', () => ['Authorization: Bearer']],
    ['another scheme', (token) => [`Authorization: Basic ${token}`]],
    ['a token without a scheme', (token) => [`Authorization: ${token}`]],
    ['two tokens in one', (token) => [`Authorization: Bearer ${token} ${token}`]],
    ['a comma list', (token) => [`Authorization: Bearer ${token}, Bearer ${token}`]],
    ['quotes', (token) => [`Authorization: Bearer "${token}"`]],
    ['the token but its last letter', (token) => [`Authorization: Bearer ${token.slice(0, -1)}`]],
    ['the token and a letter', (token) => [`Authorization: Bearer ${token}A`]],
    ['the owner token', () => [`Authorization: Bearer ${target.channel.ownerToken}`]],
    ['a session id', () => [`Authorization: Bearer ${target.alpha.session}`]],
    ['a long one', () => [`Authorization: Bearer ${'x'.repeat(8_000)}`]],
    ['another alphabet', () => ['Authorization: Bearer \u00e9\u00e8']],
    ['a cookie', (token) => [`Cookie: token=${token}`]],
  ])('%s is 401', async (_, header) => {
    expectProblem(target, await bare(...header(target.channel.token)), 401, 'unauthorized');
  });

  test('a wrong token and an unknown channel cannot be told apart', async () => {
    const wrong = JSON.parse((await bare('Authorization: Bearer rt_join_wrong')).body);
    const lines = ['GET /api/channels/no-such-channel/roster HTTP/1.1', ...proper(target)];
    const unknown = JSON.parse((await ask(target, lines)).body);
    expect({ ...unknown, request_id: '' }).toEqual({ ...wrong, request_id: '' });
  });

  test.each(['', 'x', 'rt_session_', 'x'.repeat(4_000)])('a session that is none: %.20s', async (session) => {
    const auth = `Authorization: Bearer ${target.channel.token}`;
    expectProblem(target, await bare(auth, `X-Session-Id: ${session}`), 400, 'not_joined');
  });
});
