/** Ten thousand messages: the list stays small and fast, and whoever reads keeps the place. */
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { REFUSALS, visiting } from './browser.ts';
import { consoleOf, hubForFile, say, sayMany, talkOf } from './hub.ts';

const hub = hubForFile();
const MANY = 10_000;

/** Of uneven height, as talk is. */
const text = (n: number): string =>
  `Message ${n}.${' Some more words to fill a line.'.repeat(n % 7)}${n % 11 === 0 ? '\nAnd\nmore\nlines.' : ''}`;

const nodes = (page: Page): Promise<number> => page.evaluate(() => document.querySelectorAll('.log *').length);

/** The first message whose top is in sight, and where that is. */
const place = (page: Page): Promise<{ id: string; top: number }> =>
  page.evaluate(() => {
    const frame = document.querySelector('.scroller')!.getBoundingClientRect();
    const found = [...document.querySelectorAll('.message')]
      .map((element) => ({ id: element.querySelector('.id')?.textContent ?? '', top: element.getBoundingClientRect().top - frame.top }))
      .filter(({ top }) => top >= 0)
      .sort((a, b) => a.top - b.top);
    return { id: found[0]?.id ?? '', top: Math.round(found[0]?.top ?? -1) };
  });

/** Waits until nothing has moved for some frames. */
const still = (page: Page): Promise<void> =>
  page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        let last = '';
        let same = 0;
        const look = (): void => {
          const { scrollTop, scrollHeight } = document.querySelector('.scroller')!;
          const now = `${scrollTop} ${scrollHeight}`;
          same = now === last ? same + 1 : 0;
          last = now;
          if (same > 12) resolve();
          else requestAnimationFrame(look);
        };
        look();
      }),
  );

test('R-SITE-19: the list keeps few nodes, the reader’s place, and the end for who is there', { timeout: 180_000 }, async () => {
  const { url } = hub();
  const [channel, alpha] = await talkOf(url, { retention: 'full' }, 'alpha');
  await sayMany(url, alpha!, MANY, text);
  await visiting(url, { provokes: REFUSALS }, async (page) => {
    await page.goto(consoleOf(channel));
    await page.locator('.message', { hasText: `Message ${MANY - 1}.` }).waitFor();
    await still(page);

    // What came before, from the transcript: it goes above, and nothing in sight moves.
    await page.locator('.scroller').evaluate((element) => {
      element.scrollTop = 0;
    });
    await still(page);
    const before = await place(page);
    await page.getByRole('button', { name: /^Load what was said before/ }).evaluate((button) => (button as HTMLElement).click());
    await page.waitForFunction((wanted) => Number(document.querySelector('.log li')?.getAttribute('aria-setsize')) >= wanted, MANY);
    await still(page);
    const after = await place(page);
    expect(after.id).toBe(before.id);
    // The offer above it and its day are gone, and took no more room than that.
    expect(Math.abs(after.top - before.top)).toBeLessThan(150);
    expect(await nodes(page)).toBeLessThan(1_500);

    // Anywhere in between, new messages come and the reader stays.
    for (const part of [0.2, 0.5, 0.8]) {
      await page.locator('.scroller').evaluate((element, at) => {
        element.scrollTop = element.scrollHeight * at;
      }, part);
      await still(page);
      const reading = await place(page);
      for (let n = 0; n < 30; n++) await say(url, alpha!, 'all', `Later ${part} ${n}`);
      await page.getByRole('button', { name: /↓ [0-9]+ new/ }).waitFor();
      await still(page);
      expect(await place(page)).toEqual(reading);
      expect(await nodes(page)).toBeLessThan(1_500);
    }

    // At the end, the list goes along.
    await page.getByRole('button', { name: /↓/ }).click();
    await page.locator('.message', { hasText: 'Later 0.8 29' }).waitFor();
    await still(page);
    for (let n = 0; n < 30; n++) await say(url, alpha!, 'all', `At the end ${n}`);
    await page.locator('.message', { hasText: 'At the end 29' }).waitFor();
    await still(page);
    const fromEnd = await page.locator('.scroller').evaluate((element) => element.scrollHeight - element.clientHeight - element.scrollTop);
    expect(Math.round(fromEnd)).toBeLessThanOrEqual(1);

    // A search through all of it, and a jump far back.
    await page.getByRole('searchbox').fill('message 4711.');
    await page.locator('.message', { hasText: 'Message 4711.' }).waitFor();
    expect(await page.locator('.message').count()).toBe(1);
    await page.getByRole('searchbox').fill('');
    await page.locator('.message', { hasText: 'At the end 29' }).waitFor();
    expect(await nodes(page)).toBeLessThan(1_500);
  });
});
