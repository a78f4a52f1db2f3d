/** The cost of one delivery when one voice speaks to a crowd. */

import { proclaim } from '../load.ts';
import { type Goal, type Section, type Setting, times } from '../report.ts';
import { against, cells, inTurns } from '../rounds.ts';
import { hubTarget, rawTarget, type Target } from '../target.ts';

const CROWDS = [100, 1_000];

/** Measures CPU a delivery with 100 and with 1,000 parked listeners on one channel. */
export async function broadcast({ quick, servers, say }: Setting): Promise<Section> {
  const rounds = quick ? 2 : 9;
  const slice = quick ? 250 : 800;
  const { raw, hub } = await servers();
  const targets = [rawTarget(raw), hubTarget(hub)];
  const rows: string[][] = [];
  const goals: Goal[] = [];
  for (const listeners of CROWDS) {
    say(`${listeners} listeners, ${rounds} rounds`);
    const runs = [];
    for (const target of targets) {
      const { voice, crowd } = await assemble(target, listeners);
      runs.push(() => proclaim(target.server, voice, crowd, slice));
    }
    await inTurns(1, runs);
    const [reference = [], measured = []] = await inTurns(rounds, runs);
    const crowd = listeners.toLocaleString('en-US');
    const costs = (slices: typeof measured) => cells(slices, reference).slice(0, 2);
    rows.push([`${crowd} listeners`, costs(reference)[0] as string, ...costs(measured)]);
    const { ratio } = against(measured, reference);
    const goal = `a delivery to ${crowd} listeners with retention \`none\` ≤ 1.2 × node:http`;
    goals.push({ goal, figure: times(ratio), met: ratio <= 1.2 });
  }
  return {
    title: 'Broadcast',
    method:
      'One channel, retention `none`. Everybody is parked, one agent sends to `all`, everybody is answered and listens ' +
      'again. A delivery is one listener who heard it: one request and one answer, and its share of the one send.',
    table: { columns: ['', 'node:http, CPU µs a delivery', 'hub, CPU µs a delivery', 'hub × node:http'], rows },
    goals,
  };
}

async function assemble(target: Target, listeners: number) {
  const [channel] = await target.channels(1);
  if (!channel) throw new Error('no channel was made');
  const seats = Array.from({ length: listeners }, (_, at) => ({ channel, callsign: `ear-${at}` }));
  const crowd = await target.join(seats);
  const [voice] = await target.join([{ channel, callsign: 'voice' }]);
  if (!voice) throw new Error('nobody joined');
  return { voice, crowd };
}
