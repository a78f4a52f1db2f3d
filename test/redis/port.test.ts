/** The whole suite of the port once more, over a Redis Cluster of three primaries. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

process.env['PORT_OVER'] = 'cluster';

const SUITE = fileURLToPath(new URL('../engine/', import.meta.url));
// These are about the files of the local engine.
const ALONE = ['journal', 'repairing', 'standing', 'synced'];
for (const file of readdirSync(SUITE).sort()) {
  const [name = '', kind] = file.split('.');
  if (kind === 'test' && !ALONE.includes(name)) await import(`../engine/${name}.test.ts`);
}
