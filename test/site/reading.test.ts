/** Reading along where something is in the way: a search, a transcript that breaks off, no clipboard, little room, an odd address. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import { createChannel, joinChannel } from '../harness/rest.ts';
import { expectNoSidewaysScroll, picture, REFUSALS, visiting } from './browser.ts';
import { consoleOf, hubForFile, say, sayMany, talkOf } from './hub.ts';

const hub = hubForFile();

const line = (page: Page, text: string) => page.locator('.message', { hasText: text });

test('R-SITE-11: a roster that was asked for before somebody came says of nobody that they left', async () => {
  const { url } = hub();
  const channel = await createChannel(url);
  await visiting(url, {}, async (page) => {
    await page.goto(consoleOf(channel));
    await page.getByText('Nobody has joined yet.').waitFor();
    let asked = (): void => {};
    const asking = new Promise<void>((resolve) => {
      asked = resolve;
    });
    let came = (): void => {};
    const coming = new Promise<void>((resolve) => {
      came = resolve;
    });
    await page.route('**/roster', async (route) => {
      const response = await route.fetch();
      asked();
      await coming;
      await route.fulfill({ response });
    });
    await asking;
    await joinChannel(url, channel, 'alpha');
    await page.locator('.note', { hasText: 'alpha joined.' }).waitFor();
    const old = page.waitForResponse('**/roster');
    came();
    await (await old).finished();
    // The next one is asked for after it was looked at.
    await page.waitForResponse('**/roster');
    expect(await page.locator('.note').allTextContents()).toEqual([expect.stringContaining('alpha joined.')]);
  });
});

test('R-SITE-13: from a find one goes to what it answers', async () => {
  const { url } = hub();
  const [channel, alpha] = await talkOf(url, {}, 'alpha');
  await sayMany(url, alpha!, 90, (n) => `Message ${n}.`);
  await say(url, alpha!, 'all', 'A late answer.', { reply_to: 12 });
  await visiting(url, {}, async (page) => {
    await page.goto(consoleOf(channel));
    await line(page, 'A late answer.').waitFor();
    await page.getByRole('searchbox').fill('late answer');
    await page.locator('.tools output', { hasText: '1 of' }).waitFor();
    await page.getByRole('button', { name: 'in reply to #12' }).click();
    await line(page, 'Message 11.').waitFor();
    await expect
      .poll(() => line(page, 'Message 11.').evaluate((element) => Math.round(element.getBoundingClientRect().top)))
      .toBeGreaterThan(100);
    // What was there all along is not new.
    expect(await page.locator('.to-end').textContent()).toContain('To the latest');
  });
});

test('R-SITE-4: a transcript that breaks off is said to, and can be asked for again', async () => {
  const { url } = hub();
  const [channel, alpha] = await talkOf(url, { retention: 'full' }, 'alpha');
  await sayMany(url, alpha!, 130, (n) => `Message ${n}.`);
  const half = { seq: 2, type: 'message', id: 1, from: 'alpha', to: 'all', at: new Date(0).toISOString(), text: 'Message 0.' };
  const broken = createServer((_, response) => {
    response.write(`${JSON.stringify(half)}\n`, () => response.destroy());
  });
  await new Promise<void>((resolve) => broken.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void broken.close());
  const { port } = broken.address() as AddressInfo;
  await visiting(url, { provokes: REFUSALS, strays: true, acceptDownloads: true }, async (page) => {
    await page.goto(consoleOf(channel));
    await line(page, 'Message 129.').waitFor();
    await page.route('**/transcript', (route) => route.continue({ url: `http://127.0.0.1:${port}/` }));
    const load = page.getByRole('button', { name: /^Load what was said before/ });
    await load.evaluate((button) => (button as HTMLElement).click());
    await page.locator('.earlier .trouble', { hasText: 'The hub does not answer.' }).waitFor();
    expect(await load.isEnabled()).toBe(true);
    await page.getByRole('button', { name: 'Download the transcript' }).click();
    await page.locator('.channel .trouble', { hasText: 'The hub does not answer.' }).waitFor();
    await page.unroute('**/transcript');
    await load.evaluate((button) => (button as HTMLElement).click());
    await page.locator('.log li[aria-setsize="132"]').first().waitFor();
  });
});

test('R-SITE-10: the link of the console is copied where the browser gives no clipboard, as on plain http', async () => {
  const { url } = hub();
  const channel = await createChannel(url);
  await visiting(url, {}, async (page) => {
    await page.addInitScript(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
    await page.goto(consoleOf(channel));
    await page.getByRole('button', { name: 'Copy console link' }).click();
    await page.getByText('Copied').waitFor();
    await page.getByLabel('Your callsign').focus();
    await page.keyboard.press('Control+V');
    expect(await page.getByLabel('Your callsign').inputValue()).toBe(`${url}${consoleOf(channel)}`.slice(0, 64));
  });
});

test('R-SITE-19: who is at the end stays there when the microphone takes more room', async () => {
  const { url } = hub();
  // Both are there already: nothing is added to the log when the page joins.
  const [channel, alpha] = await talkOf(url, {}, 'alpha', 'base');
  await sayMany(url, alpha!, 60, (n) => `Message ${n}.`);
  await visiting(url, {}, async (page) => {
    await page.goto(consoleOf(channel));
    await line(page, 'Message 59.').waitFor();
    const fromEnd = () =>
      page.locator('.scroller').evaluate((element) => Math.round(element.scrollHeight - element.clientHeight - element.scrollTop));
    await expect.poll(fromEnd).toBeLessThanOrEqual(1);
    await page.getByLabel('Your callsign').fill('base');
    await page.getByRole('button', { name: 'Join' }).click();
    await page.getByLabel('Message', { exact: true }).waitFor();
    await expect.poll(fromEnd).toBeLessThanOrEqual(1);
    expect(await page.locator('.to-end').count()).toBe(0);
  });
});

test.each([
  [375, 400],
  [640, 360],
  [320, 256],
])('R-SITE-8: at %i × %i, as with a keyboard on the screen or a large zoom, all of it can be reached', async (width, height) => {
  const { url } = hub();
  const channel = await createChannel(url, { trust_mode: 'trusted', owner_password: 'correct horse battery' });
  await visiting(url, { viewport: { width, height }, provokes: REFUSALS }, async (page) => {
    await page.goto(consoleOf(channel));
    await page.getByLabel('Owner password, to be marked authorised').waitFor();
    await page.locator('.traffic-panel').hover();
    const low = async (name: string): Promise<void> => {
      // A turn of the wheel goes to the messages first, the next one to what is around them.
      await expect
        .poll(async () => {
          await page.mouse.wheel(0, 2_000);
          return page.getByRole('button', { name }).evaluate((button) => Math.round(button.getBoundingClientRect().bottom));
        })
        .toBeLessThanOrEqual(height);
      await expectNoSidewaysScroll(page);
      await picture(page, `console-low-${name}-${width}`);
    };
    await low('Join');
    await page.getByLabel('Your callsign').fill('base');
    await page.getByRole('button', { name: 'Join' }).click();
    await page.locator('.made').waitFor();
    await low('Send');
  });
});

test('R-SITE-1: an address that is no text still asks for a token', async () => {
  const { url } = hub();
  await visiting(url, {}, async (page) => {
    await page.goto('/c/%E0%A4%A');
    await page.getByRole('heading', { name: '%E0%A4%A' }).waitFor();
    await page.getByLabel('The join token of this channel').waitFor();
  });
});
