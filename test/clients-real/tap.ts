/**
 * A wire tap: a port on loopback that passes bytes on to the hub unchanged, both ways, and remembers them. One for each
 * client shows what that client really speaks.
 */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Waiting } from './waiting.ts';

export class Tap {
  #asked = '';
  #port = 0;
  #target: number | null = null;
  #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #waiting = new Waiting();

  private constructor() {
    this.#server = this.#create();
  }

  static async open(): Promise<Tap> {
    const tap = new Tap();
    await tap.#listen();
    return tap;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get host(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** How much the client has said so far; pass it to `hears`. */
  get mark(): number {
    return this.#asked.length;
  }

  /** The MCP revisions the client named, in the order it first named them. */
  get revisions(): readonly string[] {
    const named = this.#asked.matchAll(/(?:"protocolVersion":"|mcp-protocol-version: ?)(\d{4}-\d{2}-\d{2})/gi);
    return [...new Set([...named].map(([, revision = '']) => revision))];
  }

  /** Everything the client sent. */
  get asked(): string {
    return this.#asked;
  }

  /** The revision of the client's tool calls: what it settled for. */
  get settled(): string | null {
    const calls = this.#asked.split(/(?=POST \/mcp)/).filter((request) => /"method":"tools\/(?:call|list)"/.test(request));
    const found = /(?:protocolVersion":"|mcp-protocol-version: ?)(\d{4}-\d{2}-\d{2})/i.exec(calls.at(-1) ?? '');
    return found?.[1] ?? null;
  }

  /** The JSON-RPC methods the client used, and `DELETE` if it said goodbye. */
  get methods(): readonly string[] {
    const named = [...this.#asked.matchAll(/"method":"([a-z/]+)"/gi)].map(([, method = '']) => method);
    return [...new Set([...named, ...(/DELETE \/mcp/.test(this.#asked) ? ['DELETE'] : [])])];
  }

  /** Waits until the client says something after `mark`. */
  async hears(what: string, pattern: RegExp, mark: number, ms?: number): Promise<void> {
    await this.#waiting.until(what, () => pattern.test(this.#asked.slice(mark)) || undefined, ms);
  }

  /** Passes on to this port of loopback; null: nobody is there, and connections are refused. */
  async aim(port: number | null): Promise<void> {
    this.#target = port;
    if (port === null) {
      this.#end();
    } else if (!this.#server.listening) {
      this.#server = this.#create();
      await this.#listen();
    }
  }

  close(): void {
    if (this.#server.listening) this.#end();
  }

  #end(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#port, '127.0.0.1', () => {
        this.#port = (this.#server.address() as AddressInfo).port;
        resolve();
      });
    });
  }

  #create(): Server {
    return createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
      if (this.#target === null) {
        client.destroy();
        return;
      }
      const hub = connect({ port: this.#target, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
      for (const [from, to] of [
        [client, hub],
        [hub, client],
      ] as const) {
        this.#sockets.add(from);
        from.on('end', () => to.end());
        from.on('error', () => to.destroy());
        from.on('close', () => {
          this.#sockets.delete(from);
          to.destroy();
        });
      }
      client.on('data', (bytes) => {
        this.#asked += bytes.toString('latin1');
        hub.write(bytes);
        this.#waiting.look();
      });
      hub.on('data', (bytes) => client.write(bytes));
    });
  }
}
