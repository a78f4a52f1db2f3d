/**
 * The connection to the store: opened, looked at, and kept. One for commands, one for hints.
 *
 * `@redis/client` is an optional peer: a hub on one machine needs none. Commands of one hub go down one connection, in
 * the order of the calls, and many share a packet.
 */
import { createHash } from 'node:crypto';
import { HubError } from '../../core/errors.ts';
import { SCRIPTS, type ScriptName } from './lua/index.ts';
import { RedisUnfitError } from './unfit.ts';

export type Reply = null | number | string | readonly Reply[];

/** What is used of a client. */
interface Client {
  readonly isReady: boolean;
  connect(): Promise<unknown>;
  destroy(): void;
  close(): Promise<unknown>;
  duplicate(): Client;
  on(event: string, hear: (error: unknown) => void): unknown;
  sendCommand(args: readonly string[]): Promise<Reply>;
  sSubscribe(channel: string, hear: (message: string, channel: string) => void): Promise<void>;
  sUnsubscribe(channel: string): Promise<void>;
}

export interface StoreOptions {
  readonly url: string;
  /** Every key begins with it. */
  readonly prefix: string;
  /** `replicated`: what is acknowledged is with a replica too. */
  readonly durability: 'async' | 'replicated';
  readonly report: (error: unknown) => void;
}

const RETRY_SECONDS = 2;
/** How long a replica may take before a send is not acknowledged. */
const WAIT_MS = 1000;

const unavailable = (detail: string): HubError => new HubError('storage_unavailable', detail, { retryAfter: RETRY_SECONDS });

const SHAS = Object.fromEntries(
  Object.entries(SCRIPTS).map(([name, text]) => [name, createHash('sha1').update(text).digest('hex')]),
) as Record<ScriptName, string>;

/** Refusals of the server that say "not now", and not "wrong". */
const NOT_NOW = /^(?:OOM|MISCONF|READONLY|LOADING|BUSY|MASTERDOWN|NOREPLICAS|CLUSTERDOWN|TRYAGAIN|UNBLOCKED)\b/;

const loadClient = async (): Promise<typeof import('@redis/client')> => {
  try {
    return await import('@redis/client');
  } catch {
    throw new RedisUnfitError('--redis needs the package @redis/client 6: npm install @redis/client');
  }
};

/** The text of a connection URL without its password. */
const shown = (url: string): string => url.replace(/\/\/[^@/]*@/, '//');

const infoOf = (text: string): Map<string, string> =>
  new Map(text.split('\r\n').flatMap((line) => (line.includes(':') ? [line.split(/:(.*)/s, 2) as [string, string]] : [])));

export class Store {
  readonly prefix: string;
  readonly #options: StoreOptions;
  readonly #client: Client;
  readonly #hints: Client;
  readonly #isReply: (error: unknown) => boolean;
  #trouble: string | null = null;
  #tag = '0000';
  #replicated: Promise<number> | null = null;
  #closed = false;
  #underWay = 0;
  #onBack: () => void = () => {};

  private constructor(options: StoreOptions, client: Client, isReply: (error: unknown) => boolean) {
    this.prefix = options.prefix;
    this.#options = options;
    this.#client = client;
    this.#hints = client.duplicate();
    this.#isReply = isReply;
    for (const one of [this.#client, this.#hints]) {
      one.on('error', (error) => {
        // Said once, not with every try.
        if (this.#trouble === null) options.report(error);
        this.#trouble = `the connection to ${shown(options.url)} is down: ${(error as Error).message || (error as { code?: string }).code}`;
      });
    }
    this.#client.on('ready', () => void this.#back());
    this.#hints.on('ready', () => {
      if (this.#client.isReady) this.#trouble = null;
      this.#onBack();
    });
  }

  /** @throws RedisUnfitError with a sentence for the operator */
  static async open(options: StoreOptions): Promise<Store> {
    const { createClient, ErrorReply } = await loadClient();
    const client = createClient({
      url: options.url,
      RESP: 2,
      disableOfflineQueue: true,
      pingInterval: 2_000,
      socket: {
        connectTimeout: 5_000,
        socketTimeout: 7_000,
        reconnectStrategy: (tries: number) => Math.min(2_000, 25 * 2 ** Math.min(tries, 7)) * (0.5 + Math.random() / 2),
      },
    } as Parameters<typeof createClient>[0]) as unknown as Client;
    const store = new Store(options, client, (error) => error instanceof ErrorReply);
    try {
      await store.#start();
      return store;
    } catch (error) {
      store.#drop();
      if (error instanceof RedisUnfitError) throw error;
      throw new RedisUnfitError(`cannot use ${shown(options.url)}: ${(error as Error).message}`);
    }
  }

  async #start(): Promise<void> {
    let refused: (error: Error) => void = () => {};
    const failed = new Promise<never>((_, reject) => {
      refused = reject;
    });
    failed.catch(() => {});
    // A store that is not there at the start is a mistake of the operator's, not an outage to be waited for.
    this.#client.on('error', (error) => refused(error as Error));
    await Promise.race([Promise.all([this.#client.connect(), this.#hints.connect()]), failed]);
    await this.#check();
    await this.#back();
  }

  /** Whether this server keeps what it is given. @throws RedisUnfitError */
  async #check(): Promise<void> {
    const info = infoOf(String(await this.#client.sendCommand(['INFO'])));
    const version = info.get('valkey_version') ?? info.get('redis_version') ?? '0';
    if (Number.parseInt(version, 10) < 7)
      throw new RedisUnfitError(`the server is version ${version}; the hub needs Redis 7.0 or Valkey 7.2`);
    if (info.get('role') !== 'master') throw new RedisUnfitError('the server is a replica: give the hub the address of the primary');
    if (info.get('cluster_enabled') === '1')
      throw new RedisUnfitError('the server is part of a Redis Cluster, which this hub does not use yet');
    if (info.get('aof_enabled') !== '1')
      throw new RedisUnfitError('the server has "appendonly no" and forgets acknowledged messages when it ends: set "appendonly yes"');
    const policy = info.get('maxmemory_policy');
    if (info.get('maxmemory') !== '0' && policy !== 'noeviction')
      throw new RedisUnfitError(
        `the server has "maxmemory-policy ${policy}" and may drop channels at will: set "maxmemory-policy noeviction"`,
      );
  }

  /** The connection is there again: the scripts are made known, and the run of the store is told apart from others. */
  async #back(): Promise<void> {
    try {
      const info = infoOf(String(await this.#client.sendCommand(['INFO', 'server'])));
      // Base 36 of the start of the run's id: four letters, as tags are.
      this.#tag = ((Number.parseInt((info.get('run_id') ?? '0').slice(0, 10), 16) % (36 ** 4 - 36 ** 3)) + 36 ** 3).toString(36);
      const names = Object.keys(SCRIPTS) as ScriptName[];
      const known = (await this.#client.sendCommand(['SCRIPT', 'EXISTS', ...names.map((name) => SHAS[name])])) as number[];
      await Promise.all(names.map((name, i) => (known[i] === 1 ? null : this.#client.sendCommand(['SCRIPT', 'LOAD', SCRIPTS[name]]))));
      this.#trouble = null;
      this.#onBack();
    } catch (error) {
      this.#trouble ??= `the connection to ${shown(this.#options.url)} is down: ${(error as Error).message}`;
    }
  }

  /** Tells that a connection is there again: what was said meanwhile was not heard. */
  onBack(hear: () => void): void {
    this.#onBack = hear;
  }

  /** Null when all is well, else a sentence for the operator. */
  get trouble(): string | null {
    if (this.#client.isReady && this.#hints.isReady) return this.#trouble;
    return this.#trouble ?? `the connection to ${shown(this.#options.url)} is down`;
  }

  /** Names this run of the store. */
  get tag(): string {
    return this.#tag;
  }

  /** The clock that all hubs share, ms since the epoch. */
  async time(): Promise<number> {
    const [seconds, micros] = (await this.command(['TIME'])) as string[];
    return Number(seconds) * 1000 + Number(micros) / 1000;
  }

  key(name: string): string {
    return `${this.prefix}${name}`;
  }

  /** Base of a channel's keys. */
  base(channelId: string): string {
    return `${this.prefix}{${channelId}}`;
  }

  /** @throws HubError storage_unavailable */
  async command(args: readonly string[]): Promise<Reply> {
    this.#underWay++;
    try {
      return await this.#client.sendCommand(args);
    } catch (error) {
      throw this.#translated(error);
    } finally {
      this.#underWay--;
    }
  }

  /** @internal For tests: how many answers are still to come. */
  get underWay(): number {
    return this.#underWay;
  }

  /** @throws HubError storage_unavailable */
  async run(name: ScriptName, key: string, args: readonly string[]): Promise<Reply> {
    const rest = ['1', key, ...args];
    this.#underWay++;
    try {
      return await this.#client.sendCommand(['EVALSHA', SHAS[name], ...rest]);
    } catch (error) {
      // Somebody flushed the scripts, or another server took over.
      if (!(error as Error).message?.startsWith('NOSCRIPT')) throw this.#translated(error);
      return await this.command(['EVAL', SCRIPTS[name], ...rest]);
    } finally {
      this.#underWay--;
    }
  }

  #translated(error: unknown): unknown {
    if (this.#isReply(error) && !NOT_NOW.test((error as Error).message)) return error;
    return unavailable('The hub cannot reach its store now.');
  }

  /**
   * Resolves when what was written before is as durable as the operator asked for. Calls made together wait together.
   * @throws HubError storage_unavailable when no replica has it in time; it may be stored all the same
   */
  async settled(): Promise<void> {
    if (this.#options.durability === 'async') return;
    this.#replicated ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      this.#replicated = null;
      return this.command(['WAIT', '1', String(WAIT_MS)]) as Promise<number>;
    });
    if ((await this.#replicated) < 1) throw unavailable('No replica of the store has it: not replicated.');
  }

  // Hints

  async subscribe(channel: string, hear: (message: string, channel: string) => void): Promise<void> {
    this.#underWay++;
    try {
      await this.#hints.sSubscribe(channel, hear);
    } finally {
      this.#underWay--;
    }
  }

  unsubscribe(channel: string): Promise<void> {
    return this.#hints.sUnsubscribe(channel);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.all([this.#client, this.#hints].map((one) => (one.isReady ? one.close().catch(() => {}) : one.destroy())));
  }

  #drop(): void {
    for (const one of [this.#client, this.#hints]) {
      try {
        one.destroy();
      } catch {
        // It was never open.
      }
    }
  }

  /** @internal For tests: dies like a killed process. */
  abandon(): void {
    this.#closed = true;
    this.#drop();
  }
}
