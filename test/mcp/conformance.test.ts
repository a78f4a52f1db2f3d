/** The published conformance suite judges the endpoint, once for each revision it knows the requirements of. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { clientFile, NODE_22 } from '../harness/clients.ts';
import { start, temporaryDirectory } from '../harness/process.ts';
import { openFixtureHub } from './fixture-hub.ts';

interface Figures {
  readonly passed: number;
  readonly failed: number;
  /** Scenarios whose whole result is as wanted. */
  readonly scenarios: number;
}

const figures = (directory: string): Figures => {
  const all = readdirSync(directory).map(
    (name) => JSON.parse(readFileSync(join(directory, name, 'checks.json'), 'utf8')) as readonly { readonly status: string }[],
  );
  const count = (status: string): number => all.flat().filter((check) => check.status === status).length;
  return {
    passed: count('SUCCESS'),
    failed: count('FAILURE'),
    scenarios: all.filter((checks) => checks.every(({ status }) => status !== 'FAILURE')).length,
  };
};

/** Entries of an expected-failures file. */
const expectedFailures = (file: string): number =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => /^ {2}- /.test(line)).length;

for (const revision of ['2025-11-25', '2026-07-28']) {
  test(`the conformance suite at ${revision}`, { timeout: 120_000 }, async () => {
    const suite = clientFile('@modelcontextprotocol/conformance/dist/index.js');
    const baseline = fileURLToPath(new URL(`conformance/${revision}.yml`, import.meta.url));
    const results = temporaryDirectory();
    const hub = await openFixtureHub();
    try {
      const run = start(clientFile(NODE_22), [
        suite,
        'server',
        ...['--url', hub.url],
        ...['--requirements', revision],
        ...['--expected-failures', baseline],
        ...['--output-dir', results],
      ]);
      const { code } = await run.ended;
      const said = run.stdout().slice(run.stdout().indexOf('=== SUMMARY ==='));
      expect(code, `${said}\n${run.stderr()}`).toBe(0);
      const { passed, failed, scenarios } = figures(results);
      expect(passed).toBeGreaterThan(50);
      expect(hub.bugs).toEqual([]);
      console.log(
        `conformance ${revision}: ${passed} checks passed in all, ${scenarios} scenarios without a failure; ` +
          `${expectedFailures(baseline)} checks are for features a hub does not have, ${failed} failed in all (scored or not)`,
      );
    } finally {
      await hub.close();
    }
  });
}
