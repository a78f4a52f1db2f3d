/** What several hubs on one store cost and carry, beside one hub that keeps everything itself. */

import { type Metered, type Pair, type Slice, shout, talk } from '../load.ts';
import { figure, markdownTable, type Section, type Setting, times } from '../report.ts';
import { against, inTurns } from '../rounds.ts';
import { type Server, startFleetHub, startRedis } from '../servers.ts';
import { median, quantile } from '../stats.ts';
import { hubTarget } from '../target.ts';
import { whispers } from '../whispers.ts';

/** Messages in flight at once. */
const LANES = 50;

/** Pairs that whisper, in turn: each has its fifth of a second. */
const WHISPERERS = 40;
const PER_SECOND = 200;

const SIZES = [10, 1_000, 10_000];
const QUICK_SIZES = [10, 100];

/** How much more a message may cost at the last size and still count as the same: noise. */
const SAME = 1.15;

/** Hubs that answer for the same channels: every message is sent at one of them and heard at the next. */
interface Fleet {
  name: string;
  hubs: readonly Server[];
  /** Nothing for a hub without one. */
  store: Server | null;
}

/** Measures one to three hubs on a Redis beside an embedded one, then two hubs with 10 to 10,000 channels. */
export async function fleet({ quick, profileDir, say }: Setting): Promise<Section> {
  const rounds = quick ? 2 : 4;
  const slice = quick ? 300 : 600;
  const embedded = await startFleetHub(null, { anyCore: true });
  const store = await startRedis();
  const hubs: Server[] = [];
  for (let hub = 0; hub < 3; hub++) hubs.push(await startFleetHub(store, { anyCore: true, ...(hub === 0 ? { profileDir } : {}) }));
  const fleets: Fleet[] = [
    { name: 'one hub, embedded', hubs: [embedded], store: null },
    ...[1, 2, 3].map((count) => ({ name: `${count} on Redis`, hubs: hubs.slice(0, count), store })),
  ];
  const loads = await Promise.all(fleets.map((one) => loadsOf(one, slice)));
  say(`warming up`);
  for (const { talks, sends, whisper } of loads) {
    for (let turn = 0; turn < (quick ? 1 : 4); turn++) await talks();
    await sends();
    await whisper(500);
  }
  say(`${rounds} rounds of ${fleets.length} fleets`);
  const talked = await inTurns(
    rounds,
    loads.map(({ talks }) => talks),
  );
  const sent = await inTurns(
    rounds,
    loads.map(({ sends }) => sends),
  );
  const delays: number[][] = [];
  for (const { whisper } of loads) delays.push(await whisper(quick ? 1_000 : 3_000));

  const two = fleets[2] as Fleet;
  const growth = await grown(two, { rounds: quick ? 2 : 3, slice, sizes: quick ? QUICK_SIZES : SIZES, say });
  const rate = median((sent[2] as Slice[]).map((one) => one.rate));
  const wake = median(delays[2] as number[]);
  const alone = talked[0] as Slice[];
  return {
    title: 'A fleet',
    method:
      'One to three hubs on one Redis (`appendonly yes`, synced every second) beside one embedded hub, all with the rates and ' +
      'guards of a local hub, all processes of a fleet on the same cores as the load generator. Every message is sent at one hub and ' +
      `heard at the next. *Sends*: ${LANES} in flight, nobody listens. *Messages*: ${LANES} in flight, each a send and ` +
      `the parked listen that it answers. *Wake*: ${PER_SECOND} sends a second by ${WHISPERERS} pairs in turn, from the first byte of a send ` +
      'to the last of the answer of the listen at the other hub. CPU is that of a message; the multiple is of the embedded hub.',
    table: {
      columns: ['', 'sends a second', 'messages a second', 'wake p50 ms', 'p99 ms', 'hubs, CPU µs', 'Redis, CPU µs', '× embedded'],
      rows: fleets.map(({ name, store: kept }, at) => {
        const [talks, all] = [talked[at] as Slice[], delays[at] as number[]];
        return [
          name,
          ...[rates(sent[at] as Slice[]), rates(talks), figure(median(all)), figure(quantile(all, 0.99)), ...cpus(talks, kept)],
          at === 0 ? '1' : times(against(talks, alone).ratio),
        ];
      }),
    },
    goals: [
      {
        goal: `a listener at another hub hears within 5 ms of the send (median, ${PER_SECOND} a second)`,
        figure: `${figure(wake)} ms`,
        met: wake < 5,
      },
      { goal: 'two hubs on one Redis take ≥ 2,500 sends a second', figure: figure(rate), met: rate >= 2500 },
      growth.goal,
    ],
    remarks: [growth.table],
  };
}

const whole = (count: number): string => count.toLocaleString('en-US');

const rates = (slices: readonly Slice[]): string => figure(median(slices.map((slice) => slice.rate)));

/** CPU a message of the hubs together, and of the store. */
function cpus(slices: readonly Slice[], store: Server | null): string[] {
  const stores = slices.map(({ cpuEach }) => (store ? (cpuEach.at(-1) as number) : 0));
  const hubs = slices.map(({ cpuPerUnit }, at) => cpuPerUnit - (stores[at] as number));
  return [figure(median(hubs)), store ? figure(median(stores)) : '–'];
}

const metersOf = ({ hubs, store }: Fleet): Metered[] => [...hubs, ...(store ? [store] : [])];

/** Pairs on so many channels, each sending at one hub and hearing at the next. */
async function pairsAcross({ hubs }: Fleet, count: number, places = count): Promise<Pair[]> {
  const all = await Promise.all(
    hubs.map(async (hub, at) => {
      const [from, to] = [hubTarget(hub), hubTarget(hubs[(at + 1) % hubs.length] as Server)];
      const share = (whole: number) => Math.floor(whole / hubs.length) + (at < whole % hubs.length ? 1 : 0);
      const channels = await from.channels(share(count));
      const seats = Array.from({ length: share(places) }, (_, nth) => ({ channel: channels[nth % channels.length]!, nth }));
      const [mouths, ears] = await Promise.all([
        from.join(seats.map(({ channel, nth }) => ({ channel, callsign: `alpha-${nth}` }))),
        to.join(seats.map(({ channel, nth }) => ({ channel, callsign: `bravo-${nth}` }))),
      ]);
      return mouths.map((mouth, nth): Pair => ({ mouth, ear: ears[nth]! }));
    }),
  );
  return all.flat();
}

/** The pairs of each lane: those that speak to one hub. */
function lanesOf(pairs: readonly Pair[]): Pair[][] {
  const ports = [...new Set(pairs.map(({ mouth }) => mouth.port))];
  const lanes: Pair[][] = [];
  for (const [at, port] of ports.entries()) {
    const own = pairs.filter(({ mouth }) => mouth.port === port);
    const count = Math.min(own.length, Math.floor(LANES / ports.length) + (at < LANES % ports.length ? 1 : 0));
    const mine: Pair[][] = Array.from({ length: count }, () => []);
    for (const [nth, pair] of own.entries()) mine[nth % count]!.push(pair);
    lanes.push(...mine);
  }
  return lanes;
}

async function loadsOf(one: Fleet, slice: number) {
  const meters = metersOf(one);
  const [talking, sending, whispering] = [
    lanesOf(await pairsAcross(one, LANES)),
    lanesOf(await pairsAcross(one, LANES)),
    await pairsAcross(one, WHISPERERS),
  ];
  return {
    talks: () => talk(meters, talking, slice),
    sends: () => shout(meters, sending, slice),
    whisper: (ms: number) => whispers(whispering, PER_SECOND, ms),
  };
}

interface Growing {
  rounds: number;
  slice: number;
  sizes: readonly number[];
  say(line: string): void;
}

/** Two hubs whose channels become more: messages that go round all of them, against messages that go round the first few. */
async function grown(one: Fleet, { rounds, slice, sizes, say }: Growing) {
  const [few = 0] = sizes;
  const meters = metersOf(one);
  const seated = (pairs: readonly Pair[]) => {
    const lanes = lanesOf(pairs);
    return () => talk(meters, lanes, slice);
  };
  const first = seated(await pairsAcross(one, few, LANES));
  const rows: string[][] = [];
  let pairs: Pair[] = [];
  let ratio = 1;
  for (const size of sizes) {
    if (size === few) continue;
    say(`${size} channels`);
    const began = performance.now();
    pairs = [...pairs, ...(await pairsAcross(one, size - pairs.length))];
    const making = performance.now() - began;
    const all = seated(pairs);
    // Each channel has been heard of at both hubs before it counts.
    for (let talked = 0; talked < size; ) talked += (await all()).units;
    const [fewSlices = [], allSlices = []] = await inTurns(rounds, [first, all]);
    ratio = against(allSlices, fewSlices).ratio;
    if (rows.length === 0) rows.push([whole(few), rates(fewSlices), ...cpus(fewSlices, one.store), '1']);
    rows.push([whole(size), rates(allSlices), ...cpus(allSlices, one.store), times(ratio)]);
    say(`made and seated in ${figure(making / 1000)} s`);
  }
  const most = whole(sizes.at(-1) as number);
  return {
    table: `Two hubs, and messages that go round more and more channels. The multiple is of messages on ${few} channels, in the same rounds.\n\n${markdownTable(
      { columns: ['channels', 'messages a second', 'hubs, CPU µs', 'Redis, CPU µs', `× ${few} channels`], rows },
    )}`,
    goal: {
      goal: `two hubs: a message costs the same on ${few} channels and on ${most} (within ${Math.round((SAME - 1) * 100)} %)`,
      figure: `${times(ratio)} as much`,
      met: ratio <= SAME,
    },
  };
}
