/** `rogerthat` without a command: starts a hub and says how to talk on it. */
import { ConfigError, readConfig } from '../config.ts';
import { DamagedDatabaseError, DirectoryInUseError, NewerDatabaseError } from '../engines/local/index.ts';
import { RedisUnfitError } from '../engines/redis/unfit.ts';
import { createLog, errorFacts } from '../log.ts';
import { startHub } from '../server.ts';
import { VERSION } from '../version.ts';
import { bannerOf, networkAddresses } from './banner.ts';
import { COMMANDS } from './commands.ts';
import { helpText } from './configuration.ts';
import { commandsHelp } from './help.ts';

const exitCodeOf = (error: unknown): number => {
  if (error instanceof ConfigError) return 2;
  if (error instanceof DirectoryInUseError) return 3;
  if (error instanceof DamagedDatabaseError || error instanceof NewerDatabaseError) return 4;
  if (error instanceof RedisUnfitError) return 5;
  return 1;
};

const sentenceOf = (error: unknown, args: readonly string[]): string => {
  if (!(error instanceof Error)) return String(error);
  const { code, port } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE') return `The port ${port} is in use. Stop what uses it, or choose another with --port.`;
  const command = error instanceof ConfigError ? COMMANDS.find(({ name }) => args.includes(name)) : undefined;
  return command ? `${error.message}. Options of a command stand behind it: rogerthat ${command.name} --help` : error.message;
};

/** SIGHUP is a terminal that was closed. */
const ENDS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

const main = async (args: readonly string[]): Promise<void> => {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(`${helpText()}\n${commandsHelp()}`);
    return;
  }
  if (args.includes('--version') || args.includes('-v')) {
    process.stdout.write(`${VERSION}\n`);
    return;
  }
  const config = readConfig(args, process.env);
  const log = createLog(config.logLevel);
  // Nobody is served yet. The first process of a container is ended by no signal that it does not listen for.
  const leave = (): never => process.exit(0);
  for (const signal of ENDS) process.on(signal, leave);
  const running = await startHub(config, VERSION, log);
  process.stdout.write(`${bannerOf(config, running.url, networkAddresses())}\n`);
  const stop = (signal: NodeJS.Signals): void => {
    log.info('stopping', { signal });
    running.close().then(
      () => process.exit(0),
      (error) => {
        log.error('stop failed', errorFacts(error));
        process.exit(1);
      },
    );
  };
  // In this order: what comes while nobody listens is lost.
  for (const signal of ENDS) process.on(signal, stop).off(signal, leave);
};

/** Serves until a signal ends it; a failure ends the process with its code. */
export const serve = async (args: readonly string[]): Promise<void> => {
  try {
    await main(args);
  } catch (error) {
    process.stderr.write(`rogerthat: ${sentenceOf(error, args)}\n`);
    process.exit(exitCodeOf(error));
  }
};
