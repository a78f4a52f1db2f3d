/** What this hub listens to, kept apart from connections, which come and go and move. */
import type { Link } from './link.ts';
import type { Hear, Holder } from './primary.ts';

interface Wanted {
  readonly hear: Hear;
  /** Where it is subscribed; null: nowhere yet. */
  at: Holder | null;
}

export class Subscriptions {
  readonly #link: Link;
  readonly #wanted = new Map<string, Wanted>();

  constructor(link: Link) {
    this.#link = link;
  }

  /** Resolves when messages are heard. When it rejects they will be, once the store is back. */
  async add(channel: string, hear: Hear): Promise<void> {
    const wanted: Wanted = { hear, at: null };
    this.#wanted.set(channel, wanted);
    await this.#place(channel, wanted);
  }

  async remove(channel: string): Promise<void> {
    const wanted = this.#wanted.get(channel);
    this.#wanted.delete(channel);
    await wanted?.at?.unsubscribe(channel, wanted.hear);
  }

  async #place(channel: string, wanted: Wanted): Promise<void> {
    await this.#link.ask(channel, async (holder) => {
      await holder.subscribe(channel, wanted.hear);
      wanted.at = holder;
    });
    // It may have been given up meanwhile; somebody else may listen there by now.
    if (this.#wanted.get(channel) !== wanted) await wanted.at?.unsubscribe(channel, wanted.hear);
  }

  /** Puts everything where it belongs now: connections are new, or slots have moved. What fails is tried the next time. */
  async renew(): Promise<void> {
    await Promise.all([...this.#wanted].map(([channel, wanted]) => this.#place(channel, wanted).catch(() => {})));
  }
}
