/** Programs of a run: started with nothing of the caller's environment, ended by the pid they were started with. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Waiting } from './waiting.ts';

const children = new Set<ChildProcess>();
const directories = new Set<string>();
const endings = new Set<() => void>();

/** Has this done before the homes are removed. */
export const atClearUp = (ending: () => void): void => void endings.add(ending);

/** Where programs are looked for: beside this Node, and where systems have them. */
export const PATH = [...new Set([dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin', '/sbin'])].join(':');

/** The whole environment of a program with this home. */
export const cleanEnvironment = (home: string, more: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  PATH,
  HOME: home,
  TERM: 'xterm-256color',
  ...more,
});

/** A home nobody has lived in, with a `work` directory to start in. */
export const freshHome = (name: string): { readonly home: string; readonly work: string } => {
  const home = mkdtempSync(join(tmpdir(), `rogerthat-${name}-`));
  directories.add(home);
  const work = join(home, 'work');
  mkdirSync(work);
  return { home, work };
};

/** A child leads a group of its own, so that what it started ends with it. */
const endGroup = (child: ChildProcess): void => {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Its group is over.
  }
};

/** What a client started in its home and that left its group: daemons, hooks that wait. Only Linux tells which those are. */
const endDaemons = (home: string): void => {
  for (const name of existsSync('/proc') ? readdirSync('/proc') : []) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const [command, environment] = ['cmdline', 'environ'].map((file) => readFileSync(`/proc/${name}/${file}`, 'latin1'));
      if (command?.startsWith(`${home}/`) || `\0${environment}`.includes(`\0HOME=${home}\0`)) process.kill(Number(name), 'SIGKILL');
    } catch {
      // It is gone, or another user's.
    }
  }
};

/** Ends what is left and removes the homes. */
export const clearUp = (): void => {
  for (const ending of endings) ending();
  endings.clear();
  for (const child of children) endGroup(child);
  for (const directory of directories) endDaemons(directory);
  for (const directory of directories) rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  directories.clear();
};

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  /** Waits for its standard output to match. */
  says(pattern: RegExp, ms?: number): Promise<RegExpExecArray>;
  /** Sends a signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<Ended>;
}

export interface StartOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Ended after this long, in ms. */
  readonly atMost?: number;
}

export const start = (command: string, args: readonly string[], { env, cwd, atMost }: StartOptions): Running => {
  const child = spawn(command, args, { cwd, env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  children.add(child);
  const waiting = new Waiting();
  let stdout = '';
  let stderr = '';
  let over = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    waiting.look();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const timer = atMost === undefined ? undefined : setTimeout(() => endGroup(child), atMost);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      children.delete(child);
      over = true;
      waiting.look();
      resolve({ code, stdout, stderr });
    });
  });
  ended.catch(() => {});
  return {
    pid: child.pid ?? -1,
    ended,
    says: (pattern, ms) =>
      waiting.until(
        `${command} to say ${pattern}`,
        () => {
          const found = pattern.exec(stdout);
          if (!found && over) throw new Error(`${command} ended: ${stderr.slice(-2000)}`);
          return found ?? undefined;
        },
        ms,
      ),
    end(signal) {
      child.kill(signal);
      return ended;
    },
  };
};

/** Runs a program to its end. */
export const run = (command: string, args: readonly string[], options: StartOptions): Promise<Ended> =>
  start(command, args, { atMost: 120_000, ...options }).ended;
