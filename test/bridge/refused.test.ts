/** A bridge whose home remembers a token that the hub refuses as well. Proves R-CLI-18. */
import { expect, onTestFinished, test } from 'vitest';
import { Bridge } from '../../src/bridge/bridge.ts';
import type { KeptSeat } from '../../src/bridge/memory.ts';
import { HubClient } from '../../src/client/client.ts';
import { operations } from '../../src/operations/index.ts';
import { type Front, startFront } from '../harness/front.ts';
import { startHubProcess } from '../harness/process.ts';
import { until } from '../harness/until.ts';

interface Scene {
  readonly front: Front;
  /** As an owner of the channel, past the front. */
  rotate(): Promise<string>;
  ban(): Promise<unknown>;
  /** What the home remembers of the token from now on; resolves when the bridge has looked there often enough to act on it. */
  remember(token: string): Promise<void>;
  joins(): number;
}

/** Alpha has joined by a bridge. */
const scene = async (): Promise<Scene> => {
  const { port, url } = await startHubProcess();
  const front = await startFront(() => port);
  const direct = new HubClient(url);
  const { channel_id: channelId, join_token: token, owner_token: owner } = await direct.call('create_channel', {});
  const owned = { channelId, token: owner };
  let seat: KeptSeat | undefined;
  let looks = 0;
  const seats = (): KeptSeat[] => {
    looks++;
    return seat ? [seat] : [];
  };
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const bridge = new Bridge({
    client: new HubClient(front.url),
    memory: {
      seatOf: () => seat,
      seats,
      seatOfOwner: () => seat,
      keep(hub, state) {
        seat = { hub, ...state };
      },
      change(_, changes) {
        if (seat) seat = { ...seat, ...changes };
      },
      drop() {},
    },
    outbox: { list: () => [], put() {}, refuse() {}, remove() {} },
    signal: stop.signal,
    ringer: () => null,
    tokenMs: 1,
  });
  const join = operations.find(({ name }) => name === 'join')!;
  const proof = { transport: 'mcp', address: '', origin: url, requestId: '', channelId, channelToken: token };
  await bridge.perform(join, proof, { callsign: 'alpha' }, stop.signal);
  const looked = async (): Promise<void> => {
    const before = looks;
    await until(() => looks >= before + 20, 'looks at what is remembered');
  };
  return {
    front,
    rotate: async () => (await direct.call('rotate_token', {}, owned)).join_token,
    ban: () => direct.call('kick', { callsign: 'alpha', ban: true }, owned),
    async remember(next) {
      if (seat) seat = { ...seat, token: next };
      await looked();
    },
    joins: () => front.passed.filter((one) => one.endsWith('/join')).length,
  };
};

test('a token that is refused as well is shown once, and the next is tried', async () => {
  const { rotate, remember, joins, front } = await scene();
  const second = await rotate();
  const third = await rotate();
  await remember(second);
  expect(joins()).toBe(2);
  const before = front.passed.length;
  await remember(second);
  expect(front.passed.length).toBe(before);
  void remember(third);
  await until(() => joins() === 3, 'the join with the good one');
});

test('who is banned does not join again and again with a token that is good', async () => {
  const { ban, rotate, remember, joins, front } = await scene();
  await ban();
  void remember(await rotate());
  // The channel is watched on, since the ban may be lifted: at first, as the old token is refused, with the new one.
  await until(() => front.passed.filter((one) => one.includes('/stream')).length === 3, 'the third watch');
  expect(joins()).toBe(2);
});
