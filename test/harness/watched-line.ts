/** A line between a client and a Redis on which a test can hold up a command, or lose the answer to it. */
import { type AddressInfo, connect, createServer } from 'node:net';
import { afterAll } from 'vitest';

export interface WatchedLine {
  readonly port: number;
  /** The next bytes with these words wait, and all behind them, until they are let go. Resolves when they are there. */
  hold(words: RegExp): Promise<() => void>;
  /** The connection breaks when the answer to these words would come back. */
  breakAfter(words: RegExp): void;
}

export const startWatchedLine = async (target: number): Promise<WatchedLine> => {
  let held: { readonly words: RegExp; readonly there: (go: () => void) => void } | null = null;
  let broken: RegExp | null = null;
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port: target, host: '127.0.0.1', noDelay: true });
    let breaks = false;
    let turn: Promise<void> = Promise.resolve();
    near.on('data', (chunk: Buffer) => {
      const text = chunk.toString();
      breaks ||= broken?.test(text) ?? false;
      if (held?.words.test(text)) {
        const { there } = held;
        held = null;
        turn = turn.then(() => new Promise<void>((go) => there(go)));
      }
      turn = turn.then(() => void far.write(chunk));
    });
    far.on('data', (chunk: Buffer) => {
      if (breaks) near.resetAndDestroy();
      else near.write(chunk);
    });
    near.on('error', () => {}).once('close', () => far.destroy());
    far.on('error', () => {}).once('close', () => near.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterAll(() => void server.close());
  return {
    port: (server.address() as AddressInfo).port,
    hold: (words) =>
      new Promise((resolve) => {
        held = { words, there: resolve };
      }),
    breakAfter(words) {
      broken = words;
    },
  };
};
