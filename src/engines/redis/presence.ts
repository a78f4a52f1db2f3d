/**
 * Who listens at this node, told to the store for the others. A mark lasts a while and is renewed, so that the marks of a
 * node that died end by themselves; one that comes and goes within a moment is not told at all.
 */
import type { Book } from './book.ts';

/** How long a mark holds, and after which time it is renewed, ms. */
const MARK_MS = 30_000;
const RENEW_MS = 10_000;
/** What is parked for less need not be told. */
const MOMENT_MS = 5;

interface Mark {
  parked: number;
  /** Shared time until which the store believes it; 0: it knows of none. */
  told: number;
  /** Shared time of the last change that is not told yet; null: all is told. */
  changed: number | null;
}

export class Presence {
  readonly #book: Book;
  readonly #channels = new Map<string, Map<string, Mark>>();
  readonly #changed = new Set<string>();
  #timer: NodeJS.Timeout | null = null;
  #stopRenewing: () => void = () => {};
  #closed = false;

  constructor(book: Book) {
    this.#book = book;
    this.#renewLater();
  }

  /** Whether somebody is parked here. */
  has(channelId: string): boolean {
    for (const mark of this.#channels.get(channelId)?.values() ?? []) if (mark.parked > 0) return true;
    return false;
  }

  /** Where somebody is parked here, or was a moment ago. */
  channels(): string[] {
    return [...this.#channels.keys()];
  }

  park(channelId: string, callsign: string): void {
    const mark = this.#mark(channelId, callsign);
    if (++mark.parked > 1) return;
    if (mark.told > this.#book.now()) mark.changed = null;
    else this.#change(channelId, mark);
  }

  #mark(channelId: string, callsign: string): Mark {
    let marks = this.#channels.get(channelId);
    if (!marks) {
      marks = new Map();
      this.#channels.set(channelId, marks);
    }
    let mark = marks.get(callsign);
    if (!mark) {
      mark = { parked: 0, told: 0, changed: null };
      marks.set(callsign, mark);
    }
    return mark;
  }

  /** Until when a mark holds that is made now, shared time. */
  until(): number {
    return this.#book.now() + MARK_MS;
  }

  /** The store was told of a listener, who is parked here or will be at once. */
  marked(channelId: string, callsign: string, until: number): void {
    const mark = this.#mark(channelId, callsign);
    mark.told = until;
    if (mark.parked > 0) mark.changed = null;
    else this.#change(channelId, mark);
  }

  /** What is to be told of one callsign that is parked no more, which counts as told: when it was seen; null for nothing. */
  takeEnd(channelId: string, callsign: string): number | null {
    const marks = this.#channels.get(channelId);
    const mark = marks?.get(callsign);
    if (!marks || !mark || mark.parked > 0 || mark.changed === null) return null;
    marks.delete(callsign);
    if (marks.size === 0) this.#channels.delete(channelId);
    return mark.changed;
  }

  unpark(channelId: string, callsign: string): void {
    const marks = this.#channels.get(channelId);
    const mark = marks?.get(callsign);
    if (!marks || !mark || mark.parked === 0 || --mark.parked > 0) return;
    const now = this.#book.now();
    if (mark.told === 0 && mark.changed !== null && now - mark.changed < 1000) {
      // The call that brought it was a sign of life a moment ago.
      marks.delete(callsign);
      if (marks.size === 0) this.#channels.delete(channelId);
      return;
    }
    this.#change(channelId, mark);
  }

  #change(channelId: string, mark: Mark): void {
    mark.changed = this.#book.now();
    this.#changed.add(channelId);
    if (this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      for (const one of [...this.#changed]) this.tell(one);
    }, MOMENT_MS);
    this.#timer.unref();
  }

  /** Tells the store of a channel's listeners what it does not know. To be called before a script that looks at them. */
  tell(channelId: string, always = false): void {
    this.#changed.delete(channelId);
    const marks = this.#channels.get(channelId);
    if (!marks) return;
    const now = this.#book.now();
    const told: (string | number)[] = [];
    for (const [callsign, mark] of marks) {
      const stale = mark.parked > 0 && (always || mark.told - now < MARK_MS - RENEW_MS);
      if (mark.changed === null && !stale) continue;
      const until = mark.parked > 0 ? now + MARK_MS : 0;
      told.push(callsign, until === 0 ? '' : until, mark.changed !== null && mark.parked === 0 ? mark.changed : now);
      mark.told = until;
      mark.changed = null;
      if (mark.parked === 0) marks.delete(callsign);
    }
    if (marks.size === 0) this.#channels.delete(channelId);
    if (told.length > 0) this.#book.tell('parked', channelId, ...told);
  }

  /** Tells everything anew: the store may have lost it. */
  tellAll(): void {
    for (const channelId of [...this.#channels.keys()]) this.tell(channelId, true);
  }

  #renewLater(): void {
    this.#stopRenewing = this.#book.clock.after(RENEW_MS, () => {
      for (const channelId of [...this.#channels.keys()]) this.tell(channelId);
      setImmediate(() => {
        if (!this.#closed) this.#renewLater();
      });
    });
  }

  close(): void {
    this.#closed = true;
    this.#stopRenewing();
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const channelId of [...this.#changed]) this.tell(channelId);
  }
}
