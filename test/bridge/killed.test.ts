/** Bridges that were killed: the next one of the home removes what they said of themselves. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { newHome } from '../harness/command.ts';
import { verifies } from '../harness/verifies.ts';
import { startBridge } from './stdio.ts';

verifies.once('bridge:tidy', async () => {
  const home = newHome();
  const start = async () => {
    const bridge = startBridge(home, []);
    await bridge.ask('ping');
    return bridge.program;
  };
  const known = (): string[] => readdirSync(join(home.directory, '.local/state/rogerthat/bridges'));
  const lives = await start();
  const killed = await start();
  expect(known()).toHaveLength(2);
  await killed.end('SIGKILL');
  const next = await start();
  expect(known().sort()).toEqual([lives, next].map(({ pid }) => `${pid}.json`).sort());
});
