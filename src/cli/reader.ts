/**
 * Who reads what a command prints. The client of an agent that is killed leaves behind what its agent started: what that
 * prints into a file is read by nobody, and taking it as read would lose it.
 */
import type { Context } from './context.ts';
import { CliError } from './exit.ts';
import { beganAt, runs } from './sightings.ts';

/** Between two looks at the client, in ms. */
const LOOK_MS = 1_000;

interface Client {
  readonly pid: number;
  readonly began: string | null;
}

/** The client whose shell or hook this is, where it names itself. */
export const clientIn = (env: NodeJS.ProcessEnv): Client | null => {
  const pid = Number(env['CLAUDE_PID']);
  return Number.isInteger(pid) && pid > 1 ? { pid, began: beganAt(pid) } : null;
};

export interface Reader {
  /** The command's own signal, or the end of the reader. */
  readonly signal: AbortSignal;
  /** To be asked before anything is printed. @throws CliError when nobody reads any more */
  check(): void;
  /** Nobody has to look any more. */
  forget(): void;
}

export const readerOf = ({ command, env, signal }: Context): Reader => {
  const client = clientIn(env);
  // The name of one that is over was inherited by whoever runs this now.
  if (client === null || !runs(client)) return { signal, check: () => {}, forget: () => {} };
  const gone = (): CliError =>
    new CliError(
      command.name === 'wait' ? 'nothing' : 'failed',
      'The agent session that ran this has ended.',
      'What came since is not confirmed: the next listen or wait has it.',
    );
  const stop = new AbortController();
  const timer = setInterval(() => {
    if (!runs(client)) stop.abort(gone());
  }, LOOK_MS);
  return {
    signal: AbortSignal.any([signal, stop.signal]),
    check() {
      if (!runs(client)) throw gone();
    },
    forget: () => clearInterval(timer),
  };
};
