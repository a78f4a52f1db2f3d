/** What the operator of a hub sees and does, and what not even the operator sees. */
import { expect } from 'vitest';
import { deliveriesWhen, receives } from '../harness/hooks.ts';
import { answering } from '../harness/receiver.ts';
import { refused } from '../harness/refused.ts';
import { verifies } from '../harness/verifies.ts';

const adminToken = 'the-admin-token-of-a-test';
const MINUTE = 60_000;

verifies('admin:token', { adminToken }, async (room) => {
  const channel = await room.channel();
  const alpha = await channel.agent('alpha');
  for (const token of ['', 'not-the-admin-token', channel.created.join_token, channel.created.owner_token, alpha.sessionId]) {
    const operator = room.operator(token);
    for (const call of [
      () => operator.overview(),
      () => operator.channels(),
      () => operator.channel(channel.id),
      () => operator.closeChannel(channel.id),
    ]) {
      const { detail } = await refused(call(), 'unauthorized');
      if (token !== '') expect(detail).toBe("That is not this hub's admin token.");
    }
  }
  // And it opens nothing else.
  await refused(channel.showing({ token: adminToken }).roster(), 'unauthorized');
  expect(await channel.roster()).toHaveLength(1);
});

verifies('admin:overview', { adminToken }, async (room) => {
  const operator = room.operator();
  const before = await operator.overview();
  expect(before).toMatchObject({ mode: 'local', uptime_seconds: 0, engine: { healthy: true, trouble: null } });
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  await room.channel();
  await alpha.say('one');
  await alpha.say('two');
  await bravo.park({ since: 'latest' });
  await room.parked(1);
  await room.pass(5_000);
  const after = await operator.overview();
  expect(after.counts).toEqual({ channels: before.counts.channels + 2, members: 2, listening: 1, parked: 1, sent: 2, tripped: 0 });
  expect(after.uptime_seconds).toBe(5);
  expect(after.memory.rss_bytes).toBeGreaterThan(after.memory.heap_bytes);
  expect(after.most.channels).toBe(room.hub.limits.sizes.channels);
});

verifies('admin:minutes', { adminToken }, async (room) => {
  const operator = room.operator();
  const [, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  const told = async () => (await operator.overview()).minutes.filter(({ messages, parked }) => messages + parked > 0);
  expect((await operator.overview()).minutes.map(({ ago }) => ago)).toEqual(Array.from({ length: 60 }, (_, i) => 59 - i));
  await alpha.say('one');
  const listening = await bravo.park({ since: 'latest' });
  await room.parked(1);
  expect(await told()).toEqual([{ ago: 0, messages: 1, parked: 1 }]);
  listening.goAway();
  await room.parked(0);
  await room.pass(MINUTE);
  await alpha.say('two');
  await alpha.say('three');
  expect(await told()).toEqual([
    { ago: 1, messages: 1, parked: 1 },
    { ago: 0, messages: 2, parked: 0 },
  ]);
  await room.pass(59 * MINUTE);
  expect(await told()).toEqual([{ ago: 59, messages: 2, parked: 0 }]);
  await room.pass(MINUTE);
  expect(await told()).toEqual([]);
});

verifies('admin:channels', { adminToken }, async (room) => {
  const operator = room.operator();
  const [one, alpha] = await room.talk({ retention: 'full', trust_mode: 'untrusted' }, 'alpha');
  await room.pass(1000);
  const [two, bravo] = await room.talk({ require_identity: false }, 'bravo', 'charlie');
  await alpha.say('a');
  await alpha.say('b');
  await room.pass(1000);
  await bravo.say('c');
  await two.owner.pause();
  const ids = (answer: { channels: readonly { channel_id: string }[] }): string[] =>
    answer.channels.map(({ channel_id }) => channel_id).filter((id) => id === one.id || id === two.id);
  expect(ids(await operator.channels())).toEqual([two.id, one.id]);
  expect(ids(await operator.channels({ order: 'ascending' }))).toEqual([one.id, two.id]);
  expect(ids(await operator.channels({ sort: 'head' }))).toEqual([one.id, two.id]);
  expect(ids(await operator.channels({ sort: 'members' }))).toEqual([two.id, one.id]);
  expect(ids(await operator.channels({ sort: 'channel_id', order: 'ascending' }))).toEqual([one.id, two.id].sort());
  const found = await operator.channels({ find: one.id.toUpperCase() });
  expect(found).toMatchObject({
    total: 1,
    channels: [{ channel_id: one.id, retention: 'full', members: 1, listening: 0, head: 2, state: 'open' }],
  });
  expect(await operator.channels({ find: two.id })).toMatchObject({ channels: [{ state: 'paused', messages: 1 }] });
  expect(ids(await operator.channels({ retention: 'full' }))).toEqual([one.id]);
  const all = await operator.channels({ limit: 1 });
  expect([all.channels.length, all.total]).toEqual([1, (await operator.channels()).channels.length]);
  expect(await operator.channels({ limit: 1, offset: 1 })).not.toEqual(all);
  await refused(operator.channels({ retention: 'all' }), 'invalid_retention');
  await refused(operator.channels({ limit: 501 }), 'invalid_limit');
  await refused(operator.channels({ sort: 'text' }), 'invalid_body');
});

verifies('admin:channel', { adminToken }, async (room) => {
  const [channel, alpha] = await room.talk({}, 'alpha', 'bravo');
  await alpha.send('all', 'thinking', { kind: 'status' });
  const shown = await room.operator().channel(channel.id);
  expect(shown).toMatchObject({ channel_id: channel.id, members: 2, head: 1 });
  expect(shown.roster).toEqual((await channel.roster()).map(({ status: _, ...entry }) => entry));
  await refused(room.operator().channel('no-such-channel'), 'not_found');
});

verifies('admin:guards', { adminToken, limits: 'identicalMessages=2' }, async (room) => {
  const operator = room.operator();
  const [channel, alpha] = await room.talk({}, 'alpha', 'bravo');
  await room.channel();
  for (const _ of [1, 2]) await alpha.send('bravo', 'Are you there?');
  for (const _ of [1, 2, 3]) await refused(alpha.send('bravo', 'Are you there?'), 'loop_suspected');
  expect((await operator.overview()).counts.tripped).toBe(1);
  expect((await operator.channels({ sort: 'tripped' })).channels[0]).toMatchObject({ channel_id: channel.id, tripped: 1 });
  const { guards } = await operator.channel(channel.id);
  expect(guards).toEqual([{ guard: 'identical', callsign: 'alpha', at: new Date(room.clock.now()).toISOString(), times: 3 }]);
  expect(JSON.stringify(guards)).not.toContain('Are you there');
});

verifies('admin:webhooks', { adminToken }, async (room) => {
  const operator = room.operator();
  const [channel, alpha] = await room.talk({}, 'alpha');
  const receiver = await receives(room, answering(200, 500, 410));
  const { host } = new URL(receiver.url);
  const url = `http://${host}/hook-path-marker?key=hook-key-marker`;
  const { webhook_id, secret } = await channel.createWebhook({ url, callsign: 'bravo', events: ['message.created', 'member.left'] });
  const seen = async () => (await operator.channel(channel.id)).webhooks;
  const fresh = { webhook_id, host, callsign: 'bravo', events: ['message.created', 'member.left'], state: 'armed', reason: null };
  expect(await seen()).toEqual([{ ...fresh, waiting: 0, last_attempt: null }]);
  expect((await operator.overview()).webhooks).toEqual({ armed: 1, disabled: 0, waiting: 0, failed: 0 });
  const when = (state: string) => deliveriesWhen(channel, webhook_id, ([newest]) => newest?.state === state);
  await alpha.send('bravo', 'well');
  await when('delivered');
  const at = new Date(room.clock.now()).toISOString();
  expect(await seen()).toEqual([{ ...fresh, waiting: 0, last_attempt: { at, status: 200, reason: null } }]);
  await room.pass(10);
  await alpha.send('bravo', 'hook-text-marker');
  await deliveriesWhen(channel, webhook_id, ([newest]) => newest?.attempts.length === 1);
  const later = new Date(room.clock.now()).toISOString();
  expect(await seen()).toEqual([{ ...fresh, waiting: 1, last_attempt: { at: later, status: 500, reason: 'answered 500' } }]);
  expect((await operator.overview()).webhooks).toEqual({ armed: 1, disabled: 0, waiting: 1, failed: 0 });
  await room.pass(1300);
  await when('failed');
  expect(await seen()).toMatchObject([
    { state: 'disabled', reason: 'the receiver answered 410 Gone', waiting: 0, last_attempt: { status: 410 } },
  ]);
  expect((await operator.overview()).webhooks).toEqual({ armed: 0, disabled: 1, waiting: 0, failed: 1 });
  const everything = JSON.stringify([await operator.overview(), await operator.channel(channel.id), await operator.channels()]);
  expect(everything).not.toMatch(/hook-(?:path|key|text)-marker|whsec_/);
  expect(everything).not.toContain(secret);
  await channel.deleteWebhook(webhook_id);
  expect(await seen()).toEqual([]);
  expect((await operator.overview()).webhooks).toMatchObject({ armed: 0, disabled: 0 });
});

verifies('admin:close', { adminToken }, async (room) => {
  const operator = room.operator();
  const [channel, alpha] = await room.talk({ retention: 'full' }, 'alpha');
  await alpha.say('one');
  const listening = await alpha.park({ since: 'latest' });
  await room.parked(1);
  expect(await operator.closeChannel(channel.id)).toEqual({ channel_id: channel.id, closed: true, erased: false });
  await refused(listening.answer, 'unauthorized');
  await refused(alpha.send('all', 'two'), 'unauthorized');
  expect(await operator.channel(channel.id)).toMatchObject({ state: 'closed', members: 0, roster: [] });
  expect((await channel.transcript()).events.map(({ type }) => type)).toContain('close');
  expect(await operator.closeChannel(channel.id, { erase: true })).toMatchObject({ erased: true });
  await refused(operator.channel(channel.id), 'not_found');
  await refused(channel.transcript(), 'unauthorized');
  await refused(operator.closeChannel(channel.id), 'not_found');
});

verifies('admin:no-content', { adminToken }, async (room) => {
  const operator = room.operator();
  const marker = 'xyzzy-content-marker';
  const channel = await room.channel({ retention: 'full', owner_password: `${marker} password` });
  const alpha = await channel.agent('alpha', { new_identity: true, owner_password: `${marker} password` });
  await channel.agent('bravo');
  await alpha.say(`${marker} to all`);
  await alpha.send('bravo', `${marker} to one`);
  await alpha.send('all', `${marker} status`, { kind: 'status' });
  await room.anyone().createIdentity({ name: marker });
  const everything = JSON.stringify([
    await operator.overview(),
    await operator.channels({ limit: 500 }),
    await operator.channel(channel.id),
    await operator.closeChannel(channel.id),
    await operator.channel(channel.id),
    await operator.channels({ limit: 500 }),
  ]);
  expect(everything).toContain(channel.id);
  expect(everything).not.toContain('xyzzy');
  expect(everything).not.toMatch(/rt_(?:join|owner|session|id)_|[0-9a-f]{64}|scrypt/);
});
