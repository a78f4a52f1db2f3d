/** The official clients, loaded from test/clients; only what the tests use of them is typed. */
import { pathToFileURL } from 'node:url';
import { clientFile } from '../harness/clients.ts';

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly resetTimeoutOnProgress?: boolean;
  readonly onprogress?: (progress: { readonly progress: number }) => void;
}

export interface ToolResult {
  readonly content: readonly { readonly type: string; readonly text: string }[];
  readonly isError?: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: every tool has other facts
  readonly _meta?: any;
}

interface Connection {
  readonly sessionId?: string | undefined;
  terminateSession(): Promise<void>;
}

export interface Client {
  connect(connection: Connection): Promise<void>;
  listTools(): Promise<{ readonly tools: readonly { readonly name: string; readonly inputSchema: object }[] }>;
  getInstructions(): string | undefined;
  getServerVersion(): { readonly name: string } | undefined;
  close(): Promise<void>;
}

/** One HTTP request of a client, and how it was answered. */
export interface Seen {
  readonly method: string;
  readonly status: number;
  readonly rpc: string | undefined;
  readonly version: string | null;
}

export interface Connected {
  readonly client: Client;
  readonly connection: Connection;
  readonly seen: readonly Seen[];
  call(name: string, args?: object, options?: CallOptions): Promise<ToolResult>;
}

export interface Kind {
  readonly name: string;
  /** Whether it speaks the sessionless revision with this hub. */
  readonly modern: boolean;
  connect(url: string): Promise<Connected>;
}

interface Library {
  readonly Client: new (info: object, options: object) => Client & { callTool(...args: unknown[]): Promise<ToolResult> };
  readonly StreamableHTTPClientTransport: new (url: URL, options: object) => Connection;
}

const load = async <T>(...files: readonly string[]): Promise<T> => {
  const parts = await Promise.all(files.map((file) => import(/* @vite-ignore */ pathToFileURL(clientFile(file)).href)));
  return Object.assign({}, ...parts) as T;
};

const methodOf = (body: unknown): string | undefined =>
  typeof body === 'string' ? (JSON.parse(body) as { readonly method?: string }).method : undefined;

const connect = async (library: Library, url: string, options: object, newer: boolean): Promise<Connected> => {
  const seen: Seen[] = [];
  const watched: typeof fetch = async (to, init) => {
    const response = await fetch(to, init);
    seen.push({
      method: init?.method ?? 'GET',
      status: response.status,
      rpc: methodOf(init?.body),
      version: new Headers(init?.headers).get('mcp-protocol-version'),
    });
    return response;
  };
  const client = new library.Client({ name: 'test', version: '1' }, options);
  const connection = new library.StreamableHTTPClientTransport(new URL(url), { fetch: watched });
  await client.connect(connection);
  return {
    client,
    connection,
    seen,
    // The older library takes a schema of the result in between.
    call: (name, args = {}, how = {}) =>
      newer ? client.callTool({ name, arguments: args }, how) : client.callTool({ name, arguments: args }, undefined, how),
  };
};

const v1 = (): Promise<Library> =>
  load('@modelcontextprotocol/sdk/dist/esm/client/index.js', '@modelcontextprotocol/sdk/dist/esm/client/streamableHttp.js');
const v2 = (): Promise<Library> => load('@modelcontextprotocol/client/dist/index.mjs');

const newer = (name: string, modern: boolean, options: object): Kind => ({
  name,
  modern,
  connect: async (url) => connect(await v2(), url, options, true),
});

export const KINDS: readonly Kind[] = [
  { name: '@modelcontextprotocol/sdk 1.32', modern: false, connect: async (url) => connect(await v1(), url, {}, false) },
  newer('@modelcontextprotocol/client 2.4', false, {}),
  newer('@modelcontextprotocol/client 2.4, auto', true, { versionNegotiation: { mode: 'auto' } }),
  newer('@modelcontextprotocol/client 2.4, pinned', true, { versionNegotiation: { mode: { pin: '2026-07-28' } } }),
];

interface Schema {
  safeParse(value: unknown): { readonly success: boolean; readonly error?: { readonly message: string } };
}

/** Schemas of the tasks extension, made by its authors. */
export const taskSchemas = (): Promise<{
  readonly CreateTaskResultV2Schema: Schema;
  readonly GetTaskResultV2Schema: Schema;
  readonly CancelTaskResultV2Schema: Schema;
  readonly UpdateTaskResultV2Schema: Schema;
  readonly CallToolResultV2Schema: Schema;
}> => load('@modelcontextprotocol/ext-tasks/dist/core/v2/index.js');

/** The requester of the tasks extension, which drives a task to its end by itself. */
export interface TaskSession {
  callTool(name: string, args: object): Promise<{ settle(): Promise<{ readonly outcome: unknown }> }>;
  close(): Promise<void>;
}

export const taskRequester = (): Promise<{
  readonly createTaskSessionFromClient: (client: Client, options: object) => TaskSession;
  readonly resultFromTaskOutcome: (outcome: unknown) => ToolResult;
}> => load('@modelcontextprotocol/ext-tasks/dist/client/index.js');
