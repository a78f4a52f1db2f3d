/** A stream that is kept up: when the line breaks it says so, waits a little longer each time, and resumes where it stopped. */
import { open, type Problem, Refused, UNREACHABLE } from '../shared/api.ts';
import { readLines } from './lines.ts';
import type { Line } from './wire.ts';

/** What is true of a connection now. */
export type Link =
  | { readonly state: 'connecting' }
  | { readonly state: 'live' }
  /** Lost since `since`; the next attempt is at `until` (both as performance.now). */
  | { readonly state: 'lost'; readonly since: number; readonly until: number; readonly problem: Problem }
  /** The hub will not have it; trying again would change nothing. */
  | { readonly state: 'refused'; readonly problem: Problem };

export interface FollowOptions {
  readonly path: string;
  readonly token: () => string;
  readonly session?: string;
  /** Where to begin. */
  readonly since: string | null;
  readonly onLink: (link: Link) => void;
  /** Whole lines that came together. */
  readonly onLines: (lines: readonly Line[]) => void;
}

export interface Followed {
  /** Where it stands. */
  cursor(): string | null;
  /** Does not wait for the next attempt. */
  retry(): void;
  stop(): void;
}

const FIRST_MS = 500;
const MOST_MS = 15_000;

/** Attempts that may succeed another time: no answer, too many calls, trouble of the hub's own. */
export const mayPass = ({ status }: Problem): boolean => status === 0 || status === 429 || status >= 500;

/** Half to whole of a wait that doubles: a hub that comes back is not met by everybody at once. */
const backoff = (attempt: number): number => Math.min(MOST_MS, FIRST_MS * 2 ** attempt) * (0.5 + Math.random() / 2);

export const follow = (options: FollowOptions): Followed => {
  const stopped = new AbortController();
  let cursor = options.since;
  let attempt = 0;
  let lostAt: number | null = null;
  let hurry = (): void => {};

  /** @returns why it ended */
  const hear = async (): Promise<Problem> => {
    const query = cursor === null ? '' : `?since=${encodeURIComponent(cursor)}`;
    const response = await open(options.path + query, {
      token: options.token(),
      ...(options.session === undefined ? {} : { session: options.session }),
      headers: { Accept: 'application/x-ndjson' },
      signal: stopped.signal,
    });
    attempt = 0;
    lostAt = null;
    options.onLink({ state: 'live' });
    if (!response.body) return UNREACHABLE;
    for await (const lines of readLines<Line>(response.body)) {
      for (const line of lines) if ((line.type === 'message' || line.type === 'gap') && line.cursor) cursor = line.cursor;
      options.onLines(lines);
      const last = lines[lines.length - 1];
      if (last?.type === 'end') return { status: last.code === 'shutdown' ? 503 : 410, ...last };
    }
    return UNREACHABLE;
  };

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = window.setTimeout(resolve, ms);
      hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const run = async (): Promise<void> => {
    options.onLink({ state: 'connecting' });
    while (!stopped.signal.aborted) {
      let problem: Problem = UNREACHABLE;
      let wait: number | null = null;
      try {
        problem = await hear();
      } catch (error) {
        if (stopped.signal.aborted) return;
        // What is no refusal is a line that broke.
        if (error instanceof Refused) ({ problem, retryAfter: wait } = error);
      }
      if (stopped.signal.aborted) return;
      if (!mayPass(problem)) {
        options.onLink({ state: 'refused', problem });
        return;
      }
      const ms = Math.max(wait ?? 0, backoff(attempt++));
      lostAt ??= performance.now();
      options.onLink({ state: 'lost', since: lostAt, until: performance.now() + ms, problem });
      await pause(ms);
    }
  };

  const online = (): void => hurry();
  window.addEventListener('online', online);
  void run();
  return {
    cursor: () => cursor,
    retry: () => hurry(),
    stop() {
      window.removeEventListener('online', online);
      stopped.abort();
      hurry();
    },
  };
};
