/**
 * An engine that writes more than it likes to leave lying about: whatever it tidies up, a crash finds everything. Only for
 * one that has such a journal: with Redis, tidying up is the server's.
 */
import { expect } from 'vitest';
import { everyEngine } from '../harness/port.ts';

const names = Array.from({ length: 1_000 }, (_, i) => `a${i}`);
/** With so many mailboxes changed so often, the local engine's journal is past its bound (4 MiB). */
const ROUNDS = 60;

everyEngine(
  'positions of many seats, wherever in its tidying up the process dies',
  async (port) => {
    const channel = await port.channel();
    await port.seats(channel, 'alpha');
    let last = 0;
    for (const turns of [0, 1, 2, 4]) {
      for (let round = 0; round < ROUNDS; round++) {
        const sent = await Promise.all(names.map((name) => port.append(channel, 'alpha', name, 'x')));
        last = Math.max(...sent.map(({ message }) => message.id));
      }
      // Every third confirms all but what the turn's number says, so that no earlier state looks like this one.
      const third = names.filter((_, i) => i % 3 === turns % 3);
      for (const name of third) await port.engine.acknowledge(channel.id, name, { at: 'position', id: last - turns, tag: null });
      port.clock.advance(500);
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
      await port.reopen('crash');
      const found = await Promise.all(third.map((name) => port.engine.acknowledge(channel.id, name, { at: 'bare' })));
      expect([...new Set(found.map(({ id }) => id))]).toEqual([last - turns]);
      expect((await port.append(channel, 'alpha', 'a0', 'x')).message.id).toBe(last + 1);
    }
  },
  { durable: true, alone: true },
);
