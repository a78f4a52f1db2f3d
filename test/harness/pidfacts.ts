/** What the system knows of a process: from /proc where there is one, else from `ps`. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const fromPs = (pid: number, field: string): string =>
  execFileSync('ps', ['-o', `${field}=`, '-p', String(pid)], { encoding: 'utf8' }).trim();

const fromProc = (pid: number, field: string): string | null => {
  if (!existsSync(`/proc/${pid}/status`)) return null;
  return new RegExp(`^${field}:\\s*(.*)$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';
};

/** Whether a signal has stopped it. */
export const isStopped = (pid: number): boolean => (fromProc(pid, 'State') ?? fromPs(pid, 'stat')).startsWith('T');

/** Memory it holds, in kilobytes. */
export const residentSize = (pid: number): number => Number.parseInt(fromProc(pid, 'VmRSS') ?? fromPs(pid, 'rss'), 10);
