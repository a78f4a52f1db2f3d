/** The program as it is published, bundled from the source as it is now. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Everything a bundle is made from. */
const sources = (): string[] => [
  ...readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.[a-z]+$/.test(name))
    .map((name) => join('src', name))
    .sort(),
  'package.json',
  'rolldown.config.ts',
  'script/build-site.ts',
];

let built: string | null = null;

/**
 * Bundles the hub, once for each state of the source, in a directory of its own: `dist/` may be remade meanwhile.
 * @returns the path of `cli.js`
 */
export const builtHub = (): string => {
  if (built !== null) return built;
  const hash = createHash('sha256');
  for (const name of sources()) hash.update(`${name}\0`).update(readFileSync(join(ROOT, name)));
  // Inside the project, so that Node finds its packages.
  const results = join(ROOT, '.test-results');
  const directory = join(results, `hub-${hash.digest('hex').slice(0, 16)}`);
  if (!existsSync(directory)) {
    mkdirSync(results, { recursive: true });
    const scratch = `${directory}.${process.pid}`;
    for (const step of [
      [join(ROOT, 'node_modules/rolldown/bin/cli.mjs'), '-c', '-d', scratch],
      ['--import', 'tsx', 'script/build-site.ts', join(scratch, 'site')],
    ]) {
      const made = spawnSync(process.execPath, step, { cwd: ROOT });
      if (made.status !== 0) throw new Error(`the hub does not build:\n${made.stderr}`);
    }
    try {
      renameSync(scratch, directory);
    } catch {
      // Another worker was faster; its bundle is the same.
      rmSync(scratch, { recursive: true, force: true });
    }
  }
  built = join(directory, 'cli.js');
  return built;
};
