/** The line to the hub: what the console says when it breaks, and what it has when it is back. */
import { createConnection, createServer, type Socket } from 'node:net';
import { afterAll, expect, test } from 'vitest';
import { eventually } from '../harness/eventually.ts';
import { startHubProcess } from '../harness/process.ts';
import { createChannel, expectCall } from '../harness/rest.ts';
import { picture, REFUSALS, troubleOn, visiting } from './browser.ts';
import { consoleOf, say, talkOf } from './hub.ts';

interface TestLine {
  readonly port: number;
  cut(): void;
  /** Connections stay, and what is sent over them goes nowhere: until it is mended, for new ones. */
  swallow(): void;
  mend(): void;
  to(port: number): void;
}

/** A line to a hub that can be cut and mended; its port is the one that people know. */
const openLine = async (): Promise<TestLine> => {
  let target = 0;
  let whole = true;
  let swallows = false;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    if (!whole) {
      socket.destroy();
      return;
    }
    if (swallows) {
      sockets.add(socket);
      socket.resume();
      socket.on('error', () => {});
      return;
    }
    const hub = createConnection(target, '127.0.0.1');
    for (const [one, other] of [
      [socket, hub],
      [hub, socket],
    ] as const) {
      sockets.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    whole = false;
    for (const socket of sockets) socket.destroy();
  };
  afterAll(() => {
    cut();
    server.close();
  });
  return {
    port: (server.address() as { port: number }).port,
    cut,
    swallow: () => {
      swallows = true;
      for (const socket of sockets) socket.unpipe().resume();
    },
    mend: () => {
      whole = true;
      swallows = false;
    },
    to: (port) => {
      target = port;
    },
  };
};

const line = await openLine();
const startHub = (directory?: string) =>
  startHubProcess({
    args: ['--limits', 'off,ringMessages=5', '--allow-host', `127.0.0.1:${line.port}`],
    ...(directory === undefined ? {} : { directory }),
  });

test('R-SITE-17: it says that the line is lost, goes on where it stopped, and says what was missed', async () => {
  const hub = await startHub();
  line.to(hub.port);
  const [channel, alpha] = await talkOf(hub.url, {}, 'alpha');
  await visiting(`http://127.0.0.1:${line.port}`, { provokes: REFUSALS }, async (page) => {
    const message = (text: string) => page.locator('.message', { hasText: text });
    const under = new Set<object>();
    page.on('request', (request) => request.url().includes('/stream') && under.add(request));
    page.on('requestfailed', (request) => under.delete(request));
    await page.clock.install();
    await page.goto(consoleOf(channel));
    await page.locator('.line-state', { hasText: 'On the air' }).waitFor();
    await say(hub.url, alpha!, 'all', 'Before.');
    await message('Before.').waitFor();

    line.cut();
    await page.locator('.line-state', { hasText: /Connection lost\. (?:Trying again in \d+ s|Reconnecting…)/ }).waitFor();
    expect(await page.getByRole('status').first().textContent()).toContain('Connection lost');
    await picture(page, 'console-lost');
    await say(hub.url, alpha!, 'all', 'While away.');
    // Its timers stand still and nothing is under way: it is the click that brings it back.
    await page.clock.pauseAt(Date.now() + 3_600_000);
    // What it began before is known here when it answers this.
    await page.evaluate('0');
    await eventually('its last attempt to end', () => under.size === 0);
    line.mend();
    await page.getByRole('button', { name: 'Try now' }).click();
    await message('While away.').waitFor();
    await page.clock.resume();
    await page.locator('.line-state', { hasText: 'On the air' }).waitFor();
    expect(await page.locator('.note', { hasText: 'The connection was lost for' }).count()).toBe(1);
    expect(await page.locator('.gap').count()).toBe(0);

    line.cut();
    await page.locator('.line-state', { hasText: 'Connection lost' }).waitFor();
    for (let n = 0; n < 9; n++) await say(hub.url, alpha!, 'all', `Number ${n}.`);
    line.mend();
    // By itself, without anybody's hand.
    await message('Number 8.').waitFor();
    expect(await page.locator('.gap').textContent()).toContain('Up to 4 messages left the channel’s memory');
    expect(await message('Number 3.').count()).toBe(0);
    expect(await page.locator('.message').count()).toBe(7);
    await picture(page, 'console-gap');
  });
});

test('R-SITE-17: a line that takes everything and gives nothing is given up, and a page does not hang on it', async () => {
  const hub = await startHub();
  line.to(hub.port);
  const [channel, alpha] = await talkOf(hub.url, {}, 'alpha');
  await visiting(`http://127.0.0.1:${line.port}`, { provokes: REFUSALS }, async (page) => {
    const state = (text: string) => page.locator('.line-state', { hasText: text });
    const field = page.getByLabel('Message', { exact: true });
    await page.clock.install();
    await page.goto(consoleOf(channel));
    await state('On the air').waitFor();
    await page.getByLabel('Your callsign').fill('base');
    await page.getByRole('button', { name: 'Join' }).click();
    await field.fill('Is anybody there?');

    line.swallow();
    const sent = page.waitForRequest('**/send');
    await field.press('Enter');
    await sent;
    await say(hub.url, alpha!, 'all', 'While away.');
    // What was said is not known to have arrived, and stays.
    await page.clock.runFor(21_000);
    await page.getByRole('alert').filter({ hasText: 'The hub does not answer.' }).waitFor();
    expect(await field.inputValue()).toBe('Is anybody there?');
    // The silence of the line is noticed, and an attempt that is swallowed is not the last one.
    const attempt = (): Promise<unknown> => page.waitForRequest((request) => request.url().includes('/stream'));
    let next = attempt();
    await page.clock.runFor(21_000);
    await state('Connection lost').waitFor();
    expect(await page.locator('.roster .where').first().textContent()).toBe('As it was while this page was on the air.');
    await page.clock.runFor(1_000);
    await next;
    next = attempt();
    await page.clock.runFor(40_000);
    await next;
    // Nor does it keep anybody from trying at once.
    next = attempt();
    await page.getByRole('button', { name: 'Try now' }).click();
    await next;
    line.mend();
    await page.clock.runFor(40_000);
    await page.locator('.message', { hasText: 'While away.' }).waitFor();
    // Since it was heard the last time, not since it was noticed.
    await page.locator('.note', { hasText: /The connection was lost for \d min\./ }).waitFor();
    await page.getByRole('button', { name: 'Send' }).click();
    await page.locator('.message', { hasText: 'Is anybody there?' }).waitFor();
  });
});

test('R-SITE-17: a hub that restarted is met again, and what its memory lost is said', async () => {
  const first = await startHub();
  line.to(first.port);
  const [channel, alpha] = await talkOf(first.url, {}, 'alpha');
  await visiting(`http://127.0.0.1:${line.port}`, { provokes: REFUSALS }, async (page) => {
    await page.goto(consoleOf(channel));
    await say(first.url, alpha!, 'all', 'Before.');
    await page.locator('.message', { hasText: 'Before.' }).waitFor();
    await say(first.url, alpha!, 'all', 'Still before.');
    await page.locator('.message', { hasText: 'Still before.' }).waitFor();
    await first.end('SIGTERM');
    await page.locator('.line-state', { hasText: 'Connection lost' }).waitFor();
    const second = await startHub(first.directory);
    line.to(second.port);
    await page.locator('.note', { hasText: 'The connection was lost for' }).waitFor();
    await say(second.url, alpha!, 'all', 'After.');
    await page.locator('.message', { hasText: 'After.' }).waitFor();
    // What was heard stays.
    expect(await page.locator('.message').count()).toBe(3);
  });
});

test('R-SITE-17: a token that opens nothing any more is not shown again', async () => {
  const hub = await startHub();
  line.to(hub.port);
  const [channel, alpha] = await talkOf(hub.url, {}, 'alpha', 'bravo');
  await say(hub.url, alpha!, 'bravo', 'Is anybody there?');
  await visiting(`http://127.0.0.1:${line.port}`, { provokes: REFUSALS }, async (page) => {
    await page.clock.install();
    let receipts = 0;
    page.on('request', (request) => {
      if (request.url().includes('/messages/')) receipts++;
    });
    await page.goto(consoleOf(channel));
    await page.locator('.message', { hasText: 'Is anybody there?' }).waitFor();
    await page.clock.runFor(60_000);
    await expect.poll(() => receipts).toBeGreaterThan(0);
    await expectCall(hub.url, { path: `${channel.path}/rotate-token`, token: channel.ownerToken, body: {} });
    await page.locator('.line-state', { hasText: 'Off the air' }).waitFor();
    const before = receipts;
    await page.clock.runFor(120_000);
    // Whatever the page asks for goes out before this.
    await page.evaluate(() => fetch('/healthz').then((answer) => answer.text()));
    expect(receipts).toBe(before);
  });
});

test('R-SITE-17: a token that opens nothing is no matter of trying again', async () => {
  const hub = await startHub();
  line.to(hub.port);
  const channel = await createChannel(hub.url);
  await visiting(`http://127.0.0.1:${line.port}`, { provokes: REFUSALS }, async (page) => {
    let asked = 0;
    page.on('request', (request) => {
      if (request.url().includes('/stream')) asked++;
    });
    await page.goto(consoleOf({ ...channel, token: 'rt_join_of-another-channel' }));
    expect(await troubleOn(page)).toMatch(/token is wrong.*Whoever gave you the token/);
    expect(asked).toBe(1);
    expect(await expectCall(hub.url, { path: channel.path, token: channel.token })).toMatchObject({ channel_id: channel.id });
  });
});
