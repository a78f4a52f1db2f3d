/** The log of the console holds what a tab can hold, whatever comes and from wherever. Proves R-SITE-19. */
import { expect, test } from 'vitest';
import { type Entry, Logbook, type Logged, MOST_CHARACTERS, MOST_ENTRIES, Newest } from '../../src/site/web/console/logbook.ts';

const message = (id: number, text = 'x'): Logged => ({
  ...{ id, text, from: 'alpha', to: 'all', at: '2026-01-01T00:00:00.000Z' },
  sender: { verified: false, authorized: false },
});
const entry = (id: number, text?: string): Entry => ({ type: 'message', key: id, message: message(id, text) });
const characters = ({ entries }: { readonly entries: readonly Entry[] }): number =>
  entries.reduce((sum, one) => sum + (one.type === 'message' ? (one.message.text?.length ?? 0) : 0), 0);
/** A text that is held once, however many have it. */
const LONG = 'x'.repeat(32 * 1024);
const TOO_MANY = Math.ceil((1.5 * MOST_CHARACTERS) / LONG.length);

/** It is within its bounds, says so in front, and has the newest. */
const expectFull = (log: Logbook, newest: number): void => {
  expect(log.entries.length).toBeLessThanOrEqual(MOST_ENTRIES);
  expect(characters(log)).toBeLessThanOrEqual(MOST_CHARACTERS);
  expect(log.entries.filter(({ type }) => type === 'note')).toEqual([
    expect.objectContaining({ text: expect.stringMatching(/holds no more/) }),
  ]);
  expect(log.entries[0]).toMatchObject({ type: 'note' });
  expect(log.entries.at(-1)).toMatchObject({ key: newest });
  const oldest = log.oldestId!;
  expect(log.message(oldest - 1)).toBeUndefined();
  expect(log.message(oldest)).toMatchObject({ id: oldest });
};

test('as it is heard', () => {
  const log = new Logbook();
  for (let id = 1; id <= TOO_MANY; id++) log.add([message(id, LONG)]);
  expectFull(log, TOO_MANY);
  const many = new Logbook();
  for (let id = 1; id <= 2 * MOST_ENTRIES; id++) many.add([message(id)]);
  expectFull(many, 2 * MOST_ENTRIES);
});

test('as it is put in front, and after it', () => {
  for (const [count, text] of [
    [TOO_MANY, LONG],
    [3 * MOST_ENTRIES, 'x'],
  ] as const) {
    const log = new Logbook();
    log.add([message(count + 1)]);
    const earlier = new Newest();
    for (let id = 1; id <= count; id++) earlier.push(entry(id, text));
    log.prepend(earlier.entries);
    expectFull(log, count + 1);
    for (let id = 2; id < MOST_ENTRIES; id++) log.add([message(count + id)]);
    expectFull(log, count + MOST_ENTRIES - 1);
  }
});

test('what a transcript has is not held whole while it is read', () => {
  const earlier = new Newest();
  for (let id = 1; id <= 10 * MOST_ENTRIES; id++) {
    earlier.push(entry(id, id > 5 * MOST_ENTRIES ? LONG : 'x'));
    if (earlier.entries.length > 2 * MOST_ENTRIES) throw new Error(`${earlier.entries.length} entries`);
  }
  expect(characters(earlier)).toBeLessThanOrEqual(2 * MOST_CHARACTERS);
  expect(characters(earlier)).toBeGreaterThan(MOST_CHARACTERS);
});

test('what fits is all there, and nothing is said', () => {
  const log = new Logbook();
  log.add([message(101)]);
  log.prepend(Array.from({ length: 100 }, (_, id) => entry(id + 1)));
  expect(log.entries.map(({ key }) => key)).toEqual(Array.from({ length: 101 }, (_, id) => id + 1));
});
