/**
 * A TCP proxy far away: every byte takes its time in both directions, and some connections break. To the hub it is a
 * live client that takes every answer, so what breaks behind it the hub cannot know.
 */

import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';
import { afterAll } from 'vitest';
import type { Random } from './random.ts';

export interface TcpProxy {
  readonly port: number;
  /** Connections that were broken so far. */
  readonly broken: number;
}

export interface ProxyOptions {
  /** The hub's port. */
  readonly target: () => number;
  /** Each way. */
  readonly delayMs: number;
  /** Of the connections, so many break. */
  readonly cuts: number;
  readonly random: Random;
}

/** Runs each action after the delay, in order. */
const later =
  (delayMs: number) =>
  (action: () => void): void =>
    void setTimeout(action, delayMs);

export const startProxy = async ({ target, delayMs, cuts, random }: ProxyOptions): Promise<TcpProxy> => {
  let broken = 0;
  const sockets = new Set<Socket>();
  const delayed = later(delayMs);

  const server = createServer((near) => {
    const far = connect({ port: target(), host: '127.0.0.1', noDelay: true });
    near.setNoDelay(true);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => sockets.delete(socket));
    }
    // Where it breaks: after so many bytes of the answer have come back to the client; -1 is before the request arrives.
    const breaksAt = random.chance(cuts) ? random.int(-1, 500) : Number.POSITIVE_INFINITY;
    if (breaksAt < Number.POSITIVE_INFINITY) broken++;
    const breakNow = (): void => {
      near.destroy();
      far.destroy();
    };
    near.on('data', (bytes) => {
      if (breaksAt < 0) delayed(breakNow);
      else delayed(() => far.writable && far.write(bytes));
    });
    let back = 0;
    far.on('data', (bytes) => {
      const room = breaksAt - back;
      back += bytes.length;
      if (bytes.length <= room) delayed(() => near.writable && near.write(bytes));
      else {
        delayed(() => {
          if (near.writable && room > 0) near.write(bytes.subarray(0, room));
          near.end();
          breakNow();
        });
      }
    });
    near.on('end', () => delayed(() => far.end()));
    near.on('close', () => delayed(() => far.destroy()));
    far.on('end', () => delayed(() => near.end()));
    far.on('close', () => delayed(() => near.destroy()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterAll(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return {
    port: (server.address() as AddressInfo).port,
    get broken() {
      return broken;
    },
  };
};
