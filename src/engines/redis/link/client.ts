/** What is used of `@redis/client`, and how its connections are made. A hub on one machine never loads it. */
import { createClient, ErrorReply } from '@redis/client';
import type { Credentials, Endpoint, StoreAddress } from './address.ts';
import { ONCE_MS } from './once.ts';

export type Reply = null | number | string | readonly Reply[];

/** One connection. */
export interface Client {
  readonly isReady: boolean;
  connect(): Promise<unknown>;
  destroy(): void;
  close(): Promise<unknown>;
  on(event: string, hear: (...told: unknown[]) => void): unknown;
  sendCommand(args: readonly string[]): Promise<Reply>;
  subscribe(channel: string, hear: (message: string) => void): Promise<void>;
  sSubscribe(channel: string, hear: (message: string) => void): Promise<void>;
  /** Ends the subscription with its last listener. */
  sUnsubscribe(channel: string, hear: (message: string) => void): Promise<void>;
}

export interface Driver {
  /** A connection with a server of the store, not open yet. It connects again by itself, and refuses at once what it is asked meanwhile. */
  client(endpoint: Endpoint): Client;
  /** A connection that is made once, and not again when it is lost. */
  once(endpoint: Endpoint, who: 'server' | 'sentinel'): Client;
  /** Whether a server said so, and not the way to it. */
  isReply(error: unknown): boolean;
}

/** Waits before the next try to connect: from 25 ms to two seconds, ms. */
const backOff = (tries: number): number => Math.min(2_000, 25 * 2 ** Math.min(tries, 7)) * (0.5 + Math.random() / 2);

export const createDriver = ({ tls, credentials, sentinelCredentials, database }: StoreAddress): Driver => {
  // Never opened: a copy of a client costs a hundredth of a new one.
  // Its own time limit makes a signal, a timer and in the end an error object for every command, and only guards the queue
  // before the socket; the socket has a limit.
  const model = createClient({ RESP: 2, disableOfflineQueue: true, commandOptions: { timeout: 0 } });
  const make = (endpoint: Endpoint, who: Credentials, socket: object, more: object): Client =>
    model.duplicate({
      ...{ ...who, ...more },
      socket: { ...endpoint, ...(tls ? { tls: true } : {}), ...socket } as { host: string },
    }) as unknown as Client;
  return {
    client: (endpoint) =>
      make(
        endpoint,
        credentials,
        { connectTimeout: 5_000, socketTimeout: 7_000, reconnectStrategy: backOff },
        { database, pingInterval: 2_000 },
      ),
    once: (endpoint, who) =>
      make(
        endpoint,
        who === 'sentinel' ? sentinelCredentials : credentials,
        { connectTimeout: ONCE_MS, socketTimeout: 7_000, reconnectStrategy: false },
        { pingInterval: 2_000 },
      ),
    isReply: (error) => error instanceof ErrorReply,
  };
};
