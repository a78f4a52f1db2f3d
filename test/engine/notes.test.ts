/** The port: notes, which all hubs of a store share. */
import { expect, test } from 'vitest';
import { MemoryNotes, SecretNotes } from '../../src/core/notes.ts';
import { testClock } from '../harness/clock.ts';
import { everyEngine } from '../harness/port.ts';

const HOUR = 3_600_000;

everyEngine('a note is found by its key until its time is over, and being asked for makes it last', async (port) => {
  const notes = () => port.engine.notes;
  expect(await notes().recall('a', HOUR)).toBeNull();
  await notes().remember('a', 'one', HOUR);
  await notes().remember('b', 'other | text', HOUR);
  port.clock.advance(HOUR - 1);
  expect(await notes().recall('b', HOUR)).toBe('other | text');
  port.clock.advance(1);
  expect(await notes().recall('a', HOUR)).toBeNull();
  port.clock.advance(HOUR - 2);
  expect(await notes().recall('b', 1)).toBe('other | text');
  port.clock.advance(1);
  await port.engine.sweep();
  expect(await notes().recall('b', HOUR)).toBeNull();
  await notes().remember('a', 'two', 1000);
  await notes().remember('a', '', 1000);
  expect(await notes().recall('a', 1000)).toBe('');
});

everyEngine('a shorter look does not shorten a note', async (port) => {
  const { notes } = port.engine;
  await notes.remember('a', 'one', HOUR);
  expect(await notes.recall('a', 1000)).toBe('one');
  port.clock.advance(HOUR - 1);
  expect(await notes.recall('a', 1000)).toBe('one');
});

everyEngine('what was agreed first holds for all, for good', async (port) => {
  const said = await Promise.all(['one', 'two', 'three'].map(async (text) => port.engine.notes.agree('name', text)));
  expect(said).toEqual(['one', 'one', 'one']);
  port.clock.advance(1000 * HOUR);
  await port.engine.sweep();
  expect(await port.engine.notes.agree('name', 'four')).toBe('one');
  expect(await port.engine.notes.agree('another', 'four')).toBe('four');
});

everyEngine(
  'notes outlive the process, for as long as they would have without',
  async (port) => {
    for (const how of ['stop', 'crash'] as const) {
      await port.engine.notes.remember(`${how} kept`, 'one', 3 * HOUR);
      await port.engine.notes.remember(`${how} over`, 'two', HOUR);
      const agreed = await port.engine.notes.agree('name', how);
      await port.engine.notes.remember('settled', how, HOUR);
      await port.reopen(how, 2 * HOUR);
      expect(await port.engine.notes.recall(`${how} kept`, HOUR)).toBe('one');
      expect(await port.engine.notes.recall(`${how} over`, HOUR)).toBeNull();
      expect(await port.engine.notes.agree('name', 'other')).toBe(agreed);
    }
  },
  { durable: true },
);

test('of a program without an engine are bounded', async () => {
  const notes = new MemoryNotes(testClock());
  for (let i = 0; i <= 50_000; i++) await notes.remember(String(i), 'x', HOUR);
  expect([notes.recall('0', HOUR), notes.recall('1', HOUR)]).toEqual([null, 'x']);
});

test('about a secret are kept under another name, sealed, and for one purpose', async () => {
  const kept: string[][] = [];
  const memory = new MemoryNotes(testClock());
  const notes = new SecretNotes(
    {
      remember: (key, text, ttlMs) => {
        kept.push([key, text]);
        return memory.remember(key, text, ttlMs);
      },
      recall: (key, ttlMs) => memory.recall(key, ttlMs),
      agree: (name, text) => memory.agree(name, text),
    },
    'kind',
    HOUR,
  );
  await notes.put('secret', 'what it is about');
  expect(JSON.stringify(kept)).not.toMatch(/secret|about/);
  expect(notes.get('secret')).toBe('what it is about');
  expect(notes.get('secret2')).toBeNull();
  expect(new SecretNotes(memory, 'other', HOUR).get('secret')).toBeNull();
  // A note that somebody put under the key of another opens for nobody.
  const [key = '', text = ''] = kept[0] ?? [];
  await memory.remember(key, text.replace(/^..../, 'AAAA'), HOUR);
  expect(notes.get('secret')).toBeNull();
});
