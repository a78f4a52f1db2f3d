/**
 * The real hub as a process of its own: started as its users start it, ended by signals to its pid. Whatever a test
 * leaves running or lying about is ended and removed after its file.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtHub } from './built.ts';
import { afterEachFile } from './ends.ts';

export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Program {
  readonly pid: number;
  readonly ended: Promise<Ending>;
  /** Everything it has written so far. */
  stdout(): string;
  stderr(): string;
  /** Sends a signal, to this process only, or to its group when it has one of its own. */
  signal(signal: NodeJS.Signals): void;
  /** Sends a signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<Ending>;
  /** Resolves when its standard output matches, rejects when it ends before. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  /** Types a line; null ends its standard input. */
  type(line: string | null): void;
}

export interface HubProcess extends Program {
  readonly url: string;
  readonly port: number;
  readonly directory: string;
}

/** A program ended before it did what was waited for. */
export class EndedEarly extends Error {
  readonly ending: Ending;
  readonly stderr: string;

  constructor(ending: Ending, stderr: string) {
    super(`ended with ${ending.signal ?? `code ${ending.code}`}: ${stderr.trim()}`);
    this.ending = ending;
    this.stderr = stderr;
  }
}

const kills = new Map<ChildProcess, () => void>();
const directories = new Set<string>();

const killAll = (): void => {
  for (const kill of kills.values()) kill();
};

process.once('exit', killAll);
afterEachFile(async () => {
  const ends = [...kills.keys()].map((child) => new Promise((resolve) => child.once('close', resolve)));
  killAll();
  await Promise.all(ends);
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
  directories.clear();
});

/** An empty directory that is removed after the file. */
export const temporaryDirectory = (): string => {
  const directory = mkdtempSync(join(tmpdir(), 'rogerthat-test-'));
  directories.add(directory);
  return directory;
};

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** It is the first of a process group, as what is typed at a prompt is: a signal goes to all it started, too. */
  readonly group?: boolean;
  /** It reads what is typed. */
  readonly interactive?: boolean;
}

/** The environment without what would configure a hub by accident. */
const cleanEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(?:ROGER|NODE_OPTIONS|VITEST|HUB$)/.test(name)));

/** Starts a program. */
export const start = (command: string, args: readonly string[], options: ProgramOptions = {}): Program => {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...cleanEnvironment(), ...options.env },
    detached: options.group ?? false,
    stdio: [options.interactive ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  });
  const kill = (signal: NodeJS.Signals): void => {
    if (!options.group) child.kill(signal);
    else if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) process.kill(-child.pid, signal);
  };
  kills.set(child, () => kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  const listeners = new Set<() => void>();
  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  child.stdin?.on('error', () => {});
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    tell();
  });
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  let ending: Ending | null = null;
  const ended = new Promise<Ending>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      kills.delete(child);
      ending = { code, signal };
      resolve(ending);
      tell();
    });
  });
  return {
    pid: child.pid ?? -1,
    ended,
    stdout: () => stdout,
    stderr: () => stderr,
    signal: kill,
    type: (line) => void (line === null ? child.stdin?.end() : child.stdin?.write(`${line}\n`)),
    end(signal) {
      kill(signal);
      return ended;
    },
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(stdout);
          if (!found && !ending) return;
          listeners.delete(look);
          if (found) resolve(found);
          else reject(new EndedEarly(ending!, stderr));
        };
        listeners.add(look);
        ended.catch(reject);
        look();
      }),
  };
};

export interface HubProcessOptions extends ProgramOptions {
  /** Default: a fresh temporary one. */
  readonly directory?: string;
  readonly args?: readonly string[];
  /** A command that is given the hub's command line, such as `['prlimit', '--fsize=…']`. */
  readonly under?: readonly string[];
}

/** Starts a hub without waiting for it; for those that are expected to refuse. */
export const launchHub = (options: HubProcessOptions = {}): Program => {
  const directory = options.directory ?? temporaryDirectory();
  const [command = '', ...rest] = [
    ...(options.under ?? []),
    process.execPath,
    builtHub(),
    ...['--port', '0', '--data-dir', directory],
    ...(options.args ?? []),
  ];
  return start(command, rest, options);
};

/**
 * Starts a hub and waits for the address it prints.
 * @throws EndedEarly when it refuses
 */
export const startHubProcess = async (options: HubProcessOptions = {}): Promise<HubProcess> => {
  const directory = options.directory ?? temporaryDirectory();
  const program = launchHub({ ...options, directory });
  const [, url = ''] = await program.says(/on the air: (http:\S+)/);
  return { ...program, url, port: Number(new URL(url).port), directory };
};

/** A hub that may go down and come back on the same directory; its callers ask for its address with each call. */
export interface Station {
  /** Resolves when a hub is up. */
  url(): Promise<string>;
  readonly hub: HubProcess;
  /** Ends the hub with a signal and starts the next. */
  restart(signal: NodeJS.Signals): Promise<Ending>;
}

export const startStation = async (options: HubProcessOptions = {}): Promise<Station> => {
  let hub = await startHubProcess(options);
  let up: Promise<string> = Promise.resolve(hub.url);
  return {
    url: () => up,
    get hub() {
      return hub;
    },
    async restart(signal) {
      const { directory } = hub;
      const ended = hub.ended;
      const old = hub;
      // Down before the signal, so that nobody asks the dying one for its address. A clean end still answers.
      const next = (async () => {
        await old.end(signal);
        hub = await startHubProcess({ ...options, directory });
        return hub.url;
      })();
      up = next;
      await next;
      return ended;
    },
  };
};
