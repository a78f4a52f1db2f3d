/**
 * A real server for the tests, started once and on its own port and directory. Each room has a prefix of its own in it,
 * so that nothing is ever flushed. It ends with the process that started it.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createClient } from '@redis/client';
import { scratch } from './scratch.ts';

/** A port that nobody has now. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  readonly directory: string;
  readonly pid: number;
  /** Ends it, politely or not, and resolves when it is gone. */
  end(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on what it left, at the same place, with more options if need be. */
  again(...more: readonly string[]): Promise<RedisServer>;
  /** Ends it and removes what it left. */
  clear(): Promise<void>;
}

/** However the process of the tests ends, its end of the pipe closes, and the server and its files go with it. */
const GUARDED = `exec 3<&0
redis-server "$@" </dev/null 3<&- & server=$!
echo "pid $server"
(cat <&3 >/dev/null; kill -9 $server && rm -rf "$DIRECTORY") 2>/dev/null &
wait $server`;

const PID = /pid (\d+)\n/;

const keeping = (port: number, directory: string): string[] => [
  ...['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, '--save', '', '--appendonly', 'yes'],
  ...['--maxmemory-policy', 'noeviction'],
];

const start = async (port: number, directory: string, options: readonly string[], ready = 'Ready to accept'): Promise<RedisServer> => {
  const child = spawn('sh', ['-c', GUARDED, 'sh', ...options], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, DIRECTORY: directory },
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error(`redis-server, which script/test installs, ended: ${said}`)));
    child.stdout.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-8000);
      // The shell and the server write by turns that nobody knows.
      if (said.includes(ready) && PID.test(said)) resolve();
    });
  });
  const pid = Number(PID.exec(said)?.[1]);
  // It may outlive nobody, and holds up nobody either.
  child.unref();
  for (const pipe of [child.stdin, child.stdout]) (pipe as unknown as { unref(): void }).unref();
  const end = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
    child.ref();
    if (child.exitCode === null && child.signalCode === null) process.kill(pid, signal);
    await gone;
  };
  return {
    ...{ url: `redis://127.0.0.1:${port}`, port, directory, pid, end },
    again: (...more) => start(port, directory, [...options, ...more], ready),
    clear: async () => {
      await end('SIGKILL');
      rmSync(directory, { recursive: true, force: true });
    },
  };
};

/** A server of its own, for a test that ends it. */
export const startRedis = async (more: readonly string[] = []): Promise<RedisServer> =>
  startIn(mkdtempSync(join(scratch, 'rogerthat-redis-')), more);

/** … in a directory that is there already. */
export const startIn = async (directory: string, more: readonly string[] = []): Promise<RedisServer> => {
  const port = await freePort();
  return start(port, directory, [...keeping(port, directory), ...more]);
};

/**
 * A Sentinel that watches a server under a name, alone.
 * @param about lines of its file about the server, and of its own
 */
export const startSentinel = async (
  name: string,
  watched: number,
  about: readonly string[] = [],
  more: readonly string[] = [],
): Promise<RedisServer> => {
  const [port, directory] = [await freePort(), mkdtempSync(join(scratch, 'rogerthat-sentinel-'))];
  const file = join(directory, 'sentinel.conf');
  const lines = [`port ${port}`, 'bind 127.0.0.1', `dir ${directory}`, ...more, `sentinel monitor ${name} 127.0.0.1 ${watched} 1`];
  writeFileSync(file, [...lines, ...about.map((line) => `sentinel ${line.replace(/^(\S+)/, `$1 ${name}`)}`), ''].join('\n'));
  return start(port, directory, [file, '--sentinel'], '+monitor');
};

/** Commands of the test's own, beside those of the engines. */
export const asking = async (url: string): Promise<{ ask(...args: string[]): Promise<unknown>; end(): void }> => {
  const client = createClient({ url, RESP: 2 });
  client.on('error', () => {});
  await client.connect();
  return { ask: (...args) => client.sendCommand(args), end: () => client.destroy() };
};

let shared: Promise<RedisServer> | null = null;

/** The server that the rooms of this process share. */
export const sharedRedis = (): Promise<RedisServer> => (shared ??= startRedis(['--appendfsync', 'no']));
