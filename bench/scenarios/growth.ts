/** Whether a message costs more because many channels exist. */

import { type Pair, type Slice, talk } from '../load.ts';
import { warm, warmWith } from '../pairs.ts';
import { figure, type Section, type Setting, times } from '../report.ts';
import { against, cells, inTurns } from '../rounds.ts';
import { startHub } from '../servers.ts';
import { type Channel, hubTarget, type Target } from '../target.ts';

/** Sizes of the hub that grows; the one it is compared with stays at one channel. */
const SIZES = [1_000, 10_000, 100_000];
const QUICK_SIZES = [10_000];

/** Messages in flight at once, at every size. */
const LANES = 50;

/** Channels the messages go round, spread evenly over all that exist. */
const SPREAD = 1_000;

/** With fewer channels than this the memory they take is lost among what the server takes anyway. */
const COUNTABLE = 10_000;

/** How much more a message may cost at the last size than with one channel and still count as the same: noise. */
const SAME = 1.15;

/** Measures CPU a message while the hub holds 1,000 to 100,000 channels, beside a hub that holds one. */
export async function growth({ quick, warmth, profileDir, say }: Setting): Promise<Section> {
  const rounds = quick ? 3 : 11;
  const slice = quick ? 400 : 700;
  const options = { profileDir, collectable: true };
  const [small, hub] = [hubTarget(await startHub(options)), hubTarget(await startHub(options))];
  const one = await load(small, await small.channels(1), slice);
  await warmWith(one, warmth);
  await warm(hub, warmth);
  // Both at once: a collection on demand also shrinks what is given to new objects.
  const collect = () => Promise.all([small.server.collect(), hub.server.collect()]);
  await collect();
  const empty = hub.server.rss();
  const existing: Channel[] = [];
  const rows: string[][] = [];
  let [last, size] = [0, 0];
  for (size of quick ? QUICK_SIZES : SIZES) {
    const idle = hub.server.cpu();
    const missing = size - existing.length;
    existing.push(...(await hub.channels(missing)));
    await hub.server.quiet();
    const making = (hub.server.cpu() - idle) / missing;
    await collect();
    const memory = size < COUNTABLE ? '–' : figure((hub.server.rss() - empty) / size);
    say(`${size} channels, ${rounds} rounds`);

    const few = await load(hub, evenly(existing, LANES), slice);
    const many = await load(hub, evenly(existing, SPREAD), slice);
    // As warm as the other hub is on its one channel: rings and mailboxes that fill for the first time grow all the while.
    for (const run of [few, many]) await warmWith(run, warmth);
    await inTurns(1, [one, few, many]);
    const [oneSlices = [], fewSlices = [], manySlices = []] = await inTurns(rounds, [one, few, many]);
    const [oneCpu = ''] = cells(oneSlices, oneSlices);
    const columns = [fewSlices, manySlices].flatMap((slices) => cells(slices, oneSlices).slice(0, 2));
    rows.push([size.toLocaleString('en-US'), oneCpu, ...columns, figure(making), memory]);
    last = against(manySlices, oneSlices).ratio;
  }
  await Promise.all([small.server.stop(), hub.server.stop()]);

  const most = size.toLocaleString('en-US');
  return {
    title: 'Growth',
    method:
      `Channels are made over HTTP in one hub; another one has a single channel and stays so, with ${LANES} pairs on it. ` +
      `${LANES} messages are in flight on either, as above. In the big hub they go to ${LANES} channels, or round ` +
      `${SPREAD.toLocaleString('en-US')} of them, spread evenly over all that exist; two agents are seated on each of those. ` +
      'The multiples are of the cost in the hub with one channel, measured in the same rounds.',
    table: {
      columns: [
        'channels',
        'one channel, CPU µs a message',
        `${LANES} of them in use`,
        '× one channel',
        `${SPREAD.toLocaleString('en-US')} in use`,
        '× one channel',
        'CPU µs to make a channel',
        'KiB a channel',
      ],
      rows,
    },
    goals: [
      {
        goal: `a message costs the same with 1 channel and with ${most} (within ${Math.round((SAME - 1) * 100)} %)`,
        figure: `${times(last)} as much`,
        met: last <= SAME,
      },
    ],
    remarks: [
      'Memory a channel counts all that making them added to the process, garbage collected, divided by their number. ' +
        'Nobody is seated on most of them.',
    ],
  };
}

/** At most `count` of the items, spread evenly over all of them. */
function evenly<T>(items: readonly T[], count: number): T[] {
  const step = Math.max(1, items.length / count);
  return Array.from({ length: Math.min(count, items.length) }, (_, at) => items[Math.floor(at * step)] as T);
}

/** Agents seated so far: nobody sits down twice, for a seat that is taken again starts with what it did not confirm. */
let seated = 0;

/** Seats two agents for every place in the lanes and returns the slice to run. */
async function load(target: Target, channels: readonly Channel[], ms: number): Promise<() => Promise<Slice>> {
  const places = Math.max(LANES, channels.length);
  const seats = Array.from({ length: places }, (_, at) => ({ channel: channels[at % channels.length] as Channel, at: seated++ }));
  const mouths = await target.join(seats.map(({ channel, at }) => ({ channel, callsign: `alpha-${at}` })));
  const ears = await target.join(seats.map(({ channel, at }) => ({ channel, callsign: `bravo-${at}` })));
  const lanes: Pair[][] = Array.from({ length: LANES }, () => []);
  for (const [at, mouth] of mouths.entries()) lanes[at % LANES]?.push({ mouth, ear: ears[at] as Pair['ear'] });
  return () => talk(target.server, lanes, ms);
}
