/** Servers as processes of their own, measured from outside: CPU time and memory as the kernel counts them. */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import { allCores, serverCore } from './machine.ts';
import { pause } from './stats.ts';
import { Wire } from './wire.ts';

/** The file a published package starts. */
export const cliFile = fileURLToPath(new URL('../dist/cli.js', import.meta.url));

/** Lets the process be told from outside to collect its garbage, so memory can be compared before and after. */
const COLLECT_ON_SIGNAL = ['--expose-gc', '--import', "data:text/javascript,process.on('SIGUSR2',()=>globalThis.gc())"];

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

let workshop: Promise<string> | undefined;

/** A directory of this run, removed by `cleanUp`. */
export function workDir(): Promise<string> {
  workshop ??= mkdtemp(join(tmpdir(), 'rogerthat-bench-'));
  return workshop;
}

/** Ends every server that still runs and removes what the run wrote. */
export async function cleanUp(): Promise<void> {
  await Promise.all([...running].map(stop));
  if (workshop) await rm(await workshop, { recursive: true, force: true });
}

/** One running server. */
export class Server {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #pid: number;

  constructor(child: ChildProcess, port: number) {
    if (child.pid === undefined) throw new Error('the server did not start');
    this.#child = child;
    this.#pid = child.pid;
    this.port = port;
  }

  /** CPU time of all its threads so far, in microseconds. */
  cpu(): number {
    let nanoseconds = 0;
    for (const task of readdirSync(`/proc/${this.#pid}/task`)) {
      const file = `/proc/${this.#pid}/task/${task}/schedstat`;
      nanoseconds += Number(readFileSync(file, 'utf8').split(' ')[0]);
    }
    return nanoseconds / 1000;
  }

  /** Resident memory in KiB. */
  rss(): number {
    return Number(/VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${this.#pid}/status`, 'utf8'))?.[1]);
  }

  /** Collects its garbage; only for a server started with `collectable`. */
  async collect(): Promise<void> {
    // Twice: the first run only unlinks what finalizers hold.
    for (let run = 0; run < 2; run++) {
      process.kill(this.#pid, 'SIGUSR2');
      await pause(150);
    }
  }

  /** Resolves once it has nothing left to do (writing behind, collecting), or after 3 s. */
  async quiet(): Promise<void> {
    for (let tries = 0; tries < 15; tries++) {
      const before = this.cpu();
      await pause(200);
      if (this.cpu() - before < 6_000) return;
    }
  }

  /** Ends it as an operator would. */
  stop(): Promise<void> {
    return stop(this.#child);
  }
}

/** Options of a start. */
export interface StartOptions {
  /** Can be told to collect its garbage. */
  collectable?: boolean;
  /** Where to leave a CPU profile when it ends. */
  profileDir?: string | undefined;
  /** On any core, not on the one for what is measured. */
  anyCore?: boolean;
}

/** Starts the reference server and waits until it answers. */
export async function startRaw(options: StartOptions = {}): Promise<Server> {
  const file = join(await workDir(), 'raw.mjs');
  // Bundled like the hub, so that neither carries a TypeScript loader in its process.
  if (!existsSync(file)) {
    const input = fileURLToPath(new URL('./raw.ts', import.meta.url));
    await build({ input, platform: 'node', output: { file, format: 'esm' }, logLevel: 'silent' });
  }
  const port = await freePort();
  return started([...nodeFlags(options), file, String(port)], port);
}

/** Starts a hub of its own on an empty data directory and waits until it answers. */
export async function startHub(options: StartOptions = {}): Promise<Server> {
  if (!existsSync(cliFile)) throw new Error('dist/cli.js is missing: run `npm run build` first');
  const port = await freePort();
  return started([...nodeFlags(options), cliFile, ...(await hubFlags(port))], port);
}

/** Starts a hub with the rates and guards that hubs have, on a store or, without one, on a directory of its own. */
export async function startFleetHub(store: Server | null, options: StartOptions = {}): Promise<Server> {
  if (!existsSync(cliFile)) throw new Error('dist/cli.js is missing: run `npm run build` first');
  const port = await freePort();
  const where = store ? ['--redis', `redis://127.0.0.1:${store.port}`] : ['--data-dir', await mkdtemp(join(await workDir(), 'data-'))];
  const flags = ['--port', String(port), ...where, '--limits', 'channels=200000', '--log-level', 'error'];
  return started([...nodeFlags(options), cliFile, ...flags], port, options);
}

/** Starts an empty Redis as docs/engines.md wants it, on any core, and waits until it answers. */
export async function startRedis(): Promise<Server> {
  const port = await freePort();
  const directory = await mkdtemp(join(await workDir(), 'redis-'));
  const keeps = ['--dir', directory, '--save', '', '--appendonly', 'yes', '--maxmemory-policy', 'noeviction'];
  const child = launch('redis-server', ['--port', String(port), '--bind', '127.0.0.1', ...keeps], { cwd: directory });
  child.stdout?.resume();
  for (let tries = 0; !(await connects(port)); tries++) {
    if (child.exitCode !== null || tries > 3_000) throw new Error('redis-server, which script/bootstrap installs, did not start');
    await pause(5);
  }
  return new Server(child, port);
}

function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

/** The flags of a hub under test: nothing throttled, nothing logged. */
export async function hubFlags(port: number): Promise<string[]> {
  const dataDir = await mkdtemp(join(await workDir(), 'data-'));
  const limits = 'off,channels=200000';
  return ['--port', String(port), '--data-dir', dataDir, '--limits', limits, '--log-level', 'error'];
}

/** A port nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => (address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port'))));
    });
  });
}

/** Starts a command on all cores in a process group of its own, to be ended with `stopGroup`. */
export function launch(command: string, args: readonly string[], options: { cwd: string; env?: NodeJS.ProcessEnv }) {
  const child = spawn('taskset', ['-c', allCores, command, ...args], {
    ...options,
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  running.add(child);
  child.on('exit', () => running.delete(child));
  return child;
}

/** Ends a launched command with the children it started, and waits for it. */
export async function stopGroup(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  process.kill(-child.pid, 'SIGTERM');
  await Promise.race([ended, pause(5_000)]);
  if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid, 'SIGKILL');
  await ended;
}

function nodeFlags({ collectable, profileDir }: StartOptions): string[] {
  const profile = profileDir ? ['--cpu-prof', '--cpu-prof-interval', '200', '--cpu-prof-dir', profileDir] : [];
  return [...(collectable ? COLLECT_ON_SIGNAL : []), ...profile];
}

async function started(args: readonly string[], port: number, { anyCore }: StartOptions = {}): Promise<Server> {
  const child = spawn('taskset', ['-c', anyCore ? allCores : serverCore, process.execPath, ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  running.add(child);
  child.on('exit', () => running.delete(child));
  await new Promise<void>((resolve, reject) => child.on('spawn', resolve).on('error', reject));
  await answering(child, port);
  return new Server(child, port);
}

/** Resolves when the server answers `GET /healthz`. Rejects when it ends first or takes longer than 30 s. */
export async function answering(child: ChildProcess, port: number): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode} before it answered`);
    const wire = new Wire(port);
    try {
      await wire.call('GET', '/healthz');
      return;
    } catch {
      await pause(2);
    } finally {
      wire.close();
    }
  }
  throw new Error('the server did not answer within 30 s');
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 6_000);
  await ended;
  clearTimeout(late);
}
