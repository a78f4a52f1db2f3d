/** The port: giving a message its id, its place in the ring, and its key. */
import { expect } from 'vitest';
import { everyEngine, hashOf } from '../harness/port.ts';

const DAY = 86_400_000;
const key = (name: string, content = 'x') => ({ key: { hash: hashOf(name), content: hashOf(content) } });

everyEngine('ids grow by one for each channel, in the order of the history, however many append at once', async (port) => {
  for (const retention of ['none', 'full'] as const) {
    const [one, two] = [await port.channel({ retention }), await port.channel({ retention })];
    await port.seats(one, 'alpha', 'bravo');
    const appended = await Promise.all(Array.from({ length: 40 }, (_, i) => port.append(one, i % 2 ? 'alpha' : 'bravo', 'all', `m${i}`)));
    expect(appended.map(({ message }) => message.id).sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
    const history = await port.engine.history(one.id, 100);
    expect(history.map(({ id }) => id)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
    for (const { message } of appended) expect(history[message.id - 1]).toEqual(message);
    expect((await port.append(two, 'alpha', 'all', 'first')).message.id).toBe(1);
  }
});

everyEngine('a message is what was said, when and by whom', async (port) => {
  const channel = await port.channel();
  await port.seats(channel, 'alpha');
  const sender = { verified: true, authorized: true };
  const { message } = await port.append(channel, 'alpha', 'bravo', 'hello', { replyTo: 7, sender });
  const at = new Date(port.clock.now()).toISOString();
  expect(message).toEqual({ id: 1, from: 'alpha', to: 'bravo', text: 'hello', at, reply_to: 7, sender });
  expect((await port.append(channel, 'alpha', 'all', 'busy', { kind: 'status' })).message).toMatchObject({ id: 2, kind: 'status' });
});

everyEngine('recipients are the members at that moment, with their presence just before', async (port) => {
  const channel = await port.channel();
  const { session } = await port.claim(channel, 'left');
  await port.engine.leave(channel.id, session.hash);
  await port.claim(channel, 'idle');
  port.clock.advance(60_000);
  await port.seats(channel, 'alpha', 'active', 'parked');
  port.engine.park(channel.id, 'parked');
  await port.append(channel, 'alpha', 'never', 'x');
  const all = await port.append(channel, 'alpha', 'all', 'x');
  expect(all.recipients).toEqual([
    { callsign: 'idle', presence: 'idle' },
    { callsign: 'active', presence: 'active' },
    { callsign: 'parked', presence: 'listening' },
  ]);
  expect(all.recipientCount).toBe(3);
  for (const [to, presence] of Object.entries({ never: 'offline', left: 'offline', parked: 'listening' })) {
    expect(await port.append(channel, 'alpha', to, 'x')).toMatchObject({ recipients: [{ callsign: to, presence }], recipientCount: 1 });
  }
});

everyEngine(
  'only so many recipients are listed, and all are counted',
  async (port) => {
    const channel = await port.channel();
    await port.seats(channel, 'alpha', 'b', 'c', 'd', 'e');
    const { recipients, recipientCount } = await port.append(channel, 'alpha', 'all', 'x');
    expect([recipients.length, recipientCount]).toEqual([2, 4]);
  },
  { limits: 'recipients=2' },
);

everyEngine('a key is one message, also when it is used at once, and one content', async (port) => {
  for (const retention of ['none', 'full'] as const) {
    const channel = await port.channel({ retention });
    await port.seats(channel, 'alpha', 'bravo');
    const at = port.clock.now();
    const same = await Promise.all(Array.from({ length: 5 }, () => port.append(channel, 'alpha', 'all', 'x', key('k'))));
    expect(same.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    expect(new Set(same.map(({ message }) => message.id))).toEqual(new Set([1]));
    port.clock.advance(1000);
    const later = await port.append(channel, 'alpha', 'all', 'x', key('k'));
    expect(later).toMatchObject({ duplicate: true, message: { id: 1, at: new Date(at).toISOString() }, recipientCount: 1 });
    await expect(port.append(channel, 'alpha', 'all', 'y', key('k', 'y'))).rejects.toMatchObject({ code: 'idempotency_conflict' });
    expect((await port.append(channel, 'bravo', 'all', 'y', key('k', 'y'))).duplicate).toBe(false);
    expect((await port.append(channel, 'alpha', 'all', 'x', key('other'))).duplicate).toBe(false);
    expect(await port.engine.history(channel.id, 10)).toHaveLength(3);
  }
});

everyEngine('a key is forgotten after a day', async (port) => {
  const channel = await port.channel({ retention: 'metadata' });
  await port.seats(channel, 'alpha');
  await port.append(channel, 'alpha', 'all', 'x', key('k'));
  port.clock.advance(DAY);
  await port.engine.sweep();
  expect((await port.append(channel, 'alpha', 'all', 'x', key('k'))).duplicate).toBe(true);
  port.clock.advance(1);
  await port.engine.sweep();
  expect((await port.append(channel, 'alpha', 'all', 'x', key('k'))).duplicate).toBe(false);
});

everyEngine('a status takes an id and is nowhere but in the roster', async (port) => {
  const channel = await port.channel({ retention: 'full' });
  await port.seats(channel, 'alpha', 'bravo');
  await port.append(channel, 'alpha', 'all', 'one');
  const { message, recipientCount } = await port.append(channel, 'alpha', 'all', 'busy', { kind: 'status' });
  expect([message.id, recipientCount]).toEqual([2, 1]);
  expect((await port.append(channel, 'alpha', 'all', 'two')).message.id).toBe(3);
  expect((await port.engine.history(channel.id, 10)).map(({ id }) => id)).toEqual([1, 3]);
  expect((await port.engine.roster(channel.id))[0]).toMatchObject({ callsign: 'alpha', status: 'busy' });
  expect((await port.engine.transcript(channel.id, 0, 100)).filter(({ type }) => type === 'message')).toHaveLength(2);
  expect(await port.engine.receipts(channel.id, 2)).toEqual({ message: null, receipts: [] });
});

everyEngine(
  'the ring holds the newest, by number and by size',
  async (port) => {
    const channel = await port.channel();
    await port.seats(channel, 'alpha');
    const ids = async () => (await port.engine.history(channel.id, 100)).map(({ id }) => id);
    for (let i = 0; i < 5; i++) await port.append(channel, 'alpha', 'all', 'x');
    expect(await ids()).toEqual([3, 4, 5]);
    await port.append(channel, 'alpha', 'all', 'x'.repeat(49));
    expect(await ids()).toEqual([5, 6]);
    await port.append(channel, 'alpha', 'all', 'é'.repeat(26));
    expect(await ids()).toEqual([7]);
    await port.append(channel, 'alpha', 'all', 'x');
    expect(await ids()).toEqual([8]);
    expect((await port.engine.history(channel.id, 1)).map(({ id }) => id)).toEqual([8]);
  },
  { limits: 'ringMessages=3,ringBytes=50' },
);
