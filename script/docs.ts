/** Writes the documents that are made from the program; with --check, fails when one is not as it would be written. */
import { readFileSync, writeFileSync } from 'node:fs';
import { configurationDoc } from '../src/config.ts';
import { serverJson } from '../src/discovery/cards.ts';
import { pretty } from '../src/discovery/facts.ts';
import { apiDoc, errorsDoc } from '../src/discovery/pages.ts';
import { operations } from '../src/operations/index.ts';
import { VERSION } from '../src/version.ts';

const documents: Readonly<Record<string, string>> = {
  'docs/configuration.md': configurationDoc(),
  'docs/errors.md': errorsDoc(),
  'docs/api.md': apiDoc(operations),
  'server.json': pretty(serverJson(VERSION)),
};

const check = process.argv.includes('--check');
let stale = 0;
for (const [name, text] of Object.entries(documents)) {
  const path = new URL(`../${name}`, import.meta.url);
  if (!check) writeFileSync(path, text);
  else if (readFileSync(path, 'utf8') !== text) {
    console.error(`${name} is not fresh: run node --import tsx script/docs.ts`);
    stale++;
  }
}
process.exitCode = stale > 0 ? 1 : 0;
