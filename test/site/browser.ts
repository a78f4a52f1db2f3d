/**
 * A real Chromium for the pages. Whatever a page does that it must not (a console error, a violation of its policy, a
 * request to another origin) fails the test that visited it.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import AxeBuilder from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { ROOT } from '../harness/built.ts';
import { afterEachFile } from '../harness/ends.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

/** Where the browser is: what CHROMIUM names, or the first that the path has. */
const executablePath = (): string => {
  const named = process.env['CHROMIUM'];
  if (named) return named;
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/usr/lib/chromium', '/snap/bin'];
  for (const name of NAMES) for (const folder of folders) if (existsSync(join(folder, name))) return join(folder, name);
  throw new Error('There is no Chromium. Install it (apt-get install chromium), or name it in CHROMIUM.');
};

let browser: Promise<Browser> | null = null;

const theBrowser = (): Promise<Browser> => {
  // As root there is no sandbox to be had; the pages are our own.
  browser ??= chromium.launch({ executablePath: executablePath(), args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
  return browser;
};

afterEachFile(async () => {
  await (await browser)?.close();
  browser = null;
});

/** What a browser says of itself when a request is refused or finds nobody, which a test may want. */
export const REFUSALS = /^Failed to load resource: /;

export interface VisitOptions extends BrowserContextOptions {
  /** Console errors that the test provokes. */
  readonly provokes?: RegExp;
  /** It asks other origins than its own, and is to be refused. */
  readonly strays?: true;
}

export type Scheme = 'light' | 'dark';

/** Opens a page in a browser that knows nothing, gives it away, and looks at what it has done. */
export const visiting = async (origin: string, options: VisitOptions, body: (page: Page) => Promise<void>): Promise<void> => {
  const { provokes, strays, ...context } = options;
  const opened = await (await theBrowser()).newContext({ baseURL: origin, reducedMotion: 'reduce', ...context });
  const offences: string[] = [];
  opened.on('page', (page) => {
    page.on('console', (message) => {
      const text = message.text();
      if (['error', 'warning'].includes(message.type()) && !provokes?.test(text)) offences.push(`console: ${text}`);
    });
    page.on('pageerror', (error) => offences.push(`page error: ${error.stack}`));
    page.on('request', (request) => {
      const url = request.url();
      if (!strays && !/^(?:data|blob|about):/.test(url) && new URL(url).origin !== origin)
        offences.push(`request to another origin: ${url}`);
      if (/rt_(?:join|owner|session|id)_/.test(url.split('#')[0] ?? '')) offences.push(`secret in a URL: ${url}`);
    });
    page.on('dialog', (dialog) => {
      offences.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
  });
  await opened.exposeFunction('reportViolation', (what: string) => offences.push(`policy: ${what}`));
  await opened.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
      (window as unknown as { reportViolation(what: string): void }).reportViolation(`${violatedDirective} ${blockedURI}`);
    });
  });
  try {
    await body(await opened.newPage());
    if (offences.length > 0) throw new Error(`the page misbehaved:\n${offences.join('\n')}`);
  } finally {
    await opened.close();
  }
};

/** Keeps a picture of what is on the screen, for whoever wants to look. */
export const picture = async (page: Page, name: string, fullPage = false): Promise<void> => {
  const folder = join(ROOT, '.test-results', 'screenshots');
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage });
};

/** Fails on what axe-core calls serious or critical. */
export const expectAccessible = async (page: Page): Promise<void> => {
  await page.evaluate(AxeBuilder.source);
  const found = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: typeof AxeBuilder };
    const { violations } = await axe.run(document, { resultTypes: ['violations'] });
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(' | ')}`);
  });
  if (found.length > 0) throw new Error(found.join('\n'));
};

/** What a page says of a refusal. Headers are for programs, which read the answers themselves. */
export const troubleOn = async (page: Page): Promise<string> => {
  const said = (await page.getByRole('alert').textContent()) ?? '';
  expect(said).not.toMatch(/Authorization|Bearer|X-[A-Z]/);
  return said;
};

/** Fails when something stands out to the right. */
export const expectNoSidewaysScroll = async (page: Page): Promise<void> => {
  const [wanted, there] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth] as const);
  expect(wanted).toBeLessThanOrEqual(there);
};

/** Bytes that came over the wire for a page, its headers left out. */
export const weigh = async (origin: string, path: string, ready: string): Promise<number> => {
  let bytes = 0;
  await visiting(origin, {}, async (page) => {
    const session = await page.context().newCDPSession(page);
    await session.send('Network.enable');
    const answers = new Map<string, { url: string; bytes: number }>();
    session.on('Network.responseReceived', ({ requestId, response }) => answers.set(requestId, { url: response.url, bytes: 0 }));
    session.on('Network.dataReceived', ({ requestId, encodedDataLength }) => {
      const answer = answers.get(requestId);
      if (answer) answer.bytes += encodedDataLength;
    });
    await page.goto(path);
    await page.waitForSelector(ready);
    await page.waitForLoadState('load');
    // What the hub says about itself is not the page's weight.
    for (const answer of answers.values()) if (!answer.url.includes('/api/')) bytes += answer.bytes;
  });
  return bytes;
};

/** A message in the console's log. */
export const line = (page: Page, text: string): Locator => page.locator('.message', { hasText: text });

/** Takes a seat in the console that is open. */
export const takeSeat = async (page: Page, callsign: string): Promise<void> => {
  await page.getByLabel('Your callsign').fill(callsign);
  await page.getByRole('button', { name: 'Join' }).click();
  await page.getByLabel('Message', { exact: true }).waitFor();
};
