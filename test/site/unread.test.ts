/** Who left the console open all day and comes back: what is new, of which day it is, and what of it is for them. */
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { line, picture, takeSeat, visiting } from './browser.ts';
import { consoleOf, hubForFile, say, sayMany, talkOf } from './hub.ts';

const hub = hubForFile();

/** A browser that is driven has every tab in sight. */
const putTab = (page: Page, state: 'visible' | 'hidden'): Promise<void> =>
  page.evaluate((now) => {
    Object.defineProperty(document, 'visibilityState', { configurable: true, value: now });
    document.dispatchEvent(new Event('visibilitychange'));
  }, state);

test('R-SITE-21: what was said while the tab was out of sight stands in its title, until it is seen', async () => {
  const { url } = hub();
  const [channel, alpha] = await talkOf(url, {}, 'alpha');
  await visiting(url, {}, async (page) => {
    const title = `${channel.id} · RogerThat`;
    await page.goto(consoleOf(channel));
    await takeSeat(page, 'base');
    await say(url, alpha!, 'all', 'In sight.');
    await line(page, 'In sight.').waitFor();
    expect(await page.title()).toBe(title);
    await putTab(page, 'hidden');
    await say(url, alpha!, 'all', 'Out of sight.');
    await say(url, alpha!, 'base', 'Out of sight, too.');
    await expect.poll(() => page.title()).toBe(`(2) ${title}`);
    await putTab(page, 'visible');
    await expect.poll(() => page.title()).toBe(title);
  });
});

test('R-SITE-21: what comes while somebody reads back stands in the title, but for their own words', async () => {
  const { url } = hub();
  const [channel, alpha] = await talkOf(url, {}, 'alpha');
  // The ring holds all that is said here: the page asks for the receipts of what it shows.
  await sayMany(url, alpha!, 30, (n) => `Message ${n}.`);
  await visiting(url, {}, async (page) => {
    const title = `${channel.id} · RogerThat`;
    await page.goto(consoleOf(channel));
    await line(page, 'Message 29.').waitFor();
    await takeSeat(page, 'base');
    const titles = await page.evaluateHandle(() => {
      const seen: string[] = [];
      const watch = (): number => seen.push(document.title);
      new MutationObserver(watch).observe(document.querySelector('title')!, { childList: true });
      return seen;
    });
    // Many at once, for who is at the end: nothing of it is unread, not for a moment.
    await Promise.all(Array.from({ length: 60 }, (_, n) => say(url, alpha!, 'all', `At once ${n}.${' And more.'.repeat(n)}`)));
    await page.locator('.tools output', { hasText: '90 messages' }).waitFor();
    expect(await titles.jsonValue()).toEqual([]);
    await page.locator('.scroller').hover();
    await page.mouse.wheel(0, -2_000);
    await page.locator('.to-end', { hasText: 'To the latest' }).waitFor();
    await page.getByLabel('Message', { exact: true }).fill('My own.');
    await page.keyboard.press('Enter');
    await page.getByText(/waits for alpha/).waitFor();
    await say(url, alpha!, 'all', 'News.');
    await page.locator('.to-end', { hasText: '1 new' }).waitFor();
    expect(await page.title()).toBe(`(1) ${title}`);
    await page.locator('.to-end').click();
    await line(page, 'News.').waitFor();
    await expect.poll(() => page.title()).toBe(title);
    // Nor is it seen while a search shows something else.
    await page.getByRole('searchbox').fill('message 7.');
    await page.locator('.tools output', { hasText: /^\d+ of/ }).waitFor();
    await say(url, alpha!, 'all', 'Late news.');
    await expect.poll(() => page.title()).toBe(`(1) ${title}`);
    await page.getByRole('searchbox').fill('');
    await expect.poll(() => page.title()).toBe(title);
  });
});

test('R-SITE-11: messages of another day stand below their day', async () => {
  const { url } = hub();
  const [channel, alpha] = await talkOf(url, { retention: 'full' }, 'alpha');
  await sayMany(url, alpha!, 101, (n) => `Message ${n}.`);
  await visiting(url, { timezoneId: 'America/New_York' }, async (page) => {
    await page.goto(consoleOf(channel));
    await line(page, 'Message 100.').waitFor();
    const kept = (seq: number, at: string) =>
      JSON.stringify({ seq, type: 'message', id: seq, from: 'alpha', to: 'all', at, text: `Of old ${seq}.` });
    // Ids below the ring: a day, a minute before its midnight, and the minute after it, in the reader's own zone.
    const body = [kept(-2, '2026-02-01T12:00:00Z'), kept(-1, '2026-02-02T04:59:00Z'), kept(0, '2026-02-02T05:00:00Z')].join('\n');
    await page.route('**/transcript', (route) => route.fulfill({ contentType: 'application/x-ndjson', body: `${body}\n` }));
    await page.getByRole('button', { name: /^Load what was said before/ }).evaluate((button) => (button as HTMLElement).click());
    await page.locator('.scroller').evaluate((element) => {
      element.scrollTop = 0;
    });
    await line(page, 'Of old -2.').waitFor();
    const said = page.locator('.log li');
    await expect
      .poll(async () =>
        (await said.allTextContents())
          .slice(0, 4)
          .map((text) => /^([A-Z][a-z]+, \d+ [A-Z][a-z]+ 20\d\d)?[0-9:]{8}alpha/.exec(text)?.[1] ?? ''),
      )
      .toEqual(['Sunday, 1 February 2026', '', 'Monday, 2 February 2026', expect.stringMatching(/20\d\d$/)]);
    await picture(page, 'console-days');
  });
});

test('R-SITE-8: what is for the reader stands out where the colours are the reader’s own', async () => {
  const { url } = hub();
  const [channel, alpha] = await talkOf(url, {}, 'alpha', 'bravo');
  for (const colorScheme of ['light', 'dark'] as const) {
    await visiting(url, { forcedColors: 'active', colorScheme }, async (page) => {
      await page.goto(consoleOf(channel));
      await takeSeat(page, 'base');
      await say(url, alpha!, 'base', 'For you.');
      await say(url, alpha!, 'bravo', 'For another.');
      await line(page, 'For another.').first().waitFor();
      const edge = (text: string) =>
        line(page, text)
          .first()
          .evaluate((element) => {
            const { borderLeftColor, borderLeftWidth } = getComputedStyle(element);
            return [borderLeftColor, borderLeftWidth, getComputedStyle(document.body).backgroundColor];
          });
      const [colour, width, ground] = await edge('For you.');
      expect([width, colour === ground]).toEqual(['3px', false]);
      expect((await edge('For another.'))[0]).toBe(ground);
      await picture(page, `console-forced-${colorScheme}`);
    });
  }
});

test('R-SITE-11: a message in a script from right to left runs from the right', async () => {
  const { url } = hub();
  const [channel, alpha] = await talkOf(url, {}, 'alpha');
  await say(url, alpha!, 'all', 'שלום, hello!\nhello, שלום!');
  await visiting(url, {}, async (page) => {
    await page.goto(consoleOf(channel));
    const places = await line(page, 'hello')
      .locator('.text')
      .evaluate((element) => {
        const text = element.firstChild as Text;
        return [...text.data].map((_, at) => {
          const range = document.createRange();
          range.setStart(text, at);
          range.setEnd(text, at + 1);
          return range.getBoundingClientRect().left;
        });
      });
    // Its marks follow the words that they end.
    expect(places[0]).toBeGreaterThan(places[11]!);
    expect(places[13]).toBeLessThan(places[24]!);
  });
});
