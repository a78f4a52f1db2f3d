/**
 * Runs the whole suite, then plants bugs and sees that the model notices each, and ends with the one line that says how
 * it went. A skipped test is an error in CI.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';

const REPORT = '.test-results/report.json';

mkdirSync('.test-results', { recursive: true });
const run = spawnSync(
  process.execPath,
  ['node_modules/vitest/vitest.mjs', 'run', '--reporter=dot', '--reporter=json', `--outputFile.json=${REPORT}`],
  { stdio: 'inherit' },
);

const report = JSON.parse(readFileSync(REPORT, 'utf8')) as {
  numPassedTests: number;
  numFailedTests: number;
  numFailedTestSuites: number;
  testResults: { assertionResults: { status: string; fullName: string }[] }[];
};
const skipped = report.testResults
  .flatMap(({ assertionResults }) => assertionResults)
  .filter(({ status }) => status !== 'passed' && status !== 'failed');
for (const { fullName } of skipped) console.error(`skipped: ${fullName}`);
const refused = process.env['CI'] ? skipped.length : 0;
const broken = run.status !== 0 && report.numFailedTests === 0 ? 1 : 0;
// A model that stays green on planted bugs would prove nothing: counted as one more test.
const planted = spawnSync(process.execPath, ['--import', 'tsx', 'script/mutants.ts'], { stdio: 'inherit' });
const survived = planted.status === 0 ? 0 : 1;
const failed = report.numFailedTests + refused + broken + survived;
console.log(
  `Tests: ${report.numPassedTests + 1 - survived} passed, ${failed} failed${refused === 0 && skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`,
);
process.exitCode = failed > 0 ? 1 : 0;
