/**
 * The hub dies with webhooks in its outbox: what was acknowledged is delivered at least once, each under one id, and no
 * secret lies about (R-HOOK-10, R-HOOK-6, R-HOOK-11, R-HOOK-19, R-RUN-11).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { diskKinds } from '../harness/disk.ts';
import { eventually } from '../harness/eventually.ts';
import { type HubProcess, type Station, startStation } from '../harness/process.ts';
import { answering, hanging, Receiver } from '../harness/receiver.ts';
import { call, createChannel, expectCall, joinChannel, memberCall, type TestChannel, type TestMember } from '../harness/rest.ts';

let receiver: Receiver;
beforeEach(async () => {
  receiver = await Receiver.start();
});
afterEach(() => receiver.close());

interface Hook {
  readonly webhook_id: string;
  readonly secret: string;
}

const hookOn = (url: string, { path, token }: TestChannel): Promise<Hook> =>
  expectCall(url, { path: `${path}/webhooks`, token, body: { url: receiver.url } }, 201);

/** Sends until it is acknowledged, whatever dies meanwhile. */
const say = async (station: Station, member: TestMember, message: string): Promise<number> => {
  let id = 0;
  await eventually(`${message} to be acknowledged`, async () => {
    const request = memberCall(member, { path: 'send', headers: { 'Idempotency-Key': message }, body: { to: 'all', message } });
    const reply = await call(await station.url(), request).catch(() => null);
    id = reply?.status === 200 ? reply.body.id : 0;
    return id > 0;
  });
  return id;
};

const ids = (): number[] => receiver.received.map(({ body }) => body.data.message.id);

const came = (wanted: readonly number[]): Promise<void> =>
  eventually(`${wanted.length} webhooks`, () => wanted.every((id) => ids().includes(id)));

/** Each message has one id, however often it came. */
const expectOneIdEach = (): void => {
  const known = new Map<number, string>();
  for (const { id, body } of receiver.received) {
    const message = body.data.message.id;
    expect(known.get(message) ?? id).toBe(id);
    known.set(message, id);
  }
  expect(new Set(known.values()).size).toBe(known.size);
};

/** The referee takes everything that came. */
const expectSigned = ({ secret }: Hook): void => {
  for (const { headers, text } of receiver.received) new Webhook(secret).verify(text, headers as Record<string, string>);
};

const expectNowhere = (secret: string, hub: HubProcess): void => {
  const bytes = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const forms = [secret.slice('whsec_'.length), bytes.toString('base64url').slice(0, 40), bytes.toString('hex'), bytes.toString('latin1')];
  for (const name of readdirSync(hub.directory)) {
    const content = readFileSync(join(hub.directory, name), 'latin1');
    for (const form of forms) expect(content.includes(form), `${name} has the secret`).toBe(false);
  }
  for (const form of forms) expect(hub.stdout() + hub.stderr()).not.toContain(form);
};

describe.each(['none', 'full'])('kill -9, retention %s', (retention) => {
  test('R-HOOK-10: in the middle of an attempt and before the others, all are delivered after it', async () => {
    receiver.answer(hanging);
    const station = await startStation({ args: ['--log-level', 'debug'] });
    const channel = await createChannel(station.hub.url, { retention });
    const alpha = await joinChannel(station.hub.url, channel, 'alpha');
    const hook = await hookOn(station.hub.url, channel);
    const sent: number[] = [];
    for (const text of ['one', 'two', 'three']) sent.push(await say(station, alpha, text));
    await came([1]);
    const before = receiver.received[0]!;
    expectNowhere(hook.secret, station.hub);
    receiver.answer(answering(200));
    await station.restart('SIGKILL');
    await came(sent);
    await eventually('the first to come again', () => ids().filter((id) => id === 1).length === 2);
    expect(receiver.received.map(({ body }) => body.data.message.id)).toEqual([1, 1, 2, 3]);
    expect(receiver.received[1]!.id).toBe(before.id);
    const texts = receiver.received.slice(1).map(({ body }) => body.data.message.text);
    expect(texts).toEqual(retention === 'full' ? ['one', 'two', 'three'] : [null, null, null]);
    expectOneIdEach();
    expectSigned(hook);
    expectNowhere(hook.secret, station.hub);
  });

  test('R-HOOK-10: again and again while messages come, none is lost', async () => {
    const station = await startStation();
    const channel = await createChannel(station.hub.url, { retention });
    const alpha = await joinChannel(station.hub.url, channel, 'alpha');
    const hook = await hookOn(station.hub.url, channel);
    const sent: number[] = [];
    for (let round = 0; round < 4; round++) {
      const texts = Array.from({ length: 12 }, (_, i) => `message ${round}-${i}`);
      const acknowledged = texts.map((text) => say(station, alpha, text));
      await Promise.any(acknowledged);
      const back = station.restart('SIGKILL');
      sent.push(...(await Promise.all(acknowledged)));
      await back;
    }
    await came(sent);
    expect(new Set(ids())).toEqual(new Set(sent));
    expectOneIdEach();
    expectSigned(hook);
  });
});

describe('SIGTERM', () => {
  test('R-RUN-11: an attempt that hangs holds up nobody, and is made again', async () => {
    receiver.answer(hanging);
    const station = await startStation();
    const channel = await createChannel(station.hub.url, { retention: 'full' });
    const alpha = await joinChannel(station.hub.url, channel, 'alpha');
    const { webhook_id: hook } = await hookOn(station.hub.url, channel);
    const id = await say(station, alpha, 'one');
    await came([id]);
    receiver.answer(answering(200));
    expect(await station.restart('SIGTERM')).toEqual({ code: 0, signal: null });
    await eventually('it to come again', () => ids().length === 2);
    expectOneIdEach();
    // Nobody knows how the one that was cut off went, so nothing is said of it.
    const path = `${channel.path}/webhooks/${hook}/deliveries`;
    const look = async () => (await expectCall(await station.url(), { path, token: channel.token })).deliveries;
    await eventually('it to be done', async () => (await look())[0].state === 'delivered');
    expect(await look()).toMatchObject([{ attempts: [{ status: 200 }] }]);
  });

  test('an attempt that ends in time is not made again', async () => {
    let release = (): void => {};
    receiver.answer((response) => {
      release = () => response.writeHead(200).end();
    });
    const station = await startStation();
    const channel = await createChannel(station.hub.url, { retention: 'full' });
    const alpha = await joinChannel(station.hub.url, channel, 'alpha');
    const { webhook_id: hook } = await hookOn(station.hub.url, channel);
    await say(station, alpha, 'one');
    await came([1]);
    const old = station.hub;
    const restarted = station.restart('SIGTERM');
    await eventually('it to stop', () => old.stderr().includes('stopping'));
    release();
    expect(await restarted).toEqual({ code: 0, signal: null });
    const path = `${channel.path}/webhooks/${hook}/deliveries`;
    const { deliveries } = await expectCall(await station.url(), { path, token: channel.token });
    expect(deliveries).toMatchObject([{ state: 'delivered', attempts: [{ status: 200 }] }]);
    expect(receiver.received).toHaveLength(1);
  });
});

test('R-ERR-12: what a full disk refused is sent to nobody, and what it took is sent', async () => {
  const disk = diskKinds()[0]![1]();
  const station = await startStation({ directory: disk.directory });
  const { url, pid } = station.hub;
  const channel = await createChannel(url, { retention: 'full' });
  const alpha = await joinChannel(url, channel, 'alpha');
  const { webhook_id: hook } = await hookOn(url, channel);
  const post = (message: string) => call(url, memberCall(alpha, { path: 'send', body: { to: 'all', message } }));
  disk.fill(pid);
  for (let i = 0; i < 3; i++) expect((await post(`refused ${i}`)).status).toBe(503);
  expect((await call(url, { path: `${channel.path}/webhooks`, token: channel.token, body: { url: receiver.url } })).status).toBe(503);
  disk.free(pid);
  await eventually('the hub to be ready', async () => (await call(url, { path: '/readyz' })).status === 200);
  expect((await post('taken')).status).toBe(200);
  await eventually('what was taken', () => receiver.received.length > 0);
  const path = `${channel.path}/webhooks`;
  await eventually('it to be done', async () => {
    const { deliveries } = await expectCall(url, { path: `${path}/${hook}/deliveries`, token: channel.token });
    return deliveries.length === 1 && deliveries[0].state === 'delivered';
  });
  expect(receiver.received.map(({ body }) => body.data.message.text)).toEqual(['taken']);
  await station.restart('SIGKILL');
  const { webhooks } = await expectCall(await station.url(), { path, token: channel.token });
  expect(webhooks).toHaveLength(1);
  expect(receiver.received).toHaveLength(1);
});

test('R-HOOK-19: a hub that lost its key says so, disables, and sends nothing unsigned', async () => {
  const given = ['--secret-key', 'a key that the operator gave'];
  receiver.answer(hanging);
  const station = await startStation({ args: given.map((one) => one.replaceAll(' ', '-')) });
  const { directory } = station.hub;
  const channel = await createChannel(station.hub.url);
  const alpha = await joinChannel(station.hub.url, channel, 'alpha');
  await hookOn(station.hub.url, channel);
  await say(station, alpha, 'one');
  await came([1]);
  await station.hub.end('SIGKILL');
  // The same hub without the key.
  receiver.answer(answering(200));
  const next = await startStation({ directory });
  const { webhooks } = await expectCall(await next.url(), { path: `${channel.path}/webhooks`, token: channel.token });
  expect(webhooks).toMatchObject([{ state: 'disabled' }]);
  expect(next.hub.stderr()).toContain('webhooks disabled: 1');
  expect(receiver.received).toHaveLength(1);
});
