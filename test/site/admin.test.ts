/** The dashboard: numbers, names and settings, and never a word of what is said. */
import type { Page } from 'playwright-core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { answering, Receiver } from '../harness/receiver.ts';
import { call, createChannel, expectCall, joinChannel, memberCall, type TestChannel } from '../harness/rest.ts';
import { expectAccessible, expectNoSidewaysScroll, picture, REFUSALS, type Scheme, troubleOn, visiting, weigh } from './browser.ts';
import { ADMIN_TOKEN, hubForFile, say, sayMany, talkOf } from './hub.ts';

const hub = hubForFile(['--allow-private-webhooks']);

const enter = async (page: Page): Promise<void> => {
  await page.goto('/admin');
  await page.getByLabel('Admin token').fill(ADMIN_TOKEN);
  await page.getByRole('button', { name: 'Enter' }).click();
  await page.getByRole('heading', { name: /^Channels/ }).waitFor();
};

test('R-ADMIN-9: the page asks for the admin token, keeps it with the tab, and forgets it when told', async () => {
  await visiting(hub().url, { provokes: REFUSALS }, async (page) => {
    await page.goto('/admin');
    await page.getByLabel('Admin token').fill('not-the-admin-token');
    await page.getByRole('button', { name: 'Enter' }).click();
    expect(await troubleOn(page)).toMatch(/token was refused.*operator of the hub has the right one/);
    expect(await page.getByLabel('Admin token').inputValue()).toBe('not-the-admin-token');
    await expectAccessible(page);
    await picture(page, 'admin-refused');
    await page.getByLabel('Admin token').fill(' ');
    await page.getByRole('button', { name: 'Enter' }).click();
    await page.getByRole('alert').filter({ hasText: 'No token was typed.' }).waitFor();
    await page.getByLabel('Admin token').fill(ADMIN_TOKEN);
    await page.getByRole('button', { name: 'Enter' }).click();
    await page.getByRole('heading', { name: /^Channels/ }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: /^Channels/ }).waitFor();
    await page.getByRole('button', { name: 'Leave' }).click();
    await page.reload();
    await page.getByLabel('Admin token').waitFor();
    expect(await page.evaluate(() => [sessionStorage.length, localStorage.length])).toEqual([0, 0]);
  });
});

test('R-ADMIN-9: it goes on by itself, and says when the hub does not answer', async () => {
  const { url } = hub();
  await visiting(url, { provokes: REFUSALS }, async (page) => {
    await page.clock.install();
    await enter(page);
    const [channel, alpha] = await talkOf(url, {}, 'alpha', 'bravo');
    await page.clock.fastForward(5_000);
    const row = page.locator('tr', { hasText: channel.id });
    await row.waitFor();
    const cells = async (): Promise<string[]> => row.locator('td').allTextContents();
    expect((await cells()).slice(0, 5)).toEqual(['none', '2', '0', '0', '0']);
    await say(url, alpha!, 'all', 'x');
    const waiting = new AbortController();
    const parked = expectCall(url, memberCall(alpha!, { path: 'wait?since=latest', gone: waiting.signal })).catch(() => {});
    await page.clock.fastForward(5_000);
    await row.locator('td', { hasText: /^1$/ }).first().waitFor();
    await page.route('**/api/admin/**', (route) => route.abort());
    await page.clock.fastForward(5_000);
    expect(await page.getByRole('alert').textContent()).toMatch(/does not answer.*What stands below is old/);
    await page.unroute('**/api/admin/**');
    await page.clock.fastForward(5_000);
    await page.getByRole('alert').waitFor({ state: 'detached' });
    waiting.abort();
    await parked;
  });
});

test('R-ADMIN-9: numbers are old, too, when the hub takes a question and gives no answer', async () => {
  await visiting(hub().url, { provokes: REFUSALS }, async (page) => {
    await page.clock.install();
    await enter(page);
    await page.locator('.fresh', { hasText: 'as of' }).waitFor();
    // Nobody answers, and nobody refuses.
    const asked = page.waitForRequest('**/api/admin/overview');
    await page.route('**/api/admin/**', () => {});
    await page.clock.runFor(5_000);
    await asked;
    await page.clock.runFor(21_000);
    expect(await page.getByRole('alert').textContent()).toMatch(/does not answer.*What stands below is old/);
    await page.unroute('**/api/admin/**');
    await page.clock.runFor(5_000);
    await page.getByRole('alert').waitFor({ state: 'detached' });
  });
});

test('R-ADMIN-9: it does not go on with a token that the hub refuses', async () => {
  await visiting(hub().url, { provokes: REFUSALS }, async (page) => {
    await page.clock.install();
    await enter(page);
    let asked = 0;
    page.on('request', (request) => {
      if (request.url().includes('/api/admin/')) asked++;
    });
    // As after a restart with another one.
    await page.route('**/api/admin/**', (route) =>
      route.continue({ headers: { ...route.request().headers(), authorization: 'Bearer another-admin-token' } }),
    );
    await page.clock.fastForward(5_000);
    const alert = page.getByRole('alert');
    expect(await troubleOn(page)).toMatch(/token was refused.*What stands below is old\./);
    expect(await alert.textContent()).not.toContain('goes on asking');
    const before = asked;
    expect(before).toBeGreaterThan(0);
    await page.clock.runFor(60_000);
    await page.getByRole('button', { name: 'Sent' }).click();
    // Whatever the page asks for goes out before this.
    await page.evaluate(() => fetch('/healthz').then((answer) => answer.text()));
    expect(asked).toBe(before);
    await page.unroute('**/api/admin/**');
    await page.getByRole('button', { name: 'Enter another token' }).click();
    await page.getByLabel('Admin token').fill(ADMIN_TOKEN);
    await page.getByRole('button', { name: 'Enter' }).click();
    await page.getByRole('heading', { name: /^Channels/ }).waitFor();
  });
});

test('R-ADMIN-9: it sorts, filters, shows who is on a channel, and closes one, asked twice', async () => {
  const { url } = hub();
  const [one, alpha] = await talkOf(url, { retention: 'full' }, 'alpha', 'bravo');
  const [two] = await talkOf(url, {}, 'charlie');
  await sayMany(url, alpha!, 5, (n) => `number ${n}`);
  await visiting(url, { provokes: REFUSALS }, async (page) => {
    await enter(page);
    const names = page.locator('tbody th button');
    const order = async (): Promise<string[]> => (await names.allTextContents()).filter((id) => id === one.id || id === two.id);
    await page.getByRole('button', { name: 'Sent' }).click();
    await page.locator('th[aria-sort="descending"]', { hasText: 'Sent' }).waitFor();
    await expect.poll(order, { timeout: 20_000 }).toEqual([one.id, two.id]);
    await page.getByRole('button', { name: 'Sent' }).click();
    await page.locator('th[aria-sort="ascending"]', { hasText: 'Sent' }).waitFor();
    await expect.poll(order, { timeout: 20_000 }).toEqual([two.id, one.id]);
    await page.getByLabel('Only channels that keep').selectOption('full');
    await expect.poll(order, { timeout: 20_000 }).toEqual([one.id]);
    await page.getByRole('searchbox').fill('no such name');
    await page.getByText('No channel fits. Loosen the filter.').waitFor();
    await page.getByRole('searchbox').fill(one.id);
    await page.getByRole('button', { name: one.id }).click();
    await page.locator('.members').first().waitFor();
    expect(await page.locator('.members li').allTextContents()).toEqual([
      expect.stringMatching(/^alpha active, seen/),
      expect.stringMatching(/^bravo active, seen/),
    ]);
    await page.getByRole('button', { name: 'Close channel' }).click();
    await page.getByRole('button', { name: 'Keep it' }).click();
    await page.getByRole('button', { name: 'Close channel' }).click();
    await page.getByRole('button', { name: 'Close for good' }).click();
    await page.locator('tr', { hasText: one.id }).getByText('closed', { exact: true }).waitFor();
    expect(await call(url, { path: one.path, token: one.token })).toMatchObject({ status: 401 });
  });
});

test('R-ADMIN-8: no word of what is said reaches the page', async () => {
  const { url } = hub();
  const marker = 'xyzzy-content-marker';
  const [channel, alpha] = await talkOf(url, { retention: 'full' }, 'alpha', 'bravo');
  await say(url, alpha!, 'all', `${marker} to all`);
  await say(url, alpha!, 'bravo', `${marker} to one`);
  await say(url, alpha!, 'all', `${marker} status`, { kind: 'status' });
  await visiting(url, {}, async (page) => {
    const bodies: string[] = [];
    page.on('response', async (response) => {
      bodies.push(await response.text().catch(() => ''));
    });
    await enter(page);
    await page.getByRole('button', { name: channel.id }).click();
    await page.locator('.members').first().waitFor();
    expect(bodies.join()).toContain(channel.id);
    for (const text of [await page.content(), ...bodies]) {
      expect(text).not.toContain('xyzzy');
      expect(text).not.toMatch(/rt_(?:join|owner|session|id)_[A-Za-z0-9]/);
    }
  });
});

/** A channel whose agents and webhooks give the dashboard something to show. */
const withHooks = async (url: string): Promise<TestChannel> => {
  const [channel, alpha] = await talkOf(url, { retention: 'full' }, 'build-agent', 'reviewer');
  const receiver = await Receiver.start(answering(410));
  onTestFinished(() => receiver.close());
  const make = (fields: object) =>
    expectCall(
      url,
      { path: `${channel.path}/webhooks`, token: channel.token, body: { url: `${receiver.url}-path-marker`, ...fields } },
      201,
    );
  await make({ callsign: 'reviewer' });
  await make({ events: ['channel.closed', 'member.left'] });
  await say(url, alpha!, 'reviewer', 'Ready?');
  await receiver.has(1);
  return channel;
};

test('R-ADMIN-10: how webhooks stand is shown, with no more of the URL than the host', async () => {
  const { url } = hub();
  const channel = await withHooks(url);
  await visiting(url, { provokes: REFUSALS }, async (page) => {
    await enter(page);
    await page.getByRole('button', { name: channel.id }).click();
    const hooks = page.getByRole('list', { name: 'Webhooks' }).getByRole('listitem');
    const disabled = hooks.filter({ hasText: 'for reviewer' });
    await disabled.filter({ hasText: 'Disabled: the receiver answered 410 Gone; 0 deliveries waiting; last attempt failed' }).waitFor();
    expect(await hooks.nth(1).textContent()).toMatch(
      /^127\.0\.0\.1:\d+for the whole channelwh_\S+: channel\.closed, member\.leftArmed; 0 deliveries waiting; not tried yet\.$/,
    );
    const figure = (name: string) => page.locator('.figures div', { hasText: name });
    await figure('Webhooks').getByText('armed, 1 disabled').waitFor();
    await figure('Deliveries').getByText('waiting, 1 failed since the start').waitFor();
    expect(await page.content()).not.toMatch(/path-marker|whsec_/);
  });
});

describe.each(['light', 'dark'] as Scheme[])('R-SITE-8: in %s', (colorScheme) => {
  test('nothing hinders, on a wide screen and at 375 px', async () => {
    const { url } = hub();
    const channel = await withHooks(url);
    const alpha = await joinChannel(url, channel, 'narrator');
    await sayMany(url, alpha, 20, (n) => `number ${n}`);
    for (const [width, height] of [
      [1280, 860],
      [375, 780],
    ] as const) {
      await visiting(url, { colorScheme, viewport: { width, height } }, async (page) => {
        const look = async (name: string): Promise<void> => {
          await expectNoSidewaysScroll(page);
          await expectAccessible(page);
          await picture(page, `admin-${name}-${colorScheme}-${width}`, true);
        };
        await page.goto('/admin');
        await page.getByLabel('Admin token').waitFor();
        await look('door');
        await enter(page);
        await page.getByRole('button', { name: channel.id }).click();
        await page.locator('.members').first().waitFor();
        await look('board');
      });
    }
  });
});

test('R-SITE-9: it weighs less than 50 KB', async () => {
  await createChannel(hub().url);
  const bytes = await weigh(hub().url, '/admin', 'form');
  console.log(`admin: ${bytes} bytes transferred`);
  expect(bytes).toBeGreaterThan(5_000);
  expect(bytes).toBeLessThan(50_000);
});
