/** A hub whose store was put back to an older state, under a console that stays open. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startHubProcess, temporaryDirectory } from '../harness/process.ts';
import { joinChannel } from '../harness/rest.ts';
import { REFUSALS, visiting } from './browser.ts';
import { consoleOf, say, talkOf } from './hub.ts';

test('R-SITE-17: what is said under ids that were given before is shown, beside what had them', async () => {
  const first = await startHubProcess({ args: ['--limits', 'off'] });
  const [channel, alpha] = await talkOf(first.url, { retention: 'full' }, 'alpha');
  await say(first.url, alpha!, 'all', 'Early.');
  await first.end('SIGTERM');
  const backup = join(temporaryDirectory(), 'backup');
  cpSync(first.directory, backup, { recursive: true });
  const args = ['--limits', 'off', '--port', String(first.port)];
  const second = await startHubProcess({ directory: first.directory, args });
  await visiting(second.url, { provokes: REFUSALS }, async (page) => {
    await page.goto(consoleOf(channel));
    const texts = page.locator('.message .text');
    for (const text of ['Lost one.', 'Lost two.']) await say(second.url, alpha!, 'all', text);
    await page.locator('.message', { hasText: 'Lost two.' }).waitFor();
    await second.end('SIGKILL');
    const third = await startHubProcess({ directory: backup, args });
    await page.locator('.note', { hasText: 'The connection was lost for' }).waitFor();
    const again = await joinChannel(third.url, channel, 'alpha');
    for (const text of ['Second one.', 'Second two.', 'Second three.']) await say(third.url, again, 'all', text);
    await page.locator('.message', { hasText: 'Second three.' }).waitFor();
    expect(await texts.allTextContents()).toEqual(['Early.', 'Lost one.', 'Lost two.', 'Second one.', 'Second two.', 'Second three.']);
    expect(await page.locator('.gap').allTextContents()).toEqual([expect.stringContaining('rolled back')]);
    // Receipts are those of the message that has the id now.
    await page.locator('.message', { hasText: 'Second one.' }).locator('.receipts', { hasText: 'nobody to hear it' }).waitFor();
  });
});
