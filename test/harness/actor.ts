/**
 * A server that plays one of the store's: it answers as a part says, and may keep an answer back, answer by halves, or not at
 * all. For what no real server can be brought to do at a given moment.
 */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterAll } from 'vitest';

/** What it answers a command with, in RESP; null: nothing. */
export type Part = (command: readonly string[], socket: Socket) => string | null | Promise<string | null>;

export interface Actor {
  readonly port: number;
  /** Every command, as it came. */
  readonly heard: readonly (readonly string[])[];
  /** Those who are connected. */
  readonly sockets: ReadonlySet<Socket>;
}

export const OK = '+OK\r\n';
export const bulk = (text: string): string => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
export const list = (...items: readonly string[]): string => `*${items.length}\r\n${items.join('')}`;
export const number = (value: number): string => `:${value}\r\n`;

/** The commands that are whole, and what is left of the text. Clients write arrays of bulk strings. */
const commandsOf = (text: string): [commands: string[][], rest: string] => {
  const commands: string[][] = [];
  let rest = text;
  for (;;) {
    const lines = rest.split('\r\n');
    const count = Number(/^\*(\d+)$/.exec(lines[0] ?? '')?.[1]);
    if (!(lines.length > 2 * count + 1)) return [commands, rest];
    commands.push(Array.from({ length: count }, (_, i) => lines[2 * i + 2] ?? ''));
    rest = lines.slice(2 * count + 1).join('\r\n');
  }
};

export const startActor = async (part: Part): Promise<Actor> => {
  const heard: string[][] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
    let [text, turn] = ['', Promise.resolve()];
    socket.on('data', (chunk: Buffer) => {
      const [commands, rest] = commandsOf(text + chunk.toString());
      text = rest;
      for (const command of commands) {
        heard.push(command);
        // In the order of the questions.
        turn = turn.then(async () => {
          const answer = await part(command, socket);
          if (answer !== null) socket.write(answer);
        });
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterAll(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { port: (server.address() as AddressInfo).port, heard, sockets };
};

export interface SentinelActor extends Actor {
  /** Whom it names as the primary. */
  primary: number;
  /** What it says to SUBSCRIBE, in place of doing it; it may take its time. */
  onSubscribe: (() => Promise<string | null>) | null;
  /** How often it was asked for the primary. */
  asked(): number;
}

/** A Sentinel that knows one primary, and tells nobody when that changes. */
export const startSentinelActor = async (primary: number): Promise<SentinelActor> => {
  const watchers = new WeakSet<Socket>();
  const actor = await startActor(async ([name = '', channel = ''], socket) => {
    switch (name.toUpperCase()) {
      case 'SENTINEL':
        return list(bulk('127.0.0.1'), bulk(String(sentinel.primary)));
      case 'SUBSCRIBE': {
        const instead = (await sentinel.onSubscribe?.()) ?? null;
        if (instead !== null) return instead;
        watchers.add(socket);
        return list(bulk('subscribe'), bulk(channel), number(1));
      }
      case 'PING':
        return watchers.has(socket) ? list(bulk('pong'), bulk('')) : '+PONG\r\n';
      default:
        return OK;
    }
  });
  const asked = (): number => actor.heard.filter(([name]) => name?.toUpperCase() === 'SENTINEL').length;
  const sentinel: SentinelActor = Object.assign(actor, { primary, onSubscribe: null, asked });
  return sentinel;
};

/** Something that is waited for by one and said by another. */
export const gate = <T = void>(): { readonly passed: Promise<T>; open(value: T): void } => {
  let open: (value: T) => void = () => {};
  const passed = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { passed, open: (value) => open(value) };
};
