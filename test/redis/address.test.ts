/** What --redis takes, and what of it is shown. */
import { expect, test } from 'vitest';
import { ADDRESS_FORMS, parseAddress } from '../../src/engines/redis/link/address.ts';

const parsed = (text: string) => {
  const address = parseAddress(text);
  if (address === null) return null;
  const { kind, tls, endpoints, credentials, sentinelCredentials, master, database } = address;
  const hosts = endpoints.map(({ host, port }) => `${host} ${port}`).join(', ');
  return { kind, tls, hosts, ...(master === '' ? {} : { master }), database, ...credentials, sentinel: sentinelCredentials };
};

const ONE = { kind: 'single', tls: false, hosts: 'store 6379', database: 0, sentinel: {} };

test.each([
  ['redis://store', ONE],
  ['redis://store:6380/', { ...ONE, hosts: 'store 6380' }],
  ['rediss://store/3', { ...ONE, tls: true, database: 3 }],
  ['redis://:p%40ss%3A@store', { ...ONE, password: 'p@ss:' }],
  ['redis://hub:se:cret@10.0.0.1', { ...ONE, hosts: '10.0.0.1 6379', username: 'hub', password: 'se:cret' }],
  ['redis://[::1]:7000', { ...ONE, hosts: '::1 7000' }],
  ['redis+sentinel://a,b:5000/main', { ...ONE, kind: 'sentinel', hosts: 'a 26379, b 5000', master: 'main' }],
  [
    'rediss+sentinel://hub:secret@a/main/2?sentinel_user=watch&sentinel_password=w%26',
    {
      ...{ ...ONE, kind: 'sentinel', tls: true, hosts: 'a 26379', master: 'main', database: 2, username: 'hub', password: 'secret' },
      sentinel: { username: 'watch', password: 'w&' },
    },
  ],
  ['redis+cluster://:secret@a,b:7001', { ...ONE, kind: 'cluster', hosts: 'a 6379, b 7001', password: 'secret' }],
  ['rediss+cluster://[fd00::1]:7000,[fd00::2]', { ...ONE, kind: 'cluster', tls: true, hosts: 'fd00::1 7000, fd00::2 6379' }],
])('%s', (text, expected) => {
  expect(parsed(text)).toEqual(expected);
  expect(parseAddress(text)!.shown).not.toMatch(/secret|p@ss|w&/);
});

test.each([
  ...['', 'store', 'http://store', 'redis:store', 'redis://', 'redis://a,b', 'redis://a:b', 'redis://store/x', 'redis://store?tls=1'],
  ...['redis+sentinel://a', 'redis+sentinel://a/', 'redis+sentinel://a/main?password=x', 'redis+cluster://a/1', 'redis+cluster://a,,b'],
  ...['redis+other://a', 'redis://user:%zz@store', 'redis+sentinel://a/main/2/3'],
])('%j is none', (text) => {
  expect(parsed(text)).toBe(null);
});

test('the forms that are named are taken', () => {
  const forms = ADDRESS_FORMS.replace(/ \(.*/, '').split(/, (?=redis)| or /);
  expect(forms).toHaveLength(3);
  for (const form of forms) expect(parsed(form)).not.toBe(null);
});
