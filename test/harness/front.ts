/** What stands before a hub: passes requests on, or answers in its place as proxies do while the hub is replaced. */
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll } from 'vitest';

/** An answer of its own. */
export interface OwnAnswer {
  readonly status: number;
  readonly text: string;
}

export interface Front {
  readonly url: string;
  /** Method and path of what was passed on, in order. */
  readonly passed: readonly string[];
  /** Requests that it has answered itself since it was last told to. */
  readonly own: number;
  /** From now on it answers so, and whoever is connected is cut off; null: the hub answers. */
  answer(own: OwnAnswer | null): void;
}

/** @param target the hub's port, which may change; the hub sees its own name */
export const startFront = async (target: () => number): Promise<Front> => {
  let own: OwnAnswer | null = null;
  let count = 0;
  const passed: string[] = [];
  const server: Server = createServer((asked, answer) => {
    if (own !== null) {
      count++;
      asked.resume();
      answer.writeHead(own.status, { 'Content-Type': 'text/html' }).end(own.text);
      return;
    }
    passed.push(`${asked.method} ${asked.url}`);
    const headers = { ...asked.headers, host: `127.0.0.1:${target()}` };
    const onward = request({ host: '127.0.0.1', port: target(), method: asked.method, path: asked.url, headers }, (answered) => {
      answer.writeHead(answered.statusCode ?? 502, answered.headers);
      answered.on('error', () => answer.destroy()).pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    answer.on('error', () => {}).once('close', () => onward.destroy());
    asked.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    passed,
    get own() {
      return count;
    },
    answer(next) {
      own = next;
      count = 0;
      if (next !== null) server.closeAllConnections();
    },
  };
};
