/**
 * A store that is a Redis Cluster. A map says which primary holds which slot; whoever is asked in vain says who holds it
 * now, and the map is asked for anew. Nothing is sent a second time but what a server refused to begin with.
 *
 * https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/
 */
import { RedisUnfitError } from '../unfit.ts';
import { type Endpoint, endpointText } from './address.ts';
import { type Link, type LinkOptions, unfit } from './link.ts';
import { askAny, type Shard } from './map.ts';
import { type Holder, Primary } from './primary.ts';
import { unavailable, wordsOf } from './refusals.ts';
import { SLOTS, slotOf } from './slots.ts';

/** How often a call is sent on, or made again while its slot moves, and how long it waits in between, ms. */
const TRIES = 20;
const PAUSE_MS = 50;
/** Between two looks at the map while something is wrong, ms. */
const AGAIN_MS = 250;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A primary for each slot, of which none is known. */
const nobody = (): (Primary | undefined)[] => new Array<Primary | undefined>(SLOTS).fill(undefined);

export class ClusterLink implements Link {
  readonly #options: LinkOptions;
  readonly #primaries = new Map<string, Primary>();
  #slots = nobody();
  #covered = false;
  /** Every address that a map had: where to ask when no primary answers. */
  #known: readonly Endpoint[];
  #looking: Promise<void> | null = null;
  #again = false;
  #timer: NodeJS.Timeout | null = null;
  #ended = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#known = options.address.endpoints;
  }

  async open(): Promise<void> {
    try {
      await this.#look();
      await Promise.all([...this.#primaries.values()].map((primary) => primary.open()));
      if (!this.#covered) throw new RedisUnfitError('some slots of the Redis Cluster have no primary');
    } catch (error) {
      this.destroy();
      throw unfit(error, this.#options.address);
    }
  }

  async ask<T>(key: string, what: (holder: Holder) => Promise<T>): Promise<T> {
    const slot = slotOf(key);
    for (let left = TRIES; ; left--) {
      const primary = this.#slots[slot];
      if (primary === undefined) {
        this.#lookSoon();
        throw unavailable();
      }
      try {
        return await this.#askOne(primary, what);
      } catch (error) {
        if (left === 0 || this.#ended || !this.#options.driver.isReply(error)) throw error;
        if (!(await this.#goesOn(primary, slot, wordsOf(error)))) throw error;
        // Two that send to each other, or a slot on its way, need a moment.
        if (left < TRIES - 1) await pause(PAUSE_MS);
      }
    }
  }

  async #askOne<T>(primary: Primary, what: (holder: Holder) => Promise<T>): Promise<T> {
    try {
      return await what(primary);
    } catch (error) {
      if (!wordsOf(error).startsWith('ASK ') || !this.#options.driver.isReply(error)) throw error;
      // The slot is on its way: this one key is there already, or is not anywhere yet.
      const target = await this.#primaryAt(wordsOf(error), primary);
      return await what(target.asking);
    }
  }

  /** What a refusal is about; whether the call can be made again. */
  async #goesOn(primary: Primary, slot: number, words: string): Promise<boolean> {
    if (words.startsWith('MOVED ')) {
      const target = await this.#primaryAt(words, primary);
      if (this.#slots[slot] === primary) {
        this.#slots[slot] = target;
        primary.hearAnew();
      }
      this.#lookSoon(0);
      return true;
    }
    if (words.startsWith('TRYAGAIN')) return true;
    if (/^(?:CLUSTERDOWN|READONLY|MASTERDOWN)/.test(words)) this.#lookSoon();
    return false;
  }

  /** The primary that a redirection names: `MOVED slot host:port`, where the host may be left out. */
  async #primaryAt(words: string, from: Primary): Promise<Primary> {
    const [, host = '', port = ''] = /^\w+ \d+ (.*):(\d+)/.exec(words) ?? [];
    const primary = this.#connect({ host: host === '' ? from.endpoint.host : host, port: Number(port) });
    // Who cannot be reached refuses what it is asked.
    await primary.open().catch(() => {});
    return primary;
  }

  #connect(endpoint: Endpoint): Primary {
    const name = endpointText(endpoint);
    const known = this.#primaries.get(name);
    if (known) return known;
    const { address, driver, back, report } = this.#options;
    const primary = new Primary(endpoint, address, driver, {
      back,
      lost: (lost, error) => {
        if (this.#primaries.get(name) !== lost || this.#ended) return;
        report(error);
        this.#lookSoon(0);
      },
      moved: () => this.#lookSoon(0),
    });
    this.#primaries.set(name, primary);
    return primary;
  }

  get trouble(): string | null {
    for (const primary of this.#primaries.values()) if (primary.trouble !== null) return primary.trouble;
    return this.#covered ? null : 'some slots of the Redis Cluster have no primary';
  }

  // The map

  #lookSoon(inMs = AGAIN_MS): void {
    if (this.#looking !== null) this.#again = true;
    if (this.#timer !== null || this.#looking !== null || this.#ended) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#look()
        .catch(() => {})
        .finally(() => {
          // What gave a reason meanwhile may be newer than the answer.
          const again = this.#again || this.trouble !== null;
          this.#again = false;
          if (again) this.#lookSoon();
        });
    }, inMs).unref();
  }

  #look(): Promise<void> {
    this.#looking ??= askAny(this.#options, [...this.#primaries.values()], this.#known)
      .then((shards) => this.#apply(shards))
      .finally(() => {
        this.#looking = null;
      });
    return this.#looking;
  }

  async #apply(shards: readonly Shard[]): Promise<void> {
    if (this.#ended) return;
    const slots = nobody();
    const names = new Set<string>();
    for (const { from, to, primary: endpoint } of shards) {
      names.add(endpointText(endpoint));
      slots.fill(this.#connect(endpoint), from, to + 1);
    }
    const losers = new Set(this.#slots.filter((primary, slot) => primary !== slots[slot]));
    const known = [...this.#options.address.endpoints, ...shards.flatMap(({ primary, replicas }) => [primary, ...replicas])];
    // One that is dead is waited for once.
    this.#known = [...new Map(known.map((endpoint) => [endpointText(endpoint), endpoint])).values()];
    this.#slots = slots;
    this.#covered = !slots.includes(undefined);
    for (const [name, primary] of [...this.#primaries]) {
      if (names.has(name)) continue;
      this.#primaries.delete(name);
      primary.destroy();
    }
    for (const primary of losers) primary?.hearAnew();
    // Those that are new come back by themselves; what moved between those that were there is looked for here.
    for (const primary of this.#primaries.values()) primary.open().catch(() => {});
    if (losers.size > 0) this.#options.back();
  }

  async close(): Promise<void> {
    this.#end();
    await Promise.all([...this.#primaries.values()].map((primary) => primary.close()));
  }

  destroy(): void {
    this.#end();
    for (const primary of this.#primaries.values()) primary.destroy();
  }

  #end(): void {
    this.#ended = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }
}
