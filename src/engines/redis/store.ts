/** The store as the engine uses it: commands by key, scripts, hints, and how sure a write is. See link/ for connections. */
import { ADDRESS_FORMS, parseAddress, type StoreAddress, topicEnd } from './link/address.ts';
import { createDriver, type Driver, type Reply } from './link/client.ts';
import { ClusterLink } from './link/cluster.ts';
import { type Link, type LinkOptions, unfit } from './link/link.ts';
import type { Holder } from './link/primary.ts';
import { translated } from './link/refusals.ts';
import { SentinelLink } from './link/sentinel.ts';
import { singleLink } from './link/single.ts';
import { Subscriptions } from './link/subscriptions.ts';
import type { ScriptName } from './lua/index.ts';
import { Rounds } from './rounds.ts';
import { RedisUnfitError } from './unfit.ts';

export type { Reply } from './link/client.ts';

export interface StoreOptions {
  /** See link/address.ts. */
  readonly url: string;
  /** Every key begins with it. */
  readonly prefix: string;
  /** `replicated`: what is acknowledged is with a replica too. */
  readonly durability: 'async' | 'replicated';
  readonly report: (error: unknown) => void;
}

/** Every key of every hub begins with it. */
export const DEFAULT_PREFIX = 'rogerthat:';

const linkFor = (options: LinkOptions): Link => {
  if (options.address.kind === 'cluster') return new ClusterLink(options);
  return options.address.kind === 'sentinel' ? new SentinelLink(options) : singleLink(options);
};

export class Store {
  readonly prefix: string;
  readonly #options: StoreOptions;
  readonly #driver: Driver;
  readonly #link: Link;
  readonly #clustered: boolean;
  readonly #address: StoreAddress;
  readonly #subscriptions: Subscriptions;
  #closed = false;
  #underWay = 0;
  #returning: NodeJS.Immediate | null = null;
  /** While slots move, connections are replaced several times a second, and all that is listened to is put anew each time. */
  readonly #return = new Rounds(() => this.#renew());
  #onBack: () => void = () => {};

  private constructor(options: StoreOptions, how: Omit<LinkOptions, 'report' | 'back'>) {
    this.prefix = options.prefix;
    this.#options = options;
    this.#driver = how.driver;
    this.#clustered = how.address.kind === 'cluster';
    this.#address = how.address;
    this.#link = linkFor({ ...how, report: options.report, back: () => this.#backSoon() });
    this.#subscriptions = new Subscriptions(this.#link);
  }

  /** @throws RedisUnfitError with a sentence for the operator */
  static async open(options: StoreOptions): Promise<Store> {
    const address = parseAddress(options.url);
    if (address === null) throw new RedisUnfitError(`the address of the store must be like ${ADDRESS_FORMS}`);
    const store = new Store(options, { address, driver: createDriver(address) });
    await store.#link.open();
    return store;
  }

  /** Several connections may come back, and many slots move, at once. */
  #backSoon(): void {
    this.#returning ??= setImmediate(() => {
      this.#returning = null;
      this.#return.ask();
    });
  }

  async #renew(): Promise<void> {
    if (this.#closed) return;
    await this.#subscriptions.renew();
    this.#onBack();
  }

  /** Tells that a connection is there again: what was said meanwhile was not heard. */
  onBack(hear: () => void): void {
    this.#onBack = hear;
  }

  /** Why it cannot be used at the start, in a sentence for the operator. */
  unfit(error: unknown): RedisUnfitError {
    return unfit(error, this.#address);
  }

  /** Null when all is well, else a sentence for the operator. */
  get trouble(): string | null {
    return this.#link.trouble;
  }

  /** Its keys lie at several servers. */
  get clustered(): boolean {
    return this.#clustered;
  }

  /** The clock that all hubs share, ms since the epoch. */
  async time(): Promise<number> {
    const [seconds, micros] = (await this.#ask(this.key('time'), (holder) => holder.send(['TIME']))) as string[];
    return Number(seconds) * 1000 + Number(micros) / 1000;
  }

  key(name: string): string {
    return `${this.prefix}${name}`;
  }

  /** Base of a channel's keys. */
  base(channelId: string): string {
    return `${this.prefix}{${channelId}}`;
  }

  /** What hubs tell each other is published under this name. */
  topic(name: string): string {
    return `${this.key(name)}${topicEnd(this.#address)}`;
  }

  /** … and what wakes them for a channel under this. */
  wakeOf(channelId: string): string {
    return `${this.base(channelId)}:wake${topicEnd(this.#address)}`;
  }

  /**
   * A command of one key, which is its second word.
   * @param sure the answer counts: it comes when what it rests on is as durable as the operator asked for
   * @throws HubError storage_unavailable; it may be done all the same
   */
  command(args: readonly [name: string, key: string, ...rest: string[]], sure = false): Promise<Reply> {
    return this.#ask(args[1], (holder) => holder.send(args), sure);
  }

  /**
   * Runs a script that looks at one key and at no other.
   * @param sure the answer counts, as with {@link command}: the script must write something
   * @throws HubError storage_unavailable; it may be done all the same
   */
  run(name: ScriptName, key: string, args: readonly string[], sure = false): Promise<Reply> {
    return this.#ask(key, (holder) => holder.run(name, [key], args), sure);
  }

  /**
   * Runs a script on a channel, of which it is told the base and makes the keys.
   *
   * In a cluster a slot moves key by key. A second key that never exists makes the servers refuse the script for as long
   * (TRYAGAIN), so that none sees half a channel.
   * @param sure the answer counts, as with {@link command}: the script must write something
   * @throws HubError storage_unavailable; it may be done all the same
   */
  runOn(name: ScriptName, channelId: string, args: readonly string[], sure = false): Promise<Reply> {
    const base = this.base(channelId);
    const keys = this.#clustered ? [base, `${base}:-`] : [base];
    return this.#ask(base, (holder) => holder.run(name, keys, args), sure);
  }

  async #ask<T>(key: string, what: (holder: Holder) => Promise<T>, sure = false): Promise<T> {
    this.#underWay++;
    try {
      if (!sure || !this.replicated) return await this.#link.ask(key, what);
      return await this.#link.ask(key, (holder) => holder.sure(() => what(holder)));
    } catch (error) {
      throw translated(error, this.#driver.isReply(error));
    } finally {
      this.#underWay--;
    }
  }

  /** @internal For tests: how many answers are still to come. */
  get underWay(): number {
    return this.#underWay;
  }

  /** Whether an answer that counts waits for a replica. */
  get replicated(): boolean {
    return this.#options.durability === 'replicated';
  }

  // Hints

  async subscribe(channel: string, hear: (message: string) => void): Promise<void> {
    this.#underWay++;
    try {
      await this.#subscriptions.add(channel, hear);
    } finally {
      this.#underWay--;
    }
  }

  unsubscribe(channel: string): Promise<void> {
    return this.#subscriptions.remove(channel);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#link.close();
  }

  /** @internal For tests: dies like a killed process. */
  abandon(): void {
    this.#closed = true;
    this.#link.destroy();
  }
}
