/** The log of a channel: messages, gaps and notes in the order they were heard. */
import { signal } from '@preact/signals';
import type { Gap, Message } from './wire.ts';

/** A message as the log has it; a transcript may have kept its size only. */
export type Logged = Omit<Message, 'text'> & { readonly text: string | null; readonly bytes?: number | undefined };

export type Entry =
  | { readonly type: 'message'; readonly key: number; readonly message: Logged }
  | { readonly type: 'gap'; readonly key: string; readonly at: string; readonly gap: Gap }
  | { readonly type: 'note'; readonly key: string; readonly at: string; readonly text: string };

/** A tab that is left open for a week must not eat the machine: beyond this the oldest entries are let go. */
const MOST = 20_000;
const LET_GO = 2_000;

export class Logbook {
  /** Changed in place; `version` says when. */
  entries: Entry[] = [];
  readonly version = signal(0);
  /** Messages heard since the page was opened. */
  readonly heard = signal(0);
  readonly #messages = new Map<number, Logged>();
  #notes = 0;

  get oldestId(): number | null {
    return this.entries.find((entry) => entry.type === 'message')?.key ?? null;
  }

  message(id: number): Logged | undefined {
    return this.#messages.get(id);
  }

  /** Adds what is not there yet. @returns the messages that were not */
  add(messages: readonly Logged[]): readonly Logged[] {
    const fresh = messages.filter(({ id }) => !this.#messages.has(id));
    for (const message of fresh) {
      this.#messages.set(message.id, message);
      this.entries.push({ type: 'message', key: message.id, message });
    }
    this.heard.value += fresh.length;
    if (fresh.length > 0) this.#changed();
    return fresh;
  }

  /** Puts what was before the oldest message in front. */
  prepend(entries: readonly Entry[]): void {
    const fresh = entries.filter((entry) => entry.type !== 'message' || !this.#messages.has(entry.key));
    for (const entry of fresh) if (entry.type === 'message') this.#messages.set(entry.key, entry.message);
    this.entries = [...fresh, ...this.entries];
    this.version.value++;
  }

  note(text: string, at: string = new Date().toISOString()): void {
    this.entries.push({ type: 'note', key: `note-${++this.#notes}`, at, text });
    this.#changed();
  }

  gap(gap: Gap): void {
    this.entries.push({ type: 'gap', key: `gap-${++this.#notes}`, at: new Date().toISOString(), gap });
    this.#changed();
  }

  #changed(): void {
    if (this.entries.length > MOST) {
      for (const entry of this.entries.splice(0, LET_GO)) if (entry.type === 'message') this.#messages.delete(entry.key);
    }
    this.version.value++;
  }
}

/** Whether an entry has all the words, in its text or in who speaks to whom. Words are in lower case. */
export const matches = (entry: Entry, words: readonly string[]): boolean => {
  if (entry.type !== 'message') return false;
  const { from, to, text } = entry.message;
  const hay = `${from} ${to} ${text ?? ''}`.toLowerCase();
  return words.every((word) => hay.includes(word));
};
