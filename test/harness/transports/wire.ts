/** What the suite asks of a way in, whatever it is: calls that answer or fail with a code, and streams of events. */
import type { z } from 'zod';
import type { Hub } from '../../../src/core/hub.ts';
import type { HubMode } from '../../../src/core/types.ts';
import type { Need } from '../needs.ts';

/** What a caller shows. */
export interface Proofs {
  readonly channelId?: string | undefined;
  /** The channel token. */
  readonly token?: string | undefined;
  readonly sessionId?: string | undefined;
  readonly hubToken?: string | undefined;
  /** Another address than the usual one. */
  readonly address?: string | undefined;
}

export interface Call {
  readonly proofs: Proofs;
  readonly input: Readonly<Record<string, unknown>>;
  /** The caller goes away. */
  readonly signal?: AbortSignal | undefined;
  /** The connection dies just before the answer is written. */
  readonly cut?: boolean | undefined;
}

/** An operation, as far as its types matter here. */
export interface Named<O extends z.ZodType> {
  readonly name: string;
  readonly output: O;
}

export type StreamEvent =
  | { readonly type: 'message'; readonly cursor: string | null; readonly message: Heard }
  | { readonly type: 'gap'; readonly cursor: string | null; readonly gap: GapSaid }
  | { readonly type: 'roster'; readonly roster: readonly { readonly callsign: string; readonly presence: string }[] }
  | { readonly type: 'end'; readonly code: string; readonly detail: string; readonly hint: string };

export interface Heard {
  readonly id: number;
  readonly from: string;
  readonly to: string;
  readonly text: string;
  readonly kind?: string;
  readonly redelivered?: boolean;
}

export interface GapSaid {
  readonly reason: string;
  readonly missed_at_most: number | null;
  readonly oldest: number | null;
}

/** An open connection to one hub. */
export interface Wire {
  /** The hub's address as its callers write it. */
  readonly origin: string;
  /** @throws CallError */
  call<O extends z.ZodType>(op: Named<O>, call: Call): Promise<z.output<O>>;
  /** Events for as long as the caller reads. @throws CallError when it is refused */
  stream(call: Call, form: 'sse' | 'ndjson'): AsyncGenerator<StreamEvent, void, undefined>;
  /** Hangs up on everybody. */
  close(): Promise<void>;
}

/** A hub to be reached. */
export interface Setup {
  readonly hub: Hub;
  readonly mode: HubMode;
  /** The hub token. */
  readonly token: string | null;
  readonly adminToken: string | null;
  readonly trustProxies: readonly string[];
  /** The address for people outside. */
  readonly origin: string | null;
  readonly allowHosts: readonly string[];
  /** Told of what the hub logs as an error. */
  readonly trouble: (facts: object) => void;
}

export interface Transport {
  readonly name: string;
  /** What it offers beyond create_channel, join, send, listen, roster, history and leave. */
  readonly offers: readonly Need[];
  open(setup: Setup): Promise<Wire>;
}

/** A refusal, whichever way it came. */
export class CallError extends Error {
  readonly code: string;
  readonly status: number;
  readonly detail: string;
  readonly hint: string;
  /** Seconds. */
  readonly retryAfter: number | undefined;
  /** Members of the problem, those that a clause adds among them. */
  readonly problem: Readonly<Record<string, unknown>>;
  /** Header names are in lower case. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(problem: Readonly<Record<string, unknown>>, headers: Readonly<Record<string, string>>) {
    super(`${String(problem['code'])}: ${String(problem['detail'])}`);
    this.code = String(problem['code']);
    this.status = Number(problem['status']);
    this.detail = String(problem['detail']);
    this.hint = String(problem['hint']);
    this.problem = problem;
    this.headers = headers;
    this.retryAfter = headers['retry-after'] === undefined ? undefined : Number(headers['retry-after']);
  }
}

/** The answer never came. */
export class CutError extends Error {}
