/** What a person types is not lost: not by a send that takes long, by a reload, or by a refusal of the channel. */
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { expectCall, memberCall } from '../harness/rest.ts';
import { REFUSALS, takeSeat, visiting } from './browser.ts';
import { consoleOf, hubForFile, talkOf } from './hub.ts';

const hub = hubForFile();

const field = (page: Page) => page.getByLabel('Message', { exact: true });

test.each([
  ['goes on after it', 'First.', 'First. Second.', 'Second.'],
  ['only begins like it', 'ok', 'okra is a vegetable', 'okra is a vegetable'],
])('R-SITE-16: what is typed while a message is sent stays when it %s', async (_, first, typing, left) => {
  const { url } = hub();
  const [channel, alpha] = await talkOf(url, {}, 'alpha');
  await visiting(url, {}, async (page) => {
    await page.goto(consoleOf(channel));
    await takeSeat(page, 'base');
    let goOn = (): void => {};
    const typed = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    await page.route('**/send', async (route) => {
      await typed;
      await route.continue();
    });
    await field(page).fill(first);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Sending…' }).waitFor();
    await field(page).fill(typing);
    goOn();
    await page.getByText(/#1 waits for alpha/).waitFor();
    expect(await field(page).inputValue()).toBe(left);
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText(/#2 waits for alpha/).waitFor();
    expect(await field(page).inputValue()).toBe('');
    const { messages } = await expectCall(url, memberCall(alpha!, { path: 'listen?timeout=0' }));
    expect(messages).toMatchObject([{ text: first }, { text: left }]);
  });
});

test('R-SITE-16: a reload keeps what was not sent, and sends once what the hub may have', async () => {
  const { url } = hub();
  const [channel, alpha] = await talkOf(url, {}, 'alpha', 'bravo');
  await visiting(url, { provokes: REFUSALS }, async (page) => {
    await page.goto(consoleOf(channel));
    await takeSeat(page, 'base');
    await page.route('**/send', async (route) => {
      await route.fetch();
      await route.abort();
    });
    await page.getByLabel('Speak to', { exact: true }).selectOption('alpha');
    await field(page).fill('Once only.');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').waitFor();
    await page.unroute('**/send');
    await page.reload();
    await field(page).waitFor();
    expect(await field(page).inputValue()).toBe('Once only.');
    expect(await page.getByLabel('Speak to', { exact: true }).inputValue()).toBe('alpha');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText(/#1 (?:waits for|delivered to) alpha/).waitFor();
    const { messages } = await expectCall(url, memberCall(alpha!, { path: 'listen?timeout=0' }));
    expect(messages).toMatchObject([{ id: 1, text: 'Once only.' }]);
    await page.reload();
    await field(page).waitFor();
    expect(await field(page).inputValue()).toBe('');
  });
});

test('R-SITE-15: who cannot leave is told, and is still on the channel', async () => {
  const { url } = hub();
  const [channel] = await talkOf(url, {});
  await visiting(url, { provokes: REFUSALS }, async (page) => {
    await page.goto(consoleOf(channel));
    await takeSeat(page, 'base');
    await page.route('**/leave', (route) => route.abort());
    await page.getByRole('button', { name: 'Leave' }).click();
    expect(await page.getByRole('alert').textContent()).toContain('The hub does not answer.');
    await field(page).waitFor();
    await page.unroute('**/leave');
    await page.getByRole('button', { name: 'Leave' }).click();
    await page.getByLabel('Your callsign').waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
    await page.locator('.roster li').waitFor({ state: 'detached' });
  });
});
