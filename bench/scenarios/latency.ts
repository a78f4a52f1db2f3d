/** How long a parked listener waits for a message that is on its way. */

import { guarded, hear, type Pair } from '../load.ts';
import { pairsOf } from '../pairs.ts';
import { figure, type Section, type Setting } from '../report.ts';
import { median, pause, quantile } from '../stats.ts';
import { hubTarget, rawTarget } from '../target.ts';
import { Wire } from '../wire.ts';

/** Time between two messages, in ms: long enough for the listener to be parked and the server to be idle. */
const GAP_MS = 5;

/** Measures the time from a send to the answer of the listen that waits for it, one pair, next to no load. */
export async function latency({ quick, servers, say }: Setting): Promise<Section> {
  const blocks = quick ? 2 : 10;
  const samples = 50;
  const { raw, hub } = await servers();
  const targets = [rawTarget(raw), hubTarget(hub, 'none'), hubTarget(hub, 'full')];
  const pairs = await Promise.all(targets.map(async (target) => (await pairsOf(target, 1))[0] as Pair));
  const delays: number[][] = targets.map(() => []);
  say(`one pair, ${blocks * samples} messages each`);
  for (let block = -1; block < blocks; block++) {
    for (const [at, target] of targets.entries()) {
      const measured = await whisper(target.server.port, pairs[at] as Pair, samples);
      if (block >= 0) delays[at]?.push(...measured);
    }
  }

  const [reference = [], none = [], full = []] = delays;
  const row = (name: string, all: number[]) => [name, figure(median(all)), figure(quantile(all, 0.99)), figure(Math.max(...all))];
  const worst = Math.max(median(none), median(full));
  return {
    title: 'Latency',
    method:
      'One pair and an idle server. The listener is parked; the clock runs from the moment the bytes of the send are ' +
      'written to the moment the whole answer of the listen is read.',
    table: {
      columns: ['server', 'p50 ms', 'p99 ms', 'highest ms'],
      rows: [row('node:http', reference), row('hub, retention `none`', none), row('hub, retention `full`', full)],
    },
    goals: [
      {
        goal: 'a parked listen is answered within 10 ms of the send (median)',
        figure: `${figure(worst)} ms`,
        met: worst <= 10,
      },
    ],
  };
}

/** Sends `count` messages with pauses between them; the milliseconds each took to reach the parked listener. */
async function whisper(port: number, { mouth, ear }: Pair, count: number): Promise<number[]> {
  const [from, to] = [new Wire(port), new Wire(port)];
  const delays: number[] = [];
  try {
    for (let sent = 0; sent < count; sent++) {
      const text = `whisper ${sent} at ${performance.now()}`;
      let arrived = 0;
      const heard = hear(to, ear, text).then(() => {
        arrived = performance.now();
      });
      await Promise.race([heard, pause(GAP_MS)]);
      const request = mouth.send(ear.callsign, text);
      const began = performance.now();
      const said = new Promise<void>((resolve, reject) => from.ask(request, () => resolve(), reject));
      await guarded([heard, said]);
      delays.push(arrived - began);
    }
  } finally {
    from.close();
    to.close();
  }
  return delays;
}
