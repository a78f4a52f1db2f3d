/** A console whose token was changed by somebody else: what it heard stays, and it goes on where it stopped. */
import { expect, test } from 'vitest';
import { expectCall, joinChannel } from '../harness/rest.ts';
import { expectAccessible, expectNoSidewaysScroll, picture, REFUSALS, troubleOn, visiting } from './browser.ts';
import { consoleOf, hubForFile, say, sayMany, talkOf } from './hub.ts';

const hub = hubForFile();

test('R-SITE-17: under the new token it goes on with what it heard, and says what it missed', async () => {
  const { url } = hub();
  const [channel, alpha] = await talkOf(url, {}, 'alpha');
  await visiting(url, { provokes: REFUSALS, viewport: { width: 375, height: 780 } }, async (page) => {
    await page.goto(consoleOf(channel));
    await page.getByLabel('Your callsign').fill('base');
    await page.getByRole('button', { name: 'Join' }).click();
    await page.getByLabel('Message', { exact: true }).fill('Not sent yet.');
    await say(url, alpha!, 'all', 'Heard.');
    await page.locator('.message', { hasText: 'Heard.' }).waitFor();
    const { join_token } = await expectCall(url, { path: `${channel.path}/rotate-token`, token: channel.ownerToken, body: {} });
    await page.locator('.line-state', { hasText: 'Off the air' }).waitFor();
    const again = await joinChannel(url, { ...channel, token: join_token }, 'alpha');
    await sayMany(url, again, 120, (n) => `Meanwhile ${n}.`);
    await page.getByRole('button', { name: 'Use another token' }).click();
    const field = page.getByLabel('The join token of this channel');
    await field.fill('rt_join_wrong');
    await field.press('Enter');
    await page.locator('.line-state', { hasText: /unknown or the token is wrong/ }).waitFor();
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
    await picture(page, 'console-retuned-375');
    await field.fill(join_token);
    await field.press('Enter');
    await page.locator('.line-state', { hasText: 'On the air' }).waitFor();
    await page.locator('.message', { hasText: 'Meanwhile 119.' }).waitFor();
    expect(await page.getByLabel('Message', { exact: true }).inputValue()).toBe('Not sent yet.');
    await page.getByRole('searchbox').fill('heard.');
    await page.locator('.message', { hasText: 'Heard.' }).waitFor();
    await page.getByRole('searchbox').press('Escape');
    await page.locator('.message', { hasText: 'Meanwhile 119.' }).waitFor();
    await page.locator('.scroller').evaluate((element) => {
      element.scrollTop = 0;
    });
    expect(await page.locator('.gap').textContent()).toContain('Up to 20 messages left the channel’s memory');
    // The tab has the new one after a reload.
    await page.reload();
    await page.locator('.line-state', { hasText: 'On the air' }).waitFor();
    await page.getByLabel('Message', { exact: true }).waitFor();
  });
});

test('R-SITE-17: a token that never was right leads back to the door', async () => {
  const { url } = hub();
  const [channel] = await talkOf(url, {});
  await visiting(url, { provokes: REFUSALS }, async (page) => {
    await page.goto(consoleOf({ ...channel, token: 'rt_join_of-another-channel' }));
    expect(await troubleOn(page)).toContain('token is wrong');
    await page.getByRole('button', { name: 'Use another token' }).click();
    await page.getByLabel('The join token of this channel').fill(channel.token);
    await page.getByRole('button', { name: 'Tune in' }).click();
    await page.locator('.line-state', { hasText: 'On the air' }).waitFor();
  });
});
