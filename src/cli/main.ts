/** Runs one command of a client and ends with its exit code. */
import { ClientError, HubProblem } from '../client/errors.ts';
import { entryNamed } from '../client/operations.ts';
import { parseCommand } from './arguments.ts';
import type { Command } from './command.ts';
import { COMMANDS } from './commands.ts';
import { Context, OutputClosed } from './context.ts';
import { CliError, EXITS, type Exit } from './exit.ts';
import { LOADERS } from './load.ts';
import { plain } from './radio.ts';

/** Refusals after which the seat is no longer there. */
const LOST: ReadonlySet<string> = new Set(['kicked', 'not_joined', 'session_expired', 'superseded', 'callsign_taken']);

const exitOf = (error: unknown, context: Context | null): Exit => {
  if (error instanceof CliError) return error.exit;
  if (!(error instanceof ClientError)) return 'failed';
  // A token that let a seat be taken and is refused now: the channel was closed, or the token changed.
  if (LOST.has(error.code) || (error.code === 'unauthorized' && context?.command.on === 'seat')) return 'lost';
  return error instanceof HubProblem ? 'refused' : 'unreachable';
};

const tell = (sentence: string, hint?: string): void => {
  process.stderr.write(plain(`rogerthat: ${sentence}${hint ? `\n  ${hint}` : ''}\n`));
};

/** Tells a failure and gives its exit code. */
const fail = async (error: unknown, context: Context | null): Promise<number> => {
  if (error instanceof OutputClosed) return EXITS.done[0];
  if (error instanceof CliError) tell(error.message, error.hint);
  else if (error instanceof ClientError) {
    const { hintOf } = await import('./hints.ts');
    tell(`${error.code}: ${error.detail}`, hintOf(error, context?.command));
    if (context?.json && error instanceof HubProblem) await context.out(error.text).catch(() => {});
  } else tell(error instanceof Error ? error.message : String(error));
  return EXITS[exitOf(error, context)][0];
};

/** What is true of a command that a signal ended in the middle. Those that go on until they are stopped return by themselves. */
const stopped = (command: Command | undefined): CliError => {
  if (command?.name === 'wait') return new CliError('nothing', 'Stopped before mail came.');
  const method = command?.operation === undefined ? undefined : entryNamed(command.operation)?.method;
  const changes = method !== undefined && method !== 'GET';
  return new CliError('failed', 'Stopped before it was done.', changes ? 'The hub may have done it all the same.' : undefined);
};

/**
 * Runs `rogerthat NAME WORDS…`.
 * @returns the exit code
 */
export const runCommand = async (name: string, words: readonly string[], env: NodeJS.ProcessEnv): Promise<number> => {
  const stop = new AbortController();
  const command = COMMANDS.find((one) => one.name === name);
  const end = (): void => stop.abort(stopped(command));
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  let context: Context | null = null;
  try {
    if (!command) throw (await import('./unknown.ts')).unknownCommand(name);
    const typed = parseCommand(command, words);
    if (typed.options['help'] === true) {
      const { commandHelp } = await import('./help.ts');
      process.stdout.write(commandHelp(command));
      return EXITS.done[0];
    }
    context = new Context(command, typed, env, stop.signal);
    const { run } = await LOADERS[command.name]();
    const code = await run(context);
    return typeof code === 'number' ? code : EXITS.done[0];
  } catch (error) {
    // A hook that its client ends has nothing to say.
    if (name === 'hook' && stop.signal.aborted && error === stop.signal.reason) return EXITS.done[0];
    const code = await fail(error, context);
    // To clients the 2 of a hook means that the turn shall go on: for ever, when its arguments are wrong.
    return name === 'hook' ? EXITS.failed[0] : code;
  }
};
