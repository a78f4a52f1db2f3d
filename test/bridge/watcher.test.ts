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
  readonly watcher: Watcher;
  readonly rings: Ring[];
  /** How many more rings nobody hears. */
  unheard: number;
  /** Bravo speaks; resolves when alpha was rung for the last of it, with that ring. */
  say(count: number): Promise<Ring>;
}

const scene = async (args: readonly string[] = [], againMs = 1): Promise<Scene> => {
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
  const watcher = await new Promise<Watcher>((resolve) => {
    const made: Watcher = new Watcher({
      seat: alpha,
      after: 0,
      againMs,
      signal: stop.signal,
      connected: () => resolve(made),
      mail(waiting) {
        const asked = front.passed.filter((one) => one.includes('/messages/')).length;
        rings.push({ ...waiting, asked: asked - before });
        before = asked;
        return Promise.resolve(unheard.unheard-- <= 0);
      },
    });
    void made.run();
  });
  return Object.assign(unheard, {
    front,
    alpha,
    watcher,
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
  const { say } = await scene(['--limits', 'ringMessages=10']);
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

test('once the agent has listened, nothing waits for a ring that reached nobody before', async () => {
  const here = await scene([], 3600_000);
  here.unheard = 1;
  const { through } = await here.say(1);
  here.watcher.heard(through);
  const second = await here.say(1);
  expect(second.count).toBe(1);
  // Nor for one that was heard, when more came since.
  const { channelId, token, callsign } = here.alpha.state;
  const { seat: charlie } = await joinSeat(here.alpha.client, { channelId, token, callsign: 'charlie' });
  const { value: third } = await charlie.send({ to: callsign, message: 'more' });
  here.watcher.heard(second.through);
  await eventually('the ring for what came since', () => here.rings.at(-1)?.through === third.id);
  here.watcher.heard(third.id);
  // A listen that took only some of it.
  here.unheard = 1;
  const fourth = await here.say(2);
  here.watcher.heard(fourth.through - 1);
  await eventually('the ring for the rest', () => here.rings.filter((one) => one.through === fourth.through).length === 2);
});

test('rings that reach nobody come later each time', async () => {
  const here = await scene([], 200);
  here.unheard = Number.POSITIVE_INFINITY;
  const times: number[] = [];
  const push = here.rings.push.bind(here.rings);
  here.rings.push = (ring) => {
    times.push(performance.now());
    return push(ring);
  };
  await here.say(1);
  await eventually('four rings', () => times.length === 4);
  // Never sooner than that, however slow the machine is.
  for (const [i, least] of [200, 400, 800].entries()) expect(times[i + 1]! - times[i]!).toBeGreaterThan(least - 2);
});
