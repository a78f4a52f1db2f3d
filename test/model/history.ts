/** What can happen on a channel, as data: fast-check draws it, shrinks it and prints it. */
import fc from 'fast-check';
import type { Retention } from '../../src/core/types.ts';

/** The last one is seldom the actor, so that others write to it before it ever joins. */
export const CALLSIGNS = ['alpha', 'bravo', 'carol', 'delta'] as const;

/** How a client listens: always with evidence, never with any, or as it comes. */
export type Habit = 'explicit' | 'bare' | 'mixed';

/**
 * When one side of an answer's journey happens. `handed`: a live socket took the bytes, so the hub believes in it.
 * `got`: the client read them. All nine pairs occur in real networks.
 */
export type When = 'now' | 'later' | 'never';

/**
 * `message` is the id of any message received; `older` a cursor received before the last; `foreign` a cursor of
 * another store, `beyond` an id that was never issued.
 */
export type SinceWord = 'bare' | 'cursor' | 'older' | 'message' | 'start' | 'latest' | 'foreign' | 'beyond';

type Size = 'short' | 'long';

type Deed =
  | { readonly do: 'send'; readonly by: number; readonly to: number; readonly keyed: boolean; readonly size: Size; readonly many: number }
  | { readonly do: 'status'; readonly by: number; readonly to: number }
  | { readonly do: 'retry'; readonly pick: number; readonly other: boolean }
  | {
      readonly do: 'listen';
      readonly by: number;
      readonly since: SinceWord;
      readonly timeout: 0 | 30;
      readonly limit: number;
      readonly handed: When;
      readonly got: When;
    }
  | { readonly do: 'abort'; readonly by: number }
  | { readonly do: 'join'; readonly by: number; readonly got: boolean }
  | { readonly do: 'crash'; readonly by: number }
  | { readonly do: 'leave'; readonly by: number }
  | { readonly do: 'ack'; readonly by: number; readonly word: 'cursor' | 'older' | 'message' }
  | { readonly do: 'arrivals' }
  | { readonly do: 'receipts' }
  | { readonly do: 'advance'; readonly ms: number }
  | { readonly do: 'jump'; readonly ms: number }
  | { readonly do: 'restart' }
  | { readonly do: 'kill' }
  | { readonly do: 'disk'; readonly works: boolean };

/** `race`: the next step begins in the same turn, before anything this one started can go on. */
export type Step = Deed & { readonly race: boolean };

export interface Setting {
  readonly retention: Retention;
  readonly ringMessages: number;
  readonly ringBytes: number;
  readonly answerBytes: number;
  readonly parked: number;
  readonly habits: readonly Habit[];
  /** Turns of the event loop that calls of the engine's port take, in turn; empty: they answer as the engine does. */
  readonly lag: readonly number[];
}

export interface History {
  readonly setting: Setting;
  readonly steps: readonly Step[];
}

/** Session TTL of every channel here. */
export const TTL_MS = 60_000;
/** What a long message has; a ring or an answer of a thousand bytes holds two. */
const LONG_BYTES = 400;

export const sizeOf = (size: Size): number => (size === 'long' ? LONG_BYTES : 0);

const actor = fc.oneof({ weight: 7, arbitrary: fc.nat(2) }, { weight: 1, arbitrary: fc.constant(3) });
const when: fc.Arbitrary<When> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<When>('now') },
  { weight: 2, arbitrary: fc.constant<When>('never') },
  { weight: 1, arbitrary: fc.constant<When>('later') },
);
const word: fc.Arbitrary<SinceWord> = fc.oneof(
  { weight: 10, arbitrary: fc.constant<SinceWord>('cursor') },
  { weight: 6, arbitrary: fc.constant<SinceWord>('bare') },
  { weight: 2, arbitrary: fc.constantFrom<SinceWord>('older', 'message', 'start') },
  { weight: 1, arbitrary: fc.constantFrom<SinceWord>('latest', 'foreign', 'beyond') },
);
/** 4 is everybody. */
const target = fc.oneof({ weight: 3, arbitrary: fc.nat(3) }, { weight: 3, arbitrary: fc.constant(4) });
const many = fc.oneof({ weight: 6, arbitrary: fc.constant(1) }, { weight: 2, arbitrary: fc.integer({ min: 2, max: 12 }) });

const listen = fc.record({
  do: fc.constant('listen' as const),
  by: actor,
  since: word,
  timeout: fc.constantFrom<0 | 30>(0, 30),
  limit: fc.oneof({ weight: 4, arbitrary: fc.constant(100) }, { weight: 1, arbitrary: fc.constantFrom(1, 2) }),
  handed: when,
  got: when,
});
const send = fc.record({
  do: fc.constant('send' as const),
  by: actor,
  to: target,
  keyed: fc.boolean(),
  size: fc.constantFrom<Size>('short', 'short', 'long'),
  many,
});

const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 30, arbitrary: listen },
  { weight: 24, arbitrary: send },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('status' as const), by: actor, to: target }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('retry' as const), pick: fc.nat(7), other: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('abort' as const), by: actor }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('join' as const), by: actor, got: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('crash' as const), by: actor }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('leave' as const), by: actor }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('ack' as const), by: actor, word: fc.constantFrom('cursor', 'older', 'message') }),
  },
  { weight: 4, arbitrary: fc.constant({ do: 'arrivals' as const }) },
  { weight: 2, arbitrary: fc.constant({ do: 'receipts' as const }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.constantFrom(100, 600, 1_200, 31_000, TTL_MS + 1_000, 3_700_000) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('jump' as const), ms: fc.constantFrom(-7_200_000, -90_000, 90_000, 7_200_000) }) },
  { weight: 3, arbitrary: fc.constant({ do: 'restart' as const }) },
  { weight: 4, arbitrary: fc.constant({ do: 'kill' as const }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('disk' as const), works: fc.boolean() }) },
);

const step: fc.Arbitrary<Step> = fc
  .tuple(deed, fc.oneof({ weight: 2, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }))
  .map(([what, race]) => ({ ...what, race }));

/** A listen that is about to park when a message for it comes: the moment in which a wake-up can be lost. */
const rush: fc.Arbitrary<Step[]> = fc.tuple(listen, send).map(([heard, said]) => [
  { ...heard, timeout: 30, race: true },
  { ...said, by: (heard.by + 1) % CALLSIGNS.length, to: said.to < CALLSIGNS.length ? heard.by : said.to, many: 1, race: false },
]);

const steps: fc.Arbitrary<Step[]> = fc
  .array(
    fc.oneof(
      {
        weight: 11,
        arbitrary: step.map((one) => [one]),
      },
      { weight: 1, arbitrary: rush },
    ),
    { minLength: 1, maxLength: 40, size: 'max' },
  )
  .map((parts) => parts.flat());

const habit = fc.oneof(
  { weight: 2, arbitrary: fc.constant<Habit>('explicit') },
  { weight: 2, arbitrary: fc.constant<Habit>('bare') },
  { weight: 1, arbitrary: fc.constant<Habit>('mixed') },
);

const setting: fc.Arbitrary<Setting> = fc.record({
  retention: fc.constantFrom<Retention>('none', 'none', 'none', 'none', 'full', 'full', 'full', 'full', 'metadata', 'prompts'),
  ringMessages: fc.constantFrom(3, 5, 8, 100),
  ringBytes: fc.constantFrom(1_000, 1024 * 1024),
  answerBytes: fc.constantFrom(1_200, 256 * 1024, 256 * 1024),
  parked: fc.constantFrom(2, 4),
  habits: fc.array(habit, { minLength: CALLSIGNS.length, maxLength: CALLSIGNS.length }),
  lag: fc.oneof(
    { weight: 1, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(fc.nat(3), { minLength: 1, maxLength: 7, size: 'max' }) },
  ),
});

export const histories: fc.Arbitrary<History> = fc.record({ setting, steps });

const nameOf = (index: number): string => CALLSIGNS[index] ?? 'all';
const targetOf = (step: { readonly by: number; readonly to: number }): string => nameOf(step.to === step.by ? CALLSIGNS.length : step.to);

const tell = (step: Step): string => {
  switch (step.do) {
    case 'send':
      return `${nameOf(step.by)} sends ${step.many === 1 ? '' : `${step.many} `}${step.size} to ${targetOf(step)}${step.keyed ? ' with a key' : ''}`;
    case 'status':
      return `${nameOf(step.by)} sends a status to ${targetOf(step)}`;
    case 'retry':
      return `keyed send ${step.pick} is sent again${step.other ? ' with other content' : ''}`;
    case 'listen':
      return `${nameOf(step.by)} listens ${step.since}, timeout ${step.timeout}, limit ${step.limit}; handed ${step.handed}, got ${step.got}`;
    case 'abort':
      return `${nameOf(step.by)} drops its oldest parked listen`;
    case 'join':
      return `${nameOf(step.by)} joins${step.got ? '' : ', and the answer is lost'}`;
    case 'crash':
      return `the client of ${nameOf(step.by)} crashes`;
    case 'leave':
      return `${nameOf(step.by)} leaves`;
    case 'ack':
      return `${nameOf(step.by)} acks its ${step.word}`;
    case 'arrivals':
      return 'what was on its way arrives';
    case 'receipts':
      return 'all receipts are read';
    case 'advance':
      return `${step.ms} ms pass`;
    case 'jump':
      return `the wall clock jumps by ${step.ms} ms`;
    case 'restart':
      return 'the hub is stopped and started';
    case 'kill':
      return 'the hub is killed and started';
    case 'disk':
      return step.works ? 'the disk works' : 'the disk refuses to write';
  }
};

/** A history as a person reads it. */
export const printHistory = ({ setting, steps }: History): string =>
  [`setting ${JSON.stringify(setting)}`, ...steps.map((step, i) => `  ${i + 1}. ${tell(step)}${step.race ? '  — and at once' : ''}`)].join(
    '\n',
  );
