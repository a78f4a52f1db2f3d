/** The typed client against real hubs: errors, sessions, following over restarts and cut connections. */
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeAll, describe, expect, test } from 'vitest';
import { Backoff, ENTRIES, follow, HubClient, HubProblem, joinSeat, LinkError, retrying, Seat, watch } from '../../src/client/index.ts';
import { operations } from '../../src/operations/index.ts';
import { type Station, startStation } from '../harness/process.ts';
import { startProxy } from '../harness/proxy.ts';
import { random } from '../harness/random.ts';
import { turns, until } from '../harness/until.ts';

let station: Station;
beforeAll(async () => {
  station = await startStation();
});

const channel = async (client: HubClient, retention: 'none' | 'full' = 'none') => {
  const { channel_id: channelId, join_token: token } = await client.call('create_channel', { retention });
  return { channelId, token };
};

const failure = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => {
      throw new Error('it was taken');
    },
    (error: unknown) => error,
  );

test('the table has every operation and every field', () => {
  expect(Object.keys(ENTRIES)).toEqual(operations.map(({ name }) => name));
  for (const op of operations) expect(ENTRIES[op.name as keyof typeof ENTRIES]).toMatchObject({ ...op.rest, scope: op.scope });
});

describe('a call', () => {
  test('gives the value and the text as the hub wrote it', async () => {
    const client = new HubClient(`${station.hub.url}/`);
    const { value, text } = await client.ask('create_channel', { retention: 'metadata' });
    expect(value.retention).toBe('metadata');
    expect(JSON.parse(text)).toEqual(value);
    const shown = { channelId: value.channel_id, token: value.join_token };
    const { session_id: sessionId } = await client.call('join', { callsign: 'alpha' }, shown);
    const sent = await client.call('send', { to: 'bravo', message: 'a b&c=d/ü', idempotency_key: 'k' }, { ...shown, sessionId });
    expect(await client.call('send', { to: 'bravo', message: 'a b&c=d/ü', idempotency_key: 'k' }, { ...shown, sessionId })).toMatchObject({
      id: sent.id,
      duplicate: true,
    });
    expect((await client.call('message', { id: sent.id }, shown)).message.text).toBe('a b&c=d/ü');
    expect((await client.call('history', { n: 1 }, shown)).messages).toHaveLength(1);
    const lines = [];
    for await (const line of client.lines('transcript', {}, shown)) lines.push(JSON.parse(line).type);
    expect(lines).toEqual(['channel_created', 'join', 'message']);
    client.close();
  });

  test('throws the problem of the hub, also of an answer that had begun', async () => {
    const client = new HubClient(station.hub.url);
    const shown = await channel(client);
    const wrong = await failure(client.call('roster', {}, { ...shown, token: 'rt_join_wrong' }));
    expect(wrong).toBeInstanceOf(HubProblem);
    expect(wrong).toMatchObject({ code: 'unauthorized', status: 401, passing: false });
    expect((wrong as HubProblem).hint).not.toBe('');
    const { session_id: sessionId } = await client.call('join', { callsign: 'alpha' }, shown);
    const waiting = failure(client.call('wait', {}, { ...shown, sessionId }));
    for (;;) {
      const { roster } = await client.call('roster', {}, shown);
      if (roster[0]?.presence === 'listening') break;
    }
    await client.call('leave', {}, { ...shown, sessionId });
    expect(await waiting).toMatchObject({ name: 'HubProblem', code: 'not_joined' });
  });

  test('tells a hub that is away from what is no hub', async () => {
    const page = createServer((_, response) => response.end('<html>'));
    await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve));
    const { port } = page.address() as AddressInfo;
    expect(await failure(new HubClient(`http://127.0.0.1:${port}`).call('create_channel', {}))).toMatchObject({
      code: 'not_a_hub',
      passing: false,
    });
    page.closeAllConnections();
    await new Promise((resolve) => page.close(resolve));
    const away = await failure(new HubClient(`http://127.0.0.1:${port}`).call('create_channel', {}));
    expect(away).toBeInstanceOf(LinkError);
    expect(away).toMatchObject({ code: 'unreachable', passing: true });
  });

  test('ends with its signal', async () => {
    const client = new HubClient(station.hub.url);
    const { seat } = await joinSeat(client, { ...(await channel(client)), callsign: 'alpha' });
    const stop = new AbortController();
    const waiting = failure(seat.ask('wait', {}, { signal: stop.signal }));
    stop.abort(new Error('enough'));
    expect(await waiting).toEqual(new Error('enough'));
  });
});

test('trouble that may pass is waited out, longer each time, and at least as long as the hub asks', async () => {
  const backoff = new Backoff({ firstMs: 100, mostMs: 400, random: () => 1 });
  expect([backoff.next(), backoff.next(), backoff.next(), backoff.next()]).toEqual([100, 200, 400, 400]);
  const problem = { code: 'rate_limited', status: 429, title: '', detail: '', hint: '', request_id: '' } as const;
  expect(backoff.next(new HubProblem(problem, '', 3))).toBe(3000);
  // What no timer can count would be no wait at all.
  expect(backoff.next(new HubProblem(problem, '', 99_999_999))).toBe(24 * 3600_000);
  backoff.reset();
  expect(backoff.next()).toBe(100);
  let attempts = 0;
  const failing = async (error: Error): Promise<never> => {
    attempts++;
    throw error;
  };
  const options = { attempts: 3, firstMs: 1 };
  expect(await failure(retrying(() => failing(new LinkError('cut', '')), options))).toMatchObject({ code: 'cut' });
  expect(attempts).toBe(3);
  await failure(retrying(() => failing(new LinkError('not_a_hub', '')), options));
  expect(attempts).toBe(4);
  // A guard that stands for an hour is told, not slept through.
  expect(await failure(retrying(() => failing(new HubProblem(problem, '', 3600)), options))).toMatchObject({ code: 'rate_limited' });
  expect(attempts).toBe(5);
});

test('a seat whose session is over joins again and says so; one that was ended while in use does not', async () => {
  const client = new HubClient(station.hub.url);
  const joined = await joinSeat(client, { ...(await channel(client)), callsign: 'alpha' });
  await client.call('leave', {}, joined.seat.shown);
  expect(await failure(joined.seat.ask('roster', {}))).toMatchObject({ code: 'not_joined' });
  const told: string[] = [];
  const seat = new Seat(client, joined.seat.state, { rejoined: (again) => told.push(again.session_id) });
  await seat.send({ to: 'bravo', message: 'back' });
  expect(told).toEqual([seat.state.sessionId]);
  expect(seat.state.sessionId).not.toBe(joined.seat.state.sessionId);
  await client.call('leave', {}, seat.shown);
  expect(await failure(seat.send({ to: 'bravo', message: 'again' }))).toMatchObject({ code: 'not_joined' });
});

test('a call that is given up while the seat joins again takes no other call along', async () => {
  const shown = await channel(new HubClient(station.hub.url));
  let refused = 0;
  let joins = 0;
  const front = createServer((asked, answer) => {
    // The first join is never answered.
    if (asked.url?.endsWith('/join') && ++joins === 1) return;
    answer.once('finish', () => refused++);
    const options = { method: asked.method, headers: { ...asked.headers, host: new URL(station.hub.url).host } };
    const onward = request(`${station.hub.url}${asked.url}`, options, (back) => {
      answer.writeHead(back.statusCode ?? 502, back.headers);
      back.pipe(answer);
    });
    asked.pipe(onward.on('error', () => answer.destroy()));
  });
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  const client = new HubClient(`http://127.0.0.1:${(front.address() as AddressInfo).port}`);
  const seat = new Seat(client, { ...shown, callsign: 'alpha', sessionId: 'rt_session_nobody', cursor: '0' });
  const stop = new AbortController();
  const given = failure(seat.ask('ack', { id: 0 }, { signal: stop.signal }));
  await until(() => joins === 1, 'it to be refused, and the seat to join');
  const kept = seat.ask('ack', { id: 0 });
  await until(() => refused === 2, 'the other to be refused, too');
  await turns(50);
  stop.abort();
  const [other, { value }] = await Promise.all([given, kept]);
  expect(other).toBe(stop.signal.reason);
  expect(value.cursor).toMatch(/^0-/);
  // Nor does one that is given up wait for the join of another.
  joins = 0;
  refused = 0;
  const lost = new Seat(client, { ...shown, callsign: 'alpha', sessionId: 'rt_session_nobody', cursor: '0' });
  const [ends, ended] = [new AbortController(), new AbortController()];
  const joining = failure(lost.ask('ack', { id: 0 }, { signal: ends.signal }));
  await until(() => joins === 1, 'it to be refused, and the seat to join');
  const waiting = failure(lost.ask('ack', { id: 0 }, { signal: ended.signal }));
  await until(() => refused === 2, 'the other to be refused, too');
  await turns(50);
  ended.abort();
  expect(await waiting).toBe(ended.signal.reason);
  ends.abort();
  expect(await joining).toBe(ends.signal.reason);
  client.close();
  front.close();
});

describe.each(['listen', 'stream'] as const)('following over %s', (over) => {
  test('gives everything once, in order, over cut connections and a killed hub', async () => {
    const proxy = await startProxy({ target: () => station.hub.port, delayMs: 1, cuts: 0.3, random: random(7) });
    const at = `http://127.0.0.1:${proxy.port}`;
    // The hub believes its own port only.
    const allowed = await startStation({ args: ['--allow-host', `127.0.0.1:${proxy.port}`], directory: station.hub.directory + over });
    station = allowed;
    const client = new HubClient(at);
    const direct = async (): Promise<HubClient> => new HubClient(await station.url());
    const shown = await channel(await direct(), 'full');
    const { seat: bravo } = await retrying(() => joinSeat(client, { ...shown, callsign: 'bravo' }), { attempts: 20, firstMs: 5 });
    const { seat: alpha } = await joinSeat(await direct(), { ...shown, callsign: 'alpha' });
    const send = async (text: string): Promise<void> => {
      const seat = new Seat(await direct(), alpha.state);
      await seat.send({ to: 'bravo', message: text });
    };
    const COUNT = 60;
    const sending = (async () => {
      for (let i = 1; i <= COUNT; i++) {
        if (i === 30) await station.restart('SIGKILL');
        await send(`message ${i}`);
      }
    })();
    const heard: string[] = [];
    const gaps: unknown[] = [];
    for await (const batch of follow(bravo, { over })) {
      if (batch.gap) gaps.push(batch.gap);
      for (const { text, redelivered } of batch.messages) if (!redelivered || !heard.includes(text)) heard.push(text);
      batch.confirm();
      if (heard.length >= COUNT) break;
    }
    await sending;
    expect(gaps).toEqual([]);
    expect(heard).toEqual(Array.from({ length: COUNT }, (_, i) => `message ${i + 1}`));
  });

  test('goes on when a copy of the last message is confirmed', async () => {
    const client = new HubClient(station.hub.url);
    const shown = await channel(client);
    const { seat } = await joinSeat(client, { ...shown, callsign: 'bravo' });
    const { seat: alpha } = await joinSeat(client, { ...shown, callsign: 'alpha' });
    const heard: string[] = [];
    await alpha.send({ to: 'bravo', message: 'one' });
    for await (const batch of follow(seat, { over })) {
      for (const message of batch.messages) {
        heard.push(message.text);
        batch.confirm(structuredClone(message));
      }
      if (heard.length === 2) break;
      await alpha.send({ to: 'bravo', message: 'two' });
    }
    expect(heard).toEqual(['one', 'two']);
    client.close();
  });

  test('gives again what was not confirmed, and tells the hub at the end what was', async () => {
    const client = new HubClient(station.hub.url);
    const shown = await channel(client);
    const { seat } = await joinSeat(client, { ...shown, callsign: 'bravo' });
    const { seat: alpha } = await joinSeat(client, { ...shown, callsign: 'alpha' });
    for (const text of ['one', 'two', 'three']) await alpha.send({ to: 'bravo', message: text });
    const first: string[] = [];
    for await (const batch of follow(seat, { over })) {
      for (const message of batch.messages) {
        first.push(message.text);
        if (message.text === 'one') batch.confirm(message);
      }
      if (first.length === 3) break;
    }
    const states = async (id: number) => (await client.call('message', { id }, shown)).receipts.map(({ state }) => state);
    expect([await states(1), await states(2)]).toEqual([['confirmed'], ['delivered']]);
    const again: string[] = [];
    for await (const batch of follow(new Seat(client, seat.state), { over })) {
      again.push(...batch.messages.map(({ text, redelivered }) => `${text} ${redelivered === true}`));
      if (again.length === 2) break;
    }
    expect(again).toEqual(['two true', 'three true']);
  });

  test('ends when the seat is lost, and with its signal', async () => {
    const client = new HubClient(station.hub.url);
    const { seat } = await joinSeat(client, { ...(await channel(client)), callsign: 'bravo' });
    const run = async (signal?: AbortSignal): Promise<void> => {
      for await (const batch of follow(seat, { over, signal })) batch.confirm();
    };
    const stop = new AbortController();
    const stopped = run(stop.signal);
    stop.abort();
    await stopped;
    const lost = failure(run());
    for (;;) {
      const { roster } = await client.call('roster', {}, seat.shown);
      if (roster[0]?.presence === 'listening') break;
    }
    await client.call('leave', {}, seat.shown);
    // An old session that was found dead would have been replaced; this one was alive.
    expect(await lost).toMatchObject({ code: 'not_joined' });
  });
});

test('watching sees who comes and what is said, over a restart', async () => {
  const client = new HubClient(await station.url());
  const shown = await channel(client, 'full');
  const seen: string[] = [];
  const stop = new AbortController();
  const watching = (async () => {
    for await (const event of watch(new HubClient(station.hub.url), shown, { signal: stop.signal })) {
      seen.push(event.type === 'roster' ? `roster ${event.roster.length}` : event.type === 'message' ? event.text : 'gap');
      if (event.type === 'message') stop.abort();
    }
  })();
  while (seen.length === 0) await client.call('roster', {}, shown);
  const { seat } = await joinSeat(client, { ...shown, callsign: 'alpha' });
  await seat.send({ to: 'bravo', message: 'hello' });
  await watching;
  expect(seen).toEqual(['roster 0', 'roster 1', 'hello']);
});
