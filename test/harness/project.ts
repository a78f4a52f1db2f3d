/** Running the program from a copy of the project: nothing is built or installed in the project itself. */
import { cpSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { builtHub, ROOT } from './built.ts';
import { temporaryDirectory } from './process.ts';

/** What is in the repository and makes the program. */
const PARTS = [
  ...[
    'src',
    'script',
    'deploy',
    'docs',
    'examples',
    'plugin',
    'package.json',
    'rolldown.config.ts',
    'tsconfig.json',
    'tsconfig.types.json',
  ],
  ...['README.md', 'LICENSE', 'CHANGELOG.md', 'SECURITY.md'],
];

/** The project as a fresh clone, with the packages that are installed already. */
export const cloneOfProject = (): string => {
  const clone = temporaryDirectory();
  for (const part of PARTS) cpSync(join(ROOT, part), join(clone, part), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(clone, 'node_modules'));
  return clone;
};

/** A clone that `script/bootstrap` has nothing to do in: it would install, and the packages are the project's own. */
export const bootstrappedClone = (): string => {
  const clone = cloneOfProject();
  cpSync(dirname(builtHub()), join(clone, 'dist'), { recursive: true });
  writeFileSync(join(clone, 'script/bootstrap'), '#!/usr/bin/env bash\n', { mode: 0o755 });
  return clone;
};
