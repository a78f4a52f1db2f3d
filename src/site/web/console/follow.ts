/** A stream that is kept up: when the line breaks it says so, waits a little longer each time, and resumes where it stopped. */
import { open, type Problem, Refused, UNREACHABLE } from '../shared/api.ts';
import { readLines } from './lines.ts';
import type { Line } from './wire.ts';

/** What is true of a connection now. */
export type Link =
  | { readonly state: 'connecting' }
  | { readonly state: 'live' }
  /** Lost since `since` (as Date.now, which goes on while a machine sleeps); the next attempt is at `until` (as performance.now). */
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

/** A heartbeat comes each 15 s (R-STREAM-5): who has heard nothing for longer than this had lost the line by then. */
const BEAT_MS = 20_000;

export const follow = (options: FollowOptions): Followed => {
  let stopped = false;
  let cursor = options.since;
  let attempt = 0;
  let live = false;
  let heardAt = Date.now();
  let lostAt: number | null = null;
  let hurry = (): void => {};

  /** @returns why it ended */
  const hear = async (signal: AbortSignal): Promise<Problem> => {
    const query = cursor === null ? '' : `?since=${encodeURIComponent(cursor)}`;
    const response = await open(options.path + query, {
      token: options.token(),
      ...(options.session === undefined ? {} : { session: options.session }),
      headers: { Accept: 'application/x-ndjson' },
      signal,
    });
    attempt = 0;
    lostAt = null;
    live = true;
    heardAt = Date.now();
    options.onLink({ state: 'live' });
    if (!response.body) return UNREACHABLE;
    for await (const lines of readLines<Line>(response.body)) {
      if (stopped) break;
      heardAt = Date.now();
      for (const line of lines) if ((line.type === 'message' || line.type === 'gap') && line.cursor) cursor = line.cursor;
      if (lines.length > 0) options.onLines(lines);
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

  /** Tries once, and says what came of it. @returns how long to wait for the next attempt; null where there shall be none */
  const tryOnce = async (): Promise<number | null> => {
    if (stopped) return null;
    const ended = new AbortController();
    let hurried = false;
    // An attempt that hangs is given up for another one; a line that is whole is not.
    hurry = () => {
      if (live && !stopped) return;
      hurried = true;
      ended.abort();
    };
    let problem: Problem = UNREACHABLE;
    let wait: number | null = null;
    try {
      problem = await hear(ended.signal);
    } catch (error) {
      // What is no refusal is a line that broke.
      if (error instanceof Refused) ({ problem, retryAfter: wait } = error);
    }
    live = false;
    ended.abort();
    if (stopped) return null;
    if (hurried) return 0;
    if (!mayPass(problem)) {
      options.onLink({ state: 'refused', problem });
      return null;
    }
    const ms = Math.max(wait ?? 0, backoff(attempt++));
    const now = Date.now();
    lostAt ??= now - heardAt > BEAT_MS ? heardAt : now;
    options.onLink({ state: 'lost', since: lostAt, until: performance.now() + ms, problem });
    return ms;
  };

  const run = async (): Promise<void> => {
    options.onLink({ state: 'connecting' });
    for (let ms = await tryOnce(); ms !== null; ms = await tryOnce()) await pause(ms);
  };

  const online = (): void => hurry();
  window.addEventListener('online', online);
  void run();
  return {
    cursor: () => cursor,
    retry: () => hurry(),
    stop() {
      stopped = true;
      window.removeEventListener('online', online);
      hurry();
    },
  };
};
