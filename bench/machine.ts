/** What the machine is, and how its cores are shared out: one for the server, the next for the load generator. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';

/** The cores this process may use, as `taskset` writes them, one entry a core. */
function allowedCores(): string[] {
  const list = /Cpus_allowed_list:\s*(\S+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, core) => String(first + core));
  });
}

const cores = allowedCores();
const pinned = cores.length > 1;

/** Every core, for what is measured unpinned. */
export const allCores = cores.join(',');

/** The core of the server that is measured. */
export const serverCore = cores[0] ?? '0';

/** Moves this process, all its threads, to the core the server does not have. */
export function pinGenerator(): void {
  if (!pinned) return;
  execFileSync('taskset', ['-a', '-c', '-p', cores[1] as string, String(process.pid)], { stdio: 'ignore' });
}

/** How many files a process may open here; Node raises its own soft limit to the hard one when it starts. */
export function openFilesLimit(): number {
  const line = /Max open files\s+\S+\s+(\S+)/.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  return line === undefined || line === 'unlimited' ? Number.POSITIVE_INFINITY : Number(line);
}

/** One line about the machine that names nobody: cores, processor, memory, versions. */
export function machineLine(): string {
  const model = (cpus()[0]?.model ?? 'unknown processor').trim();
  const memory = Math.round(totalmem() / 2 ** 30);
  const cut = pinned
    ? 'the server pinned to one core, the load generator to another'
    : 'server and load generator on the same core, so read these figures with care';
  return `${cores.length} × ${model}, ${memory} GiB, Linux, Node ${process.versions.node}; ${cut}.`;
}
