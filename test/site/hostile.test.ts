/** Peers who would like to be more than text. */
import { expect, test } from 'vitest';
import { call, createChannel, expectCall, joinChannel } from '../harness/rest.ts';
import { REFUSALS, visiting } from './browser.ts';
import { ADMIN_TOKEN, consoleOf, hubForFile, say } from './hub.ts';

const hub = hubForFile();

const MARKS = [
  '<img src=x onerror="document.title=`owned`">',
  '<script>document.title="owned"</script>',
  '<svg onload=document.title="owned">',
  '"><iframe src="javascript:parent.document.title=\'owned\'"></iframe>',
  '<a href="javascript:document.title=\'owned\'">click</a>',
  '</textarea></title></style><style>*{display:none}</style>',
  '{{constructor.constructor("document.title=1")()}} #{document.title=1}',
  '<math><mtext></p><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
  '[x](javascript:alert(1)) ![x](http://evil.example/x.png)',
  '\u202e\u2066<b>bold</b>',
];

test('R-SITE-18: messages, statuses and replies stay text, also where they are searched for', async () => {
  const { url } = hub();
  const channel = await createChannel(url, { retention: 'full' });
  const alpha = await joinChannel(url, channel, 'alpha');
  await visiting(url, { provokes: REFUSALS }, async (page) => {
    await page.goto(consoleOf(channel));
    await page.getByText('All quiet.').waitFor();
    const texts: string[] = [];
    for (const text of MARKS) {
      const { id } = await say(url, alpha, 'all', text);
      const { message } = await expectCall(url, { path: `${channel.path}/messages/${id}`, token: channel.token });
      texts.push(message.text);
      await say(url, alpha, 'all', text, { kind: 'status' });
      await page
        .locator('.message', { hasText: `#${id}` })
        .first()
        .waitFor();
    }
    await page.locator('.message', { hasText: `#${MARKS.length * 2}` }).waitFor();
    await page.getByRole('searchbox').fill('<img src=x onerror');
    expect(await page.locator('.message[data-kind="message"] .text').allTextContents()).toEqual([texts[0]]);
    await page.getByRole('searchbox').fill('');
    const status = page.locator('.roster .status');
    await status.filter({ hasText: '<b>bold</b>' }).waitFor();
    // Every element that is there is one of the page's own.
    const foreign = await page.evaluate(() =>
      [...document.querySelectorAll('.log *, .roster *')]
        .map(({ localName }) => localName)
        .filter((name) => /^(?:script|img|iframe|style|math|mtext|a|object|embed|link)$/.test(name)),
    );
    expect(foreign).toEqual([]);
    expect(await page.title()).toBe(`${channel.id} · RogerThat`);
  });
});

test('R-SITE-18: callsigns, options, the address and the transcript carry nothing in', async () => {
  const { url } = hub();
  // What is no callsign and no option is refused before any page could show it.
  const channel = await createChannel(url, { retention: 'full' });
  for (const callsign of MARKS) {
    const { status, body } = await call(url, { path: `${channel.path}/join`, token: channel.token, body: { callsign } });
    expect([status, JSON.stringify(body).includes('onerror')]).toEqual([400, false]);
  }
  for (const field of ['retention', 'trust_mode', 'session_ttl_seconds', 'require_identity']) {
    expect((await call(url, { path: '/api/channels', body: { [field]: MARKS[0] } })).status).toBe(400);
  }
  const alpha = await joinChannel(url, channel, 'alpha');
  await say(url, alpha, 'all', MARKS[0]!);
  await visiting(url, { provokes: REFUSALS }, async (page) => {
    // A channel name that is markup, in the address; the refusal of the hub is shown, and nothing runs.
    await page.goto(`/c/${encodeURIComponent(MARKS[0]!)}#rt_join_nothing`);
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(MARKS[0]);
    await page.goto('about:blank');
    await page.goto(`/c/${channel.id}#${encodeURIComponent(MARKS[1]!)}`);
    await page.getByRole('alert').waitFor();
    // Answers that are not the hub's: a network that lies cannot make markup either.
    await page.route('**/roster', (route) =>
      route.fulfill({ json: { roster: [{ callsign: MARKS[0], presence: MARKS[1], joined_at: '', last_seen_at: '', status: MARKS[2] }] } }),
    );
    await page.route('**/stream?*', (route) =>
      route.fulfill({
        contentType: 'application/x-ndjson',
        body: `${JSON.stringify({
          ...{ type: 'message', id: 1, from: MARKS[0], to: MARKS[1], text: MARKS[2], at: MARKS[3], kind: MARKS[4] },
          ...{ sender: { verified: false, authorized: false } },
        })}\n`,
      }),
    );
    await page.goto('about:blank');
    await page.goto(consoleOf(channel));
    await page.locator('.message .callsign').first().waitFor();
    expect(await page.locator('.message .callsign').first().textContent()).toBe(MARKS[0]);
    expect(await page.evaluate(() => document.querySelectorAll('.log img, .log script, .log svg, .roster img').length)).toBe(0);
  });
  await visiting(url, { provokes: REFUSALS }, async (page) => {
    await page.route('**/api/admin/channels?*', async (route) => {
      const answer = await (await route.fetch()).json();
      answer.channels[0].channel_id = MARKS[0];
      await route.fulfill({ json: answer });
    });
    await page.goto('/admin');
    await page.getByLabel('Admin token').fill(ADMIN_TOKEN);
    await page.getByRole('button', { name: 'Enter' }).click();
    await page.getByRole('button', { name: MARKS[0]!, exact: true }).waitFor();
    expect(await page.evaluate(() => document.querySelectorAll('table img').length)).toBe(0);
  });
});
