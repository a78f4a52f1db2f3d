/** The log of a channel: messages, gaps and notes in the order they were heard. */
import { signal } from '@preact/signals';
import type { Gap, Message } from './wire.ts';

/** A message as the log has it; a transcript may have kept its size only. */
export type Logged = Omit<Message, 'text'> & { readonly text: string | null; readonly bytes?: number | undefined };

export type Entry =
  /** Its key is its id, and a name where the hub has given the id to another message since. */
  | { readonly type: 'message'; readonly key: number | string; readonly message: Logged }
  | { readonly type: 'gap'; readonly key: string; readonly at: string; readonly gap: Gap }
  | { readonly type: 'note'; readonly key: string; readonly at: string; readonly text: string };

/** A tab that is left open for a week must not eat the machine: beyond either of these the oldest entries are let go. */
export const MOST_ENTRIES = 20_000;
export const MOST_CHARACTERS = 32 * 1024 * 1024;
/** As much is kept then, so that this is not done for each message. */
const KEPT = 0.9;
const LET_GO = 'let-go';

/** Characters of an entry that count. */
const lengthOf = (entry: Entry): number => (entry.type === 'message' ? (entry.message.text?.length ?? 0) : 0);

/** When it was said or noticed. */
export const atOf = (entry: Entry): string => (entry.type === 'message' ? entry.message.at : entry.at);

/** The entries of a transcript as it is read, of which no more is held than a log takes and a little beyond, so that the log says so. */
export class Newest {
  readonly entries: Entry[] = [];
  #characters = 0;

  push(entry: Entry): void {
    this.entries.push(entry);
    this.#characters += lengthOf(entry);
    if (this.entries.length <= 2 * MOST_ENTRIES && this.#characters <= 2 * MOST_CHARACTERS) return;
    let gone = 0;
    const first = (): number => lengthOf(this.entries[gone]!);
    while (this.entries.length - gone - 1 > MOST_ENTRIES || this.#characters - first() > MOST_CHARACTERS) {
      this.#characters -= first();
      gone++;
    }
    this.entries.splice(0, gone);
  }
}

export class Logbook {
  /** Changed in place; `version` says when. */
  entries: Entry[] = [];
  readonly version = signal(0);
  /** Messages heard since the page was opened. */
  readonly heard = signal(0);
  readonly #messages = new Map<Entry['key'], Logged>();
  #characters = 0;
  #notes = 0;

  get oldestId(): number | null {
    const oldest = this.entries.find((entry) => entry.type === 'message');
    return oldest?.type === 'message' ? oldest.message.id : null;
  }

  message(id: number): Logged | undefined {
    return this.#messages.get(id);
  }

  /** Adds what is not there yet. @returns the messages that were not */
  add(messages: readonly Logged[]): readonly Logged[] {
    const fresh = messages.filter(({ id, at }) => this.#messages.get(id)?.at !== at);
    for (const message of fresh) {
      this.#outdate(message.id);
      const entry = { type: 'message', key: message.id, message } as const;
      this.#know(entry);
      this.entries.push(entry);
    }
    this.heard.value += fresh.length;
    if (fresh.length > 0) this.#changed();
    return fresh;
  }

  /** Puts what was before the oldest message in front. */
  prepend(entries: readonly Entry[]): void {
    const fresh = entries.filter((entry) => entry.type !== 'message' || !this.#messages.has(entry.key));
    for (const entry of fresh) this.#know(entry);
    this.entries = [...fresh, ...this.entries];
    this.#changed();
  }

  note(text: string, at: string = new Date().toISOString()): void {
    this.entries.push({ type: 'note', key: `note-${++this.#notes}`, at, text });
    this.#changed();
  }

  gap(gap: Gap): void {
    this.entries.push({ type: 'gap', key: `gap-${++this.#notes}`, at: new Date().toISOString(), gap });
    this.#changed();
  }

  /** A hub that was rolled back gives ids again. The message that had it stays in the log, under another key. */
  #outdate(id: number): void {
    const message = this.#messages.get(id);
    if (!message) return;
    const key = `was-${++this.#notes}`;
    const index = this.entries.findIndex((entry) => entry.key === id);
    this.entries[index] = { type: 'message', key, message };
    this.#messages.delete(id);
    this.#messages.set(key, message);
  }

  #know(entry: Entry): void {
    if (entry.type !== 'message') return;
    this.#messages.set(entry.key, entry.message);
    this.#characters += lengthOf(entry);
  }

  #changed(): void {
    if (this.entries.length > MOST_ENTRIES || this.#characters > MOST_CHARACTERS) this.#letGo();
    this.version.value++;
  }

  #letGo(): void {
    let gone = 0;
    while (this.entries.length - gone > KEPT * MOST_ENTRIES || this.#characters > KEPT * MOST_CHARACTERS) {
      const entry = this.entries[gone++]!;
      if (entry.type === 'message') this.#messages.delete(entry.key);
      this.#characters -= lengthOf(entry);
    }
    const at = atOf(this.entries[gone] ?? this.entries[gone - 1]!);
    const text = 'What came before is not on this page any more: it holds no more.';
    // Wherever it stood, it stands in front now.
    const kept = this.entries.slice(gone).filter(({ key }) => key !== LET_GO);
    this.entries = [{ type: 'note', key: LET_GO, at, text }, ...kept];
  }
}

/** Whether an entry has all the words, in its text or in who speaks to whom. Words are in lower case. */
export const matches = (entry: Entry, words: readonly string[]): boolean => {
  if (entry.type !== 'message') return false;
  const { from, to, text } = entry.message;
  const hay = `${from} ${to} ${text ?? ''}`.toLowerCase();
  return words.every((word) => hay.includes(word));
};
