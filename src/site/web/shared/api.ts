/** Calls to the hub this page came from, and their refusals in words. */

import { inTime } from './in-time.ts';

/** A refusal as the hub words it, or our own words where no answer came. */
export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  /** The next step. */
  readonly hint: string;
}

/** No answer of the hub takes so long to begin, or comes in so slowly: one that does was lost on its way. */
const ANSWER_MS = 20_000;

export class Refused extends Error {
  readonly problem: Problem;
  /** Milliseconds until the call may succeed; null when the hub did not say. */
  readonly retryAfter: number | null;

  constructor(problem: Problem, retryAfter: number | null = null) {
    super(problem.detail);
    this.problem = problem;
    this.retryAfter = retryAfter;
  }
}

export const UNREACHABLE: Problem = {
  status: 0,
  code: 'unreachable',
  detail: 'The hub does not answer.',
  hint: 'Check that it is running and that you are online, then try again.',
};

export interface Call {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly token?: string | null;
  readonly session?: string | null;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** The problem of an answer that refuses. */
export const problemOf = async (response: Response): Promise<Refused> => {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  const fallback: Problem = {
    status: response.status,
    code: 'unexpected',
    detail: `The hub answered with status ${response.status}.`,
    hint: 'Try again; if it stays, look at the log of the hub.',
  };
  const told = (await inTime(response.json(), ANSWER_MS).catch(() => ({}))) as Partial<Problem>;
  return new Refused({ ...fallback, ...told }, Number.isFinite(seconds) ? seconds * 1000 : null);
};

/**
 * Sends a request and gives the answer as soon as it begins.
 * @throws Refused, also when it does not begin in time; an AbortError when `signal` ended it
 */
export const open = async (path: string, { method, token, session, body, headers, signal }: Call = {}): Promise<Response> => {
  const ended = new AbortController();
  signal?.addEventListener('abort', () => ended.abort());
  let response: Response;
  try {
    const asked = fetch(path, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: {
        Accept: 'application/json',
        ...(token ? { Authorization: `Bearer ${token}` } : {}),
        ...(session ? { 'X-Session-Id': session } : {}),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: ended.signal,
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
    });
    response = await inTime(asked, ANSWER_MS);
  } catch (error) {
    ended.abort();
    if (signal?.aborted) throw error;
    throw new Refused(UNREACHABLE);
  }
  if (!response.ok) throw await problemOf(response);
  return response;
};

/** The whole of an answer. @throws Refused when it breaks off */
export const whole = async <T>(reading: Promise<T>): Promise<T> => {
  try {
    return await reading;
  } catch {
    throw new Refused(UNREACHABLE);
  }
};

/** Sends a request and reads its JSON. @throws Refused; something else when `signal` ended it */
export const call = async <T>(path: string, options: Call = {}): Promise<T> => {
  const ended = new AbortController();
  options.signal?.addEventListener('abort', () => ended.abort());
  const response = await open(path, { ...options, signal: ended.signal });
  // What is late keeps one of the few connections that a browser opens to a host, until it is ended.
  return whole(inTime(response.json() as Promise<T>, ANSWER_MS)).finally(() => ended.abort());
};

/** The problem in whatever was thrown; what is none is a bug of this page and is thrown on. */
export const problemIn = (error: unknown): Problem => {
  if (error instanceof Refused) return error.problem;
  throw error;
};
