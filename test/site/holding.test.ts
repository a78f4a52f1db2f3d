/** What a reader holds on to while others talk: the place, the focus, a selection, and quiet for who listens to the page. */
import { expect, test } from 'vitest';
import { line, takeSeat, visiting } from './browser.ts';
import { consoleOf, hubForFile, say, sayMany, talkOf } from './hub.ts';

const hub = hubForFile();

/** As many as push out whatever was in sight; twice as many stay in the ring, or receipts of what is held would be refused. */
const MANY = 45;

test('R-SITE-19: a row that somebody holds on to stays in the page when others push it out of sight', async () => {
  const { url } = hub();
  const [channel, alpha] = await talkOf(url, {}, 'alpha');
  await visiting(url, {}, async (page) => {
    await page.goto(consoleOf(channel));
    await takeSeat(page, 'base');
    await say(url, alpha!, 'all', 'To be answered.');
    const reply = page.getByRole('button', { name: 'Reply to alpha, message 1' });
    await reply.focus();
    await sayMany(url, alpha!, MANY, (n) => `Message ${n}.`);
    await line(page, `Message ${MANY - 1}.`).waitFor();
    expect(await reply.evaluate((button) => button === document.activeElement)).toBe(true);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: /in reply to #1.*Do not reply/ }).waitFor();

    await line(page, `Message ${MANY - 1}.`)
      .locator('.text')
      .evaluate((text) => window.getSelection()?.selectAllChildren(text));
    await sayMany(url, alpha!, MANY, (n) => `Later ${n}.`);
    await line(page, `Later ${MANY - 1}.`).waitFor();
    expect(await page.evaluate(() => String(window.getSelection()))).toBe(`Message ${MANY - 1}.`);
    // What nobody holds any more is let go.
    await page.evaluate(() => window.getSelection()?.removeAllRanges());
    await say(url, alpha!, 'all', 'The last.');
    await line(page, 'The last.').waitFor();
    expect(await line(page, `Message ${MANY - 1}.`).count()).toBe(0);
  });
});

test('R-SITE-19: who reads in the middle keeps the place while another panel is in front, and sees what came', async () => {
  const { url } = hub();
  const [channel, alpha] = await talkOf(url, {}, 'alpha');
  await sayMany(url, alpha!, MANY, (n) => `Message ${n}.`);
  await visiting(url, { viewport: { width: 375, height: 780 } }, async (page) => {
    await page.goto(consoleOf(channel));
    await line(page, `Message ${MANY - 1}.`).waitFor();
    await page.locator('.scroller').hover();
    await page.mouse.wheel(0, -2_000);
    await page.locator('.to-end').waitFor();
    const top = () => page.locator('.scroller').evaluate((element) => element.scrollTop);
    const before = await top();
    await page.getByRole('button', { name: /^Roster/ }).click();
    expect(await page.getByRole('region', { name: 'Messages' }).count()).toBe(0);
    await say(url, alpha!, 'all', 'News.');
    await expect.poll(() => page.title()).toMatch(/^\(1\) /);
    await page.getByRole('button', { name: 'Traffic' }).click();
    await page.locator('.to-end', { hasText: '1 new' }).waitFor();
    expect(await top()).toBe(before);
    await page.locator('.to-end').click();
    await line(page, 'News.').waitFor();
    // Who is at the end has not seen what came behind another panel.
    await expect.poll(() => page.title()).not.toMatch(/^\(/);
    await page.getByRole('button', { name: /^Roster/ }).click();
    await say(url, alpha!, 'all', 'More news.');
    await expect.poll(() => page.title()).toMatch(/^\(1\) /);
    await page.getByRole('button', { name: 'Traffic' }).click();
    await line(page, 'More news.').waitFor();
    await expect.poll(() => page.title()).not.toMatch(/^\(/);
  });
});

test('R-SITE-8: a message is read out once, one’s own not at all, and the keyboard gets past the messages', async () => {
  const { url } = hub();
  const [channel, alpha] = await talkOf(url, {}, 'alpha');
  await visiting(url, {}, async (page) => {
    await page.goto(consoleOf(channel));
    await takeSeat(page, 'base');
    /** Every region that speaks by itself and has this in it. */
    const speaking = async (pattern: RegExp): Promise<string[]> =>
      (
        await page
          .locator('[aria-live], [role=status], [role=alert], output')
          .evaluateAll((regions) =>
            regions.filter((region) => region.getAttribute('aria-live') !== 'off').map((region) => region.textContent ?? ''),
          )
      ).filter((text) => pattern.test(text));
    await say(url, alpha!, 'all', 'Once is enough.');
    await line(page, 'Once is enough.').waitFor();
    await expect.poll(() => speaking(/Once is enough|1 message/)).toEqual(['alpha to all: Once is enough.']);
    await page.getByLabel('Message', { exact: true }).fill('Said by myself.');
    await page.keyboard.press('Enter');
    await line(page, 'Said by myself.').waitFor();
    expect(await speaking(/Said by myself|2 messages/)).toEqual([]);
    // The number of finds is news.
    await page.getByRole('searchbox').fill('enough');
    await expect.poll(() => speaking(/^1 of \d/)).toHaveLength(1);
    await page.getByRole('searchbox').fill('');
    await page.getByRole('button', { name: 'Skip to the microphone' }).focus();
    await page.keyboard.press('Enter');
    expect(await page.getByLabel('Message', { exact: true }).evaluate((field) => field === document.activeElement)).toBe(true);
    expect(await page.getByRole('form', { name: 'Microphone' }).count()).toBe(1);
  });
});
