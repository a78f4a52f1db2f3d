/**
 * One primary: a connection for commands and one for hints, and what is known of it. Commands go down one connection, in
 * the order of the calls, and many share a packet.
 */
import { createHash } from 'node:crypto';
import { SCRIPTS, type ScriptName } from '../lua/index.ts';
import { RedisUnfitError } from '../unfit.ts';
import { type Endpoint, endpointText, type StoreAddress, topicEnd } from './address.ts';
import type { Client, Driver, Reply } from './client.ts';
import { faultOf, infoOf, tagOf } from './info.ts';
import { within } from './once.ts';
import { unavailable, wordsOf } from './refusals.ts';
import { Replicas } from './replicas.ts';
import { Silence } from './silence.ts';

/** How soon a connection for hints is replaced that cannot be relied on any more, ms: slots move in rows. */
const ANEW_MS = 100;
/** Between two looks at a server that is there and cannot be used yet, ms. */
const AGAIN_MS = 250;

/** What was asked before the end has so long to be answered, ms. */
const CLOSE_MS = 500;

export type Hear = (message: string) => void;

/** What can be asked of whoever holds a key. */
export interface Holder {
  send(args: readonly string[]): Promise<Reply>;
  /** Runs a script of this store on keys of one slot. */
  run(name: ScriptName, keys: readonly string[], args: readonly string[]): Promise<Reply>;
  /** What it is asked, answered once a replica has all that the answer rests on: see replicas.ts. */
  sure<T>(asking: () => Promise<T>): Promise<T>;
  subscribe(channel: string, hear: Hear): Promise<void>;
  /** Others that listen to the channel go on. */
  unsubscribe(channel: string, hear: Hear): Promise<void>;
}

/** What a primary tells whoever holds it. */
export interface Told {
  /** A connection is there again: what was said meanwhile was not heard. */
  back(primary: Primary): void;
  /** A connection is gone or cannot be made, or the server is not fit. Told once an outage. */
  lost(primary: Primary, error: unknown): void;
  /** It does not hold any more what it was asked to listen to. */
  moved(primary: Primary): void;
}

/** A run of the server: the hash of each script as it knows it. */
type Run = Readonly<Record<ScriptName, string>>;

const NAMES = Object.keys(SCRIPTS) as ScriptName[];

/**
 * The text of a script for one run of the store. The tag is part of it, so that its hash names the run as well: another
 * process, one that was restarted or promoted, knows no script of that hash and cannot append under the wrong tag.
 * @param end of the names of what is published, which a script cannot find out
 */
const textFor = (name: ScriptName, tag: string, end: string): string => `local TAG, WAKE = '${tag}', ':wake${end}'\n${SCRIPTS[name]}`;

/** The client waits for its answers, without end when the line is lost meanwhile. */
const letGo = async (one: Client): Promise<void> => {
  await within(CLOSE_MS, one.close()).catch(() => {});
  one.destroy();
};

export class Primary implements Holder {
  readonly endpoint: Endpoint;
  readonly #name: string;
  readonly #address: StoreAddress;
  readonly #driver: Driver;
  readonly #commands: Client;
  #hints: Client;
  readonly #told: Told;
  #run: Run | null = null;
  #learning: Promise<Run> | null = null;
  #opening: Promise<void> | null = null;
  #trouble: string | null = null;
  #anew: NodeJS.Timeout | null = null;
  /** The connection for hints is being replaced, which is no outage. */
  #replacing = false;
  #ended = false;
  #timer: NodeJS.Timeout | null = null;
  readonly #replicas = new Replicas((args) => this.send(args));
  /** Of the connection for commands, and of that for hints. */
  readonly #silences = [new Silence(), new Silence()] as const;

  constructor(endpoint: Endpoint, address: StoreAddress, driver: Driver, told: Told) {
    this.endpoint = endpoint;
    this.#name = address.kind === 'single' ? address.shown : endpointText(endpoint);
    this.#address = address;
    this.#driver = driver;
    this.#told = told;
    this.#commands = driver.client(endpoint);
    this.#commands.on('error', (error) => this.#lost(error));
    for (const event of ['error', 'ready']) this.#commands.on(event, () => this.#replicas.cut());
    this.#commands.on('ready', () => void this.learn().catch(() => {}));
    this.#hints = this.#makeHints();
  }

  #makeHints(): Client {
    const hints = this.#driver.client(this.endpoint);
    const whenMine = (hear: (error: unknown) => void) => (error: unknown) => {
      if (this.#hints === hints) hear(error);
    };
    hints.on(
      'error',
      whenMine((error) => {
        this.#replacing = false;
        this.#lost(error);
        // It says that it is well, and did not understand what it read.
        if (hints.isReady) this.hearAnew();
      }),
    );
    hints.on(
      'ready',
      whenMine(() => {
        this.#replacing = false;
        if (this.#commands.isReady && this.#run !== null) this.#trouble = null;
        this.#told.back(this);
      }),
    );
    // A slot went elsewhere, or was found elsewhere when the connection came back.
    for (const event of ['sharded-channel-moved', '__MOVED']) {
      hints.on(
        event,
        whenMine(() => {
          this.hearAnew();
          this.#told.moved(this);
        }),
      );
    }
    return hints;
  }

  /**
   * Replaces the connection for hints, soon. A server ends subscriptions by itself when slots leave it, and the client takes
   * that for the answer to whatever it asked last: afterwards it may believe to be subscribed and hear nothing.
   */
  hearAnew(): void {
    this.#anew ??= setTimeout(() => {
      this.#anew = null;
      if (this.#ended) return;
      const old = this.#hints;
      this.#replacing = old.isReady;
      this.#hints = this.#makeHints();
      this.#hints.connect().catch(() => {});
      old.destroy();
    }, ANEW_MS).unref();
  }

  /**
   * Opens both connections, once. It goes on trying by itself when it fails.
   * @throws the first failure; RedisUnfitError when the server is not fit
   */
  open(): Promise<void> {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  async #open(): Promise<void> {
    const failed = new Promise<never>((_, reject) => {
      for (const one of [this.#commands, this.#hints]) one.on('error', reject);
    });
    failed.catch(() => {});
    const connected = Promise.all([this.#commands.connect(), this.#hints.connect()]);
    connected.catch(() => {});
    await Promise.race([connected, failed]);
    await this.learn();
  }

  #lost(error: unknown): void {
    if (this.#ended) return;
    const first = this.#trouble === null;
    this.#trouble = error instanceof RedisUnfitError ? error.message : `the connection to ${this.#name} is down: ${wordsOf(error)}`;
    if (first) this.#told.lost(this, new Error(this.#trouble, { cause: error }));
  }

  /**
   * Looks at the server anew: its run is told apart from others, and the scripts are made known to it.
   * @throws when it cannot be asked, or is not fit
   */
  learn(): Promise<Run> {
    this.#learning ??= this.#askRun()
      .catch((error: unknown) => {
        this.#lost(error);
        this.#learnLater();
        throw error;
      })
      .finally(() => {
        this.#learning = null;
      });
    return this.#learning;
  }

  /** It still loads what it kept, or is a replica for now; nobody who calls may come until it is known to be well. */
  #learnLater(): void {
    if (this.#timer !== null || this.#ended || !this.#commands.isReady) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (this.#commands.isReady) this.learn().catch(() => {});
    }, AGAIN_MS);
    this.#timer.unref();
  }

  async #askRun(): Promise<Run> {
    const info = infoOf(String(await this.send(['INFO'])));
    const fault = faultOf(info, this.#address.kind);
    if (fault !== null) {
      this.#run = null;
      throw new RedisUnfitError(fault);
    }
    const texts = NAMES.map((name) => textFor(name, tagOf(info), topicEnd(this.#address)));
    const hashes = texts.map((text) => createHash('sha1').update(text).digest('hex'));
    const known = (await this.send(['SCRIPT', 'EXISTS', ...hashes])) as number[];
    await Promise.all(texts.filter((_, i) => known[i] !== 1).map((text) => this.send(['SCRIPT', 'LOAD', text])));
    const run = Object.fromEntries(NAMES.map((name, i) => [name, hashes[i]])) as Run;
    this.#run = run;
    this.#trouble = null;
    this.#told.back(this);
    return run;
  }

  /** Null when all is well, else a sentence for the operator. */
  get trouble(): string | null {
    if (this.#silences.some((silence) => silence.now)) return `${this.#name} does not answer`;
    if (this.#commands.isReady && (this.#hints.isReady || this.#replacing)) return this.#trouble;
    return this.#trouble ?? `the connection to ${this.#name} is down`;
  }

  send(args: readonly string[]): Promise<Reply> {
    return this.#silences[0].heard(() => this.#commands.sendCommand(args));
  }

  run(name: ScriptName, keys: readonly string[], args: readonly string[]): Promise<Reply> {
    return this.#runWith((command) => this.send(command), name, keys, args);
  }

  async #runWith(send: Holder['send'], name: ScriptName, keys: readonly string[], args: readonly string[]): Promise<Reply> {
    const rest = [String(keys.length), ...keys, ...args];
    // One that is not connected yet tells when it is.
    if (this.#run === null && !this.#commands.isReady) throw unavailable();
    const run = this.#run ?? (await this.learn());
    try {
      return await send(['EVALSHA', run[name], ...rest]);
    } catch (error) {
      // Another run of the server, or somebody flushed the scripts.
      if (!wordsOf(error).startsWith('NOSCRIPT')) throw error;
      return await send(['EVALSHA', (await this.learn())[name], ...rest]);
    }
  }

  /** What can be asked of it about a slot that is on its way to it: each command is announced with ASKING. */
  get asking(): Holder {
    const send = (args: readonly string[]): Promise<Reply> => {
      // The two are written one after the other, and lost together.
      this.send(['ASKING']).catch(() => {});
      return this.send(args);
    };
    return {
      send,
      run: (name, keys, args) => this.#runWith(send, name, keys, args),
      sure: (asking) => this.sure(asking),
      subscribe: (channel, hear) => this.subscribe(channel, hear),
      unsubscribe: (channel, hear) => this.unsubscribe(channel, hear),
    };
  }

  sure<T>(asking: () => Promise<T>): Promise<T> {
    return this.#replicas.sure(asking);
  }

  subscribe(channel: string, hear: Hear): Promise<void> {
    return this.#silences[1].heard(() => this.#hints.sSubscribe(channel, hear));
  }

  unsubscribe(channel: string, hear: Hear): Promise<void> {
    return this.#hints.sUnsubscribe(channel, hear);
  }

  /** Waits for the answers that are still to come, but not for a server that does not answer. */
  async close(): Promise<void> {
    this.#ended = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await Promise.all([this.#commands, this.#hints].map((one) => (one.isReady ? letGo(one) : one.destroy())));
  }

  /** Lets go at once, as a killed process would. What was asked and not answered is refused. */
  destroy(): void {
    this.#ended = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const one of [this.#commands, this.#hints]) {
      try {
        one.destroy();
      } catch {
        // It was never open.
      }
    }
  }
}
