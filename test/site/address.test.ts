/** The pages of a hub that listens at all addresses, opened by address: what they send has that address as its Origin. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { expect, onTestFinished, test } from 'vitest';
import { REFUSALS, visiting } from './browser.ts';
import { hubForFile } from './hub.ts';

const hub = hubForFile(['--host', '0.0.0.0', '--open']);

/** Another of loopback, and the machine's own on its network, where it has one. */
const network = Object.values(networkInterfaces())
  .flatMap((found) => found ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4');
const ADDRESSES = ['127.0.0.3', ...(network ? [network.address] : [])];

/** What a browser says of plain HTTP that is not on its own machine. */
const PLAIN = /Cross-Origin-Opener-Policy header has been ignored/;

test.each(ADDRESSES)('R-REQ-1, R-REQ-3: a channel is made and talked on at %s', async (address) => {
  const origin = `http://${address}:${hub().port}`;
  await visiting(origin, { provokes: PLAIN }, async (page) => {
    await page.goto('/');
    await page.getByRole('button', { name: 'Create channel' }).click();
    const link = page.getByRole('link', { name: 'Open the console' });
    expect(await link.getAttribute('href')).toContain(`${origin}/c/`);
    await page.goto((await link.getAttribute('href')) ?? '');
    await page.getByText('Nobody is on the air yet.').waitFor();
  });
});

test('R-REQ-3: a page of somebody else at the same address reads and makes nothing', async () => {
  const stranger = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end('<title>Stranger</title>'));
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.3', resolve));
  onTestFinished(() => void stranger.close());
  const origin = `http://127.0.0.3:${(stranger.address() as AddressInfo).port}`;
  const target = `http://127.0.0.3:${hub().port}`;
  const statuses: number[] = [];
  await visiting(origin, { provokes: REFUSALS, strays: true }, async (page) => {
    page.on('response', (response) => {
      if (response.url().startsWith(`${target}/api`)) statuses.push(response.status());
    });
    await page.goto('/');
    await page.evaluate(async (url) => {
      await fetch(`${url}/api/channels`, { method: 'POST', mode: 'no-cors', body: '{}' });
      await fetch(`${url}/api/bands`, { mode: 'no-cors' });
    }, target);
  });
  expect(statuses).toEqual([403, 403]);
});
