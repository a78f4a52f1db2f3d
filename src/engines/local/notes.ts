/** Notes of the local engine: in memory, and in a table of their own so that they outlive the process. */
import { isFresh, type Notes as Port } from '../../core/notes.ts';
import { dropOldest } from '../../core/oldest.ts';
import type { Book } from './book.ts';
import { isSound, readList } from './schema.ts';

interface Note {
  readonly text: string;
  /** Monotonic ms. */
  until: number;
  /** The same, as it stands on disk. */
  written: number;
}

/** How many are held in memory; the disk has the others. */
const MOST = 20_000;
/** What is agreed has no end. */
export const FOR_GOOD = Number.MAX_SAFE_INTEGER;

export class Notes implements Port {
  readonly #book: Book;
  /** Those that were asked for last come last. */
  readonly #held = new Map<string, Note>();

  constructor(book: Book) {
    this.#book = book;
  }

  async remember(key: string, text: string, ttlMs: number): Promise<void> {
    const until = this.#book.clock.uptime() + ttlMs;
    this.#hold(key, { text, until, written: until });
    this.#insert(key, text, this.#book.clock.now() + ttlMs);
    await this.#book.store.commit(false);
  }

  recall(key: string, ttlMs: number): string | null {
    const now = this.#book.clock.uptime();
    const note = this.#held.get(key) ?? this.#read(key);
    if (!note) return null;
    if (note.until <= now) {
      this.#held.delete(key);
      return null;
    }
    note.until = Math.max(note.until, now + ttlMs);
    this.#hold(key, note);
    if (!isFresh(note.written - now, note.until - now)) {
      note.written = note.until;
      this.#insert(key, note.text, this.#book.clock.now() + note.until - now);
      // Whoever needs it asks again; a disk that refuses is told of elsewhere.
      this.#book.store.commit(false).catch(() => {});
    }
    return note.text;
  }

  agree(name: string, text: string): string {
    const known = this.#held.get(name) ?? this.#read(name);
    const agreed = known?.text ?? text;
    this.#hold(name, { text: agreed, until: FOR_GOOD, written: FOR_GOOD });
    if (!known) {
      this.#insert(name, text, FOR_GOOD);
      this.#book.store.commit(false).catch(() => {});
    }
    return agreed;
  }

  /** Forgets what is over. */
  sweep(): void {
    const now = this.#book.clock.uptime();
    for (const [key, { until }] of this.#held) if (until <= now) this.#held.delete(key);
    this.#book.store.removing.notesBefore(this.#book.clock.now());
  }

  #insert(key: string, text: string, until: number): void {
    this.#book.store.insert('notes', [key, text, Math.round(until)]);
  }

  #hold(key: string, note: Note): void {
    this.#held.delete(key);
    this.#held.set(key, note);
    dropOldest(this.#held, MOST);
  }

  /** A row that is not sound is no note: nothing depends on one that could not be said again. */
  #read(key: string): Note | undefined {
    const [row] = this.#book.store.read(`SELECT ${readList('notes')} FROM notes WHERE name = ?`, key);
    if (!row || !isSound(row)) return undefined;
    const [, text, until] = row as [string, string, number];
    const left = until === FOR_GOOD ? FOR_GOOD : this.#book.clock.uptime() + until - this.#book.clock.now();
    return { text, until: left, written: left };
  }
}
