/** A watcher of a channel where much is said while its agent sleeps. Proves R-BRIDGE-3. */
import { expect, onTestFinished, test } from 'vitest';
import { type WaitingMail, Watcher } from '../../src/bridge/watcher.ts';
import { HubClient } from '../../src/client/client.ts';
import { joinSeat, type Seat } from '../../src/client/seat.ts';
import { eventually } from '../harness/eventually.ts';
import { type Front, startFront } from '../harness/front.ts';
import { startHubProcess } from '../harness/process.ts';

interface Ring extends WaitingMail {
  /** How often the hub was asked about a message for it. */
  readonly asked: number;
}

interface Scene {
  readonly front: Front;
  readonly alpha: Seat;
  readonly rings: Ring[];
  /** How many more rings nobody hears. */
  unheard: number;
  /** Bravo speaks; resolves when alpha was rung for the last of it, with that ring. */
  say(count: number): Promise<Ring>;
}

const scene = async (...args: string[]): Promise<Scene> => {
  const { port, url } = await startHubProcess({ args });
  const front = await startFront(() => port);
  const direct = new HubClient(url);
  const { channel_id: channelId, join_token: token } = await direct.call('create_channel', {});
  const { seat: alpha } = await joinSeat(new HubClient(front.url), { channelId, token, callsign: 'alpha' });
  const { seat: bravo } = await joinSeat(direct, { channelId, token, callsign: 'bravo' });
  const rings: Ring[] = [];
  const unheard = { unheard: 0 };
  let before = 0;
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  await new Promise<void>((resolve) => {
    const watcher = new Watcher({
      seat: alpha,
      after: 0,
      againMs: 1,
      signal: stop.signal,
      connected: resolve,
      mail(waiting) {
        const asked = front.passed.filter((one) => one.includes('/messages/')).length;
        rings.push({ ...waiting, asked: asked - before });
        before = asked;
        return Promise.resolve(unheard.unheard-- <= 0);
      },
    });
    void watcher.run();
  });
  return Object.assign(unheard, {
    front,
    alpha,
    rings,
    async say(count: number) {
      let last = 0;
      for (let i = 0; i < count; i++) last = (await bravo.send({ to: i % 2 === 0 ? 'all' : 'alpha', message: `${i}` })).value.id;
      await eventually(`the ring for ${last}`, () => rings.at(-1)?.through === last);
      return rings.at(-1)!;
    },
  });
};

test('tells how much waits, and asks about a few of many messages', async () => {
  const { alpha, rings, say } = await scene();
  expect(await say(60)).toMatchObject({ count: 60 });
  expect(Math.max(...rings.map(({ asked }) => asked))).toBeLessThanOrEqual(7);
  // Another listener of the seat was given some of it.
  await alpha.client.call('listen', { timeout: 0, limit: 23 }, alpha.shown);
  expect(await say(1)).toMatchObject({ count: 38 });
  await alpha.client.call('listen', { timeout: 0, limit: 100 }, alpha.shown);
  expect(await say(1)).toMatchObject({ count: 1 });
});

test('does not count what has left the ring', async () => {
  const { say } = await scene('--limits', 'ringMessages=10');
  expect(await say(30)).toMatchObject({ count: 10 });
  expect(await say(5)).toMatchObject({ count: 10 });
});

test('a ring that nobody heard is repeated until one is heard, or the mail is', async () => {
  const here = await scene();
  here.unheard = 2;
  await here.say(1);
  await eventually('three rings', () => here.rings.length === 3);
  expect(here.rings.map(({ count, through }) => [count, through])).toEqual([1, 2, 3].map(() => [1, here.rings[0]?.through]));
  expect(await here.say(1)).toMatchObject({ count: 2 });
  expect(here.rings).toHaveLength(4);
  here.unheard = Number.POSITIVE_INFINITY;
  const { through } = await here.say(1);
  await here.alpha.client.call('listen', { timeout: 0 }, here.alpha.shown);
  here.unheard = 0;
  const last = await here.say(1);
  expect(last.through).toBeGreaterThan(through);
  expect(last).toMatchObject({ count: 1 });
});
