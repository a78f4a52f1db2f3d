/** The port: what is owed to webhooks, who may deliver it, and until when. */
import { expect } from 'vitest';
import { type Claimed, ROTATED, type Webhook } from '../../src/core/webhooks.ts';
import { everyEngine, hashOf, type Port } from '../harness/port.ts';

const LEASE = 30_000;
const SECRET = 'key.sealed';

let made = 0;

const hookOf = (channelId: string, fields: Partial<Webhook> = {}): Webhook => ({
  ...{ id: `wh_${++made}`, channelId, url: 'http://127.0.0.1/', events: ['message.created'], callsign: null },
  ...{ secret: SECRET, byOwner: true, createdAt: made, disabled: null },
  ...fields,
});

const due = async (port: Port, limit = 100): Promise<readonly Claimed[]> => (await port.engine.claimDue(LEASE, limit)).claimed;

const idOf = ({ data }: Claimed): number | undefined => data.message?.id;

/** Records an attempt that went as the verdict says. */
const settle = (port: Port, claimed: Claimed, verdict: Parameters<Port['engine']['settle']>[2]): Promise<void> => {
  const well = verdict.state === 'delivered';
  const attempt = { at: port.clock.now(), tookMs: 5, status: well ? 200 : 500, reason: well ? null : 'answered 500' };
  return port.engine.settle(claimed, attempt, verdict);
};

const scene = async (port: Port, fields: Partial<Webhook> = {}) => {
  const channel = await port.channel();
  await port.seats(channel, 'alpha', 'bravo');
  const hook = hookOf(channel.id, fields);
  await port.engine.addWebhook(hook, null);
  return { channel, hook };
};

everyEngine('a delivery is claimed by one at a time, and again when the lease ends', async (port) => {
  const { channel, hook } = await scene(port);
  await port.append(channel, 'alpha', 'bravo', 'one');
  const [first] = await due(port);
  expect(first).toMatchObject({
    hook,
    delivery: { webhookId: hook.id, state: 'pending', attempts: [] },
    data: { message: { text: 'one' } },
  });
  port.clock.advance(LEASE - 1);
  expect(await port.engine.claimDue(LEASE, 100)).toEqual({ claimed: [], nextMs: 1 });
  port.clock.advance(1);
  const [second] = await due(port);
  expect(second?.delivery.id).toBe(first?.delivery.id);
  expect(second?.lease).not.toBe(first?.lease);
  // Too late: it is another's.
  await settle(port, first!, { state: 'delivered' });
  expect((await port.engine.deliveries(channel.id, hook.id, 9))?.[0]).toMatchObject({ state: 'pending', attempts: [] });
  await settle(port, second!, { state: 'delivered' });
  expect((await port.engine.deliveries(channel.id, hook.id, 9))?.[0]).toMatchObject({ state: 'delivered', nextAt: null });
  expect(await port.engine.claimDue(LEASE, 100)).toEqual({ claimed: [], nextMs: null });
});

everyEngine('of a hook the oldest due one is claimed, and no other meanwhile', async (port) => {
  const { channel } = await scene(port);
  const other = await scene(port);
  for (const text of ['one', 'two', 'three']) await port.append(channel, 'alpha', 'all', text);
  await port.append(other.channel, 'alpha', 'all', 'one');
  const [one, elsewhere] = await due(port);
  expect([idOf(one!), one!.data.channel_id]).toEqual([1, channel.id]);
  expect(elsewhere?.data.channel_id).toBe(other.channel.id);
  expect(await due(port)).toEqual([]);
  await settle(port, one!, { state: 'retry', inMs: 1000 });
  const [two] = await due(port);
  expect(idOf(two!)).toBe(2);
  await settle(port, two!, { state: 'delivered' });
  port.clock.advance(1000);
  // Due again, and older than the third.
  expect((await due(port)).map(idOf)).toEqual([1]);
});

everyEngine('a limit is kept, and whoever was served last comes last', async (port) => {
  const scenes = [await scene(port), await scene(port), await scene(port)];
  for (const { channel } of scenes) for (const text of ['one', 'two']) await port.append(channel, 'alpha', 'all', text);
  const served: string[] = [];
  for (let i = 0; i < 6; i++) {
    const { claimed, nextMs } = await port.engine.claimDue(LEASE, 1);
    expect(claimed).toHaveLength(1);
    if (i === 0) expect(nextMs).toBe(0);
    served.push(claimed[0]!.hook.id);
    await settle(port, claimed[0]!, { state: 'delivered' });
  }
  const ids = scenes.map(({ hook }) => hook.id);
  expect(served).toEqual([...ids, ...ids]);
});

everyEngine('what is due is told once it is stored, and what is not is not', async (port) => {
  let told = 0;
  port.engine.onDue(() => {
    told++;
  });
  const { channel } = await scene(port);
  await port.append(channel, 'alpha', 'bravo', 'one');
  expect(told).toBeGreaterThan(0);
  const quiet = await port.channel();
  await port.seats(quiet, 'alpha');
  const before = told;
  await port.append(quiet, 'alpha', 'bravo', 'one');
  expect(told).toBe(before);
});

everyEngine('a disabled hook is owed nothing, and keys tell which must be', async (port) => {
  const { channel, hook } = await scene(port);
  const other = hookOf(channel.id, { secret: 'other.sealed' });
  await port.engine.addWebhook(other, null);
  await port.append(channel, 'alpha', 'bravo', 'one');
  expect(await port.engine.disableWebhooks(['other', 'third'], 'lost')).toBe(1);
  expect(await port.engine.disableWebhooks(['other'], 'lost again')).toBe(0);
  expect((await port.engine.webhooks(channel.id)).map(({ disabled }) => disabled)).toEqual(['lost', null]);
  expect((await due(port)).map((one) => one.hook.id)).toEqual([other.id]);
  expect((await port.engine.deliveries(channel.id, hook.id, 9))?.[0]).toMatchObject({ state: 'failed', attempts: [] });
});

everyEngine('a removed hook takes what it is owed along, also what is under way', async (port) => {
  const { channel, hook } = await scene(port);
  await port.append(channel, 'alpha', 'bravo', 'one');
  const [claimed] = await due(port);
  expect(await port.engine.removeWebhook(channel.id, hook.id)).toBe(true);
  expect(await port.engine.removeWebhook(channel.id, hook.id)).toBe(false);
  await settle(port, claimed!, { state: 'retry', inMs: 1 });
  port.clock.advance(LEASE);
  expect(await port.engine.claimDue(LEASE, 9)).toEqual({ claimed: [], nextMs: null });
  expect(await port.engine.deliveries(channel.id, hook.id, 9)).toBeUndefined();
});

everyEngine(
  'hooks and deliveries come back, without texts that are not kept, and due at once',
  async (port) => {
    for (const how of ['stop', 'crash'] as const) {
      const { channel, hook } = await scene(port);
      await port.append(channel, 'alpha', 'bravo', 'one');
      const [claimed] = await due(port);
      await settle(port, claimed!, { state: 'retry', inMs: 25_000 });
      await port.append(channel, 'alpha', 'bravo', 'two');
      await port.engine.claimDue(4_000, 9);
      await port.reopen(how, 5_000);
      expect(await port.engine.webhooks(channel.id)).toEqual([hook]);
      // The lease died with its holder, or is over; the wait went on.
      const again = await due(port);
      expect(again.map(({ data }) => data.message)).toEqual([{ id: 2, text: null }]);
      await settle(port, again[0]!, { state: 'delivered' });
      const { nextMs } = await port.engine.claimDue(LEASE, 9);
      expect(nextMs).toBe(20_000);
      port.clock.advance(20_000);
      const [first] = await due(port);
      expect(first?.delivery).toMatchObject({ id: claimed!.delivery.id, attempts: [{ status: 500 }] });
      await settle(port, first!, { state: 'delivered' });
    }
  },
  { durable: true },
);

everyEngine(
  'a wall clock that jumped while it was away does not put off what waits',
  async (port) => {
    const { channel } = await scene(port);
    await port.append(channel, 'alpha', 'bravo', 'one');
    const [claimed] = await due(port);
    await settle(port, claimed!, { state: 'retry', inMs: 1_000 });
    await port.reopen('stop', -7_200_000);
    expect((await port.engine.claimDue(LEASE, 9)).nextMs).toBeLessThanOrEqual(60_000);
  },
  { durable: true },
);

everyEngine("a hook goes with the join token that it was made with, unless it is the owner's", async (port) => {
  const { channel, hook: owned } = await scene(port);
  const joined = hookOf(channel.id, { byOwner: false });
  await port.engine.addWebhook(joined, channel.joinTokenHash);
  // As versions before kept them.
  const unknown = hookOf(channel.id, { byOwner: undefined as never });
  await port.engine.addWebhook(unknown, null);
  await port.append(channel, 'alpha', 'bravo', 'one');
  const claimed = await due(port);
  expect(claimed).toHaveLength(3);
  await port.engine.rotateToken(channel.id, hashOf('another'));
  expect((await port.engine.webhooks(channel.id)).map(({ id, disabled }) => [id, disabled])).toEqual([
    [owned.id, null],
    [joined.id, ROTATED],
    [unknown.id, ROTATED],
  ]);
  // What is under way at that moment is no delivery any more, and nothing else is due.
  for (const one of claimed) await settle(port, one, { state: 'delivered' });
  const states = await Promise.all([owned, joined, unknown].map(({ id }) => port.engine.deliveries(channel.id, id, 9)));
  expect(states.map((list) => list?.map(({ state }) => state))).toEqual([['delivered'], ['failed'], ['failed']]);
  expect(await port.engine.claimDue(LEASE, 100)).toEqual({ claimed: [], nextMs: null });
  // One that was on its way when the token changed is not made.
  const late = port.engine.addWebhook(hookOf(channel.id, { byOwner: false }), channel.joinTokenHash);
  await expect(late).rejects.toMatchObject({ code: 'unauthorized' });
  expect(await port.engine.webhooks(channel.id)).toHaveLength(3);
});

everyEngine(
  'what is asked of a hook, or a channel, that is just being taken away leaves nothing behind',
  async (port) => {
    const { channel, hook } = await scene(port);
    await Promise.all([port.engine.claimTest(channel.id, hook.id, LEASE), port.engine.removeWebhook(channel.id, hook.id)]);
    for (const erase of [true, false]) {
      const { id } = await port.channel();
      await Promise.allSettled([port.engine.closeChannel(id, erase), port.engine.addWebhook(hookOf(id), null)]);
    }
    await port.reopen('crash');
    expect(await port.engine.hookCounts()).toMatchObject({ armed: 0, disabled: 0, waiting: 0 });
  },
  { durable: true },
);

everyEngine('a closed channel takes no hook', async (port) => {
  const { channel } = await scene(port);
  await port.engine.closeChannel(channel.id, false);
  await expect(port.engine.addWebhook(hookOf(channel.id), null)).rejects.toMatchObject({ code: 'unauthorized' });
});
