/** The landing page: from nothing to two agents who hear each other. */
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { call, expectCall } from '../harness/rest.ts';
import { expectAccessible, expectNoSidewaysScroll, picture, REFUSALS, type Scheme, troubleOn, visiting, weigh } from './browser.ts';
import { hubForFile } from './hub.ts';

const hub = hubForFile();
const HUB_TOKEN = 'a-hub-token-for-tests';
const shared = hubForFile(['--token', HUB_TOKEN]);

const create = async (page: Page): Promise<string> => {
  await page.getByRole('button', { name: 'Create channel' }).click();
  return (await page.locator('h2.channel-name').textContent()) ?? '';
};

/** What the snippet with this name says. */
const snippet = async (page: Page, what: string): Promise<string> => {
  const block = page.locator('.snippet', { has: page.getByRole('button', { name: `Copy ${what}`, exact: true }) });
  return (await block.locator('pre').textContent()) ?? '';
};

describe('a channel', () => {
  test('R-SITE-5: is made with one click, and everything to hand over is there', async () => {
    const { url } = hub();
    await visiting(url, {}, async (page) => {
      await page.goto('/');
      const id = await create(page);
      expect(id).toMatch(/^[a-z]+-[a-z]+-[0-9a-f]+$/);
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(id);
      const prompt = await snippet(page, 'the prompt for the other agent');
      const token = /TOKEN=(rt_join_\S+)/.exec(prompt)?.[1] ?? '';
      expect(prompt).toContain(`${url}/api/channels/${id}`);
      expect(await snippet(page, 'the owner token')).toMatch(/^rt_owner_\S+$/);
      expect(await page.getByRole('link', { name: 'Open the console' }).getAttribute('href')).toBe(`${url}/c/${id}#${token}`);
      const info = await expectCall(url, { path: `/api/channels/${id}`, token });
      expect(info).toMatchObject({ retention: 'none', trust_mode: 'untrusted', require_identity: false, session_ttl_seconds: 1800 });
    });
  });

  test('R-SITE-5: is made as it was asked for', async () => {
    const { url } = hub();
    await visiting(url, {}, async (page) => {
      await page.goto('/');
      await page.getByText('Options').click();
      await page.getByLabel('Full').check();
      await page.getByLabel('Trusted', { exact: true }).check();
      await expect(page.getByLabel(/Only agents with an identity/).isDisabled()).resolves.toBe(true);
      await page.getByLabel('A silent session ends after').selectOption('2 hours');
      await page.getByLabel('Owner password').fill('correct horse battery');
      await picture(page, 'landing-options', true);
      const id = await create(page);
      const token = /TOKEN=(rt_join_\S+)/.exec(await snippet(page, 'the prompt for the other agent'))?.[1];
      expect(await expectCall(url, { path: `/api/channels/${id}`, token })).toMatchObject({
        retention: 'full',
        trust_mode: 'trusted',
        require_identity: true,
        has_owner_password: true,
        session_ttl_seconds: 7200,
      });
      // No secret of the owner's stands where an agent reads.
      expect(await page.locator('.step:not(.secret)').allTextContents()).not.toContain('correct horse battery');
      await page.getByRole('button', { name: 'Open another channel' }).click();
      expect(await create(page)).not.toBe(id);
    });
  });

  test('R-SITE-4: what is wrong with an option that is folded away is shown', async () => {
    const { url } = hub();
    await visiting(url, {}, async (page) => {
      await page.goto('/');
      await page.getByText('Options').click();
      await page.getByLabel('Owner password').pressSequentially('short');
      await page.getByText('Options').click();
      await page.getByRole('button', { name: 'Create channel' }).click();
      await page.getByLabel('Owner password').waitFor({ state: 'visible' });
      await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('type'))).toBe('password');
      await page.keyboard.type(' no more');
      expect(await create(page)).toMatch(/-/);
    });
  });

  test('R-SITE-8: shows which tab is chosen where the colours are the reader’s own', async () => {
    await visiting(hub().url, { forcedColors: 'active' }, async (page) => {
      await page.goto('/');
      await create(page);
      const colour = (selected: boolean) =>
        page
          .locator(`[role="tab"][aria-selected="${selected}"]`)
          .first()
          .evaluate((tab) => getComputedStyle(tab).color);
      expect(await colour(true)).not.toBe(await colour(false));
    });
  });

  test('R-SITE-6: has a tab for each client, moved through by keys', async () => {
    const { url } = hub();
    await visiting(url, { permissions: ['clipboard-read', 'clipboard-write'] }, async (page) => {
      await page.goto('/');
      await page.keyboard.press('Tab');
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the channel form');
      await page.getByRole('button', { name: 'Create channel' }).focus();
      await page.keyboard.press('Enter');
      await page.locator('h2.channel-name').waitFor();
      const tabs = page.getByRole('tab');
      const names = await tabs.allTextContents();
      for (const name of ['Claude Code', 'Codex', 'Cursor', 'Claude Desktop', 'Gemini CLI', 'opencode', 'Anthropic SDK', 'curl']) {
        expect(names).toContain(name);
      }
      for (const name of ['VS Code', 'Cline']) expect(names.join()).toContain(name);
      await page.keyboard.press('Tab');
      const seen = new Set<string>();
      for (const name of names) {
        expect(await page.locator('[role="tab"][aria-selected="true"]').textContent()).toBe(name);
        const text = (await page.locator('#tab-panel pre').textContent()) ?? '';
        expect(text).toContain('rt_join_');
        expect(text).not.toContain('rt_owner_');
        seen.add(text);
        await page.keyboard.press('ArrowRight');
      }
      expect(seen.size).toBe(names.length);
      await page.keyboard.press('End');
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(names[names.length - 1]);
      await page.locator('#tab-panel').getByRole('button').click();
      await page.getByText('Copied').waitFor();
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(await page.locator('#tab-panel pre').textContent());
    });
  });

  test('R-SITE-5: takes seconds from the click to a first message that a second agent hears', async () => {
    const { url } = hub();
    await visiting(url, {}, async (page) => {
      await page.goto('/');
      await page.getByRole('button', { name: 'Create channel' }).waitFor();
      const began = performance.now();
      const id = await create(page);
      const token = /TOKEN=(rt_join_\S+)/.exec(await snippet(page, 'the prompt for the other agent'))?.[1];
      const path = `/api/channels/${id}`;
      const join = (callsign: string) => expectCall(url, { path: `${path}/join`, token, body: { callsign } });
      const [alpha, bravo] = [await join('alpha'), await join('bravo')];
      const heard = expectCall(url, { path: `${path}/listen?since=${bravo.cursor}`, token, session: bravo.session_id });
      await expectCall(url, { path: `${path}/send`, token, session: alpha.session_id, body: { to: 'all', message: 'Radio check. Over.' } });
      expect((await heard).messages).toMatchObject([{ from: 'alpha', text: 'Radio check. Over.' }]);
      console.log(`landing: click to first message heard in ${Math.round(performance.now() - began)} ms`);
    });
  });

  test('R-SITE-4: that the hub refuses is refused in words, with the next step', async () => {
    const { url } = hub();
    await visiting(url, { provokes: REFUSALS }, async (page) => {
      await page.goto('/');
      await page.route('**/api/channels', (route) => route.abort());
      await page.getByRole('button', { name: 'Create channel' }).click();
      expect(await page.getByRole('alert').textContent()).toMatch(/The hub does not answer.*try again/);
      await page.unroute('**/api/channels');
      expect(await create(page)).toMatch(/-/);
    });
  });
});

test('R-SITE-7: a hub with a token asks for it, and takes the right one', async () => {
  await visiting(shared().url, { provokes: REFUSALS }, async (page) => {
    await page.goto('/');
    const field = page.getByLabel(/This hub asks for its token/);
    await field.fill('not-the-token-of-the-hub');
    await page.getByRole('button', { name: 'Create channel' }).click();
    expect(await troubleOn(page)).toMatch(/token was refused.*operator of this hub has the right one/);
    expect(await field.getAttribute('aria-invalid')).toBe('true');
    await expectAccessible(page);
    await picture(page, 'landing-refused');
    let asked = 0;
    page.on('request', () => asked++);
    await field.fill('  ');
    await page.getByRole('button', { name: 'Create channel' }).click();
    await page.getByRole('alert').filter({ hasText: 'No token was typed.' }).waitFor();
    expect(await troubleOn(page)).toContain('operator');
    expect(asked).toBe(0);
    await field.fill(HUB_TOKEN);
    await create(page);
    await page.getByRole('alert').waitFor({ state: 'detached' });
    expect(await page.content()).not.toContain(HUB_TOKEN);
  });
});

test('R-SITE-4: the token of the hub opens no channel, and the console says so without a word of headers', async () => {
  await visiting(shared().url, { provokes: REFUSALS }, async (page) => {
    await page.goto(`/c/quiet-otter-3a8f19#${HUB_TOKEN}`);
    expect(await troubleOn(page)).toContain('Whoever gave you the token has the right one.');
  });
});

test('R-SITE-2: a program that asks for JSON gets the index, a person gets the page', async () => {
  const { url } = hub();
  const json = await call(url, { path: '/', headers: { Accept: 'application/json' } });
  expect(json.headers['content-type']).toBe('application/json');
  expect(json.body).toMatchObject({ name: 'RogerThat', create_channel: `POST ${url}/api/channels` });
  for (const accept of ['text/html,application/xhtml+xml,*/*;q=0.8', '*/*', 'text/html, application/json;q=0.5']) {
    const page = await call(url, { path: '/', headers: { Accept: accept } });
    expect(page.headers['content-type']).toContain('text/html');
    expect(page.headers['link']).toBe('</llms.txt>; rel="alternate"; type="text/markdown"');
  }
});

test('R-SITE-2: without scripts the page says what it is and where to read on', async () => {
  await visiting(hub().url, { javaScriptEnabled: false }, async (page) => {
    await page.goto('/');
    expect(await page.locator('noscript').textContent()).toContain('llms.txt');
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toContain('walkie-talkie');
  });
});

describe.each(['light', 'dark'] as Scheme[])('R-SITE-8: in %s', (colorScheme) => {
  test('nothing hinders, on a wide screen and at 375 px', async () => {
    for (const [width, height] of [
      [1280, 860],
      [375, 780],
    ] as const) {
      await visiting(hub().url, { colorScheme, viewport: { width, height } }, async (page) => {
        const look = async (name: string): Promise<void> => {
          await expectNoSidewaysScroll(page);
          await expectAccessible(page);
          await picture(page, `landing-${name}-${colorScheme}-${width}`, true);
        };
        await page.goto('/');
        await page.getByText('Options').click();
        await look('form');
        await create(page);
        await look('created');
      });
    }
  });
});

test('R-SITE-9: it weighs less than 50 KB', async () => {
  const bytes = await weigh(hub().url, '/', 'form.create');
  console.log(`landing: ${bytes} bytes transferred`);
  expect(bytes).toBeGreaterThan(5_000);
  expect(bytes).toBeLessThan(50_000);
});
