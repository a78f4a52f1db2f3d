/** The figures of docs/scaling.md: worked out from docs/benchmarks.md alone, so that the two cannot say different things. */

import { markdownTable, type Table } from './report.ts';

/** Resident memory of a hub that just started, in MB. */
const PROCESS_MB = 75;
/** Left free for Node's garbage. */
const ROOM = 1.2;
/** Agents on a channel, in the table of sizes. */
const AGENTS_PER_CHANNEL = 10;

/** Sections of a page by their titles, each with its tables. */
type Page = ReadonlyMap<string, readonly Table[]>;

const cellsOf = (line: string): string[] =>
  line
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim());

const tableOf = (lines: string): Table => {
  const [columns = [], , ...rows] = lines.trimEnd().split('\n').map(cellsOf);
  return { columns, rows };
};

const pageOf = (markdown: string): Page =>
  new Map(
    markdown.split(/^## /m).map((part) => {
      const [title = ''] = part.split('\n', 1);
      return [title, [...part.matchAll(/(?:^\|.*\|\n)+/gm)].map(([lines]) => tableOf(lines))];
    }),
  );

/** A cell as a number: what stands before its unit. */
const numberIn = (cell: string | undefined): number => Number.parseFloat((cell ?? '').replaceAll(',', ''));

/**
 * The numbers of a column, from the rows that begin with `row`; of columns with one name the last counts.
 * @throws Error when the page has no such figure
 */
const figures = (page: Page, section: string, column: string, row = ''): number[] => {
  const table = page.get(section)?.find(({ columns }) => columns.includes(column));
  const at = table?.columns.lastIndexOf(column) ?? -1;
  const found = (table?.rows ?? [])
    .filter(([name = '']) => name.startsWith(row))
    .map((cells) => numberIn(cells[at]))
    .filter((value) => !Number.isNaN(value));
  if (found.length === 0) throw new Error(`docs/benchmarks.md has no figure in the column "${column}" of "${section}"`);
  return found;
};

/** Two digits that count. */
const rough = (value: number): string => Number(value.toPrecision(2)).toLocaleString('en-US');

const span = (values: readonly number[], write: (value: number) => string = rough): string => {
  const ends = [...new Set([Math.min(...values), Math.max(...values)].map(write))];
  return ends.join(' to ');
};

const tenth = (value: number): string => value.toFixed(1);
const perSecond = (micros: number): number => 1e6 / micros;

interface Costs {
  readonly none: number;
  readonly full: number;
  readonly mcp: number;
  readonly delivery: readonly number[];
  readonly listener: readonly number[];
  readonly channel: readonly number[];
  readonly spread: readonly number[];
}

const costsIn = (page: Page): Costs => {
  const [none = 0] = figures(page, 'Messages', 'CPU µs a message', 'hub, retention `none`');
  const [full = 0] = figures(page, 'Messages', 'CPU µs a message', 'hub, retention `full`');
  const [mcp = 0] = figures(page, 'MCP beside REST', 'CPU µs a message', 'MCP');
  return {
    none,
    full,
    mcp,
    delivery: figures(page, 'Broadcast', 'hub, CPU µs a delivery'),
    listener: [
      ...figures(page, 'Parked listeners', 'KiB a parked listener', 'hub'),
      ...figures(page, 'Parked listeners', 'KiB, growth over all', 'hub'),
    ],
    channel: figures(page, 'Growth', 'KiB a channel'),
    spread: figures(page, 'Growth', '× one channel'),
  };
};

const growth = ({ none, full, mcp, delivery, listener, channel, spread }: Costs): string =>
  [
    '| with | grows | by |',
    '|---|---|---|',
    `| messages (a send and a listen each) | CPU of the hub, one core | ${rough(perSecond(none))} a second fill a core with \`none\`, ${rough(perSecond(full))} with \`full\`, ${rough(perSecond(mcp))} over MCP |`,
    `| deliveries (a broadcast is one for each listener) | CPU of the hub | ${span(delivery)} µs each: ${span(delivery.map(perSecond))} a second fill a core |`,
    `| parked listeners | memory of the hub, file descriptors | ${span(listener, tenth)} KiB and one descriptor each; CPU only when they are answered |`,
    `| channels | memory of the hub | ${span(channel, tenth)} KiB each, whether anybody is on them or not |`,
    '',
    'What a message touches is its channel, so those that nobody uses cost memory and nothing else. Where a thousand are in use at once, a',
    `message costs ${span(spread, tenth)} times what it does on a single one.`,
  ].join('\n');

/** Memory for people: tens of MB, then hundreds, then GB. */
const memory = (mb: number): string => {
  if (mb > 900) return `${(Math.ceil(mb / 500) / 2).toLocaleString('en-US')} GB`;
  const step = mb > 200 ? 100 : 10;
  return `${Math.ceil(mb / step) * step} MB`;
};

const sizes = ({ full, listener, channel }: Costs): string => {
  const [ear, room] = [Math.max(...listener), Math.max(...channel)];
  const half = Math.floor(perSecond(full) / 2 / 500) * 500;
  const row = (name: string, listeners: number, rate: number, descriptors: number): string[] => {
    const mb = PROCESS_MB + ((ear + room / AGENTS_PER_CHANNEL) * listeners * 1024) / 1e6;
    return [name, ...[listeners, rate].map((one) => one.toLocaleString('en-US')), memory(mb * ROOM), descriptors.toLocaleString('en-US')];
  };
  const table = markdownTable({
    columns: ['', 'agents that listen', 'messages a second', 'memory', 'descriptors'],
    rows: [
      row('a laptop, a few agents', 10, 1, 64),
      row('a team', 1_000, 50, 2_048),
      row('a large hub', 20_000, Math.min(1_000, half), 32_768),
      row("one machine's end", 100_000, half, 131_072),
    ],
  });
  return [
    table,
    '',
    `Memory is ${PROCESS_MB} MB for the process, ${tenth(ear)} KiB a listener, ${tenth(room)} KiB a channel (here one for ten agents), and a fifth more for`,
    "Node's garbage; messages a second leave at least half of a core like that of the benchmarks free, with `full`.",
  ].join('\n');
};

const fleet = (page: Page): string => {
  const of = (column: string): number[] => figures(page, 'A fleet', column).slice(-3);
  const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
  const [hubs, redis] = [median(of('hubs, CPU µs')), median(of('Redis, CPU µs'))];
  const round = figures(page, 'A fleet', '× 10 channels').slice(-2);
  return [
    `A message costs ${span(of('× embedded'), tenth)} times the CPU of one in an embedded hub, about ${tenth(redis / hubs)} times as much in Redis as in the hubs: a core`,
    `of Redis is full at about ${rough(perSecond(redis))} messages a second. On 1,000 and on 10,000 channels it costs ${span(round, tenth)} times what it does on 10. A listener`,
    `at another hub hears after ${span(of('wake p50 ms'), tenth)} ms in the middle.`,
  ].join('\n');
};

/**
 * docs/scaling.md with its figures as docs/benchmarks.md has them.
 * @throws Error when a figure is not in the one, or its place not in the other
 */
export const withFigures = (scaling: string, benchmarks: string): string => {
  const page = pageOf(benchmarks);
  const costs = costsIn(page);
  const blocks = { growth: growth(costs), sizes: sizes(costs), fleet: fleet(page) };
  return Object.entries(blocks).reduce((text, [name, block]) => {
    const begin = `<!-- figures: ${name}, from benchmarks.md -->`;
    const from = text.indexOf(begin);
    const to = text.indexOf('<!-- end of figures -->', from);
    if (from < 0 || to < 0) throw new Error(`docs/scaling.md has no place for its figures "${name}"`);
    return `${text.slice(0, from)}${begin}\n\n${block}\n\n${text.slice(to)}`;
  }, scaling);
};
