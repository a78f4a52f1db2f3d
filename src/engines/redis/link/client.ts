/**
 * What is used of `@redis/client`, and how its connections are made. It is an optional peer: a hub on one machine needs
 * none.
 */
import { RedisUnfitError } from '../unfit.ts';

export type Reply = null | number | string | readonly Reply[];

/** One connection. It connects again by itself, and refuses at once what it is asked meanwhile. */
export interface Client {
  readonly isReady: boolean;
  connect(): Promise<unknown>;
  destroy(): void;
  close(): Promise<unknown>;
  duplicate(): Client;
  on(event: string, hear: (...told: unknown[]) => void): unknown;
  sendCommand(args: readonly string[]): Promise<Reply>;
  sSubscribe(channel: string, hear: (message: string, channel: string) => void): Promise<void>;
  sUnsubscribe(channel: string): Promise<void>;
}

export interface Driver {
  /** A connection that is not open yet. */
  client(url: string): Client;
  /** Whether the server said so, and not the way to it. */
  isReply(error: unknown): boolean;
}

/** Waits before the next try to connect: from 25 ms to two seconds, ms. */
const backOff = (tries: number): number => Math.min(2_000, 25 * 2 ** Math.min(tries, 7)) * (0.5 + Math.random() / 2);

/** @throws RedisUnfitError when the package is not there */
export const loadDriver = async (): Promise<Driver> => {
  let library: typeof import('@redis/client');
  try {
    library = await import('@redis/client');
  } catch {
    throw new RedisUnfitError('--redis needs the package @redis/client 6: npm install @redis/client');
  }
  const { createClient, ErrorReply } = library;
  return {
    client: (url) =>
      createClient({
        url,
        RESP: 2,
        disableOfflineQueue: true,
        pingInterval: 2_000,
        socket: { connectTimeout: 5_000, socketTimeout: 7_000, reconnectStrategy: backOff },
      }) as unknown as Client,
    isReply: (error) => error instanceof ErrorReply,
  };
};
