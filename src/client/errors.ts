/** How a call fails: the hub said no, the hub was not there, or what was there is no hub. */
import type { ErrorCode } from '../core/errors.ts';

/** A problem as it is on the wire. */
export interface Problem {
  readonly code: ErrorCode;
  readonly title: string;
  readonly status: number;
  /** What was wrong with this request. */
  readonly detail: string;
  /** The next call to make. */
  readonly hint: string;
  readonly request_id: string;
  readonly [more: string]: unknown;
}

/** Why there was no answer of a hub. */
export type LinkCode = 'unreachable' | 'cut' | 'silent' | 'not_a_hub' | 'superseded' | 'shutdown';

/** What every failure of a call has; `code` is stable, `detail` and `hint` are for people and models. */
export abstract class ClientError extends Error {
  abstract readonly code: ErrorCode | LinkCode;
  readonly detail: string;
  readonly hint: string;
  /** Seconds to wait before the call may succeed, where the hub said so. */
  readonly retryAfter: number | undefined;

  constructor(code: string, detail: string, hint: string, retryAfter?: number) {
    super(`${code}: ${detail}`);
    this.detail = detail;
    this.hint = hint;
    this.retryAfter = retryAfter;
  }

  /** Whether the same call may succeed a little later without anybody doing anything. */
  abstract get passing(): boolean;
}

/** The hub refused the call: its own problem, as it came. */
export class HubProblem extends ClientError {
  override readonly name = 'HubProblem';
  readonly code: ErrorCode;
  readonly status: number;
  readonly problem: Problem;
  /** The body of the answer. */
  readonly text: string;

  constructor(problem: Problem, text: string, retryAfter?: number) {
    super(problem.code, problem.detail, problem.hint, retryAfter);
    this.code = problem.code;
    this.status = problem.status;
    this.problem = problem;
    this.text = text;
  }

  get passing(): boolean {
    return this.status === 429 || this.status === 503 || this.code === 'internal';
  }
}

const HINTS: Readonly<Record<LinkCode, string>> = {
  unreachable: 'Start a hub with "npx rogerthat", or name another with --hub URL.',
  cut: 'Call again; a send with its idempotency_key.',
  silent: 'Call again; a send with its idempotency_key.',
  not_a_hub: 'Check the address of the hub.',
  superseded: 'Keep one listener a session.',
  shutdown: 'Connect again in a few seconds with your last cursor as since.',
};

/** No hub answered, or its answer did not arrive whole. Whether the call was carried out is unknown, unless it was never reached. */
export class LinkError extends ClientError {
  override readonly name = 'LinkError';
  readonly code: LinkCode;

  constructor(code: LinkCode, detail: string) {
    super(code, detail, HINTS[code]);
    this.code = code;
  }

  get passing(): boolean {
    return this.code !== 'superseded' && this.code !== 'not_a_hub';
  }
}

const isProblem = (value: unknown): value is Problem => {
  const { code, status, detail, hint } = (value ?? {}) as Record<string, unknown>;
  return typeof code === 'string' && typeof status === 'number' && typeof detail === 'string' && typeof hint === 'string';
};

/** Reads an answer's body as a problem; null when it is none. */
export const problemIn = (text: string, retryAfter?: string): HubProblem | null => {
  try {
    const value: unknown = JSON.parse(text);
    const seconds = Number(retryAfter);
    return isProblem(value) ? new HubProblem(value, text, Number.isFinite(seconds) && retryAfter ? seconds : undefined) : null;
  } catch {
    return null;
  }
};
