/**
 * Stores that are reached over TLS only, with a certificate of an authority of the operator's own: the hub is told of it
 * as any Node program is, by NODE_EXTRA_CA_CERTS.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Certificates, makeCertificates } from '../harness/certificates.ts';
import { launchHub, startHubProcess, temporaryDirectory } from '../harness/process.ts';
import { asking, freePort, type RedisServer, startRedis, startSentinel } from '../harness/redis.ts';
import { call, createChannel, joinChannel, memberCall } from '../harness/rest.ts';

const PASSWORD = 'p@ss:w/rd';
const LOGIN = `:${encodeURIComponent(PASSWORD)}@`;

let certificates: Certificates;
beforeAll(() => {
  certificates = makeCertificates(temporaryDirectory());
});

const running: RedisServer[] = [];
afterAll(async () => {
  for (const server of running) await server.clear();
});

const tlsOptions = (port: number): string[] => {
  const { ca, cert, key } = certificates;
  return [
    ...['--tls-port', String(port), '--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', ca],
    ...['--tls-auth-clients', 'no', '--tls-replication', 'yes'],
  ];
};

const serve = async (more: readonly string[] = []): Promise<{ server: RedisServer; port: number }> => {
  const port = await freePort();
  const server = await startRedis([...tlsOptions(port), '--requirepass', PASSWORD, ...more]);
  running.push(server);
  return { server, port };
};

/** Something is said over a hub on this store, and heard. */
const talkOver = async (redis: string): Promise<void> => {
  const hub = await startHubProcess({ args: ['--redis', redis], env: { NODE_EXTRA_CA_CERTS: certificates.ca } });
  const channel = await createChannel(hub.url);
  const [alpha, bravo] = [await joinChannel(hub.url, channel, 'alpha'), await joinChannel(hub.url, channel, 'bravo')];
  const said = await call(hub.url, memberCall(alpha, { method: 'POST', path: 'send', body: { to: 'bravo', message: 'in private' } }));
  expect(said.status).toBe(200);
  const heard = await call(hub.url, memberCall(bravo, { method: 'GET', path: 'listen?timeout=5' }));
  expect(heard.body.messages).toMatchObject([{ text: 'in private' }]);
  expect((await hub.end('SIGTERM')).code).toBe(0);
};

test('one primary; who is not told of the authority refuses, and shows no password', async () => {
  const { port } = await serve();
  await talkOver(`rediss://${LOGIN}127.0.0.1:${port}`);
  const refused = launchHub({ args: ['--redis', `rediss://${LOGIN}localhost:${port}`] });
  expect((await refused.ended).code).toBe(5);
  expect(refused.stderr()).toMatch(/cannot use rediss:\/\/localhost:\d+: .*certificate/);
  expect(refused.stderr() + refused.stdout()).not.toContain('ss:w');
});

test('a Redis Cluster', async () => {
  const { server, port } = await serve(['--cluster-enabled', 'yes', '--cluster-port', String(await freePort()), '--tls-cluster', 'yes']);
  const at = await asking(server.url.replace('://', `://${LOGIN}`));
  await at.ask('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
  while (!String(await at.ask('CLUSTER', 'INFO')).includes('cluster_state:ok'));
  at.end();
  await talkOver(`rediss+cluster://${LOGIN}127.0.0.1:${port}`);
});

test('Sentinels, which have a password of their own', async () => {
  const { port } = await serve();
  const own = await freePort();
  const { ca, cert, key } = certificates;
  const lines = [`tls-port ${own}`, `tls-cert-file ${cert}`, `tls-key-file ${key}`, `tls-ca-cert-file ${ca}`];
  const sentinel = await startSentinel(
    'messages',
    port,
    [`auth-pass ${PASSWORD}`],
    [...lines, ...['tls-auth-clients no', 'tls-replication yes', 'requirepass watchman']],
  );
  running.push(sentinel);
  await talkOver(`rediss+sentinel://${LOGIN}127.0.0.1:${own}/messages?sentinel_password=watchman`);
});
