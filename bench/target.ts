/** What is measured: a hub or the reference, behind the same few steps. */

import type { Server } from './servers.ts';
import { head, Wire } from './wire.ts';

/** How long a listener asks to be parked, in seconds; longer than any step of the bench keeps it waiting. */
const LISTEN_SECONDS = 55;

/** How many set-up requests are under way at once. */
const SETUP_WIRES = 32;

/** A channel and the proof for it. */
export interface Channel {
  id: string;
  token: string;
}

/** One agent on one channel: the bytes of its requests, and where it stands. */
export class Agent {
  readonly callsign: string;
  cursor: string;
  readonly #asks: string;
  readonly #listenEnd: string;
  readonly #path: string;
  readonly #headers: Record<string, string>;
  /** Of the server it speaks to. */
  readonly port: number;

  constructor(port: number, channel: Channel, callsign: string, session: string, cursor: string) {
    this.callsign = callsign;
    this.cursor = cursor;
    this.port = port;
    this.#path = `/api/channels/${channel.id}`;
    this.#headers = { Authorization: `Bearer ${channel.token}`, 'X-Session-Id': session };
    const listen = head('GET', `${this.#path}/listen?timeout=`, port, this.#headers);
    const cut = listen.indexOf(' HTTP/1.1');
    this.#asks = listen.slice(0, cut);
    this.#listenEnd = listen.slice(cut);
  }

  /** The bytes of a listen that goes on from where the last one ended, and waits up to `seconds`. */
  listen(seconds = LISTEN_SECONDS): string {
    return `${this.#asks}${seconds}&since=${encodeURIComponent(this.cursor)}${this.#listenEnd}`;
  }

  /** The bytes of a message. */
  send(to: string, message: string): string {
    return head('POST', `${this.#path}/send`, this.port, this.#headers, JSON.stringify({ to, message }));
  }

  /** Moves on to where an answer to `listen` ends. */
  heard(body: string): void {
    const start = body.lastIndexOf('"cursor":"') + 10;
    if (start < 10) throw new Error(`a listen was answered without a cursor: ${body.slice(0, 300)}`);
    this.cursor = body.slice(start, body.indexOf('"', start));
  }
}

/** Retention of the channels of a target; the reference keeps nothing. */
export type Retention = 'none' | 'full';

/** A server to measure. */
export interface Target {
  readonly name: string;
  readonly server: Server;
  /** Makes `count` channels. */
  channels(count: number): Promise<Channel[]>;
  /** Seats agents; the answer has the order of the question. */
  join(seats: readonly { channel: Channel; callsign: string }[]): Promise<Agent[]>;
}

/** A hub, with channels of the given retention. */
export function hubTarget(server: Server, retention: Retention = 'none', name = `retention ${retention}`): Target {
  const { port } = server;
  return {
    name,
    server,
    channels: (count) =>
      inParallel(port, Array.from({ length: count }), async (wire) => {
        type Created = { channel_id: string; join_token: string };
        const made = await wire.call<Created>('POST', '/api/channels', {}, { retention });
        return { id: made.channel_id, token: made.join_token };
      }),
    join: (seats) =>
      inParallel(port, seats, async (wire, { channel, callsign }) => {
        type Joined = { session_id: string; cursor: string };
        const path = `/api/channels/${channel.id}/join`;
        const seat = await wire.call<Joined>('POST', path, { Authorization: `Bearer ${channel.token}` }, { callsign });
        return new Agent(port, channel, callsign, seat.session_id, seat.cursor);
      }),
  };
}

/** Channels named so far, over all targets: two targets may share a server. */
let named = 0;

/** The reference: it knows no joining, so the callsign stands for the session. */
export function rawTarget(server: Server): Target {
  // As long as a real token, so that both servers parse as many bytes.
  const token = 'x'.repeat(43);
  return {
    name: 'node:http',
    server,
    channels: async (count) => Array.from({ length: count }, () => ({ id: `quiet-otter-${named++}`, token })),
    join: async (seats) => seats.map(({ channel, callsign }) => new Agent(server.port, channel, callsign, callsign, '0')),
  };
}

/** Runs `step` for every item over a few connections, and keeps the order. */
async function inParallel<A, B>(port: number, items: readonly A[], step: (wire: Wire, item: A) => Promise<B>): Promise<B[]> {
  const results = new Array<B>(items.length);
  let next = 0;
  const worker = async () => {
    const wire = new Wire(port);
    try {
      while (next < items.length) {
        const index = next++;
        results[index] = await step(wire, items[index] as A);
      }
    } finally {
      wire.close();
    }
  };
  await Promise.all(Array.from({ length: Math.min(SETUP_WIRES, items.length) }, worker));
  return results;
}
