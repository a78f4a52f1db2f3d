/**
 * /metrics: for the operator alone, in a form that Prometheus reads, with the numbers of what happened.
 * Proves R-DISC-11.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HubError } from '../../src/core/errors.ts';
import type { Room } from '../harness/room.ts';
import { openHub } from './hub.ts';

const ADMIN = 'admin-token-0123456789';
const MARK = 'zebra-marker-words';

let room: Room;
beforeAll(async () => {
  room = await openHub({ mode: 'open', adminToken: ADMIN });
});
afterAll(() => room.close());

const scrape = async (token: string = ADMIN) => room.http.ask('GET', '/metrics', { headers: { Authorization: `Bearer ${token}` } });

const SAMPLE = /^([a-z_]+)(?:\{((?:[a-z_]+="[^"\\\n]*",?)+)\})? (-?[0-9.e+-]+)$/;

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Reads the text format and checks its rules on the way. */
const parse = (text: string): Sample[] => {
  expect(text.endsWith('\n')).toBe(true);
  const families = new Map<string, string>();
  const samples: Sample[] = [];
  let family = '';
  for (const line of text.trimEnd().split('\n')) {
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (kind === 'HELP') {
      expect(families.has(name), `${name} twice`).toBe(false);
      families.set(name, '');
      family = name;
    } else if (kind === 'TYPE') {
      expect(name).toBe(family);
      expect(['counter', 'gauge', 'histogram']).toContain(rest);
      families.set(name, rest);
    } else {
      const match = SAMPLE.exec(line);
      expect(match, line).not.toBeNull();
      const [, sample = '', labels = '', value] = match ?? [];
      expect(families.get(family) === 'histogram' ? sample.replace(/_(?:bucket|sum|count)$/, '') : sample).toBe(family);
      samples.push({
        name: sample,
        labels: Object.fromEntries([...labels.matchAll(/([a-z_]+)="([^"]*)"/g)].map(([, key, text = '']) => [key, text])),
        value: Number(value),
      });
    }
  }
  return samples;
};

const find = (samples: readonly Sample[], name: string, labels: Record<string, string> = {}): Sample[] =>
  samples.filter((one) => one.name === name && Object.entries(labels).every(([key, value]) => one.labels[key] === value));

const value = (samples: readonly Sample[], name: string, labels: Record<string, string> = {}): number => {
  const found = find(samples, name, labels);
  expect(found, `${name} ${JSON.stringify(labels)}`).toHaveLength(1);
  return found[0]!.value;
};

describe('who may look', () => {
  test('the operator, and nobody else', async () => {
    const reply = await scrape();
    expect([reply.status, reply.headers['content-type'], reply.headers['cache-control']]).toEqual([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
      'no-store',
    ]);
    const channel = await room.channel();
    for (const token of ['wrong', channel.created.join_token, channel.created.owner_token]) {
      const refused = await scrape(token);
      expect([refused.status, refused.json()['code'], refused.headers['www-authenticate']]).toEqual([401, 'unauthorized', 'Bearer']);
    }
    expect((await room.http.ask('GET', '/metrics')).status).toBe(401);
    expect((await room.http.ask('POST', '/metrics')).status).toBe(405);
  });

  test('guesses are limited', async () => {
    const headers = { Authorization: 'Bearer wrong', 'X-Forwarded-For': '10.1.2.3' };
    const statuses: number[] = [];
    let last = '';
    for (let i = 0; i < 11; i++) {
      const reply = await room.http.ask('GET', '/metrics', { headers });
      statuses.push(reply.status);
      last = reply.headers['retry-after'] ?? '';
    }
    expect(statuses.slice(-1)).toEqual([429]);
    expect(Number(last)).toBeGreaterThan(0);
  });

  test('on a hub without an admin token there is no such page', async () => {
    const other = await openHub();
    try {
      const reply = await other.http.ask('GET', '/metrics', { headers: { Authorization: `Bearer ${ADMIN}` } });
      expect([reply.status, reply.json()['code']]).toEqual([404, 'not_found']);
    } finally {
      await other.close();
    }
  });
});

describe('what it says', () => {
  test('every name is ours, and the numbers are those of the hub', async () => {
    const [channel, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
    const before = parse((await scrape()).text);
    for (const { name } of before) expect(name).toMatch(/^rogerthat_/);
    const parked = await bravo.park();
    expect(value(parse((await scrape()).text), 'rogerthat_parked_listeners')).toBe(1);
    await alpha.send('bravo', MARK);
    await parked.answer;
    await alpha.send('bravo', 'Not the last.').catch(() => {});
    await expect(alpha.send('alpha', 'To myself.')).rejects.toThrow();
    const after = parse((await scrape()).text);
    expect(value(after, 'rogerthat_parked_listeners')).toBe(0);
    const grown = (name: string, labels: Record<string, string>): number =>
      value(after, name, labels) - (find(before, name, labels)[0]?.value ?? 0);
    const sends = { operation: 'send', transport: 'rest' };
    expect(grown('rogerthat_calls_total', { ...sends, code: 'ok' })).toBe(2);
    expect(grown('rogerthat_calls_total', { ...sends, code: 'invalid_to' })).toBe(1);
    expect(grown('rogerthat_call_duration_seconds_count', sends)).toBe(3);
    expect(grown('rogerthat_call_duration_seconds_bucket', { ...sends, le: '+Inf' })).toBe(3);
    expect(value(after, 'rogerthat_sessions')).toBeGreaterThanOrEqual(2);
    expect(value(after, 'rogerthat_channels')).toBe(await room.engine.channelCount());
    expect(value(after, 'rogerthat_engine_up')).toBe(1);
    expect(value(after, 'rogerthat_process_resident_memory_bytes')).toBeGreaterThan(1e6);
    for (const { value: late } of find(after, 'rogerthat_event_loop_delay_seconds')) expect(late).toBeGreaterThanOrEqual(0);
    await channel.agent('charlie');
    expect(value(parse((await scrape()).text), 'rogerthat_sessions')).toBe(value(after, 'rogerthat_sessions') + 1);
  });

  test('buckets only grow, and the last has all', async () => {
    const samples = parse((await scrape()).text);
    for (const { labels, value: count } of find(samples, 'rogerthat_call_duration_seconds_count')) {
      const { operation = '', transport = '' } = labels;
      const buckets = find(samples, 'rogerthat_call_duration_seconds_bucket', { operation, transport }).map((one) => one.value);
      expect(buckets).toEqual([...buckets].sort((a, b) => a - b));
      expect(buckets.at(-1)).toBe(count);
    }
  });

  test('each way in is counted as its own', async () => {
    const channel = await room.channel();
    const message = { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'x' }], metadata: { from: 'caller', to: 'bravo' } };
    const body = JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'SendMessage',
      params: { message, configuration: { returnImmediately: true } },
    });
    const headers = { 'Content-Type': 'application/json', 'A2A-Version': '1.0', Authorization: `Bearer ${channel.created.join_token}` };
    await room.http.ask('POST', `/a2a/${channel.id}`, { headers, body });
    expect(value(parse((await scrape()).text), 'rogerthat_calls_total', { operation: 'send', transport: 'a2a', code: 'ok' })).toBe(1);
  });

  test('an engine in trouble is 0', async () => {
    const other = await openHub({ adminToken: ADMIN });
    try {
      other.engine.health = () => new HubError('storage_unavailable').detail;
      const { text } = await other.http.ask('GET', '/metrics', { headers: { Authorization: `Bearer ${ADMIN}` } });
      expect(value(parse(text), 'rogerthat_engine_up')).toBe(0);
    } finally {
      await other.close();
    }
  });

  test('no content, callsign, channel or token is in it', async () => {
    const [channel, alpha] = await room.talk({}, 'very-special-callsign');
    await alpha.send('all', MARK);
    await expect(room.anyone({ channelId: MARK, token: MARK }).roster()).rejects.toThrow();
    const { text } = await scrape();
    for (const secret of [MARK, 'very-special-callsign', channel.id, channel.created.join_token, alpha.sessionId, ADMIN]) {
      expect(text).not.toContain(secret);
    }
  });
});
