/** A request as bytes, and the answer it must get. */
import { expect } from 'vitest';
import type { Reply } from '../../harness/transports/http.ts';
import type { Request } from '../envelope.ts';

/** What a request may need to know of the hub. */
export interface At {
  readonly port: number;
  /** An initialized session. */
  readonly session: string;
}

export interface Row {
  readonly name: string;
  readonly ask: (at: At) => Request;
  readonly status: number;
  /** The code of the JSON-RPC error; null: there is none. */
  readonly error: number | null;
  /** The id the answer carries; null: none. */
  readonly id?: string | number | null;
  readonly and?: (reply: Reply) => void;
}

export const without = (request: Request, ...names: readonly string[]): Request => ({
  ...request,
  headers: Object.fromEntries(Object.entries(request.headers).filter(([name]) => !names.includes(name))),
});

export const withHeaders = (request: Request, headers: Readonly<Record<string, string>>): Request => ({
  ...request,
  headers: { ...request.headers, ...headers },
});

export const empty = (reply: Reply): void => expect(reply.text).toBe('');
