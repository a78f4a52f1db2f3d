/** docs/a2a.md: its blocks run in order against a real hub and show what is said beside them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../harness/built.ts';
import { startHubProcess, temporaryDirectory } from '../harness/process.ts';
import { bashBlocks, runScript, scriptOf } from '../harness/shell.ts';

const STANDARD = 'HUB=http://127.0.0.1:7424\n';

test('every block does what is said beside it', async () => {
  const [first = '', ...others] = bashBlocks(readFileSync(join(ROOT, 'docs/a2a.md'), 'utf8'));
  expect(first.startsWith(STANDARD)).toBe(true);
  expect(others).toHaveLength(3);
  const hub = await startHubProcess();
  const said = await runScript(scriptOf([first.replace(STANDARD, `HUB=${hub.url}\n`), ...others]), { cwd: temporaryDirectory() });
  expect(said).toContain('"callsign":"caller","state":"queued"');
  expect(said).toMatch(/"state": "TASK_STATE_COMPLETED",\s*"answer": "All green\."/);
});
