/** Writes the figures of wake tests into docs/waking-agents.md, between its two marks. */
import { availableParallelism, loadavg } from 'node:os';
import { PRODUCTS } from './clients.ts';
import { type Result, table } from './report.ts';
import { ms } from './stage.ts';
import type { Wake } from './wake-test.ts';

const BEGIN = '<!-- figures of wake-test: written by script/test-clients -->';
const END = '<!-- end of figures -->';

const spread = (values: readonly number[]): string => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = ms(sorted[sorted.length >> 1] ?? 0);
  return sorted.length === 1 ? middle : `${middle}, at most ${ms(sorted.at(-1) ?? 0)}`;
};

const rowOf = (wakes: readonly [Wake, ...Wake[]]): string[] => {
  const [{ client, way, goalMs }] = wakes;
  const worst = Math.max(...wakes.map(({ turnMs }) => turnMs));
  const goal = goalMs === undefined ? '–' : `< ${goalMs / 1000} s: ${worst < goalMs ? 'met' : 'NOT met'}`;
  return [
    `${PRODUCTS[client].title} ${PRODUCTS[client].version}`,
    way,
    spread(wakes.map(({ turnMs }) => turnMs)),
    goal,
    spread(wakes.map(({ takenMs }) => takenMs)),
    spread(wakes.map(({ wokeMs }) => wokeMs)),
    [...new Set(wakes.map(({ evidence }) => evidence))].join(', '),
    String(wakes.length),
  ];
};

const figures = (results: readonly Result[], isolated: boolean): string => {
  const measured = results.flatMap(({ outcome }) => {
    const [first, ...others] = outcome?.wakes ?? [];
    return first ? [rowOf([first, ...others])] : [];
  });
  const missing = results
    .filter(({ conversation, outcome }) => conversation.wakes && !outcome)
    .map(({ conversation }) => conversation.title);
  return [
    ...table(
      ['client', 'was, and by what it was woken', 'new turn', 'goal', 'wake-test: taken', 'wake-test: awake', 'evidence', 'runs'],
      measured,
    ),
    '',
    ...(missing.length === 0 ? [] : [`Not measured in the last run: ${missing.map((title) => `"${title}"`).join(', ')}.`, '']),
    `Each message was sent by a \`rogerthat wake-test\` of its own, to the real client. "New turn" is from when the hub had stored the`,
    'message until the client asked its model for the first time, medians where there are several. "Taken" and "awake" are what wake-test',
    'itself told, from its sending to its look at the receipt; it looks every 20 ms. "Awake" has in it what the model does up to its next',
    `listen: here it is a script that answers at once. Machine: ${availableParallelism()} cores, load average ${loadavg()[0]?.toFixed(1)}, Node ${process.versions.node}, ${
      isolated ? 'no network but loopback' : 'on loopback'
    }.`,
  ].join('\n');
};

/** @throws Error when the document has no place for figures */
export const withFigures = (document: string, results: readonly Result[], { isolated }: { readonly isolated: boolean }): string => {
  const [from, to] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (from < 0 || to < from) throw new Error('docs/waking-agents.md has no marks for the figures');
  return `${document.slice(0, from + BEGIN.length)}\n\n${figures(results, isolated)}\n\n${document.slice(to)}`;
};
