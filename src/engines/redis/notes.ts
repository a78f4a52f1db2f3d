/** Notes of the Redis engine. They end by the store's own clock, since nothing depends on the instant. */
import type { Notes as Port } from '../../core/notes.ts';
import type { Book } from './book.ts';

export class Notes implements Port {
  readonly #book: Book;
  readonly #agreed = new Map<string, string>();

  constructor(book: Book) {
    this.#book = book;
  }

  #key(name: string): string {
    return this.#book.store.key(`note:${name}`);
  }

  async remember(key: string, text: string, ttlMs: number): Promise<void> {
    const until = this.#book.now() + ttlMs;
    await this.#book.store.command(['SET', this.#key(key), `${Math.round(until)}|${text}`, 'PX', String(Math.ceil(ttlMs))]);
  }

  async recall(key: string, ttlMs: number): Promise<string | null> {
    return (await this.#book.store.run('recall', this.#key(key), [String(this.#book.now()), String(ttlMs)])) as string | null;
  }

  async agree(name: string, text: string): Promise<string> {
    // With NX and GET it answers with what was there before.
    const agreed = ((await this.#book.store.command(['SET', this.#key(name), text, 'NX', 'GET'])) as string | null) ?? text;
    this.#agreed.set(name, agreed);
    return agreed;
  }

  /** Puts what was agreed back into a store that lost it: who agreed goes by it. @throws HubError storage_unavailable */
  async keep(): Promise<void> {
    for (const [name, text] of this.#agreed) await this.#book.store.command(['SET', this.#key(name), text, 'NX']);
  }
}
