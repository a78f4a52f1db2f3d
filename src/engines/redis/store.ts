/** The store as the engine uses it: commands by key, scripts, hints, and how sure a write is. See link/ for connections. */
import { type Driver, loadDriver, type Reply } from './link/client.ts';
import type { Link } from './link/link.ts';
import type { Primary } from './link/primary.ts';
import { translated } from './link/refusals.ts';
import { singleLink } from './link/single.ts';
import { Subscriptions } from './link/subscriptions.ts';
import type { ScriptName } from './lua/index.ts';

export type { Reply } from './link/client.ts';

export interface StoreOptions {
  readonly url: string;
  /** Every key begins with it. */
  readonly prefix: string;
  /** `replicated`: what is acknowledged is with a replica too. */
  readonly durability: 'async' | 'replicated';
  readonly report: (error: unknown) => void;
}

export class Store {
  readonly prefix: string;
  readonly #options: StoreOptions;
  readonly #driver: Driver;
  readonly #link: Link;
  readonly #subscriptions: Subscriptions;
  #closed = false;
  #underWay = 0;
  #onBack: () => void = () => {};

  private constructor(options: StoreOptions, driver: Driver) {
    this.prefix = options.prefix;
    this.#options = options;
    this.#driver = driver;
    const { url, report } = options;
    this.#link = singleLink({ driver, url, report, back: () => this.#back() });
    this.#subscriptions = new Subscriptions(this.#link);
  }

  /** @throws RedisUnfitError with a sentence for the operator */
  static async open(options: StoreOptions): Promise<Store> {
    const store = new Store(options, await loadDriver());
    await store.#link.open();
    return store;
  }

  #back(): void {
    void this.#subscriptions.renew();
    this.#onBack();
  }

  /** Tells that a connection is there again: what was said meanwhile was not heard. */
  onBack(hear: () => void): void {
    this.#onBack = hear;
  }

  /** Null when all is well, else a sentence for the operator. */
  get trouble(): string | null {
    return this.#link.trouble;
  }

  /** The clock that all hubs share, ms since the epoch. */
  async time(): Promise<number> {
    const [seconds, micros] = (await this.#ask(this.key('time'), (primary) => primary.send(['TIME']))) as string[];
    return Number(seconds) * 1000 + Number(micros) / 1000;
  }

  key(name: string): string {
    return `${this.prefix}${name}`;
  }

  /** Base of a channel's keys. */
  base(channelId: string): string {
    return `${this.prefix}{${channelId}}`;
  }

  /**
   * A command of one key, which is its second word.
   * @throws HubError storage_unavailable
   */
  command(args: readonly [name: string, key: string, ...rest: string[]]): Promise<Reply> {
    return this.#ask(args[1], (primary) => primary.send(args));
  }

  /**
   * Runs a script on keys that begin with the first of them.
   * @throws HubError storage_unavailable
   */
  run(name: ScriptName, key: string, args: readonly string[]): Promise<Reply> {
    return this.#ask(key, (primary) => primary.run(name, [key], args));
  }

  async #ask<T>(key: string, what: (primary: Primary) => Promise<T>): Promise<T> {
    this.#underWay++;
    try {
      return await this.#link.ask(key, what);
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

  /**
   * Resolves when what was written to a key before is as durable as the operator asked for.
   * @throws HubError storage_unavailable when no replica has it in time; it may be stored all the same
   */
  async settled(key: string): Promise<void> {
    if (this.#options.durability === 'async') return;
    this.#underWay++;
    try {
      await this.#link.writer(key).replicated();
    } catch (error) {
      throw translated(error, this.#driver.isReply(error));
    } finally {
      this.#underWay--;
    }
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
