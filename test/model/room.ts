/** A hub on a disk, one channel on it, and what can happen to a hub: stopping, dying, a disk that refuses to write. */
import { HubError } from '../../src/core/errors.ts';
import { Hub } from '../../src/core/hub.ts';
import { limitsFor } from '../../src/core/limits.ts';
import type { Channel } from '../../src/core/types.ts';
import type { ChannelState } from '../../src/engines/local/state.ts';
import { type TestClock, testClock } from '../harness/clock.ts';
import { type Setting, TTL_MS } from './history.ts';
import { Ledger, rule } from './ledger.ts';
import { type Node, openNode } from './node.ts';
import type { Positions } from './positions.ts';
import { afterStart } from './restart-rules.ts';
import { Tap } from './tap.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Clocks move less than a day in a history, so that no key is forgotten and no channel removed. */
const MOST_MS = 20 * 3600_000;

const LONG_MS = 5_000;

/** Positions on disk may be this old after a kill: R-RET-8. */
const STALE_MS = 1_000;

export class Room {
  readonly setting: Setting;
  readonly clock: TestClock = testClock();
  readonly ledger = new Ledger();
  readonly #directory: string;
  readonly #limits: ReturnType<typeof limitsFor>;
  #node!: Node;
  tap!: Tap;
  hub!: Hub;
  channel!: Channel;
  token = '';
  /** Which life of the hub this is. */
  run = 0;
  /** Calls of clients that have not been answered; parked listens are not among them. */
  readonly #open = new Set<Promise<void>>();
  /** Bytes that the kernel will take later. */
  late: (() => void)[] = [];
  #failure: unknown = null;
  #moved = 0;
  /** Monotonic ms at which the wall clock last jumped. */
  jumpedAt = Number.NEGATIVE_INFINITY;
  /** Texts up to this id were lost in a restart. */
  textsFrom = 0;
  diskWorks = true;
  /** Monotonic ms until which the disk refused to write. */
  #brokenUntil = Number.NEGATIVE_INFINITY;
  /** The disk has refused to write since this life began. */
  #refused = false;

  constructor(setting: Setting, directory: string) {
    this.setting = setting;
    this.#directory = directory;
    const { ringMessages, ringBytes, answerBytes, parked } = setting;
    const limits = limitsFor('local', 'off');
    this.#limits = { ...limits, sizes: { ...limits.sizes, ringMessages, ringBytes, answerBytes, parked } };
  }

  get state(): ChannelState {
    return this.#node.peek(this.channel.id)!;
  }

  /** Whether the disk may have refused a write of this life. */
  get refused(): boolean {
    return this.#refused;
  }

  fail(error: unknown): void {
    this.#failure ??= error;
  }

  #report(error: unknown): void {
    if (!(error instanceof Error && this.#refused && !('clause' in error))) this.fail(error);
  }

  async open(): Promise<void> {
    this.#start();
    const { retention } = this.setting;
    const request = { retention, trustMode: 'untrusted', requireIdentity: null, ownerPassword: null, sessionTtlMs: TTL_MS } as const;
    const made = await this.hub.createChannel(request);
    this.channel = made.channel;
    this.token = made.joinToken;
  }

  #start(): void {
    this.run++;
    const report = (error: unknown): void => this.#report(error);
    const node = openNode(this.#directory, this.#limits, this.clock, report);
    const peek = (): ChannelState | undefined => (this.channel ? node.peek(this.channel.id) : undefined);
    const uptime = (): number => this.clock.uptime();
    this.#node = node;
    this.diskWorks = true;
    this.#refused = false;
    this.tap = new Tap({ node, peek, ledger: this.ledger, lag: this.setting.lag, uptime });
    this.hub = new Hub({ engine: this.tap, limits: this.#limits, clock: this.clock, report });
  }

  /** Lets a call go on by itself until it is answered; whatever it breaks is told at the next {@link settle}. */
  track(call: () => Promise<void>): void {
    const { run } = this;
    const done = call()
      .catch((error) => this.fail(error))
      .finally(() => {
        if (run === this.run) this.#open.delete(done);
      });
    this.#open.add(done);
  }

  get calm(): boolean {
    return this.#open.size === 0 && this.tap.busy === 0;
  }

  /** Goes on until every call is answered and every parked listen sleeps. @throws Broken */
  async settle(): Promise<void> {
    for (let turns = 0, quiet = 0; quiet < 2; turns++) {
      await turn();
      if (this.#failure !== null) throw this.#failure;
      quiet = this.calm ? quiet + 1 : 0;
      rule('R-SEND-7', turns < 2_000, () => `${this.#open.size} calls are never answered`);
    }
    this.tap.positions.check('nobody', null, []);
  }

  /** Whether a failed call may be the fault of the disk. */
  excuses(error: unknown): boolean {
    return error instanceof HubError && error.code === 'storage_unavailable' && this.#refused;
  }

  setDisk(works: boolean): void {
    if (!works) this.#refused = true;
    if (works && !this.diskWorks) this.#brokenUntil = this.clock.uptime();
    this.diskWorks = works;
    this.#node.setDisk(works);
  }

  /** Time passes, or only the wall clock is set. A disk works again before long: a store tries twice a second. */
  move(ms: number, both: boolean): void {
    if (both && ms > LONG_MS && !this.diskWorks) this.setDisk(true);
    this.#moved += Math.abs(ms);
    if (this.#moved > MOST_MS) return;
    if (both) this.clock.advance(ms);
    else {
      this.clock.jump(ms);
      this.jumpedAt = this.clock.uptime();
    }
  }

  /** SIGTERM: parked listens are answered, what is owed is written. */
  async restart(): Promise<void> {
    await this.settle();
    this.hub.close();
    await this.settle();
    if (!this.diskWorks) {
      this.kill();
      return;
    }
    const positions = new Map([...this.tap.positions.trail].map(([callsign, trail]) => [callsign, trail[trail.length - 1]![1]]));
    await this.tap.close();
    this.#again(positions, true);
  }

  /** kill -9: what is not on disk is gone, who waits for an answer waits in vain. */
  kill(): void {
    this.#node.engine.abandon();
    const works = this.diskWorks && this.#brokenUntil <= this.clock.uptime() - STALE_MS;
    const known = this.clock.uptime() - STALE_MS;
    const positions = new Map<string, Positions>();
    for (const [callsign, trail] of works ? this.tap.positions.trail : []) {
      const old = trail.filter(([uptime]) => uptime <= known);
      if (old.length > 0) positions.set(callsign, old[old.length - 1]![1]);
    }
    this.#again(positions, false);
  }

  #again(positions: ReadonlyMap<string, Positions>, clean: boolean): void {
    this.tap.dead = true;
    // Takes its timers off the clock.
    this.hub.close();
    this.#open.clear();
    this.late = [];
    for (const said of this.ledger.said) {
      said.unknown += said.open;
      said.open = 0;
    }
    const before = this.clock.uptime() - STALE_MS;
    this.#start();
    if (this.setting.retention !== 'full') this.textsFrom = this.state.ring.head;
    afterStart({ ledger: this.ledger, state: this.state, positions, clean, before });
  }

  /** Lets go of the files. */
  end(): void {
    this.tap.dead = true;
    this.hub.close();
    this.#node.engine.abandon();
  }
}
