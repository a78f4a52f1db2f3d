/** Refusals: the distinctions that agents live by, and what a refusal shows. */
import { join } from 'node:path';
import Database from 'libsql';
import { expect } from 'vitest';
import { texts } from '../harness/agent.ts';
import { refused } from '../harness/refused.ts';
import type { CallError } from '../harness/transports/wire.ts';
import { verifies } from '../harness/verifies.ts';

const TTL = 1_800_000;
const HOUR = 3_600_000;

verifies('error:expired', async (room) => {
  const [channel, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  await room.pass(TTL);
  await refused(alpha.listen(), 'session_expired');
  await channel.join('alpha');
  for (const ms of [1, 10 * 60_000, HOUR - 10 * 60_000 - 2]) {
    await room.pass(ms);
    // A new session of the same callsign does not bring the old one back.
    await refused(alpha.say('x'), 'session_expired');
    // It counts from the expiry, not from when somebody looked.
    await refused(bravo.say('x'), 'session_expired');
  }
  await room.pass(1);
  for (const agent of [alpha, bravo]) await refused(agent.say('x'), 'not_joined');
});

verifies('error:not-joined', async (room) => {
  const [channel, alpha] = await room.talk({}, 'alpha');
  for (const sessionId of [undefined, 'rt_session_nobody', '', channel.created.join_token]) {
    const nobody = alpha.showing({ sessionId });
    for (const call of [() => nobody.send('all', 'x'), () => nobody.listen(), () => nobody.leave()]) {
      const { hint } = await refused(call(), 'not_joined');
      expect(hint).toMatch(/join/);
    }
  }
  // What needs no session still refuses a wrong one.
  await refused(alpha.showing({ sessionId: 'rt_session_nobody' }).roster(), 'not_joined');
});

verifies('error:alike', async (room) => {
  const [channel, alpha] = await room.talk({}, 'alpha');
  const told = ({ detail, hint, problem, status }: CallError) => ({ detail, hint, status, title: problem['title'] });
  const wrong = told(await refused(alpha.showing({ token: 'rt_join_wrong' }).roster(), 'unauthorized'));
  for (const channelId of ['no-such-0000', channel.id.toUpperCase(), '..', 'x'.repeat(300)]) {
    for (const token of ['rt_join_wrong', channel.created.join_token]) {
      expect(told(await refused(alpha.showing({ channelId, token }).roster(), 'unauthorized'))).toEqual(wrong);
    }
  }
  const missing = told(await refused(alpha.showing({ token: undefined }).roster(), 'unauthorized'));
  expect(told(await refused(alpha.showing({ channelId: 'no-such-0000', token: undefined }).roster(), 'unauthorized'))).toEqual(missing);
});

const MEMBERS = ['code', 'detail', 'hint', 'request_id', 'status', 'title', 'type'];

verifies('error:shape', { limits: 'ringMessages=1' }, async (room) => {
  const [channel, alpha] = await room.talk({}, 'alpha');
  for (let i = 0; i < 3; i++) await alpha.say('x');
  const refusals = [
    await refused(room.anyone().createChannel({ retention: 'x' }), 'invalid_retention'),
    await refused(alpha.showing({ token: 'wrong' }).roster(), 'unauthorized'),
    await refused(alpha.showing({ sessionId: undefined }).listen(), 'not_joined'),
    await refused(alpha.message(99), 'not_found'),
    await refused(alpha.transcript(), 'no_transcript'),
    await refused(alpha.say('x'.repeat(40_000)), 'message_too_large'),
  ];
  for (const { problem } of refusals) {
    expect(Object.keys(problem).sort()).toEqual(MEMBERS);
    expect(problem['type']).toBe(`${room.wire.origin}/docs/errors#${String(problem['code'])}`);
    for (const member of MEMBERS) expect(problem[member]).not.toBe('');
  }
  expect(new Set(refusals.map(({ problem }) => problem['request_id'])).size).toBe(refusals.length);
  const rotated = await refused(channel.message(1), 'rotated');
  expect(Object.keys(rotated.problem).sort()).toEqual([...MEMBERS, 'receipts'].sort());
  for (const path of ['/nothing', '/api/nothing', '/api/channels/x/y/z']) {
    const reply = await room.http.ask('GET', path);
    expect(reply.headers['content-type']).toBe('application/problem+json');
    expect(Object.keys(reply.json()).sort()).toEqual(MEMBERS);
  }
  // The type is an address: the page has a paragraph for the code.
  const page = await room.http.ask('GET', '/docs/errors');
  for (const { code } of refusals) expect(page.text).toContain(`## ${code}\n`);
});

/** The statuses that docs/protocol.md names, on purpose not taken from the source. */
const STATUSES: readonly (readonly [number, readonly string[]])[] = [
  [400, ['invalid_json', 'invalid_body', 'unknown_field', 'invalid_callsign', 'reserved_callsign', 'invalid_to', 'invalid_message']],
  [400, ['invalid_since', 'invalid_timeout', 'invalid_limit', 'invalid_n', 'invalid_retention', 'invalid_trust', 'invalid_ttl']],
  [400, ['secret_in_url', 'not_joined']],
  [401, ['unauthorized']],
  [403, ['identity_required', 'owner_password_wrong', 'host_not_allowed', 'origin_not_allowed']],
  [404, ['not_found', 'no_transcript']],
  [405, ['method_not_allowed']],
  [409, ['callsign_taken', 'idempotency_conflict']],
  [410, ['session_expired', 'rotated']],
  [413, ['body_too_large', 'message_too_large']],
  [415, ['unsupported_media_type']],
  [429, ['rate_limited']],
  [500, ['internal']],
  [503, ['hub_full', 'storage_unavailable']],
];

verifies.once('error:statuses', async () => {
  const { ERRORS } = await import('../../src/core/errors.ts');
  for (const [status, codes] of STATUSES) {
    for (const code of codes) expect(ERRORS, code).toMatchObject({ [code]: { status } });
  }
});

verifies('error:unknown-field', async (room) => {
  const [channel, alpha] = await room.talk({}, 'alpha');
  const cases: [Promise<unknown>, string][] = [
    [channel.join('bravo', { call_sign: 'x' }), 'callsign'],
    [alpha.say('x', { idempotencykey: 'x' }), 'idempotency_key'],
    [alpha.send('bravo', 'x', { replyto: 1 }), 'reply_to'],
    [alpha.listen({ sinse: 0 }), 'since'],
    [alpha.listen({ limitt: 1 }), 'limit'],
    [room.anyone().createChannel({ retension: 'full' }), 'retention'],
    [room.anyone().createChannel({ session_ttl_second: 60 }), 'session_ttl_seconds'],
  ];
  for (const [call, near] of cases) expect((await refused(call, 'unknown_field')).hint).toContain(`"${near}"`);
  // Nothing near: the hint lists what there is.
  expect((await refused(alpha.say('x', { zzzzzzzzzzzz: 1 }), 'unknown_field')).hint).toContain('reply_to');
  expect(await channel.roster()).toHaveLength(1);
  expect(await channel.history()).toEqual([]);
});

verifies('error:no-echo', { limits: 'off' }, async (room) => {
  const channel = await room.channel();
  const secret = channel.created.join_token;
  const password = 'correct horse battery staple';
  const bearer = { Authorization: `Bearer ${secret}` };
  const path = `/api/channels/${channel.id}`;
  const post = (where: string, body: object, headers: Record<string, string> = bearer) =>
    room.http.ask('POST', where, { headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body) });
  const replies = [
    await post(`${path}/join`, { callsign: secret }),
    await post(`${path}/join`, { callsign: 'alpha', [secret]: 1 }),
    await post(`${path}/join`, { callsign: 'alpha', identity_key: secret }),
    await post(`${path}/join`, { callsign: 'alpha', owner_password: password }),
    await post(`${path}/join`, { callsign: 'alpha', owner_password: { secret } }),
    await post(`${path}/join`, { callsign: 'alpha' }, { Authorization: `Bearer ${secret}x` }),
    await post(`${path}/join`, { callsign: 'alpha' }, { Authorization: `Basic ${secret}` }),
    await post(`${path}/send`, { to: secret, message: secret }, { ...bearer, 'X-Session-Id': secret }),
    await post('/api/channels', { retention: secret, owner_password: 'x' }),
    await room.http.ask('POST', '/api/channels', { headers: bearer, body: `{"owner_password": "${password}" oops` }),
    await room.http.ask('GET', `${path}/roster?token=${secret}`, { headers: bearer }),
    await room.http.ask('GET', `${path}/${secret}`, { headers: bearer }),
    await room.http.ask('GET', `/${secret}`, { headers: bearer }),
    await room.http.ask(secret.replace(/[^A-Z]/gi, ''), path, { headers: bearer }).catch(() => null),
  ];
  for (const reply of replies) {
    if (!reply) continue;
    expect(reply.status).toBeGreaterThanOrEqual(400);
    for (const text of [secret, password, secret.slice(8)]) expect(reply.text).not.toContain(text);
    expect(reply.text).not.toMatch(/\bat .*\.ts:|node_modules|Error:/);
  }
});

verifies('error:internal', { trouble: 'expected' }, async (room) => {
  const channel = await room.channel();
  room.engine.roster = () => {
    throw new Error(`cause with ${channel.created.join_token}`);
  };
  const failed = await refused(channel.roster(), 'internal');
  expect(failed.status).toBe(500);
  expect(JSON.stringify(failed.problem)).not.toMatch(/cause|rt_join_|stack|\.ts/);
  expect(room.troubles).toHaveLength(1);
  expect(room.troubles[0]).toMatchObject({ request_id: failed.problem['request_id'] });
});

verifies('error:away', { trouble: 'expected' }, async (room) => {
  const [channel, alpha, bravo] = await room.talk({ retention: 'full' }, 'alpha', 'bravo');
  await alpha.say('before');
  const parked = await bravo.park({ since: 'latest' });
  const key = { idempotency_key: 'k' };
  await room.away(async () => {
    const calls = [
      refused(alpha.say('refused', key), 'storage_unavailable'),
      refused(alpha.listen(), 'storage_unavailable'),
      refused(room.anyone().createChannel(), 'storage_unavailable'),
      refused(channel.join('charlie'), 'storage_unavailable'),
      refused(bravo.leave(), 'storage_unavailable'),
      refused(channel.history(), 'storage_unavailable'),
    ];
    for (const { retryAfter } of await Promise.all(calls)) expect(retryAfter).toBeGreaterThan(0);
    expect(room.hub.waiters.count).toBe(1);
  });
  const sent = await alpha.say('stored', { ...key });
  expect(sent).not.toHaveProperty('duplicate');
  expect(texts(await parked.answer)).toEqual(['stored']);
  expect(texts({ messages: await channel.history() })).toEqual(['before', 'stored']);
  expect((await channel.roster()).map(({ callsign }) => callsign)).toEqual(['alpha', 'bravo']);
  await room.channel();
});

verifies('error:storage', { trouble: 'expected', slow: true }, async (room) => {
  const [channel, alpha, bravo] = await room.talk({ retention: 'full' }, 'alpha', 'bravo');
  await alpha.say('before');
  const parked = await bravo.park({ since: 'latest' });
  const key = { idempotency_key: 'k' };
  // Another writer holds the database: the hub cannot write.
  const holder = new Database(join(room.directory, 'rogerthat.db'));
  holder.exec('BEGIN IMMEDIATE');
  const calls = [
    refused(alpha.say('refused', key), 'storage_unavailable'),
    refused(room.anyone().createChannel({ retention: 'full' }), 'storage_unavailable'),
    refused(room.anyone().createChannel(), 'storage_unavailable'),
    refused(channel.join('charlie'), 'storage_unavailable'),
    refused(channel.join('delta'), 'storage_unavailable'),
    refused(bravo.leave(), 'storage_unavailable'),
  ];
  for (const { retryAfter } of await Promise.all(calls)) expect(retryAfter).toBeGreaterThan(0);
  expect(texts({ messages: await channel.history() })).toEqual(['before']);
  expect((await channel.roster()).map(({ callsign }) => callsign)).toEqual(['alpha', 'bravo']);
  expect(room.hub.waiters.count).toBe(1);
  expect(await room.engine.channelCount()).toBe(1);
  expect(room.engine.health()).not.toBeNull();
  holder.exec('ROLLBACK');
  holder.close();
  const sent = await alpha.say('stored', { ...key });
  expect(sent).not.toHaveProperty('duplicate');
  expect(sent.recipients).toMatchObject([{ callsign: 'bravo', state: 'delivered' }]);
  expect(texts(await parked.answer)).toEqual(['stored']);
  await channel.join('charlie');
  await room.channel();
  expect(room.engine.health()).toBeNull();
  await room.restart('crash');
  expect(texts({ messages: await channel.history() })).toEqual(['before', 'stored']);
  expect((await channel.roster()).map(({ callsign }) => callsign)).toEqual(['alpha', 'bravo', 'charlie']);
  const events = (await channel.transcript()).events.map(({ type, callsign, text }) => callsign ?? text ?? type);
  expect(events).toEqual(['channel_created', 'alpha', 'bravo', 'before', 'stored', 'charlie']);
});
