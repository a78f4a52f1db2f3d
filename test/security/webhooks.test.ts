/** Where a hub can be made to post to, with real names, sockets and processes (R-HOOK-16, R-HOOK-17, R-HOOK-18, R-HOOK-7). */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { checkAddress, checkUrl } from '../../src/courier/addresses.ts';
import { startHubProcess, temporaryDirectory } from '../harness/process.ts';
import { Receiver } from '../harness/receiver.ts';
import { call, createChannel, expectCall, type TestChannel } from '../harness/rest.ts';

let receiver: Receiver;
beforeEach(async () => {
  receiver = await Receiver.start();
});
afterEach(() => receiver.close());

/** Makes a webhook and tests it: its error, or how the test went. */
const outcome = async (hub: string, { path, token }: TestChannel, url: string): Promise<string> => {
  const made = await call(hub, { path: `${path}/webhooks`, token, body: { url } });
  if (made.status !== 201) return made.body.detail;
  const tried = await expectCall(hub, { method: 'POST', path: `${path}/webhooks/${made.body.webhook_id}/test`, token });
  return tried.delivered ? 'delivered' : tried.reason;
};

describe('addresses', () => {
  const PUBLIC = ['8.8.8.8', '1.1.1.1', '93.184.215.14', '223.255.255.254', '2606:4700:4700::1111', '2a00:1450:4001:830::200e'];
  const NEAR = ['127.0.0.1', '127.255.255.254', '10.1.2.3', '172.31.255.255', '192.168.0.1', '100.64.0.1', '::1', 'fd00::1', 'fc00::1'];
  const NEVER = [
    ...[
      '0.0.0.0',
      '0.1.2.3',
      '169.254.0.1',
      '169.254.169.254',
      '192.0.0.1',
      '192.0.2.1',
      '192.88.99.1',
      '198.18.0.1',
      '198.51.100.1',
      '203.0.113.1',
    ],
    ...[
      '224.0.0.1',
      '239.255.255.255',
      '240.0.0.1',
      '255.255.255.255',
      '::',
      '::127.0.0.1',
      '::8.8.8.8',
      'fe80::1',
      'fe80::1%lo',
      'fec0::1',
      'ff02::1',
    ],
    ...[
      '::ffff:0:127.0.0.1',
      '64:ff9b::7f00:1',
      '64:ff9b::808:808',
      '64:ff9b:1::1',
      '100::1',
      '2001::1',
      '2001:db8::1',
      '2001:10::1',
      '2001:20::1',
    ],
    // Where clouds have what link-local addresses are for elsewhere.
    ...[
      '168.63.129.16',
      '100.100.100.200',
      'fd00:ec2::254',
      'fd00:0ec2:0:0::0:254',
      'fd20:ce::254',
      'fd00:ec2::23',
      '::ffff:100.100.100.200',
    ],
    ...['2002:7f00:1::1', '2002:808:808::1', '3fff::1', '5f00::1', '4000::1', '', 'localhost', '127.0.0.1.example', 'nonsense'],
  ];

  const refuses = (address: string, allowPrivate: boolean): boolean => {
    try {
      checkAddress(address, allowPrivate);
      return false;
    } catch {
      return true;
    }
  };

  test('R-HOOK-16: strangers reach public unicast addresses only', () => {
    expect(PUBLIC.filter((address) => refuses(address, false))).toEqual([]);
    expect([...NEAR, ...NEVER, '::ffff:8.8.8.8', '::ffff:127.0.0.1'].filter((address) => !refuses(address, false))).toEqual([]);
  });

  test('R-HOOK-18: private ones where the operator allows them, and what is never right still not', () => {
    expect([...PUBLIC, ...NEAR, '::ffff:127.0.0.1', '::ffff:8.8.8.8'].filter((address) => refuses(address, true))).toEqual([]);
    expect([...NEVER, '::ffff:169.254.169.254', '::ffff:0.0.0.0'].filter((address) => !refuses(address, true))).toEqual([]);
  });

  test('R-HOOK-16: no port of another protocol, whatever the address', () => {
    for (const port of [1, 22, 25, 110, 6379, 10080]) expect(() => checkUrl(`http://8.8.8.8:${port}/`, true)).toThrow('port');
    for (const port of [80, 443, 3000, 7424, 8080, 65_535]) expect(checkUrl(`http://8.8.8.8:${port}/`, false).hostname).toBe('8.8.8.8');
  });
});

describe('R-HOOK-18: who may reach private addresses', () => {
  const allowed = (...args: string[]): boolean => readConfig(args, {}).allowPrivateWebhooks;
  const TOKEN = 'a-token-of-the-hub';

  test('webhooks of a local hub, unless the operator forbids it', () => {
    expect(allowed()).toBe(true);
    expect(allowed('--no-allow-private-webhooks')).toBe(false);
    expect(readConfig([], { ROGERTHAT_ALLOW_PRIVATE_WEBHOOKS: 'false' }).allowPrivateWebhooks).toBe(false);
  });

  test('those of other hubs only where the operator allows it', () => {
    expect([allowed('--open'), allowed('--token', TOKEN)]).toEqual([false, false]);
    expect([allowed('--open', '--allow-private-webhooks'), allowed('--token', TOKEN, '--allow-private-webhooks')]).toEqual([true, true]);
  });

  test('the running hubs do as they are told', async () => {
    for (const [args, wanted] of [
      [[], 'delivered'],
      [['--open'], 'The field "url" was refused: private address.'],
      [['--open', '--allow-private-webhooks'], 'delivered'],
    ] as const) {
      const hub = await startHubProcess({ args });
      const channel = await createChannel(hub.url);
      for (const host of ['localhost', '127.0.0.1', '[::ffff:127.0.0.1]']) {
        expect(await outcome(hub.url, channel, `http://${host}:${receiver.port}/`), `${args} ${host}`).toBe(wanted);
      }
      expect(await outcome(hub.url, channel, 'http://169.254.169.254/latest/meta-data/')).toContain('refused');
      await hub.end('SIGTERM');
    }
  });
});

test('R-HOOK-17: no proxy of the environment comes between', async () => {
  const proxy = await Receiver.start();
  const proxies = ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'].map((name) => [name, `http://127.0.0.1:${proxy.port}`]);
  const hub = await startHubProcess({ env: { ...Object.fromEntries(proxies), NODE_USE_ENV_PROXY: '1' } });
  expect(await outcome(hub.url, await createChannel(hub.url), receiver.url)).toBe('delivered');
  expect([receiver.received.length, proxy.received.length]).toEqual([1, 0]);
  await proxy.close();
});

test('R-HOOK-7: a certificate that nobody vouches for is a failure, one that the operator trusts is not', async () => {
  const directory = temporaryDirectory();
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert, ...subject], {
    stdio: 'ignore',
  });
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (request, response) => {
    request.resume().on('end', () => response.writeHead(204).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const wary = await startHubProcess();
  const trusting = await startHubProcess({ env: { NODE_EXTRA_CA_CERTS: cert } });
  for (const host of ['localhost', '127.0.0.1']) {
    const url = `https://${host}:${port}/`;
    expect(await outcome(wary.url, await createChannel(wary.url), url)).toBe('TLS failed: the certificate or the protocol is not accepted');
    expect(await outcome(trusting.url, await createChannel(trusting.url), url)).toBe('delivered');
  }
  const plain = await createChannel(wary.url);
  expect(await outcome(wary.url, plain, `https://127.0.0.1:${receiver.port}/`)).toContain('TLS failed');
  expect(await outcome(wary.url, plain, `http://127.0.0.1:${port}/`)).not.toBe('delivered');
  server.closeAllConnections();
  server.close();
});
