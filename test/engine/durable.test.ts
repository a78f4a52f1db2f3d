/** The port: what an engine finds again after its process ended. */
import { expect } from 'vitest';
import { after, at, BARE, everyEngine, hashOf, heard } from '../harness/port.ts';

const ENDS = ['stop', 'crash'] as const;
const DURABLE = { durable: true };
const HOUR = 3_600_000;

everyEngine(
  'channels, identities, seats, sessions, tombstones and keys',
  async (port) => {
    for (const retention of ['none', 'metadata', 'prompts', 'full'] as const) {
      for (const how of ENDS) {
        const channel = await port.channel({ retention, trustMode: 'trusted', requireIdentity: true, sessionTtlMs: 60_000 });
        const identity = port.identity(`${retention} ${how}`);
        const { session: old } = await port.claim(channel, 'gone', { newIdentity: port.identity(`gone ${retention} ${how}`) });
        port.clock.advance(60_000);
        expect((await port.engine.session(channel.id, old.hash)).state).toBe('expired');
        const { session, nonce } = await port.claim(channel, 'alpha', { newIdentity: identity, authorized: true });
        const key = { key: { hash: hashOf('k'), content: hashOf('x') } };
        const { message } = await port.append(channel, 'alpha', 'all', 'x', key);
        await port.reopen(how, 1000);
        expect(await port.engine.channel(channel.id)).toEqual(channel);
        expect(await port.engine.identity(identity.keyHash)).toEqual(identity);
        const found = await port.engine.session(channel.id, session.hash);
        expect(found).toMatchObject({ state: 'live', session: { callsign: 'alpha', sender: { verified: true, authorized: true } } });
        expect((await port.engine.session(channel.id, old.hash)).state).toBe('expired');
        expect(await port.append(channel, 'alpha', 'all', 'x', key)).toMatchObject({
          duplicate: true,
          message: { id: message.id, at: message.at },
        });
        const claimed = await port.claim(channel, 'alpha', { identityId: identity.id });
        expect([claimed.resumed, claimed.nonce]).toEqual([true, nonce]);
        await expect(port.claim(channel, 'alpha', { identityId: 'id_other' })).rejects.toMatchObject({ code: 'callsign_taken' });
      }
    }
  },
  DURABLE,
);

everyEngine(
  'ids are never given twice, statuses and crashes among them',
  async (port) => {
    for (const retention of ['none', 'full'] as const) {
      const channel = await port.channel({ retention });
      await port.seats(channel, 'alpha');
      const ids: number[] = [];
      for (let i = 0; i < 6; i++) {
        ids.push((await port.append(channel, 'alpha', 'all', 'x')).message.id);
        ids.push((await port.append(channel, 'alpha', 'all', 'busy', { kind: 'status' })).message.id);
        await port.reopen(i % 2 ? 'crash' : 'stop');
      }
      expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
    }
  },
  DURABLE,
);

everyEngine(
  'the ring of a full channel, with what each mailbox was given of it',
  async (port) => {
    for (const how of ENDS) {
      const channel = await port.channel({ retention: 'full' });
      await port.seats(channel, 'alpha', 'bravo', 'charlie');
      for (const text of ['one', 'two', 'three']) await port.append(channel, 'alpha', 'all', text);
      const slice = await port.hear(channel, 'bravo', BARE, { limit: 2 });
      await port.hear(channel, 'charlie', after(1));
      const before = await port.engine.history(channel.id, 100);
      port.clock.advance(1000);
      await port.reopen(how);
      expect(await port.engine.history(channel.id, 100)).toEqual(before);
      const { unconfirmed, pending, gap } = await port.claim(channel, 'bravo');
      expect([unconfirmed.map(({ message }) => message.text), pending, gap]).toEqual([['one', 'two'], 1, null]);
      expect(heard(await port.hear(channel, 'bravo', at(slice!.cursor)))).toEqual(['three']);
      expect(heard(await port.hear(channel, 'charlie'))).toEqual(['(two)', '(three)']);
    }
  },
  DURABLE,
);

everyEngine(
  'where texts are not kept: the numbers, and a gap for each who had not confirmed',
  async (port) => {
    for (const how of ENDS) {
      const channel = await port.channel({ retention: 'metadata' });
      await port.seats(channel, 'alpha', 'bravo', 'charlie');
      for (const text of ['one', 'two', 'three']) await port.append(channel, 'alpha', 'all', text);
      await port.engine.acknowledge(channel.id, 'bravo', after(1));
      await port.engine.acknowledge(channel.id, 'charlie', after(3));
      port.clock.advance(1000);
      await port.reopen(how);
      expect(await port.engine.history(channel.id, 100)).toEqual([]);
      expect((await port.claim(channel, 'bravo')).gap).toEqual({ reason: 'rotated', missed_at_most: 2, oldest: null });
      expect((await port.claim(channel, 'charlie')).gap).toBeNull();
      expect((await port.claim(channel, 'alpha')).gap).toBeNull();
      expect((await port.append(channel, 'alpha', 'all', 'four')).message.id).toBe(4);
    }
  },
  DURABLE,
);

everyEngine(
  'idle time and the age of keys and tombstones go on over the time it was away',
  async (port) => {
    const channel = await port.channel({ retention: 'metadata', sessionTtlMs: 60_000 });
    const { session } = await port.claim(channel, 'alpha');
    const key = { key: { hash: hashOf('k'), content: hashOf('x') } };
    await port.append(channel, 'alpha', 'all', 'x', key);
    await port.reopen('stop', 30_000);
    expect((await port.engine.session(channel.id, session.hash)).state).toBe('live');
    await port.reopen('stop', 60_000);
    expect((await port.engine.session(channel.id, session.hash)).state).toBe('expired');
    await port.reopen('stop', HOUR);
    expect((await port.engine.session(channel.id, session.hash)).state).toBe('unknown');
    await port.reopen('stop', 22 * HOUR);
    await port.engine.sweep();
    expect((await port.append(channel, 'alpha', 'all', 'x', key)).duplicate).toBe(true);
    await port.reopen('stop', HOUR);
    await port.engine.sweep();
    expect((await port.append(channel, 'alpha', 'all', 'x', key)).duplicate).toBe(false);
  },
  DURABLE,
);

everyEngine(
  'channels that a sweep removed stay away',
  async (port) => {
    const [gone, kept] = [await port.channel(), await port.channel({ retention: 'full' })];
    await port.seats(gone, 'alpha');
    port.clock.advance(25 * HOUR);
    expect(await port.engine.sweep()).toEqual([gone.id]);
    port.clock.advance(1000);
    await port.reopen('crash');
    expect(await port.engine.channel(gone.id)).toBeUndefined();
    expect(await port.engine.channel(kept.id)).toEqual(kept);
    expect(await port.engine.channelCount()).toBe(1);
    // A channel with a transcript goes too, and nothing of it comes back in the next one.
    await port.seats(kept, 'bravo');
    await port.append(kept, 'bravo', 'all', 'gone with its channel');
    port.clock.advance(8 * 24 * HOUR);
    expect(await port.engine.sweep()).toEqual([kept.id]);
    port.clock.advance(1000);
    await port.reopen('stop');
    const next = await port.channel({ retention: 'full' });
    expect((await port.engine.transcript(next.id, 0, 100)).map(({ type }) => type)).toEqual(['channel_created']);
    expect(await port.engine.counts(next.id)).toEqual({ members: 0, listening: 0, messages: 0, head: 0 });
  },
  DURABLE,
);
