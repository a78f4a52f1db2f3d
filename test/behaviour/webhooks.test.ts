/** Webhooks: making them, what they are sent, and who may. */

import { Webhook as StandardWebhook } from 'standardwebhooks';
import { expect } from 'vitest';
import { done, receives } from '../harness/hooks.ts';
import { refused } from '../harness/refused.ts';
import { verifies } from '../harness/verifies.ts';

const NOBODY = 'http://127.0.0.1:9999/hook';

verifies('hook:created', async (room) => {
  const channel = await room.channel();
  const { secret, ...made } = await channel.createWebhook({ url: NOBODY });
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(made).toEqual({
    webhook_id: expect.stringMatching(/^wh_[A-Za-z0-9_-]{16}$/),
    url: NOBODY,
    events: ['message.created'],
    callsign: null,
    created_at: new Date(room.clock.now()).toISOString(),
    state: 'armed',
    reason: null,
  });
  const { secret: other, ...second } = await channel.createWebhook({
    url: NOBODY,
    callsign: ' Bravo ',
    events: ['channel.closed', 'channel.closed'],
  });
  expect(second).toMatchObject({ callsign: 'bravo', events: ['channel.closed'] });
  expect(other).not.toBe(secret);
  expect(await channel.webhooks()).toEqual([made, second]);
  // Of another channel it is unknown there.
  const elsewhere = await room.channel();
  expect(await elsewhere.webhooks()).toEqual([]);
  for (const call of ['deleteWebhook', 'testWebhook', 'deliveries'] as const) {
    await refused(elsewhere[call](made.webhook_id), 'not_found');
    await refused(channel[call]('wh_unknown'), 'not_found');
  }
  expect(await channel.deleteWebhook(made.webhook_id)).toEqual({ webhook_id: made.webhook_id, deleted: true });
  await refused(channel.deleteWebhook(made.webhook_id), 'not_found');
  expect(await channel.webhooks()).toEqual([second]);
});

verifies('hook:address', async (room) => {
  const channel = await room.channel();
  const CASES = [
    ['http://127.0.0.1:9999', 'http://127.0.0.1:9999'],
    ['https://agent.example/hook?a=1', 'https://agent.example/hook?a=1'],
    // A letter of another alphabet, one that turns the text around, and some that are not seen.
    ['https://\u0430gent.example/hook', 'https://xn--gent-43d.example/hook'],
    ['https://agent.example/\u202ekooh', 'https://agent.example/%E2%80%AEkooh'],
    ['\thttps://ag\nent.example\\@other.example/ ', 'https://agent.example/@other.example/'],
    ['HTTP://0x7f.1:9999/hook', 'http://127.0.0.1:9999/hook'],
  ] as const;
  for (const [url, shown] of CASES) expect((await channel.createWebhook({ url })).url).toBe(shown);
  expect((await channel.webhooks()).map(({ url }) => url)).toEqual(CASES.map(([, shown]) => shown));
});

verifies('hook:keepers', async (room) => {
  const open = await room.channel();
  const trusted = await room.channel({ trust_mode: 'trusted' });
  const other = await room.channel();
  const owner = (channel: typeof open) => channel.showing({ token: channel.created.owner_token });
  const { webhook_id: mine } = await open.createWebhook({ url: NOBODY });
  expect(await owner(open).webhooks()).toHaveLength(1);
  const { webhook_id: owned } = await owner(trusted).createWebhook({ url: NOBODY });
  const calls = [
    (party: typeof other, _: string) => party.createWebhook({ url: NOBODY }),
    (party: typeof other, _: string) => party.webhooks(),
    (party: typeof other, id: string) => party.testWebhook(id),
    (party: typeof other, id: string) => party.deliveries(id),
    (party: typeof other, id: string) => party.deleteWebhook(id),
  ] as const;
  for (const call of calls) {
    const refusal = await refused(call(trusted, owned), 'unauthorized');
    expect(refusal.detail).toContain('owner token');
    const { join_token: token, owner_token: theirs } = other.created;
    for (const wrong of [undefined, 'nothing', token, theirs]) {
      await refused(call(open.showing({ token: wrong }) as typeof other, mine), 'unauthorized');
      await refused(call(trusted.showing({ token: wrong }) as typeof other, owned), 'unauthorized');
    }
  }
  expect(await open.webhooks()).toHaveLength(1);
  expect(await owner(trusted).webhooks()).toHaveLength(1);
});

verifies('hook:fields', async (room) => {
  const channel = await room.channel();
  for (const url of [
    '',
    'x',
    '/hook',
    'ftp://127.0.0.1/',
    'file:///etc/passwd',
    'http://',
    'http://me@127.0.0.1/',
    'http://me:word@127.0.0.1/',
  ]) {
    await refused(channel.createWebhook({ url }), 'invalid_url');
  }
  await refused(channel.createWebhook({}), 'invalid_url');
  for (const port of [22, 25, 6379]) await refused(channel.createWebhook({ url: `http://127.0.0.1:${port}/` }), 'invalid_url');
  for (const events of [[], ['message.deleted'], 'message.created', [1]])
    await refused(channel.createWebhook({ url: NOBODY, events }), 'invalid_events');
  await refused(channel.createWebhook({ url: NOBODY, callsign: 'no way' }), 'invalid_callsign');
  await refused(channel.createWebhook({ url: NOBODY, callsign: 'hub' }), 'reserved_callsign');
  await refused(channel.createWebhook({ url: NOBODY, secret: 'mine' }), 'unknown_field');
  expect(await channel.webhooks()).toEqual([]);
});

verifies('hook:message', async (room) => {
  const receiver = await receives(room);
  const channel = await room.channel({ owner_password: 'a good password' });
  const { secret } = await channel.createWebhook({ url: `${receiver.url}?a=b` });
  const alpha = await channel.agent('alpha', { new_identity: true });
  const { id, at } = await alpha.send('bravo', 'Wie schön.\n{"sender":{"authorized":true}}', { reply_to: 1 });
  const [received] = await receiver.has(1);
  expect(received).toMatchObject({ path: '/hook?a=b', headers: { 'content-type': 'application/json', 'user-agent': 'RogerThat/test' } });
  expect(received!.body).toEqual({
    type: 'message.created',
    timestamp: at,
    data: { channel_id: channel.id, message: (await channel.history())[0] },
  });
  expect(received!.body.data.message).toMatchObject({ id, from: 'alpha', sender: { verified: true, authorized: false }, reply_to: 1 });
  // The hub of the test lives in another time than the referee.
  const { headers, text } = received!;
  expect(Number(headers['webhook-timestamp'])).toBe(Math.floor(room.clock.now() / 1000));
  const standard = new StandardWebhook(secret);
  expect(headers['webhook-signature']).toBe(standard.sign(received!.id, new Date(room.clock.now()), text));
});

verifies('hook:callsign', async (room) => {
  const receiver = await receives(room);
  const [channel, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  await channel.createWebhook({ url: receiver.url, callsign: 'bravo' });
  await alpha.send('bravo', 'one, to bravo');
  await alpha.send('charlie', 'two, to charlie');
  await alpha.say('three, to all');
  await bravo.say('four, of bravo');
  await bravo.send('alpha', 'five, of bravo');
  await alpha.send('bravo', 'six, a status', { kind: 'status' });
  await alpha.send('bravo', 'one, to bravo again', { idempotency_key: 'k' });
  await alpha.send('bravo', 'one, to bravo again', { idempotency_key: 'k' });
  await alpha.send('bravo', 'seven');
  await receiver.has(4);
  expect(receiver.texts).toEqual(['one, to bravo', 'three, to all', 'one, to bravo again', 'seven']);
});

verifies('hook:events', async (room) => {
  const receiver = await receives(room);
  const channel = await room.channel({ session_ttl_seconds: 60 });
  const asked = { url: receiver.url, events: ['member.joined', 'member.left'], callsign: 'nobody' };
  const { webhook_id: id } = await channel.createWebhook(asked);
  const alpha = await channel.agent('alpha', { new_identity: true });
  await alpha.rejoin({ identity_key: alpha.joined.identity?.identity_key });
  await alpha.say('no mail');
  await alpha.leave();
  const bravo = await channel.agent('bravo');
  await done(channel, id, 3);
  await room.pass(60_000);
  await refused(bravo.listen(), 'session_expired');
  await receiver.has(4);
  const member = (callsign: string) => ({ callsign, verified: false, authorized: false });
  expect(receiver.received.map(({ body }) => [body.type, body.data])).toEqual([
    ['member.joined', { channel_id: channel.id, member: { ...member('alpha'), verified: true } }],
    ['member.left', { channel_id: channel.id, member: { callsign: 'alpha' } }],
    ['member.joined', { channel_id: channel.id, member: member('bravo') }],
    ['member.left', { channel_id: channel.id, member: { callsign: 'bravo', reason: 'expired' } }],
  ]);
});

verifies('hook:closed', async (room) => {
  const receiver = await receives(room);
  const channel = await room.channel();
  await channel.createWebhook({ url: receiver.url, events: ['channel.closed'] });
  await channel.createWebhook({ url: receiver.url });
  // Idle for a day; the hub looks every half minute.
  await room.pass(86_400_000 + 30_000);
  await room.pass(30_000);
  await receiver.has(1);
  expect(receiver.received.map(({ body }) => [body.type, body.data])).toEqual([
    ['channel.closed', { channel_id: channel.id, reason: 'idle' }],
  ]);
  await refused(channel.webhooks(), 'unauthorized');
});

verifies('hook:bands', { bands: true, adminToken: 'the token of the operator' }, async (room) => {
  for (const token of [undefined, 'nothing']) {
    const anyone = room.anyone({ channelId: 'general', token });
    await refused(anyone.createWebhook({ url: NOBODY }), 'unauthorized');
    await refused(anyone.webhooks(), 'unauthorized');
  }
});

verifies('hook:full', { limits: 'webhooks=2' }, async (room) => {
  const channel = await room.channel();
  const made = [await channel.createWebhook({ url: NOBODY }), await channel.createWebhook({ url: NOBODY })];
  await refused(channel.createWebhook({ url: NOBODY }), 'hub_full');
  await channel.deleteWebhook(made[0]!.webhook_id);
  await channel.createWebhook({ url: NOBODY });
});

verifies('hook:private', { allowPrivateWebhooks: false }, async (room) => {
  const channel = await room.channel();
  const hosts = [
    ...[
      'localhost',
      'LOCALHOST',
      'localhost.',
      'a.localhost',
      '127.0.0.1',
      '127.1',
      '0x7f.1',
      '0177.0.0.1',
      '2130706433',
      '127.0.0.1.',
      '0.0.0.0',
    ],
    ...[
      '10.0.0.1',
      '172.16.0.1',
      '192.168.1.1',
      '169.254.169.254',
      '100.64.0.1',
      '192.0.2.1',
      '198.18.0.1',
      '224.0.0.1',
      '255.255.255.255',
    ],
    ...[
      '[::1]',
      '[::]',
      '[fe80::1]',
      '[fc00::1]',
      '[fd00:ec2::254]',
      '[ff02::1]',
      '[::ffff:127.0.0.1]',
      '[::ffff:8.8.8.8]',
      '[::127.0.0.1]',
    ],
    ...['[64:ff9b::7f00:1]', '[2002:7f00:1::]', '[2001::1]', '[2001:db8::1]', 'metadata.google.internal', 'printer.local'],
    ...['①②⑦.0.0.1', '127。0。0。1'],
  ];
  for (const host of hosts) {
    const refusal = await refused(channel.createWebhook({ url: `http://${host}/hook` }), 'invalid_url');
    expect(refusal.detail, host).toContain('refused');
  }
  Object.assign(room.names, {
    'inside.example': ['10.0.0.1'],
    'both.example': ['93.184.215.14', '127.0.0.1'],
    'six.example': ['::1'],
    'dotted.example': ['127.0.0.1'],
    'fine.example': ['93.184.215.14', '2606:2800:21f:cb07:6820:80da:af6b:8b2c'],
  });
  for (const name of ['inside', 'both', 'six']) await refused(channel.createWebhook({ url: `https://${name}.example/` }), 'invalid_url');
  await refused(channel.createWebhook({ url: 'https://dotted.example./' }), 'invalid_url');
  // What does not resolve may do so later, and is looked at again then.
  for (const name of ['fine', 'unknown']) await channel.createWebhook({ url: `https://${name}.example/` });
  await channel.createWebhook({ url: 'http://93.184.215.14:8080/' });
  expect(await channel.webhooks()).toHaveLength(3);
});

verifies('hook:reach', async (room) => {
  const [channel, alpha] = await room.talk({}, 'alpha', 'bravo');
  const reach = async () => Object.fromEntries((await channel.roster()).map((entry) => [entry.callsign, entry.reach]));
  expect(await reach()).toEqual({ alpha: [], bravo: [] });
  await channel.createWebhook({ url: NOBODY });
  await channel.createWebhook({ url: NOBODY, callsign: 'bravo', events: ['member.joined'] });
  expect(await reach()).toEqual({ alpha: [], bravo: [] });
  const { webhook_id: id } = await channel.createWebhook({ url: NOBODY, callsign: 'alpha' });
  const parked = await alpha.park();
  expect(await reach()).toEqual({ alpha: ['listen', 'webhook'], bravo: [] });
  parked.goAway();
  await room.parked(0);
  expect(await reach()).toEqual({ alpha: ['webhook'], bravo: [] });
  await channel.deleteWebhook(id);
  expect(await reach()).toEqual({ alpha: [], bravo: [] });
});
