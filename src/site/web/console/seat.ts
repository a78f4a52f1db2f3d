/** The person's own callsign: its session lasts as long as the tab, and it listens while the page is in sight. */
import { type Signal, signal } from '@preact/signals';
import { call, type Problem, problemIn } from '../shared/api.ts';
import { keep, recall } from '../shared/keep.ts';
import type { Spoken } from './draft.ts';
import { type Followed, follow, mayPass } from './follow.ts';
import type { Joined, Line, Sent } from './wire.ts';

export interface Held {
  readonly callsign: string;
  readonly session: string;
}

export interface JoinFields {
  readonly callsign: string;
  readonly owner_password?: string;
  readonly identity_key?: string;
  readonly new_identity?: boolean;
}

/** Confirmations are gathered for this long. */
const ACK_MS = 250;

export class Seat {
  readonly held: Signal<Held | null>;
  /** Why the session ended, when it did. */
  readonly ended = signal<Problem | null>(null);
  /** The key of an identity that this join made, shown until the page is left. */
  readonly madeKey = signal<string | null>(null);
  /** The identity keys of this channel, by callsign: who left takes the same callsign again. */
  readonly #keys: Map<string, string>;
  readonly #path: string;
  readonly #token: () => string;
  readonly #name: string;
  readonly #keysName: string;
  #stream: Followed | null = null;
  #cursor: string | null = null;
  #toConfirm: string | null = null;
  #timer = 0;
  readonly #look = (): void => this.#listen();

  constructor(channelId: string, path: string, token: () => string) {
    this.#path = path;
    this.#token = token;
    this.#name = `seat ${channelId}`;
    this.#keysName = `keys ${channelId}`;
    this.#keys = new Map(JSON.parse(recall(this.#keysName) ?? '[]') as [string, string][]);
    const kept = recall(this.#name);
    this.held = signal(kept === null ? null : (JSON.parse(kept) as Held));
    document.addEventListener('visibilitychange', this.#look);
    this.#listen();
  }

  /** The key that this tab has for a callsign as somebody types it. */
  keyOf(callsign: string): string | undefined {
    return this.#keys.get(callsign.trim().toLowerCase());
  }

  /** @throws Refused */
  async join(fields: JoinFields): Promise<void> {
    const joined = await call<Joined>(`${this.#path}/join`, { token: this.#token(), body: fields });
    this.madeKey.value = joined.identity?.identity_key ?? null;
    this.#remember(joined.callsign, joined.identity?.identity_key ?? fields.identity_key);
    this.#cursor = joined.cursor;
    this.ended.value = null;
    this.#hold({ callsign: joined.callsign, session: joined.session_id });
  }

  /** Takes the seat again after its session ended, or under another token. @throws Refused */
  async rejoin(): Promise<void> {
    const held = this.held.value;
    if (!held) return;
    const key = this.keyOf(held.callsign);
    await this.join({ callsign: held.callsign, ...(key === undefined ? {} : { identity_key: key }) });
  }

  /** @throws Refused when nobody knows whether it has left: it is still held then */
  async leave(): Promise<void> {
    const held = this.held.value;
    if (!held) return;
    // The hub ends the stream of who leaves, which is no news then.
    this.#stream?.stop();
    this.#stream = null;
    try {
      await call(`${this.#path}/leave`, { token: this.#token(), session: held.session, body: {} });
    } catch (error) {
      if (mayPass(problemIn(error))) {
        this.#listen();
        throw error;
      }
    }
    this.#hold(null);
  }

  /** @throws Refused */
  send(body: Spoken, key: string): Promise<Sent> {
    return call(`${this.#path}/send`, {
      token: this.#token(),
      session: this.held.value?.session ?? null,
      body,
      headers: { 'Idempotency-Key': key },
    });
  }

  /** Does not wait for the next attempt to listen. */
  retry(): void {
    this.#stream?.retry();
  }

  stop(): void {
    document.removeEventListener('visibilitychange', this.#look);
    this.#stream?.stop();
  }

  #remember(callsign: string, key: string | undefined): void {
    if (key === undefined) return;
    this.#keys.set(callsign, key);
    keep(this.#keysName, JSON.stringify([...this.#keys]));
  }

  #hold(held: Held | null): void {
    this.held.value = held;
    keep(this.#name, held && JSON.stringify(held));
    this.#stream?.stop();
    this.#stream = null;
    this.#listen();
  }

  /** Listens while the page is in sight: a person who looks elsewhere is not listening, and the roster shall say so. */
  #listen(): void {
    const held = this.held.value;
    const wanted = held !== null && this.ended.value === null && document.visibilityState === 'visible';
    if (!wanted) {
      this.#stream?.stop();
      this.#stream = null;
      return;
    }
    this.#stream ??= follow({
      path: `${this.#path}/stream`,
      token: this.#token,
      session: held.session,
      since: this.#cursor,
      onLink: (link) => {
        if (link.state !== 'refused') return;
        this.ended.value = link.problem;
        this.#stream = null;
      },
      onLines: (lines) => this.#heard(lines),
    });
  }

  #heard(lines: readonly Line[]): void {
    for (const line of lines) if ((line.type === 'message' || line.type === 'gap') && line.cursor) this.#toConfirm = line.cursor;
    if (this.#timer !== 0 || this.#toConfirm === null) return;
    this.#timer = window.setTimeout(() => {
      this.#timer = 0;
      void this.#confirm();
    }, ACK_MS);
  }

  /** What is on the screen counts as read. */
  async #confirm(): Promise<void> {
    const id = this.#toConfirm;
    const held = this.held.value;
    if (id === null || !held) return;
    this.#toConfirm = null;
    try {
      ({ cursor: this.#cursor } = await call<{ cursor: string }>(`${this.#path}/ack`, {
        token: this.#token(),
        session: held.session,
        body: { id },
      }));
    } catch (error) {
      // The stream says what is wrong with the session; what is unconfirmed comes again, and is confirmed then.
      problemIn(error);
    }
  }
}
