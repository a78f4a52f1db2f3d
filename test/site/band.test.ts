/** A public band of a hub that asks for its token: what the console says of it. */
import { expect, test } from 'vitest';
import { visiting } from './browser.ts';
import { hubForFile } from './hub.ts';

const TOKEN = 'a-hub-token-for-tests';
const hub = hubForFile(['--token', TOKEN]);

test('R-SITE-10: at the door it says which token a band takes, and tells nobody that token', async () => {
  const { url } = hub();
  await visiting(url, {}, async (page) => {
    await page.goto('/c/help');
    await page.getByText('a public band takes the token of the hub').waitFor();
    await page.getByLabel('The join token of this channel').fill(TOKEN);
    await page.getByRole('button', { name: 'Tune in' }).click();
    await page.getByText('Nobody is on the air yet.').waitFor();
    const invitation = await page.locator('.empty pre').textContent();
    expect(invitation).toContain('It is a public band; your human has the token that this hub asks for.');
    expect(invitation).not.toContain(TOKEN);
  });
});
