/** A room for one test: a hub with its own clock and engine, and people who call it one way. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openBands } from '../../src/core/bands.ts';
import type { Engine } from '../../src/core/engine.ts';
import { Hub } from '../../src/core/hub.ts';
import { limitsFor } from '../../src/core/limits.ts';
import type { HubMode } from '../../src/core/types.ts';
import type { Address } from '../../src/courier/addresses.ts';
import { Courier } from '../../src/courier/courier.ts';
import { openVault } from '../../src/courier/vault.ts';
import { Agent, type ChannelFields, type JoinFields, Operator, Party } from './agent.ts';
import { type TestClock, testClock } from './clock.ts';
import type { EngineKind, Shelf } from './engines.ts';
import type { HttpClient } from './transports/http.ts';
import { RestWire } from './transports/rest.ts';
import type { Proofs, Transport, Wire } from './transports/wire.ts';
import { turns, until } from './until.ts';

export interface RoomOptions {
  readonly mode?: HubMode;
  /** The hub token of a shared hub. */
  readonly token?: string;
  readonly adminToken?: string;
  /** As `--limits` takes them. */
  readonly limits?: string;
  /** By default 127.0.0.1, so that a test can call from any address. */
  readonly trustProxies?: readonly string[];
  readonly origin?: string;
  readonly allowHosts?: readonly string[];
  /** The hub has bands. */
  readonly bands?: true;
  /** As the flag of this name; by default as a local hub has it. */
  readonly allowPrivateWebhooks?: boolean;
  /** The store is this room's alone, and its files may be touched. */
  readonly ownStore?: boolean;
  /** The hub is made to fail, so it may log errors. */
  readonly trouble?: 'expected';
}

/** An agent for each callsign. */
type Each<C extends readonly string[]> = { -readonly [K in keyof C]: Agent };

/** A channel with its tokens. */
export class Channel extends Party {
  readonly id: string;
  readonly created: Awaited<ReturnType<Party['createChannel']>>;

  constructor(room: Room, created: Channel['created'], hubToken?: string) {
    super(room, { channelId: created.channel_id, token: created.join_token, hubToken });
    this.id = created.channel_id;
    this.created = created;
  }

  /** Whoever holds the owner token. */
  get owner(): Party {
    return this.showing({ token: this.created.owner_token });
  }

  /** The channel with the join token that came after. */
  renewed(joinToken: string): Channel {
    return new Channel(this.room, { ...this.created, join_token: joinToken }, this.proofs.hubToken);
  }

  /** Joins as `callsign`. */
  async agent(callsign: string, fields: JoinFields = {}): Promise<Agent> {
    return new Agent(this, await this.join(callsign, fields));
  }

  /** Joins as each of them, one after the other. */
  async agents<const C extends readonly string[]>(...callsigns: C): Promise<Each<C>> {
    const agents: Agent[] = [];
    for (const callsign of callsigns) agents.push(await this.agent(callsign));
    return agents as unknown as Each<C>;
  }
}

/** A public channel, as somebody without a token sees it. */
export class Band extends Party {
  async agent(callsign: string, fields: JoinFields = {}): Promise<Agent<Band>> {
    return new Agent<Band>(this, await this.join(callsign, fields));
  }
}

export class Room {
  readonly #transport: Transport;
  readonly #shelf: Shelf;
  readonly #options: RoomOptions;
  #clock: TestClock = testClock();
  #engine: Engine | null = null;
  #hub: Hub | null = null;
  #courier: Courier | null = null;
  #wire: Wire | null = null;
  /** What the hub reported where no caller can be told. */
  readonly troubles: unknown[] = [];
  /** What names resolve to, for webhooks; others do not resolve. */
  readonly names: Record<string, readonly string[]> = {};
  /** Names that were looked up. */
  readonly lookups: string[] = [];

  private constructor(transport: Transport, shelf: Shelf, options: RoomOptions) {
    this.#transport = transport;
    this.#shelf = shelf;
    this.#options = options;
  }

  static async open(transport: Transport, engine: EngineKind, options: RoomOptions = {}): Promise<Room> {
    const room = new Room(transport, await engine.shelf(options.ownStore), options);
    await room.#start();
    return room;
  }

  async #start(): Promise<void> {
    const { mode = 'local', bands = false, token = null, adminToken = null, limits: text } = this.#options;
    const { trustProxies = ['127.0.0.1'], origin = null, allowHosts = [] } = this.#options;
    const trouble = (error: unknown): void => void this.troubles.push(error);
    const limits = limitsFor(mode, text);
    this.#engine = await this.#shelf.open(this.#clock, limits, trouble);
    this.#courier = this.#openCourier(this.#engine, trouble);
    this.#hub = new Hub({ engine: this.#engine, courier: this.#courier, limits, mode, bands, clock: this.#clock, report: trouble });
    if (bands) await openBands(this.#engine, this.#clock);
    await this.#courier.start();
    this.#wire = await this.#transport.open({ hub: this.#hub, mode, token, adminToken, trustProxies, origin, allowHosts, trouble });
  }

  #openCourier(outbox: Engine, report: (error: unknown) => void): Courier {
    const resolve = async (name: string): Promise<readonly Address[]> => {
      this.lookups.push(name);
      return (this.names[name] ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    };
    return new Courier({
      ...{ outbox, report, resolve, clock: this.#clock, version: 'test', random: () => 0.5 },
      vault: openVault(this.#shelf.directory, this.#shelf.secretKey ?? null),
      allowPrivate: this.#options.allowPrivateWebhooks ?? true,
    });
  }

  get clock(): TestClock {
    return this.#clock;
  }

  get hub(): Hub {
    return this.#hub!;
  }

  get engine(): Engine {
    return this.#engine!;
  }

  get wire(): Wire {
    return this.#wire!;
  }

  /** Where the engine keeps its files. */
  get directory(): string {
    if (this.#shelf.directory === null) throw new Error('this engine has no files');
    return this.#shelf.directory;
  }

  /**
   * What a hub that ended had claimed is let go. An engine of one process knows at its start that nobody holds it; where
   * others may, it waits for the end of the lease.
   */
  async leasesEnd(): Promise<void> {
    if (this.#shelf.secretKey !== undefined) await this.pass(this.#courier!.leaseMs);
  }

  async #without(meanwhile: () => Promise<void>): Promise<void> {
    await this.#shelf.halt?.();
    await meanwhile();
    await this.#shelf.resume?.();
  }

  /** The store of the engine goes away, and comes back with all it had. */
  async away(meanwhile: () => Promise<void>): Promise<void> {
    await this.#without(async () => {
      await until(() => this.engine.health() !== null, 'the hub to notice');
      await meanwhile();
    });
    await until(() => this.engine.health() === null, 'the connection');
  }

  /** Every byte that the engine has on disk. */
  bytesOnDisk(): string {
    const files = readdirSync(this.directory, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile());
    return files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1')).join('\0');
  }

  /** The sockets, where the way in has some. */
  get http(): HttpClient {
    if (!(this.#wire instanceof RestWire)) throw new Error('this way in has no sockets');
    return this.#wire.http;
  }

  get rest(): RestWire {
    if (!(this.#wire instanceof RestWire)) throw new Error('this way in has no sockets');
    return this.#wire;
  }

  /** Somebody who shows these proofs and no others. */
  anyone(proofs: Proofs = {}): Party {
    return new Party(this, proofs);
  }

  /** Whoever shows this as the admin token. */
  operator(token: string | undefined = this.#options.adminToken): Operator {
    return new Operator(this, { token });
  }

  async channel(fields: ChannelFields = {}): Promise<Channel> {
    const hubToken = this.#options.token;
    return new Channel(this, await this.anyone({ hubToken }).createChannel(fields), hubToken);
  }

  /** A band, joined from an address. */
  band(name: string, address?: string): Band {
    return new Band(this, { channelId: name, hubToken: this.#options.token, address });
  }

  /** A channel and these agents on it. */
  async talk<const C extends readonly string[]>(fields: ChannelFields, ...callsigns: C): Promise<[Channel, ...Each<C>]> {
    const channel = await this.channel(fields);
    return [channel, ...(await channel.agents(...callsigns))];
  }

  /** Waits until exactly `count` listeners are parked and stand by. */
  async parked(count: number): Promise<void> {
    await until(() => this.hub.waiters.count === count, `${count} parked listeners; there are ${this.hub.waiters.count}`);
    // Parked, then read: the timer of the wait is set when the read has found nothing.
    await this.quiet();
  }

  /** Lets `ms` pass, and what it set going run. */
  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    await this.quiet();
  }

  /** What was set going has run. */
  async quiet(): Promise<void> {
    await turns();
    await this.#shelf.quiet(this.engine);
  }

  /** The courier ends; what is under way is left to its lease. */
  async #hangUp(): Promise<void> {
    const closed = this.#courier?.close(0);
    // Its grace is measured with a clock that stands still.
    this.clock.advance(0);
    await closed;
  }

  /** The hub ends and another one starts on what is left: in good order, or killed. The monotonic clock starts anew. */
  async restart(how: 'stop' | 'crash' = 'stop', away = 0, meanwhile: (() => void) | null = null): Promise<void> {
    if (how === 'crash') await this.#shelf.crash(this.engine);
    this.hub.close();
    await turns();
    await this.wire.close();
    // What waits for a store that died waits for ever.
    if (how === 'crash') void this.#hangUp();
    else await this.#hangUp();
    if (how === 'stop') await this.engine.close();
    if (meanwhile) await this.#without(async () => meanwhile());
    this.#clock = testClock(this.#clock.now() + away);
    await this.#start();
  }

  async close(): Promise<void> {
    try {
      this.hub.close();
      await turns();
      await this.wire.close();
      await this.#hangUp();
      await this.engine.close();
    } finally {
      await this.#shelf.clear();
    }
    if (this.#options.trouble !== 'expected' && this.troubles.length > 0) {
      throw new Error(`the hub reported trouble: ${this.troubles.map((one) => JSON.stringify(one) ?? String(one)).join('; ')}`);
    }
  }
}
