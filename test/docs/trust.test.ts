/** docs/trust.md is what a hub really answers: the scene is played again and compared. R-TRUST-11, R-TRUST-12, R-MCP-9. */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { trustDoc } from './trust.ts';

const PATH = new URL('../../docs/trust.md', import.meta.url);

test('docs/trust.md is what happens (WRITE_DOCS=1 writes it anew)', { timeout: 30_000 }, async () => {
  const played = await trustDoc();
  if (process.env['WRITE_DOCS'] === '1') writeFileSync(PATH, played);
  expect(played).toBe(readFileSync(PATH, 'utf8'));
  for (const secret of [/correct horse/g, /rt_(?:join|owner|id|session)_[\w-]{8}/]) {
    // What an agent typed itself is shown; what the hub answers has no secret of anybody.
    const answers = played.split('\n').filter((line) => !/^(?:POST|join\()/.test(line));
    expect(answers.join('\n')).not.toMatch(secret);
  }
});
