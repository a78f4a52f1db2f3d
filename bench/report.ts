/** What a scenario is given and hands back, and how that becomes the document. */

import type { Server } from './servers.ts';

/** One goal beside the figure reached. */
export interface Goal {
  goal: string;
  figure: string;
  met: boolean;
}

/** What a scenario found. */
export interface Section {
  title: string;
  /** How it was measured, one paragraph of Markdown. */
  method: string;
  table: Table;
  goals: Goal[];
  /** What a reader needs to know beside the table; Markdown. */
  remarks?: string[];
}

/** A table: the first column is text, the others are figures. */
export interface Table {
  columns: string[];
  rows: string[][];
}

/** What a run was asked for. */
export interface Setting {
  /** Fewer and shorter rounds: to see whether something is broken, not to publish. */
  quick: boolean;
  /** The reference and a hub, long enough in use to be warm; the same two for every scenario that asks. */
  servers(): Promise<{ raw: Server; hub: Server }>;
  /** How many messages make a server warm that a scenario starts for itself. */
  warmth: number;
  /** Where servers leave CPU profiles; undefined for none. */
  profileDir?: string | undefined;
  /** Tells the person who waits. */
  say(line: string): void;
}

/** A number for people: three significant digits at the most. */
export function figure(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

/** A multiple of the reference. */
export function times(ratio: number): string {
  return `${ratio.toFixed(2)} ×`;
}

/** A table as Markdown. */
export function markdownTable({ columns, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = columns.map((_, column) => (column === 0 ? '---' : '---:'));
  return [line(columns), line(rule), ...rows.map(line)].join('\n');
}

/** A section as Markdown. */
export function markdownSection({ title, method, table, goals, remarks = [] }: Section): string {
  const parts = [`## ${title}`, method, markdownTable(table), ...remarks];
  if (goals.length > 0) parts.push(markdownGoals(goals));
  return parts.join('\n\n');
}

function markdownGoals(goals: readonly Goal[]): string {
  return goals.map(({ goal, figure: reached, met }) => `* Goal: ${goal}. Here: ${reached}, **${verdict(met)}**.`).join('\n');
}

function verdict(met: boolean): string {
  return met ? 'met' : 'not met';
}

const INTRODUCTION = `# Benchmarks

What RogerThat costs beside the least that Node can do: a server of some eighty lines on \`node:http\` with one send and
one long-poll listen, which checks no token, validates nothing, remembers one message and keeps nothing (\`bench/raw.ts\`,
called *node:http* below). Both are driven by the same load generator in the same run, in turns, so the column to trust
is the one with the ratios: the milliseconds and microseconds are those of one machine on one day.

Written by \`node --import tsx bench/run.ts\` (Linux with a redis-server, about ten minutes, loopback only). With names of scenarios it runs
only those, and with \`--quick\` all in under a minute; only a full run rewrites this page and the figures of [scaling.md](scaling.md).`;

const METHOD = `## How it is measured

* CPU is what the kernel counted for all threads of the server (\`/proc/PID/task/*/schedstat\`), read from outside, over a
  slice of load and the moment after it in which the server may write behind.
* Servers take turns slice by slice, in changing order. A ratio is taken within a round; the tables give the median of the
  rounds and, in brackets, where the middle half of them lies.
* *Core busy* is the share of its core that the server had during its slices. The load asks for all of it; the rest went to other
  processes, which also cost it its caches.
* Servers are warm: each has passed on some ten thousand messages before the first slice.
* The load generator speaks HTTP/1.1 by hand on kept-alive sockets, one request at a time on each, and takes less CPU than
  any of the servers. It checks that every answer carries the message that was sent.
* Every agent has proved itself: each request of the hub's carries a channel token and a session, and the hub checks both.`;

/** The whole document. */
export function document(machine: string, sections: readonly Section[]): string {
  const goals = sections.flatMap((section) => section.goals);
  const summary = markdownTable({
    columns: ['goal', 'here', ''],
    rows: goals.map(({ goal, figure: reached, met }) => [goal, reached, verdict(met)]),
  });
  const parts = [INTRODUCTION, `Measured on: ${machine}`, `## In short\n\n${summary}`, METHOD, ...sections.map(markdownSection)];
  return `${parts.join('\n\n')}\n`;
}
