/** The short cuts of the hot path say what the long way says: the schema for input, JSON.stringify for output. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { operations } from '../../src/operations/index.ts';
import { encodeAnswer, encodeJson, wireAnswer } from '../../src/operations/wire.ts';

const near = (...values: unknown[]) => fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...values) }, fc.anything());

const FIELDS: Record<string, fc.Arbitrary<unknown>> = {
  to: near('bravo', 'all', 'ALL', ' bravo', 'everyone', 'human', 'b', '-b', 'b-', 'a'.repeat(33), ''),
  message: near('hi', '', 'line\nline', 'x'.repeat(50)),
  text: near('hi'),
  kind: near('message', 'status', 'other'),
  reply_to: near(1, 0, 1.5, '1'),
  since: near(
    '7-k3f9',
    '0-k3f9',
    '07-k3f9',
    '0',
    'latest',
    '7',
    7,
    0,
    '7-k3f9.z',
    '7-k3f9.',
    '7-k3f9.Z',
    '7-k3f9.0123456789abc',
    '7-K3F9',
    '1234567890123456-a',
    '999999999999999-a',
  ),
  timeout: near(0, 30, 60, 61, 86_400, -1, 1.5, '30', Number.NaN),
  limit: near(1, 100, 101),
  other: near(1),
};

/** Inputs with a few fields, most of which nearly fit. */
const inputs = fc
  .subarray(Object.keys(FIELDS))
  .chain((names) => fc.record(Object.fromEntries(names.map((name) => [name, FIELDS[name]!])) as Record<string, fc.Arbitrary<unknown>>));

const plain = operations.filter((op) => op.plain);

test('send and listen have a short cut', () => {
  expect(plain.map(({ name }) => name).sort()).toEqual(['listen', 'send']);
});

describe.each(plain.map((op) => [op.name, op] as const))('%s', (_, op) => {
  test('takes the plainest input', () => {
    const since = ['7-k3f9', '7-k3f9.2b4'];
    const inputs = op.name === 'send' ? [{ to: 'bravo', message: 'hi' }] : since.map((one) => ({ since: one, timeout: 30 }));
    for (const input of inputs) expect(op.plain!(input)).toEqual(op.input.parse(input));
  });

  test('says what the schema says, or nothing', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const short = op.plain!(input);
        if (short === undefined) return;
        const long = op.input.safeParse(input);
        expect(long.success).toBe(true);
        expect(short).toEqual(long.data);
      }),
      { numRuns: 3_000 },
    );
  });
});

test('an answer is encoded as JSON.stringify would', () => {
  const position = fc.record({ id: fc.nat(), tag: fc.stringMatching(/^[0-9a-z]{1,8}$/) });
  const message = fc.record({
    id: fc.nat(),
    from: fc.string(),
    to: fc.string(),
    text: fc.oneof(fc.string({ unit: 'binary' }), fc.constant('a\u2028b\u2029"\\')),
    at: fc.string(),
    sender: fc.record({ verified: fc.boolean(), authorized: fc.boolean() }),
  });
  const answer = fc.record({
    heard: fc.array(fc.record({ message, redelivered: fc.boolean() }), { maxLength: 3 }),
    after: position,
    cursor: position,
    more: fc.boolean(),
    gap: fc.option(
      fc.record({
        reason: fc.constantFrom('rotated' as const, 'rewound' as const),
        missed_at_most: fc.option(fc.nat()),
        oldest: fc.option(fc.nat()),
      }),
    ),
    timedOut: fc.boolean(),
    superseded: fc.boolean(),
    ended: fc.constantFrom('shutdown' as const, null),
    delivery: fc.constant({ handed() {}, unsure() {} }),
  });
  fc.assert(
    fc.property(answer, (given) => {
      const wire = wireAnswer(given);
      expect(encodeAnswer(wire)).toBe(encodeJson(wire));
    }),
  );
});
