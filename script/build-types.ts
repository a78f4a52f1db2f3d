/**
 * Builds dist/index.d.ts and the declarations that it leads to, so that a program which uses the package is checked
 * against it. They name nothing but each other and Node (its user needs @types/node, as everybody has who checks types).
 *
 *     node --import tsx script/build-types.ts [DIRECTORY]     default: dist
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, normalize, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = resolve(process.argv[2] ?? join(root, 'dist'));

const SPECIFIER = /(?<=\bfrom '|\bimport\(["'])[\w@./:-]+(?=["'])/g;

/** Every declaration of the program is made; those that the public one does not lead to are left behind. */
const scratch = mkdtempSync(join(tmpdir(), 'rogerthat-types-'));
try {
  const made = spawnSync(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.types.json', '--outDir', scratch],
    {
      cwd: root,
      encoding: 'utf8',
    },
  );
  if (made.status !== 0) throw new Error(`no declarations were made:\n${made.stdout}${made.stderr}`);
  const wanted = new Set(['index.ts']);
  for (const source of wanted) {
    const name = source.replace(/\.ts$/, '.d.ts');
    const text = readFileSync(join(scratch, name), 'utf8').replace(SPECIFIER, (specifier) => {
      if (specifier.startsWith('node:')) return specifier;
      if (!specifier.startsWith('.')) throw new Error(`${name} names a package that its readers do not have: ${specifier}`);
      wanted.add(normalize(join(dirname(source), specifier)));
      return specifier.replace(/\.ts$/, '.js');
    });
    mkdirSync(dirname(join(target, name)), { recursive: true });
    writeFileSync(join(target, name), text);
  }
} finally {
  rmSync(scratch, { recursive: true });
}
