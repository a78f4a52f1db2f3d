/** The console: a person hears the agents, and speaks with them. */
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { createChannel, expectCall, joinChannel, memberCall } from '../harness/rest.ts';
import {
  expectAccessible,
  expectNoSidewaysScroll,
  line,
  picture,
  REFUSALS,
  type Scheme,
  takeSeat,
  troubleOn,
  visiting,
  weigh,
} from './browser.ts';
import { consoleOf, hubForFile, say, talkOf } from './hub.ts';

const hub = hubForFile();

const speak = async (page: Page, text: string): Promise<void> => {
  await page.getByLabel('Message', { exact: true }).fill(text);
  await page.keyboard.press('Enter');
};

describe('listening in', () => {
  test('R-SITE-10: the token comes after the #, leaves the address, and outlives a reload', async () => {
    const { url } = hub();
    const [channel] = await talkOf(url, {});
    await visiting(url, { provokes: REFUSALS }, async (page) => {
      await page.goto(consoleOf(channel));
      await page.getByText('Nobody is on the air yet.').waitFor();
      expect(page.url()).toBe(`${url}/c/${channel.id}`);
      await page.reload();
      const invitation = page.locator('.empty pre');
      expect(await invitation.textContent()).toContain(channel.token);
      expect(await invitation.textContent()).toContain(`${url}/llms.txt`);
      expect(await page.evaluate(() => [localStorage.length, document.cookie])).toEqual([0, '']);
      // Another tab knows nothing, asks, and says what is wrong with a wrong answer.
      const other = await page.context().newPage();
      await other.goto(`/c/${channel.id}`);
      await other.getByLabel('The join token of this channel').fill('rt_join_wrong');
      await other.getByRole('button', { name: 'Tune in' }).click();
      expect(await troubleOn(other)).toMatch(/unknown or the token is wrong.*Whoever gave you the token has the right one/);
      await other.getByRole('button', { name: 'Use another token' }).click();
      await other.getByLabel('The join token of this channel').fill('  ');
      await other.getByRole('button', { name: 'Tune in' }).click();
      expect(await troubleOn(other)).toMatch(/No token was typed.*Whoever opened the channel has it/);
      await other.getByLabel('The join token of this channel').fill(channel.token);
      await other.getByRole('button', { name: 'Tune in' }).click();
      await other.getByText('Nobody is on the air yet.').waitFor();
    });
  });

  test('R-SITE-10: a public band asks for no token', async () => {
    const { url } = hub();
    await visiting(url, {}, async (page) => {
      await page.goto('/c/help');
      await page.getByText('Nobody is on the air yet.').waitFor();
      expect(await page.locator('.empty pre').textContent()).toContain('needs no token');
      await takeSeat(page, 'base');
      await speak(page, 'Is anybody there?');
      await line(page, 'Is anybody there?').waitFor();
    });
  });

  test('R-SITE-11: shows who speaks to whom, with what the hub vouches for, and who comes and goes', async () => {
    const { url } = hub();
    const channel = await createChannel(url, { owner_password: 'correct horse battery' });
    await visiting(url, {}, async (page) => {
      await page.goto(consoleOf(channel));
      await page.getByText('Nobody is on the air yet.').waitFor();
      const body = { callsign: 'alpha', new_identity: true, owner_password: 'correct horse battery' };
      const joined = await expectCall(url, { path: `${channel.path}/join`, token: channel.token, body });
      const alpha = { channel, callsign: 'alpha', session: joined.session_id, cursor: joined.cursor };
      await page.locator('.note', { hasText: 'alpha joined.' }).waitFor();
      const bravo = await joinChannel(url, channel, 'bravo');
      await say(url, alpha, 'all', 'First.\n\n  Indented.');
      await say(url, bravo, 'alpha', 'Second.', { reply_to: 1 });
      await say(url, bravo, 'all', 'thinking', { kind: 'status' });
      const first = line(page, 'First.');
      await line(page, 'Second.').waitFor();
      await line(page, 'thinking').waitFor();
      expect(await first.locator('.route').textContent()).toBe('alpha▸ to all');
      expect(await first.locator('.text').textContent()).toBe('First.\n\n  Indented.');
      expect(await first.locator('.chip').allTextContents()).toEqual(['verified', 'authorised']);
      expect(await line(page, 'Second.').locator('.chip').count()).toBe(0);
      expect(await line(page, 'Second.').getByRole('button', { name: 'in reply to #1' }).count()).toBe(1);
      expect(await line(page, 'thinking').locator('.chip').allTextContents()).toEqual(['status']);
      const roster = page.locator('.roster li');
      await roster.filter({ hasText: 'bravo' }).getByText('“thinking”').waitFor();
      expect(await roster.filter({ hasText: 'alpha' }).textContent()).toContain('authorised');
      await expectCall(url, memberCall(bravo, { path: 'leave', body: {} }));
      await page.locator('.note', { hasText: 'bravo left.' }).waitFor();
      expect(await roster.count()).toBe(1);
    });
  });

  test('R-SITE-11: shows how each can be reached, from the evidence of the hub', async () => {
    const { url } = hub();
    const [channel, alpha] = await talkOf(url, {}, 'alpha', 'bravo');
    await visiting(url, {}, async (page) => {
      const gone = new AbortController();
      const parked = expectCall(url, memberCall(alpha!, { path: 'wait', gone: gone.signal })).catch(() => {});
      await page.goto(consoleOf(channel));
      const alphas = page.locator('.roster li', { hasText: 'alpha' });
      await alphas.getByText('Hears you at once.').waitFor();
      await page.locator('.roster li', { hasText: 'bravo' }).getByText('hears you when it next listens').waitFor();
      gone.abort();
      await parked;
      await alphas.getByText('hears you when it next listens').waitFor();
    });
  });

  test('R-SITE-12: a receipt goes from queued to delivered to confirmed, and no further than the hub knows', async () => {
    const { url } = hub();
    const [channel, alpha, bravo] = await talkOf(url, {}, 'alpha', 'bravo', 'charlie');
    await visiting(url, {}, async (page) => {
      await page.goto(consoleOf(channel));
      await say(url, alpha!, 'bravo', 'To one.');
      await say(url, alpha!, 'all', 'To all.');
      const one = line(page, 'To one.').locator('.receipts');
      const all = line(page, 'To all.').locator('.receipts');
      await one.filter({ hasText: 'queued' }).waitFor();
      await all.filter({ hasText: '2 queued' }).waitFor();
      const heard = await expectCall(url, memberCall(bravo!, { path: 'listen?timeout=0' }));
      await one.filter({ hasText: 'delivered' }).waitFor();
      await all.filter({ hasText: '1 delivered · 1 queued' }).waitFor();
      await expectCall(url, memberCall(bravo!, { path: 'ack', body: { id: heard.cursor } }));
      await one.filter({ hasText: 'confirmed' }).waitFor();
      await all.filter({ hasText: '1 confirmed · 1 queued' }).waitFor();
      await all.click();
      expect(await line(page, 'To all.').locator('.each li').allTextContents()).toEqual([
        expect.stringMatching(/^bravo: confirmed [0-9:]{8}$/),
        expect.stringMatching(/^charlie: queued/),
      ]);
      // Each can be read: in the row, beside or below the other.
      const [row, first, second] = await line(page, 'To all.').evaluate((element) =>
        [element, ...element.querySelectorAll('.each li')].map((one) => {
          const { left, right, top, bottom } = one.getBoundingClientRect();
          return { left, right, top, bottom };
        }),
      );
      expect(first!.right <= second!.left || first!.bottom <= second!.top).toBe(true);
      expect([first!.top >= row!.top, second!.bottom <= row!.bottom]).toEqual([true, true]);
    });
  });

  test('R-SITE-13: a search finds words in texts and callsigns, marks them, and goes away', async () => {
    const { url } = hub();
    const [channel, alpha, bravo] = await talkOf(url, {}, 'alpha', 'bravo');
    await visiting(url, {}, async (page) => {
      await page.goto(consoleOf(channel));
      await say(url, alpha!, 'all', 'The build (a+b) is green.');
      await say(url, bravo!, 'all', 'The docs are late.');
      await line(page, 'late').waitFor();
      const field = page.getByRole('searchbox');
      await field.fill('BUILD (a+b)');
      await line(page, 'docs').waitFor({ state: 'detached' });
      expect(await page.locator('mark').allTextContents()).toEqual(['build', '(a+b)']);
      expect(await page.locator('.tools output').textContent()).toBe('1 of 2');
      await field.fill('bravo');
      await line(page, 'docs').waitFor();
      await field.fill('nothing of the kind');
      await page.getByText('Nothing here has those words.').waitFor();
      await field.press('Escape');
      await line(page, 'green').waitFor();
      expect(await page.locator('.message').count()).toBe(2);
    });
  });

  test('R-SITE-14: the transcript is saved, or what was heard where there is none', async () => {
    const { url } = hub();
    for (const [retention, button] of [
      ['full', 'Download the transcript'],
      ['none', 'Save what this page heard'],
    ] as const) {
      const [channel, alpha] = await talkOf(url, { retention }, 'alpha');
      await say(url, alpha!, 'all', 'For the record.');
      await visiting(url, { acceptDownloads: true }, async (page) => {
        await page.goto(consoleOf(channel));
        await line(page, 'For the record.').waitFor();
        const coming = page.waitForEvent('download');
        await page.getByRole('button', { name: button }).click();
        const download = await coming;
        expect(download.suggestedFilename()).toMatch(new RegExp(`^${channel.id}-(?:transcript|heard)\\.json$`));
        const pieces: Buffer[] = [];
        for await (const piece of await download.createReadStream()) pieces.push(piece as Buffer);
        const saved = JSON.parse(Buffer.concat(pieces).toString());
        expect(saved.channel_id).toBe(channel.id);
        expect(JSON.stringify(saved)).toContain('For the record.');
        expect(JSON.stringify(saved)).not.toContain('rt_');
      });
    }
  });
});

describe('speaking', () => {
  test('R-SITE-15: a person takes a callsign, speaks to one and to all, is heard and hears', async () => {
    const { url } = hub();
    const [channel, alpha] = await talkOf(url, {}, 'alpha', 'bravo');
    await visiting(url, { provokes: REFUSALS }, async (page) => {
      await page.goto(consoleOf(channel));
      await page.getByLabel('Your callsign').fill('human');
      await page.getByRole('button', { name: 'Join' }).click();
      expect(await page.getByRole('alert').textContent()).toMatch(/reserved.*another callsign/);
      await takeSeat(page, 'Base');
      await page.locator('.roster li', { hasText: 'base' }).getByText('listening').waitFor();
      const heard = expectCall(url, memberCall(alpha!, { path: 'listen' }));
      await speak(page, 'Base to all.');
      expect((await heard).messages).toMatchObject([{ from: 'base', to: 'all', text: 'Base to all.' }]);
      await page.getByText('1 of 2 stations had it at once').waitFor();
      await page.getByLabel('Speak to', { exact: true }).selectOption('bravo');
      await speak(page, 'Only for bravo.');
      await page.getByText(/#2 waits for bravo\./).waitFor();
      expect(await page.getByLabel('Message', { exact: true }).inputValue()).toBe('');
      // An answer to the person is handed over at once, and confirmed when it is on the screen.
      const sent = await expectCall(url, memberCall(alpha!, { path: 'send', body: { to: 'base', message: 'Loud and clear.' } }));
      expect(sent).toMatchObject({ recipients: [{ callsign: 'base', state: 'delivered' }] });
      await line(page, 'Loud and clear.').locator('.receipts', { hasText: 'confirmed' }).waitFor();
      await page.getByRole('button', { name: 'Reply to alpha, message 3' }).click();
      await speak(page, 'Thank you.');
      await line(page, 'Thank you.').getByRole('button', { name: 'in reply to #3' }).waitFor();
      expect(await line(page, 'Thank you.').locator('.route').textContent()).toMatch(/alpha$/);
      // The seat outlives a reload of the tab, and ends when it is left.
      await page.reload();
      await page.getByLabel('Message', { exact: true }).waitFor();
      await page.getByRole('button', { name: 'Leave' }).click();
      await page.getByLabel('Your callsign').waitFor();
      await page.locator('.roster li', { hasText: 'base' }).waitFor({ state: 'detached' });
    });
  });

  test('R-SITE-16: a message whose answer is lost is kept, and sent again it is taken once', async () => {
    const { url } = hub();
    const [channel, alpha] = await talkOf(url, {}, 'alpha');
    await visiting(url, { provokes: REFUSALS }, async (page) => {
      await page.goto(consoleOf(channel));
      await takeSeat(page, 'base');
      await page.route('**/send', async (route) => {
        await route.fetch();
        await route.abort();
      });
      await speak(page, 'Once only.');
      expect(await page.getByRole('alert').textContent()).toContain('The hub does not answer.');
      expect(await page.getByLabel('Message', { exact: true }).inputValue()).toBe('Once only.');
      await page.unroute('**/send');
      await page.getByRole('button', { name: 'Send' }).click();
      await page.getByRole('alert').waitFor({ state: 'detached' });
      const { messages } = await expectCall(url, memberCall(alpha!, { path: 'listen?timeout=0' }));
      expect(messages).toMatchObject([{ text: 'Once only.' }]);
    });
  });
});

describe.each(['light', 'dark'] as Scheme[])('R-SITE-8: in %s', (colorScheme) => {
  test('nothing hinders, on a wide screen and at 375 px', async () => {
    const { url } = hub();
    const [channel, alpha, bravo] = await talkOf(url, { retention: 'full' }, 'build-agent', 'reviewer', 'docs');
    for (const [width, height] of [
      [1280, 860],
      [375, 780],
    ] as const) {
      await visiting(url, { colorScheme, viewport: { width, height } }, async (page) => {
        const look = async (name: string): Promise<void> => {
          await expectNoSidewaysScroll(page);
          await expectAccessible(page);
          await picture(page, `console-${name}-${colorScheme}-${width}`);
        };
        if (width > 1000) {
          await page.goto(consoleOf(await createChannel(url)));
          await page.getByText('Nobody is on the air yet.').waitFor();
          await look('empty');
        }
        await page.goto('about:blank');
        await page.goto(consoleOf(channel));
        await takeSeat(page, 'base');
        await say(url, alpha!, 'all', 'Build 412 is green on main. Over.');
        await say(url, bravo!, 'build-agent', 'Copy. Looking at the diff of src/core/mailbox.ts now.', { reply_to: 1 });
        await say(url, bravo!, 'base', `A word that does not break: ${'x'.repeat(300)}`);
        await line(page, 'A word that').last().locator('.receipts', { hasText: 'confirmed' }).waitFor();
        await look('talk');
        if (width < 1000) {
          for (const name of ['Roster', 'Channel'] as const) {
            await page.getByRole('button', { name: new RegExp(`^${name}`) }).click();
            await look(name.toLowerCase());
          }
        }
      });
    }
  });
});

test('R-SITE-9: it weighs less than 120 KB', async () => {
  const { url } = hub();
  const bytes = await weigh(url, consoleOf(await createChannel(url)), '.empty .big');
  console.log(`console: ${bytes} bytes transferred`);
  expect(bytes).toBeGreaterThan(10_000);
  expect(bytes).toBeLessThan(120_000);
});
