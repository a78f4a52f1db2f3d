/**
 * Notes: short texts of transports that every hub of a fleet has to know and that end by themselves, such as what was
 * joined over an MCP session. A part of the engine port.
 */
import { createHmac } from 'node:crypto';
import type { Clock } from './clock.ts';
import { sha256 } from './ids.ts';
import { dropOldest } from './oldest.ts';
import { sealOf } from './seal.ts';
import type { Eventually } from './types.ts';

export interface Notes {
  /**
   * Keeps a text under a key for so many milliseconds, in place of an older one. What was resolved outlives the process.
   * @throws HubError storage_unavailable
   */
  remember(key: string, text: string, ttlMs: number): Promise<void>;
  /**
   * What is kept under a key, from now on for at least so many milliseconds; null: nothing, or nothing any more. The new
   * time may be noted late, by an eighth of it at the most.
   * @throws HubError storage_unavailable
   */
  recall(key: string, ttlMs: number): Eventually<string | null>;
  /**
   * The text that all who ask under a name use, for good: that of whoever asked first.
   * @throws HubError storage_unavailable
   */
  agree(name: string, text: string): Eventually<string>;
}

/** The name under which hubs agree on the key that MCP session ids prove themselves with. */
export const MCP_PROOF = 'mcp-proof';

/** What may wait until a time is noted anew: an eighth of it. */
export const isFresh = (leftMs: number, ttlMs: number): boolean => leftMs > ttlMs - ttlMs / 8;

const MOST = 50_000;

/** Notes of one process, for programs without an engine. */
export class MemoryNotes implements Notes {
  readonly #clock: Clock;
  /** Oldest first. */
  readonly #kept = new Map<string, { readonly text: string; until: number }>();
  readonly #agreed = new Map<string, string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async remember(key: string, text: string, ttlMs: number): Promise<void> {
    this.#kept.delete(key);
    this.#kept.set(key, { text, until: this.#clock.uptime() + ttlMs });
    dropOldest(this.#kept, MOST);
  }

  recall(key: string, ttlMs: number): string | null {
    const note = this.#kept.get(key);
    const now = this.#clock.uptime();
    if (!note || note.until <= now) return null;
    note.until = Math.max(note.until, now + ttlMs);
    return note.text;
  }

  agree(name: string, text: string): string {
    const agreed = this.#agreed.get(name) ?? text;
    this.#agreed.set(name, agreed);
    return agreed;
  }
}

/**
 * Notes about a secret that somebody shows: kept under its hash and sealed with a key made of it, so that whoever reads the
 * store learns neither, and only who shows the secret again finds them.
 */
export class SecretNotes {
  readonly #notes: Notes;
  readonly #kind: string;
  readonly #ttlMs: number;

  /** @param kind what they are about; two kinds never meet */
  constructor(notes: Notes, kind: string, ttlMs: number) {
    this.#notes = notes;
    this.#kind = kind;
    this.#ttlMs = ttlMs;
  }

  #key(secret: string): string {
    return sha256(`${this.#kind}\0${secret}`);
  }

  #seal(secret: string) {
    return sealOf(createHmac('sha256', secret).update(`note of ${this.#kind}`).digest());
  }

  /** @throws HubError storage_unavailable */
  put(secret: string, text: string, ttlMs = this.#ttlMs): Promise<void> {
    return this.#notes.remember(this.#key(secret), this.#seal(secret).close(text), ttlMs);
  }

  /** @throws HubError storage_unavailable */
  get(secret: string): Eventually<string | null> {
    const found = this.#notes.recall(this.#key(secret), this.#ttlMs);
    const open = (sealed: string | null): string | null => (sealed === null ? null : this.#seal(secret).open(sealed));
    return found instanceof Promise ? found.then(open) : open(found);
  }
}
