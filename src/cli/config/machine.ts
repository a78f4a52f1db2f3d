/** This machine, as the commands see it that change the settings of clients. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Context } from '../context.ts';
import { homeIn } from '../state.ts';
import type { ConfigFile, Places } from './clients.ts';
import type { Entry, Format } from './document.ts';
import { readText } from './files.ts';
import { jsonc } from './jsonc.ts';
import { toml } from './toml.ts';

export const FORMATS: Readonly<Record<'jsonc' | 'toml', Format>> = { jsonc, toml };

/** What stands for an entry in a file now; undefined when nothing does. @throws CliError failed */
export const standsIn = ({ path, format }: ConfigFile, entry: Entry): unknown => {
  const text = readText(path);
  return text === null ? undefined : FORMATS[format].find(text, entry, path);
};

export const placesOf = ({ env }: Context): Places => ({ home: homeIn(env), platform: process.platform, env });

/** Whether a program is found by its name. */
export const onPath = (program: string, env: NodeJS.ProcessEnv): boolean =>
  (env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .some((folder) =>
      ['', ...(process.platform === 'win32' ? ['.cmd', '.exe'] : [])].some((end) => {
        try {
          accessSync(join(folder, program + end), constants.X_OK);
          return true;
        } catch {
          return false;
        }
      }),
    );

/** A word that shells take as it is, also in quotes. */
const inShell = (word: string): string => (/^[\w./:@%+=,-]+$/.test(word) ? word : JSON.stringify(word));

/**
 * How a hook starts this program: by its name, or by its place; what npx fetched may be gone tomorrow and is fetched again.
 * @param hub undefined: the one that a hook takes by itself
 */
export const hookCommand = (client: string, env: NodeJS.ProcessEnv, hub: string | undefined): string => {
  const [node = 'node', script = ''] = process.argv;
  const program = onPath('rogerthat', env)
    ? 'rogerthat'
    : script.includes('_npx')
      ? 'npx -y rogerthat'
      : [node, script].map(inShell).join(' ');
  // What a shell would still take for a variable in quotes means the same in a URL when it is escaped.
  const named = hub === undefined ? '' : ` --hub ${inShell(hub.replaceAll('$', '%24'))}`;
  return `${program} hook ${client}${named}`;
};
