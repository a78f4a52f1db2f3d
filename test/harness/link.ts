/**
 * A line between two programs that can be cut: as a black hole, where bytes vanish and nobody is told, or by resets. What a
 * hole has swallowed arrives when it heals, as with TCP. Its other end may change.
 */
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';
import { afterAll } from 'vitest';

export type CutKind = 'hole' | 'reset';

export interface Link {
  readonly port: number;
  cut(kind: CutKind): void;
  heal(): void;
  /** From now on it leads elsewhere; whoever is connected is not any more. It heals. */
  to(port: number): void;
}

interface Pair {
  readonly near: Socket;
  /** Null while the hole has kept it from being made. */
  far: Socket | null;
}

export const startLink = async (target: number): Promise<Link> => {
  const pairs = new Set<Pair>();
  let state: CutKind | 'open' = 'open';
  let port = target;

  const drop = (pair: Pair): void => {
    pairs.delete(pair);
    pair.near.resetAndDestroy();
    pair.far?.resetAndDestroy();
  };
  const join = (pair: Pair): void => {
    const { near } = pair;
    const far = connect({ port, host: '127.0.0.1', noDelay: true });
    pair.far = far;
    far.on('error', () => {});
    near.pipe(far);
    far.pipe(near);
    for (const socket of [near, far]) socket.once('close', () => drop(pair));
  };

  const server = createServer({ pauseOnConnect: true, noDelay: true }, (near) => {
    near.on('error', () => {});
    const pair: Pair = { near, far: null };
    pairs.add(pair);
    if (state === 'open') join(pair);
    else if (state === 'reset') drop(pair);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const dropAll = (): void => {
    for (const pair of [...pairs]) drop(pair);
  };
  afterAll(() => {
    server.close();
    dropAll();
  });
  const heal = (): void => {
    state = 'open';
    for (const pair of [...pairs]) {
      if (pair.far === null) join(pair);
      else {
        pair.near.pipe(pair.far);
        pair.far.pipe(pair.near);
      }
    }
  };
  return {
    port: (server.address() as AddressInfo).port,
    heal,
    cut(kind) {
      state = kind;
      if (kind === 'reset') dropAll();
      for (const { near, far } of pairs) {
        near.unpipe().pause();
        far?.unpipe().pause();
      }
    },
    to(other) {
      port = other;
      dropAll();
      heal();
    },
  };
};
