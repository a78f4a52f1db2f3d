/** Several hubs on one store under load, each at the end of a line of its own that can be cut. */
import { createClient } from '@redis/client';
import { expect } from 'vitest';
import { check, figuresLine, type Verdict } from './checker.ts';
import { afterEachFile } from './ends.ts';
import { eventually } from './eventually.ts';
import { type Link, startLink } from './link.ts';
import { type LoadOptions, runLoad } from './load.ts';
import { type HubProcess, startHubProcess } from './process.ts';
import { random } from './random.ts';
import { type RedisServer, startRedis } from './redis.ts';

export const MESSAGES = 600;

const servers: RedisServer[] = [];
afterEachFile(async () => {
  for (const server of servers.splice(0)) await server.clear();
});

/** A server that is gone after the file. */
export const ownRedis = async (...more: readonly string[]): Promise<RedisServer> => {
  const server = await startRedis(['--repl-diskless-sync-delay', '0', ...more]);
  servers.push(server);
  return server;
};

/** One command, beside those of the hubs. */
export const ask = async ({ url }: RedisServer, ...args: string[]): Promise<unknown> => {
  const client = createClient({ url });
  await client.connect();
  try {
    return await client.sendCommand(args);
  } finally {
    client.destroy();
  }
};

/** The server has a replica that is up to date and follows. */
export const replicated = (server: RedisServer): Promise<void> =>
  eventually('the replica', async () => /state=online/.test(String(await ask(server, 'INFO', 'replication'))));

export const startHub = (url: string, ...args: readonly string[]): Promise<HubProcess> =>
  startHubProcess({ args: ['--redis', url, '--limits', 'off', ...args] });

/** What happens under a load, for those who wait for it. */
class Pulse {
  acked = 0;
  refused = 0;
  readonly #waiting = new Set<() => void>();

  beat(): void {
    for (const look of this.#waiting) look();
  }

  until(so: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!so()) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** So many more sends were acknowledged. */
  more(count: number): Promise<void> {
    const from = this.acked;
    return this.until(() => this.acked >= from + count);
  }

  /** So many more sends were acknowledged, or calls answered 503. */
  calls(count: number): Promise<void> {
    const from = this.acked + this.refused;
    return this.until(() => this.acked + this.refused >= from + count);
  }

  /** So many more calls were answered 503. */
  refusals(count: number): Promise<void> {
    const from = this.refused;
    return this.until(() => this.refused >= from + count);
  }
}

export class Hubs {
  server: RedisServer;
  readonly hubs: HubProcess[] = [];
  readonly links: Link[] = [];
  readonly pulse = new Pulse();
  readonly #args: readonly string[];
  #turn = 0;

  private constructor(server: RedisServer, args: readonly string[]) {
    this.server = server;
    this.#args = args;
  }

  static async start(server: RedisServer, hubs: number, ...args: readonly string[]): Promise<Hubs> {
    const all = new Hubs(server, args);
    await Promise.all(Array.from({ length: hubs }, () => all.add()));
    return all;
  }

  async add(...more: readonly string[]): Promise<void> {
    const link = await startLink(this.server.port);
    const hub = await startHub(`redis://127.0.0.1:${link.port}`, ...this.#args, ...more);
    this.links.push(link);
    this.hubs.push(hub);
  }

  /** A hub dies, and another takes its place, at its port or at any. */
  async replaceOne(samePort = false): Promise<void> {
    const [victim] = this.hubs.splice(0, 1);
    await victim!.end('SIGKILL');
    await this.add(...(samePort ? ['--port', String(victim!.port)] : []));
  }

  /** The server dies and comes back on what it left. */
  async restartServer(...more: readonly string[]): Promise<void> {
    await this.server.end('SIGKILL');
    this.server = await this.server.again(...more);
    servers.push(this.server);
  }

  /** Every call goes to another hub. */
  url(): Promise<string> {
    return Promise.resolve(this.hubs[this.#turn++ % this.hubs.length]!.url);
  }

  /**
   * Eight channels of six agents talk, with keys and `since`.
   * @param times how often `strike` is called, evenly spread over the load
   */
  async load(
    name: string,
    seed: number,
    times: number,
    strike: (nth: number) => Promise<void>,
    more: Partial<LoadOptions> = {},
  ): Promise<Verdict> {
    const { pulse } = this;
    const strikes: Promise<void>[] = [];
    const load = await runLoad({
      ...{ station: this, random: random(seed), channels: 8, agents: 6, retention: 'full', messages: MESSAGES },
      ...more,
      onAcknowledged(total) {
        pulse.acked = total;
        if (strikes.length < times && total >= (strikes.length + 0.5) * (MESSAGES / times)) strikes.push(strike(strikes.length));
        pulse.beat();
      },
      onRefused() {
        pulse.refused++;
        pulse.beat();
      },
    });
    await Promise.all(strikes);
    expect(strikes).toHaveLength(times);
    const verdict = check(load.history.events);
    console.log(`${figuresLine(name, seed, verdict)}; ${pulse.refused} × 503`);
    return verdict;
  }

  /** Every hub ends in peace. */
  async end(): Promise<void> {
    for (const hub of this.hubs) expect((await hub.end('SIGTERM')).code).toBe(0);
  }
}
