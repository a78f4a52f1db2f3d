import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newFigures, printFigures } from './figures.ts';
import { histories, printHistory } from './history.ts';
import { Broken } from './ledger.ts';
import { play } from './play.ts';

const RUNS = Number(process.env['MODEL_RUNS'] ?? 300);
const PATH = process.env['MODEL_PATH'];
const SEED = Number(process.env['MODEL_SEED'] ?? 7424);

test(`${RUNS} random histories`, { timeout: 60_000 + RUNS * 200 }, async () => {
  const parent = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'rogerthat-'));
  const figures = newFigures();
  const began = performance.now();
  try {
    const result = await fc.check(
      fc.asyncProperty(histories, (history) => play(history, parent, figures)),
      { numRuns: RUNS, seed: SEED, endOnFailure: process.env['MODEL_SHRINK'] === '0', ...(PATH ? { path: PATH } : {}) },
    );
    console.log(printFigures(figures, (performance.now() - began) / 1000));
    if (result.failed) {
      const [history] = result.counterexample ?? [];
      const error = result.errorInstance;
      if (error instanceof Broken && /unflagged/.test(error.message)) figures.unflagged++;
      console.log(error instanceof Error ? error.stack : error);
      throw new Error(`${error instanceof Error ? error.message : error}\nseed ${result.seed}, path ${result.counterexamplePath}\n${history ? printHistory(history) : ''}`);
    }
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
  expect(figures.lost + figures.unflagged).toBe(0);
});
