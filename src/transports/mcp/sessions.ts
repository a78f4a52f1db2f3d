/**
 * Header sessions of the older revisions: who joined what over which, and which calls are under way.
 *
 * Clients scope them badly and rarely say goodbye, so one costs a few hundred bytes and ends by itself, and nothing
 * depends on it that a `session_id` argument could not bring back.
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import type { GoneSignal } from '../gone.ts';
import type { Id } from '../jsonrpc.ts';

export interface McpSession {
  readonly id: string;
  /** The hub session of the last join over it; never the same thing as `id`. */
  joined: string | null;
  /** Calls that may be cancelled. */
  calls: Map<Id, GoneSignal> | null;
  /** Monotonic ms. */
  seenAt: number;
}

/** Twice as long as any call lasts, so that one with a call under way is never idle. */
const IDLE_MS = 2 * 3600_000;
const MOST = 50_000;

export class McpSessions {
  /** Least recently seen first. */
  readonly #sessions = new Map<string, McpSession>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get count(): number {
    return this.#sessions.size;
  }

  /** A new session of 192 random bits; a client's own wish for an id is never followed. */
  open(): McpSession {
    const session: McpSession = { id: randomBytes(24).toString('base64url'), joined: null, calls: null, seenAt: this.#clock.uptime() };
    this.#forgetIdle();
    this.#sessions.set(session.id, session);
    return session;
  }

  find(id: string): McpSession | undefined {
    const session = this.#sessions.get(id);
    if (!session) return undefined;
    if (this.#idle(session)) {
      this.#sessions.delete(id);
      return undefined;
    }
    session.seenAt = this.#clock.uptime();
    this.#sessions.delete(id);
    this.#sessions.set(id, session);
    return session;
  }

  /** A client says goodbye: nobody waits for its calls any more. */
  close(id: string): boolean {
    const session = this.#sessions.get(id);
    for (const call of session?.calls?.values() ?? []) call.abort();
    return this.#sessions.delete(id);
  }

  #idle(session: McpSession): boolean {
    return this.#clock.uptime() - session.seenAt > IDLE_MS;
  }

  /**
   * They stand in the order they were seen, so the first that is not idle ends the search. What a forgotten session
   * has under way goes on: whoever floods the hub with sessions ends nobody's listen.
   */
  #forgetIdle(): void {
    for (const session of this.#sessions.values()) {
      if (!this.#idle(session) && this.#sessions.size < MOST) return;
      this.#sessions.delete(session.id);
    }
  }
}
