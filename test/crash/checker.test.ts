/** The checker is shown to fail: a clean history passes, and each kind of planted violation is named. */
import { expect, test } from 'vitest';
import { check } from '../harness/checker.ts';
import type { HistoryEvent, SeenGap, SeenMessage } from '../harness/history.ts';

const channel = 'quiet-otter-000000';
const joined = (callsign: string): HistoryEvent => ({ type: 'joined', channel, callsign });
const tried = (n: number, to = 'all', from = 'alpha'): HistoryEvent => ({
  type: 'tried',
  channel,
  from,
  to,
  key: `k${n}`,
  body: `body ${n}`,
});
const acknowledged = (n: number, id = n, from = 'alpha'): HistoryEvent => ({ type: 'acknowledged', channel, from, key: `k${n}`, id });
const message = (n: number, more: Partial<SeenMessage> = {}): SeenMessage => ({
  id: n,
  from: 'alpha',
  to: 'all',
  text: `body ${n}`,
  ...more,
});
const heard = (after: number, cursor: number, messages: SeenMessage[], gap: SeenGap | null = null, callsign = 'bravo'): HistoryEvent => ({
  ...{ type: 'heard', channel, callsign, after, cursor, gap, messages },
});

const seats = [joined('alpha'), joined('bravo')];
const sent = (...ns: number[]): HistoryEvent[] => ns.flatMap((n) => [tried(n), acknowledged(n)]);
const kinds = (events: HistoryEvent[]): string[] => check(events).violations.map(({ kind }) => kind);

test('a clean history passes, with its figures', () => {
  const verdict = check([
    ...seats,
    ...sent(1, 2),
    heard(0, 2, [message(1), message(2)]),
    heard(1, 2, [message(2, { redelivered: true })]),
    tried(3),
    tried(3),
    acknowledged(3),
    acknowledged(3),
    heard(2, 3, [message(3)]),
    tried(4),
  ]);
  expect(verdict).toEqual({
    figures: { acked: 3, unknown: 1, received: 3, announced: 0, lost: 0, recovered: 0, flagged: 1, unflagged: 0 },
    violations: [],
  });
});

test('what was never acknowledged may be heard or not', () => {
  expect(kinds([...seats, tried(1), tried(2), heard(0, 2, [message(2)])])).toEqual([]);
});

test('what was announced as a gap is not lost, and what was sent before the join is not owed', () => {
  const gap = { reason: 'rotated', missed_at_most: 2, oldest: 3 };
  const verdict = check([joined('alpha'), ...sent(1), joined('bravo'), ...sent(2, 3), heard(1, 3, [message(3)], gap)]);
  expect(verdict.violations).toEqual([]);
  expect(verdict.figures).toMatchObject({ received: 1, announced: 1, lost: 0 });
});

test('a rewound gap covers what came before it', () => {
  const gap = { reason: 'rewound', missed_at_most: null, oldest: 1 };
  expect(kinds([...seats, ...sent(1, 2), heard(0, 2, [], gap)])).toEqual([]);
});

test.each<[name: string, kind: string, events: HistoryEvent[]]>([
  ['an acknowledged message that nobody heard', 'lost', [...seats, ...sent(1, 2), heard(0, 2, [message(1)])]],
  ['a direct message that its addressee never heard', 'lost', [...seats, tried(1, 'bravo'), acknowledged(1)]],
  [
    'a message outside of the gap that was announced',
    'lost',
    [...seats, ...sent(1, 2, 3), heard(0, 3, [message(3)], { reason: 'rotated', missed_at_most: 9, oldest: 2 })],
  ],
  ['words that nobody sent', 'phantom', [...seats, ...sent(1), heard(0, 1, [message(1, { text: 'body 9' })]), heard(0, 1, [message(1)])]],
  [
    "another seat's direct message",
    'phantom',
    [...seats, tried(1, 'charlie'), acknowledged(1), heard(0, 1, [message(1, { to: 'charlie' })])],
  ],
  ["one's own broadcast", 'phantom', [...seats, ...sent(1), heard(0, 1, [message(1)]), heard(0, 1, [message(1)], null, 'alpha')]],
  ['a forged sender', 'phantom', [...seats, ...sent(1), heard(0, 1, [message(1)]), heard(1, 1, [message(1, { from: 'bravo' })])]],
  ['a repeat without a flag', 'unflagged', [...seats, ...sent(1), heard(0, 1, [message(1)]), heard(0, 1, [message(1)])]],
  ['a disordered answer', 'order', [...seats, ...sent(1, 2), heard(0, 2, [message(2), message(1)])]],
  ['an older message after a newer one', 'order', [...seats, ...sent(1, 2), heard(0, 2, [message(2)]), heard(0, 2, [message(1)])]],
  ['a key with two ids', 'two-ids', [...seats, tried(1), acknowledged(1), acknowledged(1, 2), heard(0, 1, [message(1)])]],
  ['words with two ids', 'two-ids', [...seats, ...sent(1), heard(0, 2, [message(1), message(1, { id: 2 })])]],
  ['an id with two bodies', 'id-reused', [...seats, ...sent(1), tried(2), acknowledged(2, 1), heard(0, 1, [message(1)])]],
  [
    'a gap that admits too little',
    'gap-too-small',
    [...seats, ...sent(1, 2, 3), heard(0, 3, [message(3)], { reason: 'rotated', missed_at_most: 1, oldest: 3 })],
  ],
])('%s is %s', (_, kind, events) => {
  expect(kinds(events)).toContain(kind);
});
