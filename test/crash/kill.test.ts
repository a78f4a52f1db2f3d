/**
 * The hub dies under load and comes back on the same directory: nothing that was acknowledged is lost, and no repeat
 * goes without its flag (R-RET-6, R-RET-8, R-RET-9, R-RET-10, R-RET-11, R-RET-12, R-LISTEN-13, R-LISTEN-16, R-SEND-11).
 */
import { describe, expect, test } from 'vitest';
import { check, figuresLine } from '../harness/checker.ts';
import { runLoad } from '../harness/load.ts';
import { startStation } from '../harness/process.ts';
import { random, seedOf } from '../harness/random.ts';

const MESSAGES = 2_400;
const KILLS = 5;

describe.each(['none', 'full'])('kill -9, five times, retention %s', (retention) => {
  test('R-RET-6: everything acknowledged is heard or announced, nothing twice without a flag', async () => {
    const own = random(seedOf(11));
    const station = await startStation({ args: ['--limits', 'off'] });
    let kills = 0;
    const pids = new Set<number>();
    let last: Promise<unknown> = Promise.resolve();
    const load = await runLoad({
      ...{ station, random: own, channels: 8, agents: 3, retention, messages: MESSAGES },
      onAcknowledged(total) {
        if (kills >= KILLS || total < (kills + 0.5) * (MESSAGES / KILLS)) return;
        kills++;
        pids.add(station.hub.pid);
        last = station.restart('SIGKILL');
      },
    });
    await last;
    const verdict = check(load.history.events);
    console.log(figuresLine(`${kills} × kill -9 under load, ${retention}`, own.seed, verdict));
    expect(pids.size).toBe(KILLS);
    expect(verdict.violations).toEqual([]);
    expect(verdict.figures).toMatchObject({ acked: MESSAGES, lost: 0, unflagged: 0 });
    if (retention === 'full') expect(verdict.figures.announced).toBe(0);
  });
});
