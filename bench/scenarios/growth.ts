/** Whether a message costs more because many channels exist. */

import { type Pair, type Slice, talk } from '../load.ts';
import { figure, type Section, type Setting, times } from '../report.ts';
import { against, cells, inTurns } from '../rounds.ts';
import { startHub, startRaw } from '../servers.ts';
import { type Channel, hubTarget, rawTarget, type Target } from '../target.ts';

const SIZES = [1, 1_000, 10_000, 100_000];
const QUICK_SIZES = [1, 10_000];

/** Messages in flight at once, at every size. */
const LANES = 50;

/** Channels the messages go round, spread evenly over all that exist. */
const SPREAD = 1_000;

/** How much more a message may cost at the last size than at the first for "the same": what the machine's noise is. */
const SAME = 1.15;

/** Measures CPU a message while the hub holds 1 to 100,000 channels. */
export async function growth({ quick, profileDir, say }: Setting): Promise<Section> {
  const rounds = quick ? 3 : 11;
  const slice = quick ? 400 : 700;
  const sizes = quick ? QUICK_SIZES : SIZES;
  const raw = await startRaw({ profileDir });
  const hub = await startHub({ profileDir });
  const reference = rawTarget(raw);
  const target = hubTarget(hub);
  const existing: Channel[] = [];
  const rows: string[][] = [];
  const found: { size: number; ratio: number }[] = [];
  let bare = 0;
  for (const size of sizes) {
    const began = performance.now();
    const idle = hub.cpu();
    const missing = size - existing.length;
    existing.push(...(await target.channels(missing)));
    const seconds = (performance.now() - began) / 1000;
    await hub.quiet();
    say(`${size} channels (${seconds.toFixed(1)} s to make them), ${rounds} rounds`);
    const making = (hub.cpu() - idle) / missing;
    if (size === 1) bare = hub.rss();
    const memory = size === 1 ? '–' : figure((hub.rss() - bare) / size);

    const runs = [await load(reference, evenly(await reference.channels(SPREAD), Math.min(size, SPREAD)), slice)];
    runs.push(await load(target, evenly(existing, SPREAD), slice));
    await inTurns(1, runs);
    const [rawSlices = [], hubSlices = []] = await inTurns(rounds, runs);
    const [cpu = '', ratio = ''] = cells(hubSlices, rawSlices);
    const [rawCpu = ''] = cells(rawSlices, rawSlices);
    rows.push([size.toLocaleString('en-US'), rawCpu, cpu, ratio, figure(making), memory]);
    found.push({ size, ratio: against(hubSlices, rawSlices).ratio });
  }
  await Promise.all([raw.stop(), hub.stop()]);

  const [first, last] = [found[0], found.at(-1)];
  if (!first || !last) throw new Error('nothing was measured');
  const grown = last.ratio / first.ratio;
  return {
    title: 'Growth',
    method:
      `Channels are made over HTTP in one hub; at each size ${LANES} messages are in flight, each lane going round its share ` +
      `of ${SPREAD.toLocaleString('en-US')} channels spread over all that exist (with one channel, all ${LANES} pairs are on ` +
      'it). The reference goes round as many. Two agents are seated on each channel in use, nobody on the others.',
    table: {
      columns: [
        'channels',
        'node:http, CPU µs a message',
        'hub, CPU µs a message',
        'hub × node:http',
        'CPU µs to make a channel',
        'KiB a channel',
      ],
      rows,
    },
    goals: [
      {
        goal: `a message costs the same with 1 channel and with ${last.size.toLocaleString('en-US')} (within ${Math.round((SAME - 1) * 100)} %)`,
        figure: `${times(grown)} as much, measured against node:http`,
        met: grown <= SAME,
      },
    ],
  };
}

/** At most `count` of the items, spread evenly over all of them. */
function evenly<T>(items: readonly T[], count: number): T[] {
  const step = Math.max(1, items.length / count);
  return Array.from({ length: Math.min(count, items.length) }, (_, at) => items[Math.floor(at * step)] as T);
}

/** Seats two agents for every place in the lanes and returns the slice to run. */
async function load(target: Target, channels: readonly Channel[], ms: number): Promise<() => Promise<Slice>> {
  const places = Math.max(LANES, channels.length);
  const seats = Array.from({ length: places }, (_, at) => ({ channel: channels[at % channels.length] as Channel, at }));
  const mouths = await target.join(seats.map(({ channel, at }) => ({ channel, callsign: `alpha-${at}` })));
  const ears = await target.join(seats.map(({ channel, at }) => ({ channel, callsign: `bravo-${at}` })));
  const lanes: Pair[][] = Array.from({ length: LANES }, () => []);
  for (const [at, mouth] of mouths.entries()) lanes[at % LANES]?.push({ mouth, ear: ears[at] as Pair['ear'] });
  return () => talk(target.server, lanes, ms);
}
