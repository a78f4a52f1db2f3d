/** A word that is no command, and what may have been meant. */
import { nearest } from '../core/wording.ts';
import { COMMANDS } from './commands.ts';
import { CliError } from './exit.ts';
import { plain } from './radio.ts';

/** What starts a server elsewhere. */
const STARTS: ReadonlySet<string> = new Set(['serve', 'server', 'start', 'run', 'up']);

const meant = (name: string): string => {
  if (STARTS.has(name)) return ' "rogerthat" alone starts a hub.';
  const near = nearest(
    name,
    COMMANDS.map((one) => one.name),
  );
  return near === undefined ? '' : ` Did you mean "${near}"?`;
};

/** A failure for a word that is no command, with what was meant. */
export const unknownCommand = (name: string): CliError =>
  new CliError(
    'usage',
    `There is no command "${plain(name).slice(0, 40)}".${meant(name)}`,
    `Commands: ${COMMANDS.map((one) => one.name).join(', ')}. See "rogerthat --help".`,
  );
