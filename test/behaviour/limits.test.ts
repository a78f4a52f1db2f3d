/** Every number: rates with their headers, and room for so many. */
import { expect } from 'vitest';
import { CEILINGS, type Limits, limitsFor } from '../../src/core/limits.ts';
import { refused } from '../harness/refused.ts';
import type { CallError } from '../harness/transports/wire.ts';
import { verifies } from '../harness/verifies.ts';

const HOUR = 3_600_000;
const KIB = 1024;

verifies.once('limit:table', () => {
  const sizes = {
    messageBytes: 32 * KIB,
    bandMessageBytes: 4 * KIB,
    statusBytes: 280,
    bodyBytes: 256 * KIB,
    answerBytes: 256 * KIB,
    ringMessages: 100,
    ringBytes: KIB * KIB,
    sessions: 1024,
    mailboxes: 2048,
    channels: 15_000,
    identities: 100_000,
    idempotencyKeys: 50_000,
    webhooks: 10,
    deliveriesWaiting: 1000,
    deliveriesKept: 50,
    recipients: 100,
    parked: 4,
    pipelined: 16,
  };
  const never = { burst: Number.POSITIVE_INFINITY, perSecond: Number.POSITIVE_INFINITY };
  const ownerPassword = { burst: 5, perSecond: 5 / 900 };
  const strict: Limits['rates'] = {
    send: { burst: 60, perSecond: 5 },
    createChannel: { burst: 10, perSecond: 10 / 3600 },
    newIdentity: { burst: 60, perSecond: 60 / 3600 },
    wrongToken: { burst: 10, perSecond: 10 / 60 },
    ownerPassword,
    bandSend: { burst: 10, perSecond: 0.5 },
    bandJoin: { burst: 10, perSecond: 10 / 600 },
    join: { burst: 120, perSecond: 2 },
    owner: { burst: 60, perSecond: 1 },
    webhook: { burst: 10, perSecond: 10 / 60 },
    note: { burst: 60, perSecond: 10 / 60 },
  };
  for (const mode of ['local', 'shared', 'open'] as const) expect(limitsFor(mode).sizes).toMatchObject(sizes);
  expect(limitsFor('open').rates).toEqual(strict);
  expect(limitsFor('shared').rates).toEqual({ ...strict, createChannel: never, newIdentity: never });
  expect(limitsFor('local').rates).toEqual({
    send: { burst: 6000, perSecond: 1000 },
    createChannel: never,
    newIdentity: never,
    wrongToken: { burst: 600, perSecond: 10 },
    ownerPassword,
    join: never,
    owner: never,
    webhook: { burst: 600, perSecond: 10 },
    note: { burst: 600, perSecond: 10 },
    bandSend: { burst: 600, perSecond: 50 },
    bandJoin: { burst: 600, perSecond: 10 },
  });
});

verifies.once('guard:modes', () => {
  const strict = { callsignMessages: 1000, channelMessages: 10_000, identicalMessages: 100, replyHops: 500 };
  for (const mode of ['open', 'shared'] as const) expect(limitsFor(mode).guards).toEqual(strict);
  expect(limitsFor('local').guards).toEqual({
    ...{ callsignMessages: 100_000, channelMessages: 1_000_000, identicalMessages: 1000, replyHops: 5000 },
  });
});

verifies.once('limit:configured', () => {
  for (const name of Object.keys(limitsFor('local').guards)) {
    expect(limitsFor('local', `${name}=7`).guards).toMatchObject({ [name]: 7 });
    for (const value of ['0', '-1', '7/1']) expect(() => limitsFor('local', `${name}=${value}`), `${name}=${value}`).toThrow(name);
  }
  for (const name of Object.keys(limitsFor('local').sizes)) {
    expect(limitsFor('local', `${name}=7`).sizes).toMatchObject({ [name]: 7 });
    for (const value of ['0', '-1', '1.5', '', 'x', '1e3', '7/1'])
      expect(() => limitsFor('local', `${name}=${value}`), `${name}=${value}`).toThrow(name);
  }
  for (const name of Object.keys(limitsFor('local').rates)) {
    expect(limitsFor('open', `${name}=7/0.5`).rates).toMatchObject({ [name]: { burst: 7, perSecond: 0.5 } });
    for (const value of ['7', '0/1', '-1/1', '1/', '/1', '1/-1', 'x/y', '1/0']) {
      expect(() => limitsFor('local', `${name}=${value}`), `${name}=${value}`).toThrow(name);
    }
  }
  for (const [name, most] of Object.entries(CEILINGS)) {
    expect(limitsFor('local', `${name}=${most}`).sizes).toMatchObject({ [name]: most });
    expect(() => limitsFor('local', `${name}=${most + 1}`)).toThrow(`${name} may be ${most} at most`);
  }
  // The names of the wire, and those of the program.
  for (const name of ['message_bytes', 'messageBytes']) expect(limitsFor('local', `${name}=7`).sizes.messageBytes).toBe(7);
  expect(limitsFor('open', 'create_channel=1/1').rates.createChannel).toEqual({ burst: 1, perSecond: 1 });
  expect(() => limitsFor('local', 'message_byte=1')).toThrow(/message_bytes/);
  const several = limitsFor('open', 'sessions=3,send=1/1,channels=2');
  expect(several).toMatchObject({
    sizes: { sessions: 3, channels: 2, mailboxes: 2048 },
    rates: { send: { burst: 1 }, wrongToken: { burst: 10 } },
  });
  for (const text of ['bogus', 'bogus=1', 'toString=1', '__proto__=1', 'sessions', '=1', 'OFF', 'off=1']) {
    expect(() => limitsFor('local', text), text).toThrow();
  }
});

verifies.once('limit:off', () => {
  for (const mode of ['local', 'shared', 'open'] as const) {
    const { sizes, rates } = limitsFor(mode, 'off');
    expect(sizes).toEqual(limitsFor(mode).sizes);
    for (const most of Object.values(limitsFor(mode, 'off').guards)) expect(most).toBe(Number.POSITIVE_INFINITY);
    expect(rates.ownerPassword).toEqual({ burst: 5, perSecond: 5 / 900 });
    for (const rate of [rates.send, rates.createChannel, rates.wrongToken]) expect(rate.burst).toBe(Number.POSITIVE_INFINITY);
  }
});

/** A 429 tells when to come back, in each of the ways there are. */
const expectRate = (error: CallError, burst: number, seconds: number): void => {
  expect(error.status).toBe(429);
  expect(error.retryAfter).toBe(seconds);
  expect(error.headers['ratelimit']).toMatch(new RegExp(`^"[a-z]+";r=0;t=${seconds}$`));
  expect(error.headers['ratelimit-policy']).toMatch(new RegExp(`^"[a-z]+";q=${burst};w=[0-9]+$`));
};

verifies('limit:send', { mode: 'open' }, async (room) => {
  const [channel, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  for (let i = 0; i < 60; i++) await alpha.send('bravo', `m${i}`);
  expectRate(await refused(alpha.send('bravo', 'too much'), 'rate_limited'), 60, 1);
  await refused(alpha.say('busy', { kind: 'status' }), 'rate_limited');
  expect((await channel.history(100)).length).toBe(60);
  // Another session has its own allowance, and reading has none.
  await bravo.send('alpha', 'I may');
  await alpha.listen();
  await room.pass(199);
  await refused(alpha.send('bravo', 'too early'), 'rate_limited');
  await room.pass(1);
  await alpha.send('bravo', 'one more');
  await refused(alpha.send('bravo', 'too much'), 'rate_limited');
  await room.pass(1000);
  for (let i = 0; i < 5; i++) await alpha.send('bravo', 'five a second');
  await refused(alpha.send('bravo', 'too much'), 'rate_limited');
});

verifies('limit:create', { mode: 'open' }, async (room) => {
  // A call that makes nothing is no channel.
  for (let i = 0; i < 11; i++) await refused(room.anyone().createChannel({ retention: 'all' } as never), 'invalid_retention');
  for (let i = 0; i < 10; i++) await room.anyone().createChannel();
  expectRate(await refused(room.anyone().createChannel(), 'rate_limited'), 10, 360);
  expect(await room.engine.channelCount()).toBe(10);
  await room.anyone({ address: '203.0.113.7' }).createChannel();
  await room.pass(359_999);
  await refused(room.anyone().createChannel(), 'rate_limited');
  await room.pass(1);
  await room.anyone().createChannel();
  await refused(room.anyone().createChannel(), 'rate_limited');
});

verifies('limit:create-local', async (room) => {
  for (let i = 0; i < 30; i++) await room.anyone().createChannel();
});

verifies('limit:wrong-token', { mode: 'open' }, async (room) => {
  const [channel, alpha] = await room.talk({}, 'alpha');
  const guess = (address?: string) => channel.showing({ token: 'rt_join_wrong', address }).roster();
  for (let i = 0; i < 5; i++) await refused(guess(), 'unauthorized');
  for (let i = 0; i < 5; i++) await refused(channel.showing({ channelId: `no-such-${i}` }).roster(), 'unauthorized');
  expectRate(await refused(guess(), 'rate_limited'), 10, 6);
  // Who has the token goes in and out.
  await channel.roster();
  await alpha.say('hello');
  await channel.join('bravo');
  await refused(guess('203.0.113.7'), 'unauthorized');
  await room.pass(6000);
  await refused(guess(), 'unauthorized');
  await refused(guess(), 'rate_limited');
});

verifies('limit:proxy', { mode: 'open', trustProxies: ['10.0.0.1'], limits: 'createChannel=2/0.001' }, async (room) => {
  const create = async (forwarded: string): Promise<number> =>
    (await room.http.ask('POST', '/api/channels', { headers: { 'X-Forwarded-For': forwarded } })).status;
  // This test is no trusted proxy: it stays one address, whatever it says.
  expect([await create('203.0.113.1'), await create('203.0.113.2'), await create('203.0.113.3'), await create('10.0.0.1')]).toEqual([
    201, 201, 429, 429,
  ]);
});

verifies(
  'limit:proxy-network',
  { mode: 'open', trustProxies: ['127.0.0.0/8', '2001:db8::/32', '10.1.0.0/16'], limits: 'createChannel=1/0.001' },
  async (room) => {
    const create = async (forwarded: string): Promise<number> =>
      (await room.http.ask('POST', '/api/channels', { headers: { 'X-Forwarded-For': forwarded } })).status;
    // Two proxies of the fleet, and what the client claims itself before them.
    expect(await create('203.0.113.1, 10.1.2.3, 2001:db8::1')).toBe(201);
    expect(await create('198.51.100.9, 203.0.113.1, ::ffff:10.1.9.9')).toBe(429);
    expect(await create('203.0.113.2')).toBe(201);
    expect(await create('203.0.113.2, 10.2.0.1')).toBe(201);
  },
);

verifies(
  'limit:networks',
  { mode: 'open', trustProxies: ['127.0.0.1'], limits: 'createChannel=1/0.001,wrongToken=1/0.001' },
  async (room) => {
    const wrong = { Authorization: 'Bearer rt_join_wrong' };
    const create = async (forwarded: string): Promise<number> =>
      (await room.http.ask('POST', '/api/channels', { headers: { 'X-Forwarded-For': forwarded } })).status;
    const guess = async (forwarded: string): Promise<number> =>
      (await room.http.ask('GET', '/api/channels/no-such/roster', { headers: { 'X-Forwarded-For': forwarded, ...wrong } })).status;
    for (const [call, well] of [
      [create, 201],
      [guess, 401],
    ] as const) {
      const all = async (...addresses: readonly string[]): Promise<number[]> => {
        const found: number[] = [];
        for (const address of addresses) found.push(await call(address));
        return found;
      };
      const rest = [429, 429, 429];
      // Of one network, however it is written.
      const one = ['2001:db8:1:2::1', '2001:db8:1:2:ffff::1', '2001:0DB8:0001:0002:3:4:5:6', '[2001:db8:1:2::9]:443'];
      expect(await all(...one)).toEqual([well, ...rest]);
      expect(await all('2001:db8:1:3::1', '2001:db8::1', '2001:db8:0:0:1::', '2001:db8:1::1')).toEqual([well, well, 429, well]);
      expect(await all('203.0.113.1', '::ffff:203.0.113.1', '203.0.113.1:4000', '203.0.113.2')).toEqual([well, 429, 429, well]);
      // What is no address is the proxy that says so, whatever stands before it.
      expect(await all('one', '203.0.113.7, two', 'unknown', '_hidden', '')).toEqual([well, ...rest, 429]);
    }
  },
);

verifies('limit:ring', async (room) => {
  const [channel, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  for (let i = 1; i <= 101; i++) await alpha.send('bravo', `m${i}`);
  expect((await channel.history(100)).map(({ id }) => id)).toEqual(Array.from({ length: 100 }, (_, i) => i + 2));
  expect((await bravo.listen()).gap).toEqual({ reason: 'rotated', missed_at_most: 1, oldest: 2 });
  await bravo.listen();
  // 32 messages of 32 KiB fill it to the byte.
  for (let i = 0; i < 32; i++) await alpha.send('bravo', 'x'.repeat(32 * KIB));
  expect((await room.engine.history(channel.id, 100)).length).toBe(32);
  await alpha.send('bravo', 'x');
  expect((await room.engine.history(channel.id, 100)).length).toBe(32);
});

verifies('limit:idle', async (room) => {
  const make = (retention: string) => room.channel({ retention });
  const [none, metadata, full, kept] = [await make('none'), await make('metadata'), await make('full'), await make('none')];
  const alpha = await kept.agent('alpha');
  const waiting = await alpha.park({ timeout: undefined }, { by: 'wait' });
  // In steps, as the hub's own sweep comes every half minute.
  const pass = async (ms: number): Promise<void> => {
    await room.pass(ms - 60_000);
    for (let i = 0; i < 2; i++) await room.pass(30_000);
  };
  await pass(24 * HOUR - 60_000);
  waiting.goAway();
  await room.parked(0);
  for (const channel of [none, metadata, full, kept]) await channel.info();
  await pass(120_000);
  await refused(none.info(), 'unauthorized');
  for (const channel of [metadata, full, kept]) await channel.info();
  await pass(6 * 24 * HOUR);
  for (const channel of [metadata, full]) await refused(channel.info(), 'unauthorized');
  await refused(kept.info(), 'unauthorized');
  expect(await room.engine.channelCount()).toBe(0);
});
