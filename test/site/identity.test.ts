/** A person's identity at the console: made by the first join, taken along, and shown again to take the same callsign. */
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { expectCall } from '../harness/rest.ts';
import { expectAccessible, expectNoSidewaysScroll, picture, REFUSALS, type Scheme, visiting } from './browser.ts';
import { hubForFile } from './hub.ts';

const hub = hubForFile();

/** Makes a channel that asks for identities. @returns the path of its console */
const make = async (settings: object): Promise<string> => {
  const made = await expectCall(hub().url, { path: '/api/channels', body: settings }, 201);
  return `/c/${made.channel_id}#${made.join_token}`;
};

const keyField = (page: Page) => page.getByLabel(/Identity key/);

/** Opens the console, in a state where it knows what the channel asks for. */
const open = async (page: Page, path: string): Promise<void> => {
  await page.goto(path);
  await keyField(page).waitFor();
};

const ask = async (page: Page, callsign: string): Promise<void> => {
  await page.getByLabel('Your callsign').fill(callsign);
  await page.getByRole('button', { name: 'Join' }).click();
};

const join = async (page: Page, callsign: string): Promise<void> => {
  await ask(page, callsign);
  await page.getByLabel('Message', { exact: true }).waitFor();
};

const leave = async (page: Page): Promise<void> => {
  await page.getByRole('button', { name: 'Leave' }).click();
  await page.getByLabel('Your callsign').waitFor();
};

/** Says something, and looks at what the hub vouches for. */
const speak = async (page: Page, text: string): Promise<string[]> => {
  await page.getByLabel('Message', { exact: true }).fill(text);
  await page.keyboard.press('Enter');
  const line = page.locator('.message', { hasText: text });
  await line.waitFor();
  return line.locator('.chip').allTextContents();
};

test('R-SITE-15: a channel that asks for identities gives the person one', async () => {
  const path = await make({ require_identity: true, owner_password: 'correct horse battery' });
  await visiting(hub().url, { provokes: REFUSALS }, async (page) => {
    await open(page, path);
    await page.getByLabel(/Owner password/).fill('wrong horse battery');
    await ask(page, 'base');
    expect(await page.getByRole('alert').textContent()).toContain('The owner password is wrong.');
    await page.getByLabel(/Owner password/).fill('correct horse battery');
    await join(page, 'base');
    await page.locator('.made pre', { hasText: /^rt_id_/ }).waitFor();
    expect(await speak(page, 'Verified.')).toEqual(['verified', 'authorised']);
  });
});

test('R-SITE-15: who leaves and joins again in the same tab has the callsign back, also after a reload', async () => {
  const path = await make({ trust_mode: 'trusted' });
  await visiting(hub().url, { provokes: REFUSALS }, async (page) => {
    await open(page, path);
    await join(page, 'boss');
    await page.locator('.made pre').waitFor();
    await leave(page);
    await join(page, 'Boss');
    // The key is the old one; there is nothing to show.
    expect(await page.locator('.made').count()).toBe(0);
    await leave(page);
    // Another callsign is another identity, and does not cost the first one its key.
    await join(page, 'constructor');
    await page.locator('.made pre').waitFor();
    await leave(page);
    await page.reload();
    await keyField(page).waitFor();
    await join(page, 'boss');
    expect(await speak(page, 'Back again.')).toEqual(['verified']);
  });
});

test('R-SITE-15: the key is copied, and typed in elsewhere it takes the callsign again', async () => {
  const path = await make({ trust_mode: 'trusted' });
  let key = '';
  await visiting(hub().url, { permissions: ['clipboard-read', 'clipboard-write'] }, async (page) => {
    await open(page, path);
    await join(page, 'boss');
    await page.getByRole('button', { name: 'Copy your identity key' }).click();
    await page.getByText('Copied').waitFor();
    key = await page.evaluate(() => navigator.clipboard.readText());
    expect(key).toMatch(/^rt_id_/);
    await leave(page);
  });
  await visiting(hub().url, { provokes: REFUSALS }, async (page) => {
    await open(page, path);
    await ask(page, 'boss');
    expect(await page.getByRole('alert').textContent()).toMatch(/belongs to another identity.*identity_key/);
    await keyField(page).fill('rt_id_wrong');
    await ask(page, 'boss');
    await page.getByRole('alert').filter({ hasText: 'does not know that identity key' }).waitFor();
    expect(await page.getByRole('alert').textContent()).not.toContain('new_identity');
    await keyField(page).fill(` ${key} `);
    await join(page, 'boss');
    expect(await speak(page, 'From another place.')).toEqual(['verified']);
    // What was typed is remembered as what was made.
    await leave(page);
    expect(await keyField(page).inputValue()).toBe('');
    await join(page, 'boss');
    expect(await page.evaluate(() => [localStorage.length, document.cookie])).toEqual([0, '']);
  });
});

test('R-SITE-15: a channel that asks for no identity asks for no key', async () => {
  const path = await make({ owner_password: 'correct horse battery' });
  await visiting(hub().url, {}, async (page) => {
    await page.goto(path);
    await page.getByLabel(/Owner password/).waitFor();
    expect(await keyField(page).count()).toBe(0);
    await join(page, 'base');
    expect(await page.locator('.made').count()).toBe(0);
  });
});

test.each(['light', 'dark'] as Scheme[])('R-SITE-8: in %s nothing hinders who joins with an identity', async (colorScheme) => {
  for (const [width, height] of [
    [1280, 860],
    [375, 780],
  ] as const) {
    const path = await make({ trust_mode: 'trusted', owner_password: 'correct horse battery' });
    await visiting(hub().url, { colorScheme, viewport: { width, height } }, async (page) => {
      const look = async (name: string): Promise<void> => {
        await expectNoSidewaysScroll(page);
        await expectAccessible(page);
        await picture(page, `console-${name}-${colorScheme}-${width}`);
      };
      await open(page, path);
      await look('join-identity');
      await join(page, 'boss');
      await look('identity-key');
    });
  }
});
