/** The owner at the console: with the token typed in, and without it nothing. */
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { call, expectCall, memberCall, type TestChannel } from '../harness/rest.ts';
import { expectAccessible, expectNoSidewaysScroll, picture, REFUSALS, troubleOn, visiting } from './browser.ts';
import { consoleOf, hubForFile, say, talkOf } from './hub.ts';

const hub = hubForFile();
const guarded = hubForFile(['--limits', 'off,identicalMessages=2']);

const unlock = async (page: Page, { ownerToken }: Pick<TestChannel, 'ownerToken'>): Promise<void> => {
  const owner = page.locator('details.owner');
  if ((await owner.getAttribute('open')) === null) await owner.locator('summary').click();
  await page.getByLabel('Owner token').fill(ownerToken);
  await page.getByRole('button', { name: 'Unlock' }).click();
};

test('R-SITE-20: pauses and resumes, and everybody who looks is told', async () => {
  const { url } = hub();
  const [channel, alpha] = await talkOf(url, {}, 'alpha');
  await visiting(url, { provokes: REFUSALS }, async (page) => {
    await page.goto(consoleOf(channel));
    expect(await page.getByRole('button', { name: 'Pause' }).count()).toBe(0);
    await unlock(page, channel);
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.locator('.line-state', { hasText: 'Paused by the owner' }).waitFor();
    expect(await call(url, memberCall(alpha!, { path: 'send', body: { to: 'all', message: 'x' } }))).toMatchObject({ status: 423 });
    await picture(page, 'console-owner');
    await page.getByLabel('Your callsign').fill('base');
    await page.getByRole('button', { name: 'Join' }).click();
    await page.getByLabel('Message', { exact: true }).fill('Hello?');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').filter({ hasText: 'paused' }).waitFor();
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.locator('.line-state', { hasText: 'On the air' }).waitFor();
    await say(url, alpha!, 'all', 'Back again.');
    await page.locator('.message', { hasText: 'Back again.' }).waitFor();
    // What was typed is nowhere.
    const kept = await page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }, document.cookie]));
    expect(kept).not.toContain('rt_owner_');
    await page.reload();
    await page.locator('details.owner summary').click();
    await page.getByLabel('Owner token').waitFor();
  });
});

test('R-SITE-20: a wrong token unlocks nothing, and is told at its field', async () => {
  const { url } = hub();
  const [channel] = await talkOf(url, {}, 'alpha');
  await visiting(url, { provokes: REFUSALS }, async (page) => {
    await page.goto(consoleOf(channel));
    await page.locator('.roster li', { hasText: 'alpha' }).waitFor();
    let asked = 0;
    page.on('request', (request) => {
      if (request.url().endsWith('/guards')) asked++;
    });
    const field = page.getByLabel('Owner token');
    const owned = page.getByRole('button', { name: /^(?:Pause|Kick|Close|Rotate|Forget)/ });
    const nothingUnlocked = async (): Promise<void> => {
      expect(await owned.count()).toBe(0);
      expect(await field.getAttribute('aria-invalid')).toBe('true');
    };
    await unlock(page, { ownerToken: 'rt_owner_wrong' });
    expect(await troubleOn(page)).toContain('The right one was shown when the channel was made.');
    await nothingUnlocked();
    expect(await field.inputValue()).toBe('rt_owner_wrong');
    await expectAccessible(page);
    await picture(page, 'console-owner-refused');
    expect(asked).toBe(1);
    await unlock(page, { ownerToken: '  ' });
    await page.getByRole('alert').filter({ hasText: 'No token was typed.' }).waitFor();
    expect(asked).toBe(1);
    // The join token is none of the owner's.
    await unlock(page, { ownerToken: channel.token });
    await page.getByRole('alert').filter({ hasText: 'token is wrong' }).waitFor();
    await nothingUnlocked();
    await page.route('**/guards', (route) => route.abort());
    await unlock(page, channel);
    await page.getByRole('alert').filter({ hasText: 'does not answer' }).waitFor();
    expect(await owned.count()).toBe(0);
    await page.unroute('**/guards');
    await page.getByRole('button', { name: 'Unlock' }).click();
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    await page.getByText('0 messages in this hour').waitFor();
    await page.getByRole('button', { name: 'Kick alpha' }).waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
    await page.getByRole('button', { name: 'Forget the owner token' }).click();
    expect(await field.inputValue()).toBe('');
  });
});

test('R-SITE-20: kicks, asked twice, and says so to a person who is kicked', async () => {
  const { url } = hub();
  const [channel, bravo] = await talkOf(url, {}, 'bravo');
  await visiting(url, { provokes: REFUSALS }, async (page) => {
    await page.goto(consoleOf(channel));
    await page.getByLabel('Your callsign').fill('base');
    await page.getByRole('button', { name: 'Join' }).click();
    await unlock(page, channel);
    await page.getByRole('button', { name: 'Kick bravo' }).click();
    await page.getByRole('button', { name: 'Keep', exact: true }).click();
    await page.getByRole('button', { name: 'Kick bravo' }).click();
    await page.getByRole('button', { name: 'Kick and ban' }).click();
    await page.locator('.roster li', { hasText: 'bravo' }).waitFor({ state: 'detached' });
    expect(await call(url, memberCall(bravo!, { path: 'listen?timeout=0' }))).toMatchObject({ status: 403, body: { code: 'kicked' } });
    await expectCall(url, { path: `${channel.path}/kick`, token: channel.ownerToken, body: { callsign: 'base' } });
    await page.getByRole('alert').filter({ hasText: 'removed this session' }).waitFor();
    await page.getByRole('button', { name: 'Join again' }).click();
    await page.getByLabel('Message', { exact: true }).waitFor();
  });
});

test('R-SITE-20: shows whom the guards stopped and why, raises and resets them', async () => {
  const { url } = guarded();
  const [channel, alpha] = await talkOf(url, {}, 'alpha');
  for (const _ of [1, 2]) await say(url, alpha!, 'all', 'Are you there?');
  const again = () => call(url, memberCall(alpha!, { path: 'send', body: { to: 'all', message: 'Are you there?' } }));
  expect(await again()).toMatchObject({ status: 409, body: { code: 'loop_suspected' } });
  for (const [colorScheme, width] of [
    ['light', 375],
    ['dark', 1280],
  ] as const) {
    await visiting(url, { provokes: REFUSALS, colorScheme, viewport: { width, height: 900 } }, async (page) => {
      await page.goto(consoleOf(channel));
      if (width < 800) await page.getByRole('button', { name: 'Channel', exact: true }).click();
      await unlock(page, channel);
      const guards = page.getByRole('region', { name: 'Guards against loops' });
      await guards.getByText('2 messages in this hour').waitFor();
      await guards.getByText(/^alpha was stopped 1 time for saying the same again and again, last/).waitFor();
      await guards.getByText(/say the same 2 times in a row/).waitFor();
      await expectAccessible(page);
      await expectNoSidewaysScroll(page);
      await guards.scrollIntoViewIfNeeded();
      await picture(page, `console-guards-${colorScheme}-${width}`);
    });
  }
  await visiting(url, { provokes: REFUSALS }, async (page) => {
    await page.goto(consoleOf(channel));
    await unlock(page, channel);
    const guards = page.getByRole('region', { name: 'Guards against loops' });
    await guards.getByLabel('Limits of this channel').selectOption('5 times the usual');
    await guards.getByText('The limits are 5 times the usual.').waitFor();
    await guards.getByText(/say the same 10 times in a row/).waitFor();
    const state = () => expectCall(url, { path: `${channel.path}/guards`, token: channel.ownerToken });
    expect(await state()).toMatchObject({ factor: 5, messages: 2 });
    await guards.getByRole('button', { name: 'Count anew' }).click();
    await guards.getByText('Nobody was stopped.').waitFor();
    expect(await state()).toMatchObject({ factor: 5, messages: 0, tripped: [] });
    expect(await again()).toMatchObject({ status: 200 });
    await guards.getByText('1 message in this hour').waitFor();
  });
});

test('R-SITE-20: changes the token, and goes on with the new one', async () => {
  const { url } = hub();
  const [channel] = await talkOf(url, {}, 'alpha');
  await visiting(url, { provokes: REFUSALS }, async (page) => {
    await page.goto(consoleOf(channel));
    await page.getByLabel('Your callsign').fill('base');
    await page.getByRole('button', { name: 'Join' }).click();
    await unlock(page, channel);
    await page.getByRole('button', { name: 'Rotate token' }).click();
    await page.getByText('This page has the new one').waitFor();
    const token = (await page.locator('.owned pre').textContent()) ?? '';
    expect(token).toMatch(/^rt_join_/);
    expect(token).not.toBe(channel.token);
    expect(await call(url, { path: channel.path, token: channel.token })).toMatchObject({ status: 401 });
    await page.locator('.line-state', { hasText: 'On the air' }).waitFor();
    await page.getByLabel('Message', { exact: true }).fill('Same seat.');
    await page.keyboard.press('Enter');
    await page.locator('.message', { hasText: 'Same seat.' }).waitFor();
    expect((await expectCall(url, { path: `${channel.path}/history`, token })).messages).toMatchObject([{ from: 'base' }]);
    await page.reload();
    await page.locator('.message', { hasText: 'Same seat.' }).waitFor();
  });
});

test('R-SITE-20: closes for good, asked twice; what was heard stays to be read', async () => {
  const { url } = hub();
  const [channel, alpha] = await talkOf(url, {}, 'alpha');
  await visiting(url, { provokes: REFUSALS }, async (page) => {
    await page.goto(consoleOf(channel));
    await say(url, alpha!, 'all', 'Last words.');
    await page.locator('.message', { hasText: 'Last words.' }).waitFor();
    await unlock(page, channel);
    await page.getByRole('button', { name: 'Close channel' }).click();
    await page.getByRole('button', { name: 'Keep it' }).click();
    await page.getByRole('button', { name: 'Close channel' }).click();
    await page.getByRole('button', { name: 'Close for good' }).click();
    await page.locator('.line-state', { hasText: 'Off the air' }).getByText('The owner closed this channel.').waitFor();
    expect(await page.locator('.message', { hasText: 'Last words.' }).count()).toBe(1);
    expect(await call(url, { path: channel.path, token: channel.token })).toMatchObject({ status: 401 });
    // Its token is the right one; who comes later is told what the hub says.
    const later = await page.context().newPage();
    await later.goto(consoleOf(channel));
    expect(await troubleOn(later)).toMatch(/owner closed this channel.*nothing to come back to/);
  });
});
