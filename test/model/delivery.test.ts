/**
 * Random histories of a channel against the rules of delivery, over the real hub and the embedded engine on a disk.
 *
 * A history has a few seats with clients of three habits (always a `since`, never one, now and then), small rings, and
 * whatever happens to hubs and networks: answers cut before the write, lost in flight or taken by the kernel late,
 * several parked listens, crashes of clients, leaves, expiry, clocks that jump, a disk that refuses to write, hubs that
 * are stopped or killed. Then all listen until nothing waits, and these clauses have held at every step:
 *
 *   - R-LISTEN-26, R-LISTEN-16, R-RET-6, R-RET-9: a message whose send was answered was received by every seat it is
 *     for, or a gap that the client received covers it, or it is excused (below);
 *   - R-LISTEN-13, R-LISTEN-22, R-RET-10: no copy without `redelivered` of what an answer carried before, and no flag on
 *     what nothing carried; both also after kills under `full`;
 *   - R-LISTEN-6, R-LISTEN-5, R-SEND-18: an answer has everything from `after` to `cursor`, ascending;
 *   - R-LISTEN-17, R-LISTEN-18, R-LISTEN-19: a gap counts at least what is surely missed and at most what was for the
 *     seat; `rewound` is told as long as it is owed, and never else;
 *   - R-LISTEN-2, R-LISTEN-8 to R-LISTEN-12, R-LISTEN-14, R-JOIN-9, R-LEAVE-3, R-SEND-19, R-ACK-1, R-ACK-2: confirmed ≤
 *     handed ≤ sent ≤ head at every call; each call moves only the positions that are its own, and no further than the
 *     evidence reaches;
 *   - R-LISTEN-3, R-LISTEN-20, R-LISTEN-21, R-LISTEN-23: nobody sleeps beside mail, and nobody stands parked who is gone;
 *   - R-JOIN-4, R-JOIN-7, R-JOIN-8, R-JOIN-10 to R-JOIN-14, R-JOIN-17, R-RET-13: what a join tells is how it stands;
 *   - R-SEND-3, R-SEND-7, R-SEND-11 to R-SEND-13, R-RET-12: nothing that was refused or never sent is heard, one id a
 *     key, one message an id, a status only while it is sent;
 *   - R-SEND-8, R-RCPT-1, R-RCPT-2, R-RCPT-4, R-RCPT-5: `delivered` only when a live socket took it, `confirmed` only
 *     with evidence, neither for what left the ring unseen;
 *   - R-RET-8: after a stop every position is as it was; after a kill at most one second old.
 *
 * Excused, and nothing else is:
 *   - `bare-handed`: a live socket took an answer that carried it (or the gap that covers it), the client never got it,
 *     and the next listen of the session was bare and the session not explicit. The weak point of R-LISTEN-11; a client
 *     that always gives evidence never needs this excuse, and the model insists on that.
 *   - `latest`: the client skipped it with `since=latest` (R-LISTEN-10).
 * Not exact, by contract:
 *   - after a start, `missed_at_most` may count what the seat had before, back to what was confirmed on disk (R-RET-8,
 *     R-RET-11), and all there ever was when a `since` older than that goes back beyond what the hub remembers;
 *   - a message sent while a seat first joins is for it or is not;
 *   - a send or join whose hub died before the answer happened or did not.
 *
 * MODEL_RUNS histories (default: for CI), MODEL_SEED, MODEL_PATH to go to a counterexample, MODEL_SHRINK=0 to stop at
 * the first failure as it is.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Figures, newFigures, printFigures } from './figures.ts';
import { type History, histories, printHistory } from './history.ts';
import { play } from './play.ts';

const RUNS = Number(process.env['MODEL_RUNS'] ?? 300);
const SEED = Number(process.env['MODEL_SEED'] ?? 7424);
const PATH = process.env['MODEL_PATH'];
/** A run takes some milliseconds; on a machine that does other things, many times that. */
const MOST_MS = 60_000 + RUNS * 300;

/** Plays a failed history again and tells where it fails. */
const explain = async (history: History, parent: string): Promise<string> => {
  const error = await play(history, parent, newFigures()).then(
    () => new Error('it went well when it was played again'),
    (failure: unknown) => failure,
  );
  return `${error instanceof Error ? error.stack : error}\n${printHistory(history)}`;
};

/** @returns what failed, or null */
const run = async (parent: string, figures: Figures): Promise<string | null> => {
  const property = fc.asyncProperty(histories, (history) => play(history, parent, figures));
  const path = PATH === undefined ? {} : { path: PATH };
  // Refused calls make many errors, and a stack is the most of what they cost.
  const depth = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  const details = await fc.check(property, { numRuns: RUNS, seed: SEED, endOnFailure: process.env['MODEL_SHRINK'] === '0', ...path });
  Error.stackTraceLimit = depth;
  if (!details.failed) return null;
  const history = details.counterexample?.[0];
  return `MODEL_SEED=${details.seed} MODEL_PATH=${details.counterexamplePath}\n${history ? await explain(history, parent) : details.errorInstance}`;
};

test(`no message is lost, doubled or made up in ${RUNS} random histories`, { timeout: MOST_MS }, async () => {
  // In memory where there is such a place: nothing here is about power failures.
  const parent = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'rogerthat-model-'));
  const figures = newFigures();
  const began = performance.now();
  const before = process.cpuUsage();
  try {
    const failure = await run(parent, figures);
    if (failure !== null && /unflagged|without a flag/.test(failure)) figures.unflagged++;
    const { user, system } = process.cpuUsage(before);
    console.log(printFigures(figures, { wall: (performance.now() - began) / 1e3, cpu: (user + system) / 1e6 }));
    if (failure !== null) expect.fail(failure);
    expect(figures).toMatchObject({ lost: 0, unflagged: 0 });
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
});
