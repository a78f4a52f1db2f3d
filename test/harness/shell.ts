/** Shell blocks of documents, run as their readers would run them. */
import { expect } from 'vitest';
import { type Program, type ProgramOptions, start } from './process.ts';

/** The blocks of a document that are fenced as `bash`, in order. */
export const bashBlocks = (markdown: string): string[] => [...markdown.matchAll(/^```bash\n(.*?)^```$/gms)].map(([, block = '']) => block);

/** Says where a block begins, in what the script prints. */
const heading = (n: number): string => `echo '--- block ${n}'\n`;

/** The blocks as one script that stops at the first thing that fails. */
export const scriptOf = (blocks: readonly string[]): string => blocks.map((block, i) => heading(i + 1) + block).join('\n');

export const startScript = (script: string, options: ProgramOptions): Program => start('bash', ['-euo', 'pipefail', '-c', script], options);

/** Runs a script to its end, which has to be a good one. */
export const runScript = async (script: string, options: ProgramOptions): Promise<string> => {
  const program = startScript(script, options);
  const ending = await program.ended;
  expect({ ...ending, said: program.stdout(), complained: program.stderr() }).toMatchObject({ code: 0, complained: '' });
  return program.stdout();
};
