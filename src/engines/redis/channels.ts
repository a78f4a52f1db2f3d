/** Channels, identities and allowances of the Redis engine. */
import { BANDS, isBand } from '../../core/bands.ts';
import type { ChannelCounts, ChannelFacts, RateAnswer } from '../../core/engine.ts';
import { HubError } from '../../core/errors.ts';
import { BAND_GUARD_FACTOR, type Rate, TIMES } from '../../core/limits.ts';
import { fullHub } from '../../core/refusing.ts';
import type { Channel, Eventually, Identity, Retention } from '../../core/types.ts';
import type { Book } from './book.ts';

const KNOWN = 20_000;
/** What another hub swept within this is left to it, ms: less than the time between two sweeps of a hub. */
const SWEPT_MS = 25_000;
/** Channels that a sweep looks at together. */
const AT_ONCE = 50;

export class Channels {
  readonly #book: Book;
  /** As they were when they were last asked about. What a channel keeps never changes; the rest may have. */
  readonly #known = new Map<string, Channel>();
  /** The bands of this hub. */
  readonly #bands = new Map<string, Channel>();

  constructor(book: Book) {
    this.#book = book;
  }

  #key(name: 'channels' | 'identities'): string {
    return this.#book.store.key(name);
  }

  known(channelId: string): Channel | undefined {
    return this.#known.get(channelId);
  }

  retention(channelId: string): Retention | undefined {
    return this.#known.get(channelId)?.retention;
  }

  #remember(channel: Channel): void {
    if (this.#known.size >= KNOWN) this.#known.clear();
    this.#known.set(channel.id, channel);
  }

  /**
   * Takes a place in the register, then makes the channel. Whoever dies in between leaves a place without a channel,
   * which the next sweep gives back.
   */
  async create(channel: Channel): Promise<void> {
    const { limits } = this.#book;
    const key = this.#key('channels');
    if (!(await this.#reserve(key, limits.sizes.channels, channel.id))) throw fullHub('channels');
    await this.#make(channel, 1);
    // A sweep may have come in between.
    await this.#book.store.command(['HSET', key, channel.id, '']);
  }

  /** Takes a place among so many. */
  async #reserve(key: string, most: number, name: string, value = ''): Promise<boolean> {
    return (await this.#book.store.run('reserve', key, [String(most), name, value], true)) === 1;
  }

  async openBand(channel: Channel): Promise<void> {
    await this.#make(channel, BAND_GUARD_FACTOR);
    this.#bands.set(channel.id, channel);
  }

  async #make(channel: Channel, factor: number): Promise<void> {
    const { sessionTtlMs, retention, joinTokenHash } = channel;
    await this.#book.sure('create', channel.id, JSON.stringify(channel), sessionTtlMs, retention, factor, joinTokenHash);
    this.#remember(channel);
  }

  async find(channelId: string): Promise<Channel | undefined> {
    const text = await this.#book.store.command(['HGET', this.#book.store.base(channelId), 'config']);
    if (text === null) return this.#bandAgain(channelId);
    const channel = JSON.parse(text as string) as Channel;
    this.#remember(channel);
    return channel;
  }

  /** A store that lost everything has no bands, and nobody but its hubs could make them. */
  async #bandAgain(channelId: string): Promise<Channel | undefined> {
    const band = this.#bands.get(channelId);
    if (band) await this.openBand(band);
    return band;
  }

  async count(): Promise<number> {
    return (await this.#book.store.command(['HLEN', this.#key('channels')])) as number;
  }

  async sessionCount(): Promise<number> {
    const { store } = this.#book;
    let count = 0;
    await this.#each(await this.#all(), async (id) => {
      count += (await store.command(['HLEN', `${store.base(id)}:live`])) as number;
    });
    return count;
  }

  async counts(channelId: string): Promise<ChannelCounts> {
    const [members, listening, messages, head] = (await this.#book.run('counts', channelId)) as [number, number, number, number];
    return { members, listening, messages, head };
  }

  /** See `Engine.survey`. */
  async survey(): Promise<ChannelFacts[]> {
    const { clock } = this.#book;
    const facts: ChannelFacts[] = [];
    await this.#each(await this.#all(), async (id) => {
      let found: readonly unknown[];
      try {
        found = (await this.#book.run('counts', id)) as readonly unknown[];
      } catch (error) {
        // Removed meanwhile, or a band that this fleet does not have.
        if (error instanceof HubError && error.code === 'unauthorized') return;
        throw error;
      }
      const [members, listening, messages, head, config, touched, tripped] = found as [
        number,
        number,
        number,
        number,
        string,
        string,
        number,
      ];
      const lastActiveAt = clock.now() - (this.#book.now() - Number(touched));
      facts.push({ members, listening, messages, head, channel: JSON.parse(config) as Channel, lastActiveAt, tripped });
    });
    return facts;
  }

  // Identities

  /** @returns how to take it back */
  async createIdentity(identity: Identity): Promise<() => Promise<void>> {
    const { store, limits } = this.#book;
    const key = this.#key('identities');
    const forget = async (): Promise<void> => void (await store.command(['HDEL', key, identity.keyHash]));
    if (!(await this.#reserve(key, limits.sizes.identities, identity.keyHash, JSON.stringify(identity)))) throw fullHub('identities');
    return forget;
  }

  async identity(keyHash: string): Promise<Identity | undefined> {
    const text = await this.#book.store.command(['HGET', this.#key('identities'), keyHash]);
    return text === null ? undefined : (JSON.parse(text as string) as Identity);
  }

  // Allowances

  spend(name: string, { burst, perSecond }: Rate, calls: 1 | -1): Eventually<RateAnswer> {
    if (perSecond === Number.POSITIVE_INFINITY) return { allowed: true, remaining: burst, retryAfterMs: 0 };
    return this.#spend(name, burst, 1000 / perSecond, calls);
  }

  async #spend(name: string, burst: number, each: number, calls: 1 | -1): Promise<RateAnswer> {
    const { store } = this.#book;
    const args = [this.#book.now(), burst, each, calls].map(String);
    const [allowed, remaining, wait] = (await store.run('spend', store.key(`rate:${name}`), args)) as [number, number, string];
    return { allowed: allowed === 1, remaining, retryAfterMs: Number(wait) };
  }

  // Cleaning

  /** @returns the ids of the channels that were removed by this call */
  async sweep(tell: (channelId: string) => void, owed: (channelId: string) => void): Promise<string[]> {
    const { clock } = this.#book;
    const removed: string[] = [];
    if (await this.#sweptElsewhere()) return removed;
    await this.#each(await this.#all(), async (channelId) => {
      tell(channelId);
      const state = await this.#book.run(
        'sweep',
        channelId,
        ...[clock.now() - TIMES.idempotencyMs, TIMES.idleChannelMs, TIMES.idleTranscriptMs],
        ...[isBand(channelId), TIMES.bandSeatMs, TIMES.bandBoundSeatMs],
      );
      if (state === 0) return;
      if (state !== -1) owed(channelId);
      if (state === 2) return;
      if (state === 1) removed.push(channelId);
      await this.forget(channelId);
    });
    return removed;
  }

  /** Each hub would look at every channel: one of them does, and another when that one is gone. Two at once do no harm. */
  async #sweptElsewhere(): Promise<boolean> {
    const { store, node } = this.#book;
    const key = store.key('swept');
    const now = this.#book.now();
    const [by, at] = String((await store.command(['GET', key])) ?? '').split(' ');
    if (by !== node && now - Number(at ?? 0) < SWEPT_MS) return true;
    // A store that is full does not take it, and has to be swept all the same.
    await store.command(['SET', key, `${node} ${now}`]).catch(() => {});
    return false;
  }

  /** Every channel of the store, bands among them. */
  async #all(): Promise<string[]> {
    return [...((await this.#book.store.command(['HKEYS', this.#key('channels')])) as string[]), ...Object.keys(BANDS)];
  }

  async #each(ids: readonly string[], one: (channelId: string) => Promise<void>): Promise<void> {
    for (let i = 0; i < ids.length; i += AT_ONCE) await Promise.all(ids.slice(i, i + AT_ONCE).map(one));
  }

  /** Gives a channel's place back. */
  async forget(channelId: string): Promise<void> {
    this.#known.delete(channelId);
    await this.#book.store.command(['HDEL', this.#key('channels'), channelId]);
  }
}
