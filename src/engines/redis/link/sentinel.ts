/**
 * A store whose primary Sentinels know, and replace when it fails. The hub asks them who it is, hears from one of them
 * when that changes, and asks again whenever the connection was lost: an old primary that comes back is not written to.
 *
 * https://redis.io/docs/latest/develop/reference/sentinel-clients/
 */
import { type Endpoint, endpointText } from './address.ts';
import type { Client } from './client.ts';
import { type Link, type LinkOptions, unfit } from './link.ts';
import { askOnce, reach } from './once.ts';
import { type Holder, Primary } from './primary.ts';
import { unavailable, wordsOf } from './refusals.ts';

/** Between two questions while something is wrong, ms. */
const AGAIN_MS = 250;

export class SentinelLink implements Link {
  readonly #options: LinkOptions;
  #primary: Primary | null = null;
  /** Whether the primary is the one that the Sentinels mean, as far as anybody knows. */
  #sure = false;
  /** Who tells of changes; whoever answered last is asked first. */
  #watch: Client | null = null;
  #sentinels: readonly Endpoint[];
  #seeking: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  /** How often there was a reason to ask. */
  #doubts = 0;
  #why = 'no Sentinel has been asked yet';
  #ended = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#sentinels = options.address.endpoints;
  }

  async open(): Promise<void> {
    try {
      await this.#seek();
    } catch (error) {
      this.destroy();
      throw unfit(error, this.#options.address);
    }
    this.#lookAgain();
  }

  async ask<T>(_: string, what: (holder: Holder) => Promise<T>): Promise<T> {
    if (this.#primary === null || !this.#sure) throw unavailable();
    try {
      return await what(this.#primary);
    } catch (error) {
      // It was made a replica, or takes no writes for want of replicas.
      if (/^(?:READONLY|NOREPLICAS|MASTERDOWN)\b/.test(wordsOf(error))) this.#doubt(error);
      throw error;
    }
  }

  get trouble(): string | null {
    if (this.#primary !== null && (this.#sure || this.#primary.trouble !== null)) return this.#primary.trouble;
    return `${this.#options.address.shown}: ${this.#why}`;
  }

  /** Nobody knows who the primary is: nothing is asked of it until the Sentinels have said so. */
  #doubt(error: unknown): void {
    this.#doubts++;
    this.#sure = false;
    this.#why = wordsOf(error);
    this.#look();
  }

  /** Asks the Sentinels, again and again until there is a primary that answers, and one of them tells when it changes. */
  #look(): void {
    if (this.#seeking !== null || this.#ended) return;
    this.#seek().then(
      () => this.#lookAgain(),
      (reason: unknown) => {
        this.#why = wordsOf(reason);
        this.#lookAgain(true);
      },
    );
  }

  /** Who had a reason to look while a look was under way was sent off: what that left open is looked at now. */
  #lookAgain(failed = false): void {
    if (this.#ended || !(failed || !this.#sure || this.#watch === null)) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#look();
    }, AGAIN_MS).unref();
  }

  #seek(): Promise<void> {
    this.#seeking ??= this.#findAndWatch().finally(() => {
      this.#seeking = null;
    });
    return this.#seeking;
  }

  async #findAndWatch(): Promise<void> {
    await this.#find();
    if (this.#watch !== null || this.#ended) return;
    await this.#keepWatch();
    // What changed before somebody watched was told to nobody.
    await this.#find();
  }

  /** Connects with the primary that the Sentinels mean. @throws when there is none that takes writes */
  async #find(): Promise<void> {
    const doubts = this.#doubts;
    const endpoint = await this.#askAll();
    const same = this.#primary !== null && endpointText(this.#primary.endpoint) === endpointText(endpoint);
    const found = same ? this.#primary! : this.#connect(endpoint);
    try {
      await (same ? found.learn() : found.open());
      // What the Sentinel said may be older than the reason to ask.
      if (this.#ended || this.#doubts !== doubts) throw new Error('the primary is being replaced');
    } catch (error) {
      if (!same) found.destroy();
      throw error;
    }
    if (same && this.#sure) return;
    const old = this.#primary;
    this.#primary = found;
    this.#sure = true;
    if (!same) old?.destroy();
    this.#options.back();
  }

  #connect(endpoint: Endpoint): Primary {
    const { address, driver, back, report } = this.#options;
    return new Primary(endpoint, address, driver, {
      back: (primary) => {
        if (primary === this.#primary && this.#sure) back();
      },
      lost: (primary, error) => {
        if (primary !== this.#primary) return;
        report(error);
        this.#doubt(error);
      },
      moved: () => {},
    });
  }

  /** Asks one after the other where the primary is. @throws when nobody knows */
  async #askAll(): Promise<Endpoint> {
    const { address, driver } = this.#options;
    let why: unknown = new Error('no Sentinel answers');
    for (const sentinel of this.#sentinels) {
      try {
        const found = (await askOnce(driver.once(sentinel, 'sentinel'), (client) =>
          client.sendCommand(['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', address.master]),
        )) as string[] | null;
        if (found !== null) {
          this.#sentinels = [sentinel, ...this.#sentinels.filter((one) => one !== sentinel)];
          return { host: found[0]!, port: Number(found[1]) };
        }
        why = new Error(`the Sentinel at ${endpointText(sentinel)} knows no primary "${address.master}"`);
      } catch (error) {
        why = new Error(`the Sentinel at ${endpointText(sentinel)} does not answer: ${wordsOf(error)}`);
      }
    }
    throw why;
  }

  /**
   * Hears from a Sentinel when the primary is replaced: the old one may be there still, and be asked in vain.
   * @throws Error when this one cannot be heard; the next in the row is tried the next time
   */
  async #keepWatch(): Promise<void> {
    const { address, driver } = this.#options;
    const sentinel = this.#sentinels[0]!;
    const watch = driver.once(sentinel, 'sentinel');
    this.#watch = watch;
    watch.on('error', (error) => {
      if (!this.#unwatch(watch, sentinel)) return;
      this.#options.report(error);
      // What this one would have told must be asked for.
      this.#look();
    });
    try {
      await reach(watch, () =>
        watch.subscribe('+switch-master', (message) => {
          if (message.split(' ', 1)[0] === address.master) this.#doubt(new Error('the primary is being replaced'));
        }),
      );
    } catch (error) {
      // It may be connected well and refuse.
      if (this.#unwatch(watch, sentinel) && !this.#ended && wordsOf(error) !== this.#why) this.#options.report(error);
      throw error;
    }
  }

  /** One that tells nothing any more; whether it was the one that is listened to. */
  #unwatch(watch: Client, sentinel: Endpoint): boolean {
    if (this.#watch !== watch) return false;
    this.#watch = null;
    this.#sentinels = [...this.#sentinels.filter((one) => one !== sentinel), sentinel];
    return true;
  }

  async close(): Promise<void> {
    this.#end();
    await this.#primary?.close();
  }

  destroy(): void {
    this.#end();
    this.#primary?.destroy();
  }

  #end(): void {
    this.#ended = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    const watch = this.#watch;
    this.#watch = null;
    watch?.destroy();
  }
}
