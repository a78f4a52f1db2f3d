/** MCP messages as bytes on the wire, on purpose not made by the source: what both eras put around a call. */
import type { HttpClient, Reply } from '../harness/transports/http.ts';

type Fields = Readonly<Record<string, unknown>>;

export const MODERN = '2026-07-28';
export const LEGACY = '2025-11-25';
export const TASKS = 'io.modelcontextprotocol/tasks';
/** What a client declares that takes tasks. */
export const TAKES_TASKS = { extensions: { [TASKS]: {} } };

export interface Request {
  readonly method?: string;
  readonly path?: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as it is when it is text or bytes, as JSON otherwise. */
  readonly body?: unknown;
}

const BOTH = { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' };

export const metaOf = (capabilities: object = {}): Fields => ({
  'io.modelcontextprotocol/protocolVersion': MODERN,
  'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': capabilities,
});

export interface Around {
  readonly capabilities?: object;
  readonly meta?: Fields;
  readonly id?: string | number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A value as a header takes it. */
const headerText = (value: string): string =>
  /^[\x21-\x7e]+$/.test(value) ? value : `=?base64?${Buffer.from(value).toString('base64')}?=`;

/** A request of the sessionless era. */
export const modern = (method: string, params: Fields = {}, { capabilities, meta, id = 1, headers }: Around = {}): Request => {
  const name = method.startsWith('tasks/') ? params['taskId'] : params['name'];
  return {
    headers: {
      ...BOTH,
      'MCP-Protocol-Version': MODERN,
      'Mcp-Method': method,
      ...(typeof name === 'string' ? { 'Mcp-Name': headerText(name) } : {}),
      ...headers,
    },
    body: { jsonrpc: '2.0', id, method, params: { ...params, _meta: { ...metaOf(capabilities), ...meta } } },
  };
};

/** A request of the session era. */
export const legacy = (
  method: string,
  params: Fields = {},
  { session, meta, id = 1, headers }: Omit<Around, 'capabilities'> & { readonly session?: string | undefined } = {},
): Request => ({
  headers: {
    ...BOTH,
    'MCP-Protocol-Version': LEGACY,
    ...(session === undefined ? {} : { 'Mcp-Session-Id': session }),
    ...headers,
  },
  body: { jsonrpc: '2.0', id, method, params: meta ? { ...params, _meta: meta } : params },
});

export const INITIALIZE = {
  protocolVersion: LEGACY,
  capabilities: {},
  clientInfo: { name: 'test', version: '1' },
};

const bytesOf = (body: unknown): string | Buffer | undefined =>
  body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);

export const post = (http: HttpClient, { method = 'POST', path = '/mcp', headers, body }: Request): Promise<Reply> =>
  http.ask(method, path, { headers, body: bytesOf(body) });

export const open = (http: HttpClient, { path = '/mcp', headers, body }: Request, signal?: AbortSignal) =>
  http.open('POST', path, { headers, body: bytesOf(body), signal });

export interface RpcAnswer {
  readonly jsonrpc: string;
  readonly id?: string | number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into results of every shape
  readonly result?: any;
  // biome-ignore lint/suspicious/noExplicitAny: and into errors
  readonly error?: { readonly code: number; readonly message: string; readonly data?: any };
  readonly method?: string;
  readonly params?: Fields;
}

/** The JSON-RPC messages of an answer, whichever form it came in. */
export const messagesOf = ({ headers, text }: Pick<Reply, 'headers' | 'text'>): RpcAnswer[] => {
  if (!headers['content-type']?.startsWith('text/event-stream')) return [JSON.parse(text) as RpcAnswer];
  return text
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => JSON.parse(line.slice(6)) as RpcAnswer);
};

/** The last message of an answer, which is the response. */
export const responseOf = (reply: Pick<Reply, 'headers' | 'text'>): RpcAnswer => messagesOf(reply).at(-1)!;

export const rpc = async (http: HttpClient, request: Request): Promise<RpcAnswer> => responseOf(await post(http, request));

/** A client that began a session. @returns its id */
export const initialize = async (http: HttpClient, path = '/mcp'): Promise<string> => {
  const reply = await post(http, { ...legacy('initialize', INITIALIZE), path });
  const session = reply.headers['mcp-session-id'];
  if (reply.status !== 200 || session === undefined) throw new Error(`initialize answered ${reply.status}: ${reply.text}`);
  return session;
};

/** The text of a tool's result. */
export const textOf = ({ result, error }: RpcAnswer): string => {
  if (error) throw new Error(`the call failed: ${error.code} ${error.message}`);
  return result.content.map(({ text }: { text: string }) => text).join('\n');
};

/** The facts of a tool's result. */
// biome-ignore lint/suspicious/noExplicitAny: every tool has other facts
export const factsOf = ({ result, error }: RpcAnswer): any => {
  if (error) throw new Error(`the call failed: ${error.code} ${error.message}`);
  if (result.isError) throw new Error(`the tool failed: ${result.content[0].text}`);
  return result._meta['rogerthat/result'];
};
