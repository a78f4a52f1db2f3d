/** What may stand in a request, and what every answer carries. */
import { gzipSync } from 'node:zlib';
import { expect } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { encodeJson } from '../../src/operations/wire.ts';
import { startHub } from '../../src/server.ts';
import type { Room } from '../harness/room.ts';
import { HttpClient, type Reply } from '../harness/transports/http.ts';
import { verifies } from '../harness/verifies.ts';

const KIB = 1024;

const post = (room: Room, body: string | Buffer | undefined, headers: Record<string, string> = {}): Promise<Reply> =>
  room.http.ask('POST', '/api/channels', { headers, body });

const code = (reply: Reply): string => `${reply.status} ${String(reply.json()['code'])}`;

verifies('request:content-types', async (room) => {
  const types = [
    'application/json',
    'application/x-www-form-urlencoded',
    'text/plain',
    'Application/JSON',
    'application/json; charset=utf-8',
  ];
  for (const type of [...types, 'text/plain;charset="UTF-8"']) {
    const reply = await post(room, '{"retention":"full"}', { 'Content-Type': type });
    expect(reply.status, type).toBe(201);
    expect(reply.json()).toMatchObject({ retention: 'full' });
  }
  expect((await post(room, '{"retention":"full"}')).json()).toMatchObject({ retention: 'full' });
  for (const type of [
    'multipart/form-data; boundary=x',
    'application/xml',
    'text/html',
    'application/jsonx',
    'json',
    'application/octet-stream',
  ]) {
    expect(code(await post(room, '{}', { 'Content-Type': type })), type).toBe('415 unsupported_media_type');
  }
});

verifies('request:encodings', async (room) => {
  for (const charset of ['utf-16', 'iso-8859-1', 'latin1', 'utf-7']) {
    expect(code(await post(room, '{}', { 'Content-Type': `application/json; charset=${charset}` }))).toBe('415 unsupported_media_type');
  }
  for (const encoding of ['gzip', 'deflate', 'br', 'zstd', 'gzip, identity']) {
    expect(code(await post(room, gzipSync('{}'), { 'Content-Encoding': encoding }))).toBe('415 unsupported_media_type');
  }
  expect((await post(room, '{}', { 'Content-Encoding': 'identity' })).status).toBe(201);
});

verifies('request:empty-body', async (room) => {
  expect((await post(room, undefined)).status).toBe(201);
  expect((await post(room, '', { 'Content-Type': 'application/json' })).status).toBe(201);
  const [channel, alpha] = await room.talk({}, 'alpha');
  const headers = { Authorization: `Bearer ${channel.created.join_token}`, 'X-Session-Id': alpha.sessionId };
  expect((await room.http.ask('POST', `/api/channels/${channel.id}/leave`, { headers })).status).toBe(200);
  expect(code(await room.http.ask('POST', `/api/channels/${channel.id}/join`, { headers: { Authorization: headers.Authorization } }))).toBe(
    '400 invalid_callsign',
  );
});

verifies('request:not-json', async (room) => {
  const bad = ['{', 'retention=full', '{"retention":"full"', "{'retention':'full'}", '{"a":1}{"b":2}', 'undefined', '\u0000'];
  for (const body of bad) expect(code(await post(room, body)), body).toBe('400 invalid_json');
  expect(code(await post(room, Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])))).toBe('400 invalid_json');
  expect(code(await post(room, Buffer.from('{"retention":"full"}', 'utf16le')))).toBe('400 invalid_json');
  for (const body of ['null', '[]', '[{}]', '7', '"text"', 'true', ' null '])
    expect(code(await post(room, body)), body).toBe('400 invalid_body');
  for (const [open, close] of [
    ['[', ']'],
    ['{"a":', '}'],
  ] as const) {
    for (const inside of [
      `${open.repeat(20_000)}1${close.repeat(20_000)}`,
      `{"retention":${open.repeat(20_000)}1${close.repeat(20_000)}}`,
    ]) {
      const { status } = await post(room, inside);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
    }
  }
});

verifies('request:prototype', async (room) => {
  for (const field of ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty']) {
    for (const value of ['{"retention":"full"}', 'null', '1']) {
      expect(code(await post(room, `{"${field}":${value}}`)), field).toBe('400 unknown_field');
    }
    const reply = await room.http.ask('GET', `/api/channels/x/roster?${field}=1`, { headers: { Authorization: 'Bearer x' } });
    expect(reply.status).toBe(401);
  }
  expect(({} as Record<string, unknown>)['retention']).toBeUndefined();
  const channel = await room.channel();
  const headers = { Authorization: `Bearer ${channel.created.join_token}` };
  for (const field of ['__proto__', 'constructor', 'hasOwnProperty']) {
    expect(code(await room.http.ask('GET', `/api/channels/${channel.id}/roster?${field}=1`, { headers })), field).toBe('400 unknown_field');
  }
});

verifies('request:body-size', async (room) => {
  const [channel, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  const headers = { Authorization: `Bearer ${channel.created.join_token}`, 'X-Session-Id': alpha.sessionId };
  const path = `/api/channels/${channel.id}/send`;
  const padded = (size: number): string => {
    const body = '{"to":"bravo","message":"hello"}';
    return body + ' '.repeat(size - body.length);
  };
  expect((await room.http.ask('POST', path, { headers, body: padded(256 * KIB) })).status).toBe(200);
  const announced = await room.http.ask('POST', path, { headers, body: padded(256 * KIB + 1) });
  expect(code(announced)).toBe('413 body_too_large');
  const chunk = padded(200 * KIB);
  const head = [`POST ${path} HTTP/1.1`, `Host: 127.0.0.1:${room.http.port}`, 'Transfer-Encoding: chunked', 'Connection: close'];
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const piece = `${chunk.length.toString(16)}\r\n${chunk}\r\n`;
  const chunked = await room.http.raw(`${[...head, ...lines].join('\r\n')}\r\n\r\n${piece}${piece}0\r\n\r\n`);
  expect(chunked).toMatch(/^HTTP\/1\.1 413 /);
  expect(chunked).toContain('"body_too_large"');
  expect((await bravo.listen()).messages).toHaveLength(1);
});

verifies('request:headers', async (room) => {
  const [channel, alpha] = await room.talk({ retention: 'full' }, 'alpha');
  const base = `/api/channels/${channel.id}`;
  const headers = { Authorization: `Bearer ${channel.created.join_token}`, 'X-Session-Id': alpha.sessionId };
  const replies = [
    await post(room, '{}'),
    await post(room, '{'),
    await room.http.ask('POST', '/api/identities'),
    await room.http.ask('PUT', '/api/channels'),
    await room.http.ask('GET', '/api/nothing'),
    await room.http.ask('GET', base),
    await room.http.ask('GET', '/api/channels?token=x'),
    await room.http.ask('GET', '/api/channels', { headers: { Host: 'evil.example' } }),
  ];
  for (const verb of ['', '/roster', '/history', '/listen?timeout=0', '/wait?timeout=0', '/transcript', '/messages/1']) {
    replies.push(await room.http.ask('GET', base + verb, { headers }));
  }
  for (const [i, reply] of replies.entries()) {
    expect(reply.headers, `${i}: ${reply.status} ${reply.text.slice(0, 80)}`).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
  }
});

verifies.once('request:json-escapes', () => {
  const text = encodeJson({ a: 'x\u2028y\u2029z', ['\u2028']: ['\u2029'] });
  expect(text).toBe('{"a":"x\\u2028y\\u2029z","\\u2028":["\\u2029"]}');
  expect(JSON.parse(text)).toEqual({ a: 'x\u2028y\u2029z', ['\u2028']: ['\u2029'] });
});

verifies.once('request:timeouts', async () => {
  const running = await startHub(readConfig(['--port', '0', '--memory', '--log-level', 'error'], {}), 'test');
  const client = new HttpClient(Number(new URL(running.url).port));
  try {
    expect(running.server).toMatchObject({ headersTimeout: 10_000, requestTimeout: 20_000, keepAliveTimeout: 75_000 });
    const reply = await client.ask('GET', '/healthz');
    expect(reply.headers['keep-alive']).toBe('timeout=75');
    expect((await client.ask('GET', '/healthz', { headers: { 'X-Padding': 'x'.repeat(15 * KIB) } })).status).toBe(200);
    const large = await client.raw(`GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:${client.port}\r\nX-Padding: ${'x'.repeat(17 * KIB)}\r\n\r\n`);
    expect(large).toMatch(/^HTTP\/1\.1 431 /);
    expect(large).toContain('application/problem+json');
  } finally {
    client.close();
    await running.close();
  }
});
