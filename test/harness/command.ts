/** Commands of the program as their users run them: real processes, a home of their own. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { builtHub } from './built.ts';
import { type Program, type ProgramOptions, start, temporaryDirectory } from './process.ts';

export interface Done {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Home {
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  /** Starts a command and leaves it running. */
  launch(words: readonly string[], options?: ProgramOptions): Program;
  /** Runs a command to its end; `input` is its standard input. */
  run(words: readonly string[], env?: Readonly<Record<string, string>>, input?: string): Promise<Done>;
  /** Files that the program keeps, with their folder. */
  kept(folder: 'seats' | 'channels' | 'identities' | 'installed' | 'outbox'): string[];
}

/** A home directory with nothing in it. */
export const newHome = (hub?: string): Home => {
  const directory = temporaryDirectory();
  const env: Record<string, string> = {
    HOME: directory,
    XDG_STATE_HOME: '',
    XDG_CONFIG_HOME: '',
    APPDATA: '',
    ...(hub === undefined ? {} : { ROGERTHAT_HUB: hub }),
  };
  const launch = (words: readonly string[], options: ProgramOptions = {}): Program =>
    start(process.execPath, [builtHub(), ...words], { ...options, env: { ...env, ...options.env } });
  return {
    directory,
    env,
    launch,
    async run(words, more = {}, input) {
      const program = launch(words, { env: more, interactive: input !== undefined });
      if (input !== undefined) {
        program.type(input);
        program.type(null);
      }
      const { code } = await program.ended;
      return { code, stdout: program.stdout(), stderr: program.stderr() };
    },
    kept(folder) {
      const path = join(directory, '.local/state/rogerthat', folder);
      return readdirSync(path).map((name) => join(path, name));
    },
  };
};
