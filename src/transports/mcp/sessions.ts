/**
 * Header sessions of the older revisions. Any hub of a fleet, and the next run of one, can serve any of them
 * (docs/decisions/023): an id proves by itself that a hub gave it out, and what was joined over it is a note in the store.
 *
 * What a process keeps of them is which calls are under way here, so that these can be cancelled.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { HubError } from '../../core/errors.ts';
import { MCP_PROOF, type Notes, SecretNotes } from '../../core/notes.ts';
import { dropOldest } from '../../core/oldest.ts';
import type { Eventually } from '../../core/types.ts';
import type { GoneSignal } from '../gone.ts';
import type { Id } from '../jsonrpc.ts';

export interface McpSession {
  /** Calls that may be cancelled. */
  calls: Map<Id, GoneSignal> | null;
  /** The hub session of the last join over it; never the same thing as its id. @throws HubError storage_unavailable */
  joined(): Eventually<string | null>;
  /** Null: it was left. @throws HubError storage_unavailable */
  join(sessionId: string | null): Promise<void>;
}

/** The session that a call belongs to is over. */
export class SessionOver extends Error {}

const DAY_MS = 86_400_000;
/** A session lasts for this long. Its client then begins another, as after any 404. */
export const SESSION_MS = 30 * DAY_MS;
/** What was joined is remembered for as long as a hub can say what became of the seat: a day of life, an hour of being expired. */
const JOINED_MS = DAY_MS + 3_600_000;
/** Whether another hub ended a session is asked again after this. */
const LOOK_MS = 60_000;
const MOST = 50_000;

/** The note of a session that its client ended. */
const OVER = 'over';

/** An id is when it was given out (seconds), random bits, and the proof of both. */
const TIME = 4;
const RANDOM = 20;
const PROOF = 18;

interface Known {
  readonly session: McpSession;
  /** Wall clock, ms. */
  readonly endsAt: number;
  /** Monotonic ms. */
  lookedAt: number;
  over: boolean;
}

export class McpSessions {
  readonly #clock: Clock;
  readonly #notes: Notes;
  readonly #joined: SecretNotes;
  /** Those that were used here; least recently first. */
  readonly #known = new Map<string, Known>();
  #key: Eventually<Buffer> | null = null;

  constructor(clock: Clock, notes: Notes) {
    this.#clock = clock;
    this.#notes = notes;
    this.#joined = new SecretNotes(notes, 'mcp', JOINED_MS);
  }

  /** How many are held in this process. */
  get count(): number {
    return this.#known.size;
  }

  /**
   * The id of a new session, with 160 random bits; a client's own wish is never followed. It costs the hub nothing until it
   * is used. @throws HubError storage_unavailable
   */
  async open(): Promise<string> {
    const facts = Buffer.alloc(TIME + RANDOM);
    facts.writeUInt32BE(Math.floor(this.#clock.now() / 1000));
    randomBytes(RANDOM).copy(facts, TIME);
    return Buffer.concat([facts, proofOf(facts, await this.#proofKey())]).toString('base64url');
  }

  /** @returns undefined when no hub of this store gave it out, or it is over. @throws HubError storage_unavailable */
  async find(id: string): Promise<McpSession | undefined> {
    const known = await this.#look(id);
    return known && !known.over ? known.session : undefined;
  }

  /**
   * A client says goodbye: nobody waits for its calls any more.
   * @returns whether there was such a session
   * @throws HubError storage_unavailable
   */
  async close(id: string): Promise<boolean> {
    const known = await this.#look(id);
    if (!known || known.over) return false;
    // One over which nobody joined is nothing that another hub would have to know of: who uses it on is a caller without one.
    if ((await this.#joined.get(id)) !== null) await this.#joined.put(id, OVER, Math.max(known.endsAt - this.#clock.now(), LOOK_MS));
    known.over = true;
    for (const call of known.session.calls?.values() ?? []) call.abort();
    return true;
  }

  async #look(id: string): Promise<Known | undefined> {
    const known = this.#known.get(id);
    if (!known) return this.#meet(id);
    if (known.endsAt <= this.#clock.now()) {
      this.#known.delete(id);
      return undefined;
    }
    this.#keep(id, known);
    if (!known.over && this.#clock.uptime() - known.lookedAt > LOOK_MS) {
      known.lookedAt = this.#clock.uptime();
      // A hub that knows the session asks nobody before it answers; what it learns counts from the next call on.
      this.#isOver(id).then(
        (over) => {
          known.over ||= over;
        },
        () => {},
      );
    }
    return known;
  }

  /** Sees a session for the first time in this process. */
  async #meet(id: string): Promise<Known | undefined> {
    const givenAt = givenOut(id, await this.#proofKey());
    if (givenAt === null || givenAt + SESSION_MS <= this.#clock.now()) return undefined;
    const over = await this.#isOver(id);
    // Another call of it may have come in meanwhile.
    const known = this.#known.get(id) ?? {
      session: this.#sessionOf(id),
      endsAt: givenAt + SESSION_MS,
      lookedAt: this.#clock.uptime(),
      over,
    };
    this.#keep(id, known);
    return known;
  }

  #sessionOf(id: string): McpSession {
    return {
      calls: null,
      joined: () => {
        const tell = (note: string | null): string | null => {
          if (note !== OVER) return note || null;
          const known = this.#known.get(id);
          if (known) known.over = true;
          throw new SessionOver();
        };
        const note = this.#joined.get(id);
        return note instanceof Promise ? note.then(tell) : tell(note);
      },
      join: (sessionId) => this.#joined.put(id, sessionId ?? ''),
    };
  }

  async #isOver(id: string): Promise<boolean> {
    try {
      return (await this.#joined.get(id)) === OVER;
    } catch (error) {
      // Whatever a call needs of the store it asks for itself.
      if (error instanceof HubError) return false;
      throw error;
    }
  }

  /** What a forgotten session has under way goes on: whoever floods the hub with sessions ends nobody's listen. */
  #keep(id: string, known: Known): void {
    this.#known.delete(id);
    this.#known.set(id, known);
    dropOldest(this.#known, MOST);
  }

  /** What the hubs of a store prove ids with. It opens no seat. */
  #proofKey(): Eventually<Buffer> {
    if (this.#key !== null) return this.#key;
    const agreed = this.#notes.agree(MCP_PROOF, randomBytes(32).toString('base64'));
    const take = (text: string): Buffer => {
      const key = Buffer.from(text, 'base64');
      this.#key = key;
      return key;
    };
    if (!(agreed instanceof Promise)) return take(agreed);
    const asked = agreed.then(take, (error: unknown) => {
      this.#key = null;
      throw error;
    });
    this.#key = asked;
    return asked;
  }
}

const proofOf = (facts: Buffer, key: Buffer): Buffer =>
  createHmac('sha256', key).update('mcp session').update(facts).digest().subarray(0, PROOF);

/** When an id was given out, ms of the wall clock; null when it was not. */
const givenOut = (id: string, key: Buffer): number | null => {
  const bytes = Buffer.from(id, 'base64url');
  // One way to write it only.
  if (bytes.length !== TIME + RANDOM + PROOF || bytes.toString('base64url') !== id) return null;
  const facts = bytes.subarray(0, TIME + RANDOM);
  return timingSafeEqual(proofOf(facts, key), bytes.subarray(TIME + RANDOM)) ? facts.readUInt32BE() * 1000 : null;
};
