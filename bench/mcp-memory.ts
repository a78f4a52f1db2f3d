/**
 * What an idle MCP session and a listen that hangs cost the hub in memory.
 *
 *   node --import tsx bench/mcp-memory.ts [sessions] [listens]
 *
 * The hub runs in a process of its own, so that the clients' memory is not counted; it collects garbage before it is
 * asked. A listen is counted with its socket and everything Node keeps for it.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createApp } from '../src/app.ts';
import { Hub } from '../src/core/hub.ts';
import { limitsFor } from '../src/core/limits.ts';
import { openLocal } from '../src/engines/local/index.ts';

interface Memory {
  readonly heap: number;
  /** Heap and what stands outside it. */
  readonly all: number;
}

const serve = (): void => {
  const limits = limitsFor('local', 'off');
  const hub = new Hub({ engine: openLocal({ directory: null, limits, report: () => {} }), limits });
  let port = 0;
  const log = { level: 'error', error: () => {}, info: () => {}, debug: () => {} } as const;
  const server = createServer(
    { noDelay: true, keepAliveTimeout: 75_000 },
    createApp({
      hub,
      log,
      token: null,
      adminToken: null,
      origin: null,
      allowHosts: [],
      trustProxies: [],
      version: 'bench',
      port: () => port,
    }),
  );
  server.listen(0, '127.0.0.1', () => {
    port = (server.address() as AddressInfo).port;
    process.send!({ port });
  });
  process.on('message', () => {
    for (let i = 0; i < 4; i++) globalThis.gc!();
    const { heapUsed, external } = process.memoryUsage();
    process.send!({ heap: heapUsed, all: heapUsed + external });
  });
  process.on('disconnect', () => process.exit(0));
};

const told = <T>(child: ChildProcess): Promise<T> => new Promise((resolve) => child.once('message', resolve as (message: unknown) => void));

const HEADERS = { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' };

const measure = async (sessions: number, listens: number): Promise<void> => {
  const child = fork(fileURLToPath(import.meta.url), ['serve'], { execArgv: ['--import', 'tsx', '--expose-gc'] });
  const { port } = await told<{ port: number }>(child);
  const url = `http://127.0.0.1:${port}/mcp`;
  const memory = (): Promise<Memory> => {
    const answer = told<Memory>(child);
    child.send('measure');
    return answer;
  };
  const rpc = async (method: string, params: object, session?: string): Promise<{ readonly id: string | null; readonly result: never }> => {
    const headers = { ...HEADERS, ...(session === undefined ? {} : { 'Mcp-Session-Id': session }) };
    const reply = await fetch(url, {
      method: 'POST',
      headers: { ...headers, Accept: 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
    const { result } = (await reply.json()) as { result: never };
    return { id: reply.headers.get('mcp-session-id'), result };
  };
  const facts = async (name: string, args: object): Promise<Record<string, string>> => {
    const { result } = await rpc('tools/call', { name, arguments: args });
    return (result as { _meta: Record<string, Record<string, string>> })._meta['rogerthat/result']!;
  };
  const say = (what: string, count: number, before: Memory, after: Memory, goal: number): void => {
    const each = (part: keyof Memory): string => `${((after[part] - before[part]) / count / 1024).toFixed(2)} KB`;
    console.log(`${what}: ${each('heap')} of heap, ${each('all')} with buffers (${count} of them; the goal is under ${goal} KB of heap)`);
  };

  const initialize = () =>
    rpc('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'bench', version: '1' } });
  for (let i = 0; i < 500; i++) await initialize();
  const quiet = await memory();
  for (let i = 0; i < sessions; i++) await initialize();
  say('an idle MCP session', sessions, quiet, await memory(), 2);

  const members: string[] = [];
  while (members.length < listens) {
    const made = await facts('create_channel', {});
    for (let i = 0; i < 250 && members.length < listens; i++) {
      const joined = await facts('join', { channel_id: made['channel_id'], token: made['join_token'], callsign: `agent-${i}` });
      members.push(joined['session_id']!);
      // What the hub keeps of a member who has listened is not the price of the listen that hangs.
      await facts('listen', { session_id: joined['session_id'], timeout_seconds: 0 });
    }
  }
  const joined = await memory();
  const sockets: Socket[] = [];
  await Promise.all(
    members.map(
      (session, i) =>
        new Promise<void>((resolve, reject) => {
          const body = JSON.stringify({
            jsonrpc: '2.0',
            id: i,
            method: 'tools/call',
            params: { name: 'listen', arguments: { session_id: session, timeout_seconds: 3600 }, _meta: { progressToken: i } },
          });
          const head = Object.entries({ ...HEADERS, Host: `127.0.0.1:${port}`, 'Content-Length': String(body.length) });
          const socket = connect(port, '127.0.0.1', () =>
            socket.write(`POST /mcp HTTP/1.1\r\n${head.map(([name, value]) => `${name}: ${value}`).join('\r\n')}\r\n\r\n${body}`),
          );
          sockets.push(socket);
          // The first comment: it listens.
          socket.once('data', () => resolve());
          socket.once('error', reject);
        }),
    ),
  );
  say('a listen that hangs', listens, joined, await memory(), 16);
  for (const socket of sockets) socket.destroy();
  child.disconnect();
};

if (process.argv[2] === 'serve') serve();
else await measure(Number(process.argv[2] ?? 10_000), Number(process.argv[3] ?? 1000));
