/**
 * One primary: a connection for commands and one for hints, and what is known of it. Commands go down one connection, in
 * the order of the calls, and many share a packet.
 */
import { createHash } from 'node:crypto';
import { SCRIPTS, type ScriptName } from '../lua/index.ts';
import type { Client, Reply } from './client.ts';
import { checkFit, type Info, infoOf, tagOf } from './info.ts';
import { unavailable, wordsOf } from './refusals.ts';

/** How long a replica may take before a send is not acknowledged. */
const WAIT_MS = 1000;

/** What a server tells whoever holds it. */
export interface Told {
  /** A connection is there again: what was said meanwhile was not heard. */
  back(primary: Primary): void;
  /** A connection is gone, or could not be made. Told once an outage. */
  lost(primary: Primary, error: unknown): void;
}

/** A run of the server: its tag, and the scripts as it knows them. */
interface Run {
  readonly tag: string;
  readonly shas: Readonly<Record<ScriptName, string>>;
}

const NAMES = Object.keys(SCRIPTS) as ScriptName[];

/**
 * The text of a script for one run of the store. The tag is part of it, so that its hash names the run as well: another
 * process, one that was restarted or promoted, knows no script of that hash and cannot append under the wrong tag.
 */
const textFor = (name: ScriptName, tag: string): string => `local TAG = '${tag}'\n${SCRIPTS[name]}`;

const runOf = (tag: string): Run => ({
  tag,
  shas: Object.fromEntries(NAMES.map((name) => [name, createHash('sha1').update(textFor(name, tag)).digest('hex')])) as Run['shas'],
});

export class Primary {
  /** Its address, without secrets. */
  readonly name: string;
  readonly #commands: Client;
  readonly #hints: Client;
  readonly #told: Told;
  #run: Run | null = null;
  #learning: Promise<Run> | null = null;
  #trouble: string | null = null;
  #replicated: Promise<number> | null = null;

  /** @param client a connection that is not open yet */
  constructor(name: string, client: Client, told: Told) {
    this.name = name;
    this.#commands = client;
    this.#hints = client.duplicate();
    this.#told = told;
    for (const one of [this.#commands, this.#hints]) one.on('error', (error) => this.#lost(error));
    this.#commands.on('ready', () => void this.#learn().catch((error) => this.#lost(error)));
    this.#hints.on('ready', () => {
      if (this.#commands.isReady) this.#trouble = null;
      told.back(this);
    });
  }

  /**
   * Opens both connections. It goes on trying by itself when it fails.
   * @throws the first failure
   */
  async open(): Promise<void> {
    const failed = new Promise<never>((_, reject) => {
      for (const one of [this.#commands, this.#hints]) one.on('error', reject);
    });
    failed.catch(() => {});
    await Promise.race([Promise.all([this.#commands.connect(), this.#hints.connect()]), failed]);
    checkFit(await this.#info());
    await this.#learn();
  }

  async #info(): Promise<Info> {
    return infoOf(String(await this.#commands.sendCommand(['INFO'])));
  }

  #lost(error: unknown): void {
    const first = this.#trouble === null;
    this.#trouble = `the connection to ${this.name} is down: ${wordsOf(error)}`;
    if (first) this.#told.lost(this, error);
  }

  /** The connection is there: its run is told apart from others, and the scripts are made known to it. */
  #learn(): Promise<Run> {
    this.#learning ??= this.#askRun().finally(() => {
      this.#learning = null;
    });
    return this.#learning;
  }

  async #askRun(): Promise<Run> {
    const run = runOf(tagOf(await this.#info()));
    const known = (await this.#commands.sendCommand(['SCRIPT', 'EXISTS', ...NAMES.map((name) => run.shas[name])])) as number[];
    const unknown = NAMES.filter((_, i) => known[i] !== 1);
    await Promise.all(unknown.map((name) => this.#commands.sendCommand(['SCRIPT', 'LOAD', textFor(name, run.tag)])));
    this.#run = run;
    this.#trouble = null;
    this.#told.back(this);
    return run;
  }

  /** Null when all is well, else a sentence for the operator. */
  get trouble(): string | null {
    if (this.#commands.isReady && this.#hints.isReady) return this.#trouble;
    return this.#trouble ?? `the connection to ${this.name} is down`;
  }

  send(args: readonly string[]): Promise<Reply> {
    return this.#commands.sendCommand(args);
  }

  /** Runs a script of this store on keys of one slot. */
  async run(name: ScriptName, keys: readonly string[], args: readonly string[]): Promise<Reply> {
    const rest = [String(keys.length), ...keys, ...args];
    const { shas } = this.#run ?? (await this.#learn());
    try {
      return await this.#commands.sendCommand(['EVALSHA', shas[name], ...rest]);
    } catch (error) {
      // Another run of the server, or somebody flushed the scripts.
      if (!wordsOf(error).startsWith('NOSCRIPT')) throw error;
      const again = await this.#learn();
      return await this.#commands.sendCommand(['EVALSHA', again.shas[name], ...rest]);
    }
  }

  /**
   * Resolves when a replica has all that was written down this connection before. Calls made together wait together.
   * @throws HubError storage_unavailable when none has it in time; it may be stored all the same
   */
  async replicated(): Promise<void> {
    this.#replicated ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      this.#replicated = null;
      return this.send(['WAIT', '1', String(WAIT_MS)]) as Promise<number>;
    });
    if ((await this.#replicated) < 1) throw unavailable('No replica of the store has it: not replicated.');
  }

  subscribe(channel: string, hear: (message: string, channel: string) => void): Promise<void> {
    return this.#hints.sSubscribe(channel, hear);
  }

  unsubscribe(channel: string): Promise<void> {
    return this.#hints.sUnsubscribe(channel);
  }

  async close(): Promise<void> {
    await Promise.all([this.#commands, this.#hints].map((one) => (one.isReady ? one.close().catch(() => {}) : one.destroy())));
  }

  /** Lets go at once, as a killed process would. */
  destroy(): void {
    for (const one of [this.#commands, this.#hints]) {
      try {
        one.destroy();
      } catch {
        // It was never open.
      }
    }
  }
}
