/** Ways to run a hub: whom it lets in. */
import { resolve } from 'node:path';
import { expect } from 'vitest';
import { helpText } from '../../src/cli/configuration.ts';
import { envName, OPTIONS, readConfig } from '../../src/config.ts';
import { refused } from '../harness/refused.ts';
import { verifies } from '../harness/verifies.ts';

const HUB_TOKEN = 'a-hub-token-of-some-length';
const SHARED = { mode: 'shared', token: HUB_TOKEN } as const;

verifies.once('run:defaults', () => {
  const { host, port, mode, token, adminToken, directory, origin, allowHosts, trustProxies } = readConfig([], {});
  expect({ host, port, mode, token, adminToken, origin, allowHosts, trustProxies }).toEqual({
    host: '127.0.0.1',
    port: 7424,
    mode: 'local',
    token: null,
    adminToken: null,
    origin: null,
    allowHosts: [],
    trustProxies: [],
  });
  expect(directory).toMatch(/\.rogerthat$/);
});

verifies('run:shared', SHARED, async (room) => {
  for (const hubToken of [undefined, 'wrong', '', `${HUB_TOKEN}x`]) {
    await refused(room.anyone({ hubToken }).createChannel(), 'unauthorized');
    await refused(room.anyone({ hubToken }).createIdentity(), 'unauthorized');
  }
  expect(await room.engine.channelCount()).toBe(0);
  const { created, id } = await room.channel();
  await room.anyone({ hubToken: HUB_TOKEN }).createIdentity();
  // A channel's token is enough on the channel, and nowhere else.
  const member = room.anyone({ channelId: id, token: created.join_token });
  const { session_id } = await member.join('alpha');
  await member.showing({ sessionId: session_id }).send('all', 'hello');
  await member.info();
  await refused(member.createChannel(), 'unauthorized');
  await refused(room.anyone({ channelId: id }).roster(), 'unauthorized');
  await refused(room.anyone({ channelId: id, hubToken: HUB_TOKEN }).roster(), 'unauthorized');
});

verifies('run:channel-token', SHARED, async (room) => {
  const channel = await room.channel();
  expect(channel.proofs).toMatchObject({ hubToken: HUB_TOKEN, token: channel.created.join_token });
  const alpha = await channel.agent('alpha');
  await alpha.say('both tokens');
  await refused(channel.showing({ token: 'rt_join_wrong' }).roster(), 'unauthorized');
  const other = await room.channel();
  await refused(channel.showing({ token: other.created.join_token }).roster(), 'unauthorized');
});

verifies('run:open', { mode: 'open' }, async (room) => {
  const channel = await room.channel();
  await refused(room.anyone({ channelId: channel.id }).roster(), 'unauthorized');
  await channel.join('alpha');
});

verifies.once('run:admin-token', () => {
  for (const token of ['short', 'with a space in the middle', '']) {
    if (token === '') expect(readConfig([], { ROGERTHAT_ADMIN_TOKEN: token }).adminToken).toBeNull();
    else expect(() => readConfig(['--admin-token', token], {})).toThrow(/--admin-token/);
  }
  expect(() => readConfig(['--token', HUB_TOKEN, '--admin-token', HUB_TOKEN], {})).toThrow(/differ/);
});

verifies.once('run:strict-modes', () => {
  for (const args of [['--token', HUB_TOKEN], ['--open']]) {
    const { host, mode, limits } = readConfig(args, {});
    expect(host).toBe('127.0.0.1');
    expect(mode).toBe(args.length === 1 ? 'open' : 'shared');
    expect(limits.rates).toMatchObject({ send: { burst: 60 }, wrongToken: { burst: 10 } });
  }
});

/** A value other than the default for each flag, as it is typed and as it is read. */
const TYPED: Readonly<Record<string, readonly [value: string, read: object]>> = {
  port: ['1234', { port: 1234 }],
  host: ['::1', { host: '::1' }],
  token: [HUB_TOKEN, { token: HUB_TOKEN, mode: 'shared' }],
  'admin-token': ['an-admin-token-of-some-length', { adminToken: 'an-admin-token-of-some-length', mode: 'local' }],
  open: ['true', { mode: 'open' }],
  'data-dir': ['/somewhere', { directory: '/somewhere' }],
  memory: ['true', { directory: null }],
  repair: ['true', { repair: true }],
  origin: ['https://hub.example', { origin: 'https://hub.example' }],
  'allow-host': ['one.example', { allowHosts: ['one.example'] }],
  'trust-proxy': ['10.0.0.1', { trustProxies: ['10.0.0.1'] }],
  'allow-private-webhooks': ['true', { allowPrivateWebhooks: true }],
  'secret-key': ['a-key-for-signing-secrets', { secretKey: 'a-key-for-signing-secrets' }],
  bands: ['true', { bands: true }],
  limits: ['sessions=7', { limits: expect.objectContaining({ sizes: expect.objectContaining({ sessions: 7 }) }) }],
  redis: ['redis://127.0.0.1:6379', { redis: 'redis://127.0.0.1:6379' }],
  durability: ['async', { durability: 'async' }],
  'log-level': ['debug', { logLevel: 'debug' }],
};

verifies.once('run:variables', () => {
  expect(Object.keys(TYPED).sort()).toEqual(Object.keys(OPTIONS).sort());
  const help = helpText().split('\n');
  for (const [name, [value, read]] of Object.entries(TYPED)) {
    const variable = `ROGERTHAT_${name.toUpperCase().replaceAll('-', '_')}`;
    expect(envName(name)).toBe(variable);
    const isSwitch = OPTIONS[name as keyof typeof OPTIONS].type === 'boolean';
    expect(readConfig([], { [variable]: value }), variable).toMatchObject(read);
    expect(readConfig(isSwitch ? [`--${name}`] : [`--${name}`, value], {}), name).toMatchObject(read);
    expect(help.filter((line) => new RegExp(`^ {2}--${name}\\b`).test(line))).toHaveLength(1);
  }
  expect(
    [readConfig([], {}), readConfig(['--no-bands'], {}), readConfig([], { ROGERTHAT_BANDS: 'off' })].map(({ bands }) => bands),
  ).toEqual([true, false, false]);
  expect(readConfig(['--bands'], { ROGERTHAT_BANDS: 'off' }).bands).toBe(true);
  const older = { ROGERRAT_ADMIN_TOKEN: 'an-admin-token-by-its-older-name' };
  expect(readConfig([], older).adminToken).toBe(older.ROGERRAT_ADMIN_TOKEN);
  expect(readConfig([], { ...older, ROGERTHAT_ADMIN_TOKEN: HUB_TOKEN }).adminToken).toBe(HUB_TOKEN);
  expect(readConfig(['--port', '1'], { ROGERTHAT_PORT: '2' }).port).toBe(1);
  for (const proxy of ['10.0.0.0/8', '::1', '2001:db8::/32'])
    expect(readConfig(['--trust-proxy', proxy], {}).trustProxies).toEqual([proxy]);
  for (const proxy of ['proxy.example', '10.0.0.0/33', '10.0.0.1/8/8', '/8', '::1/129', '10.0.0.1/x']) {
    expect(() => readConfig(['--trust-proxy', proxy], {}), proxy).toThrow('--trust-proxy (ROGERTHAT_TRUST_PROXY) must be');
  }
  for (const hosts of ['a.example,[::1]:80', ' a.example, [::1]:80,'])
    expect(readConfig([], { ROGERTHAT_ALLOW_HOST: hosts }).allowHosts).toEqual(['a.example', '[::1]:80']);
  expect(readConfig([], { ROGERTHAT_TRUST_PROXY: '10.0.0.1, 10.0.0.2' }).trustProxies).toEqual(['10.0.0.1', '10.0.0.2']);
  // As the system takes it from here on, whatever it looks like to a database.
  expect(readConfig(['--data-dir', 'file:here'], {}).directory).toBe(resolve('file:here'));
  for (const off of ['false', '0', 'no', '']) expect(readConfig([], { ROGERTHAT_OPEN: off }).mode).toBe('local');
});
