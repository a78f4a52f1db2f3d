/** Writes the documents that are made from the program; with --check, fails when one is not as it would be written. */
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { configurationDoc } from '../src/config.ts';
import { apiDoc, errorsDoc } from '../src/discovery/pages.ts';
import { operations } from '../src/operations/index.ts';

const fieldsOf = (op: (typeof operations)[number]): [string, string][] => {
  const schema = z.toJSONSchema(op.input, { io: 'input' }) as {
    properties?: Record<string, { description?: string; default?: unknown }>;
    required?: string[];
  };
  return Object.entries(schema.properties ?? {}).map(([name, { description = '', default: standard }]) => {
    const header = op.rest.headers?.[name];
    const notes = [
      schema.required?.includes(name) ? 'required' : '',
      standard === undefined ? '' : `default ${JSON.stringify(standard)}`,
      header ? `as the header \`${header}\`` : '',
    ].filter((note) => note !== '');
    return [name, [description, notes.length > 0 ? `(${notes.join(', ')})` : ''].filter((part) => part !== '').join(' ')];
  });
};

const documents: Readonly<Record<string, string>> = {
  'docs/configuration.md': configurationDoc(),
  'docs/errors.md': errorsDoc(),
  'docs/api.md': apiDoc(operations, fieldsOf),
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
