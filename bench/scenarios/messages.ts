/** The cost of one message: one send and the parked listen it answers. */

import { type Slice, talk } from '../load.ts';
import { pairsOf } from '../pairs.ts';
import { figure, type Section, type Setting, times } from '../report.ts';
import { against, cells, inTurns } from '../rounds.ts';
import { hubTarget, rawTarget } from '../target.ts';

const PAIRS = 50;

/** Measures CPU a message with 50 pairs, each on a channel of its own. */
export async function messages({ quick, servers, say }: Setting): Promise<Section> {
  const rounds = quick ? 3 : 15;
  const slice = quick ? 400 : 700;
  const { raw, hub } = await servers();
  const targets = [rawTarget(raw), hubTarget(hub, 'none'), hubTarget(hub, 'full')];
  const runs: (() => Promise<Slice>)[] = [];
  for (const target of targets) {
    const lanes = (await pairsOf(target, PAIRS)).map((pair) => [pair]);
    runs.push(() => talk(target.server, lanes, slice));
  }
  say(`${PAIRS} pairs, ${rounds} rounds`);
  await inTurns(1, runs);
  const [reference = [], none = [], full = []] = await inTurns(rounds, runs);

  const [withNone, withFull] = [against(none, reference).ratio, against(full, reference).ratio];
  return {
    title: 'Messages',
    method:
      `${PAIRS} pairs of agents, each on a channel of its own: \`bravo\` is parked in \`listen?since=CURSOR\`, \`alpha\` ` +
      'sends it a direct message of about 100 bytes, and as soon as both are answered the next one goes out. A message is ' +
      'one send and one listen: two requests, two answers.',
    table: {
      columns: ['server', 'CPU µs a message', '× node:http', 'messages a second', 'core busy'],
      rows: [
        ['node:http', ...cells(reference, reference)],
        ['hub, retention `none`', ...cells(none, reference)],
        ['hub, retention `full`', ...cells(full, reference)],
      ],
    },
    goals: [
      { goal: 'a message with retention `none` ≤ 1.5 × node:http', figure: times(withNone), met: withNone <= 1.5 },
      { goal: 'a message with retention `full` ≤ 2 × node:http', figure: times(withFull), met: withFull <= 2 },
    ],
    remarks: [
      `With \`full\` every message is stored before it is answered; that is ${figure(withFull / withNone)} times the CPU of ` +
        'a message that is only passed on.',
    ],
  };
}
