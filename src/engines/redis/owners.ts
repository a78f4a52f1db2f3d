/** Owners' steps of the Redis engine. */
import type { GuardReport, Kicked } from '../../core/engine.ts';
import type { GuardName, Trip } from '../../core/guards.ts';
import { fullOfBans } from '../../core/refusing.ts';
import { ROTATED } from '../../core/webhooks.ts';
import { type Argument, type Book, refuseWith } from './book.ts';
import type { Channels } from './channels.ts';
import type { Hints } from './hints.ts';
import type { ScriptName } from './lua/index.ts';
import type { Outbox } from './outbox.ts';
import type { Reply } from './store.ts';

refuseWith('bans', ([count]) => fullOfBans(Number(count)));

export class Owners {
  readonly #book: Book;
  readonly #channels: Channels;
  readonly #hints: Hints;
  readonly #outbox: Outbox;

  constructor(book: Book, channels: Channels, hints: Hints, outbox: Outbox) {
    this.#book = book;
    this.#channels = channels;
    this.#hints = hints;
    this.#outbox = outbox;
  }

  async #step(name: ScriptName, channelId: string, ...args: readonly Argument[]): Promise<Reply> {
    const answer = await this.#book.sure(name, channelId, ...args);
    this.#hints.noteTurn(channelId);
    this.#outbox.tell(channelId);
    return answer;
  }

  async close(channelId: string, erase: boolean): Promise<void> {
    await this.#step(erase ? 'erase' : 'close', channelId);
    if (!erase) return;
    this.#hints.forget(channelId);
    await this.#channels.forget(channelId);
  }

  async rotate(channelId: string, joinTokenHash: string): Promise<void> {
    await this.#step('rotate', channelId, joinTokenHash, ROTATED, this.#book.limits.sizes.deliveriesKept);
  }

  async kick(channelId: string, callsign: string, ban: boolean | null): Promise<Kicked> {
    const asked = ban === null ? '' : ban ? '1' : '0';
    const [kicked, banned] = (await this.#step('kick', channelId, callsign, asked, this.#book.limits.sizes.mailboxes)) as [number, number];
    return { kicked: kicked === 1, banned: banned === 1 };
  }

  async pause(channelId: string, paused: boolean): Promise<void> {
    await this.#step('pause', channelId, paused);
  }

  async guards(channelId: string): Promise<GuardReport> {
    const [factor, messages, trips] = (await this.#book.run('guards', channelId)) as [string, number, string];
    const kept = JSON.parse(trips) as { guard: GuardName; callsign: string; at: number; times: number }[];
    const list = (Array.isArray(kept) ? kept : []).map(({ at, ...trip }): Trip => ({ ...trip, at: new Date(at).toISOString() }));
    return { factor: Number(factor), messages, trips: list };
  }

  async setGuards(channelId: string, factor: number | null, reset: boolean): Promise<void> {
    await this.#step('setGuards', channelId, factor ?? '', reset);
  }
}
