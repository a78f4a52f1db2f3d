/** A ring that cannot be made is one that reached nobody, whatever the system says of it: the next way is tried, and later again. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { codexRinger, firstOf } from '../../src/bridge/ringers.ts';

// Nowhere; below a file, which Node throws at once, as it does for a script of Windows; not to be run.
const COMMANDS = ['/nowhere/codex', join(process.execPath, 'codex'), import.meta.filename];

test.each(COMMANDS)('%s cannot be started, and rings nobody', async (command) => {
  const tried: string[] = [];
  const next = { name: 'next', ring: async (text: string) => tried.push(text) > 0 };
  expect(await codexRinger(command, 'thread').ring('mail')).toBe(false);
  expect(await firstOf([codexRinger(command, 'thread'), next]).ring('mail')).toBe(true);
  expect(tried).toEqual(['mail']);
});
