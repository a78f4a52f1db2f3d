/** The real hub for a conversation: the built program, a wire tap for each client, and curl for the agent without one. */
import { builtHub } from '../harness/built.ts';
import { cleanEnvironment, freshHome, type Running, run, start } from './programs.ts';
import { Tap } from './tap.ts';

export interface Channel {
  readonly id: string;
  readonly token: string;
}

/** What an answer of the hub has. */
export type Answer = Readonly<Record<string, unknown>>;

export class Hub<Name extends string> {
  readonly taps: Readonly<Record<Name, Tap>>;
  readonly #args: readonly string[];
  readonly #directory = freshHome('hub');
  #program: Running | null = null;
  #url = '';

  private constructor(taps: Readonly<Record<Name, Tap>>, args: readonly string[]) {
    this.taps = taps;
    this.#args = args;
  }

  /** Starts a hub with a tap for each of these clients. */
  static async start<Name extends string>(names: readonly Name[], args: readonly string[] = []): Promise<Hub<Name>> {
    const taps = {} as Record<Name, Tap>;
    for (const name of names) taps[name] = await Tap.open();
    const hosts = names.flatMap((name) => ['--allow-host', taps[name].host]);
    const hub = new Hub(taps, [...hosts, ...args]);
    await hub.up();
    return hub;
  }

  get url(): string {
    return this.#url;
  }

  /** Starts the program, on the same directory as before, and aims the taps at it. */
  async up(): Promise<void> {
    const { home, work } = this.#directory;
    const args = [builtHub(), '--port', '0', '--data-dir', `${home}/data`, ...this.#args];
    this.#program = start(process.execPath, args, { env: cleanEnvironment(home), cwd: work });
    const [, url = ''] = await this.#program.says(/on the air: (http:\S+)/);
    this.#url = url;
    for (const tap of this.#taps) await tap.aim(Number(new URL(url).port));
  }

  /** Ends the program as an operator would; its clients are refused until it is up again. */
  async down(): Promise<void> {
    const ended = this.#program?.end('SIGTERM');
    for (const tap of this.#taps) await tap.aim(null);
    await ended;
    this.#program = null;
  }

  async close(): Promise<void> {
    await this.down();
    for (const tap of this.#taps) tap.close();
  }

  get #taps(): readonly Tap[] {
    return Object.values<Tap>(this.taps);
  }

  /** Asks with the curl program. `body`: POST. */
  async curl(path: string, headers: Readonly<Record<string, string>>, body?: object): Promise<Answer> {
    const args = [
      ...['-sS', '--max-time', '90', this.#url + path],
      ...Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]),
      ...(body === undefined ? [] : ['-d', JSON.stringify(body)]),
    ];
    const { home, work } = this.#directory;
    const { code, stdout, stderr } = await run('curl', args, { env: cleanEnvironment(home), cwd: work });
    if (code !== 0) throw new Error(`curl ${path}: ${stderr}`);
    return JSON.parse(stdout) as Answer;
  }

  async channel(): Promise<Channel> {
    const made = await this.curl('/api/channels', { 'Content-Type': 'application/json' }, { retention: 'none' });
    return { id: String(made['channel_id']), token: String(made['join_token']) };
  }

  /** Joins as an agent that has nothing but curl. */
  async agent({ id, token }: Channel, callsign: string): Promise<CurlAgent> {
    const path = `/api/channels/${id}`;
    const bearer = { Authorization: `Bearer ${token}` };
    const joined = await this.curl(`${path}/join`, bearer, { callsign });
    const headers = { ...bearer, 'X-Session-Id': String(joined['session_id']) };
    let cursor = String(joined['cursor']);
    return {
      send: (to, message) => this.curl(`${path}/send`, headers, { to, message }),
      hears: async (pattern) => {
        for (let tries = 0; tries < 20; tries++) {
          const heard = await this.curl(`${path}/listen?timeout=5&since=${cursor}`, headers);
          cursor = String(heard['cursor']);
          for (const { text } of (heard['messages'] ?? []) as { text: string }[]) {
            const found = pattern.exec(text);
            if (found) return found;
          }
        }
        throw new Error(`${callsign} never heard ${pattern}`);
      },
      history: async () => (await this.curl(`${path}/history?n=50`, headers))['messages'] as HistoryLine[],
    };
  }
}

export interface HistoryLine {
  readonly from: string;
  readonly to: string;
  readonly text: string;
}

/** A member with nothing but curl. */
export interface CurlAgent {
  send(to: string, message: string): Promise<Answer>;
  /** Listens until a message matches, for a bounded number of calls. */
  hears(pattern: RegExp): Promise<RegExpExecArray>;
  history(): Promise<readonly HistoryLine[]>;
}
