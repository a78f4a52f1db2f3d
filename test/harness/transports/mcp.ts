/** The hub over MCP, in either era. What MCP has no tool for, or none without a session, goes over REST on the same sockets. */
import type { Server } from 'node:http';
import type { z } from 'zod';
import type { Reply } from './http.ts';
import { prepare, RestWire, rest } from './rest.ts';
import { type Call, CallError, CutError, type Named, type Transport } from './wire.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Tools, and whether a session is all they ask for. */
const TOOLS: Readonly<Record<string, boolean>> = {
  create_channel: false,
  join: false,
  send: true,
  listen: true,
  roster: true,
  history: true,
  leave: true,
};

/** Arguments that are called something else as fields. */
const ARGUMENTS: Readonly<Record<string, string>> = { timeout: 'timeout_seconds' };

interface Way {
  readonly era: 'legacy' | 'modern';
  /** The address names the channel, and the bearer is its token. */
  readonly channel: boolean;
}

const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'harness', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

interface RpcAnswer {
  readonly result?: {
    readonly isError?: true;
    readonly content: readonly { readonly text: string }[];
    readonly _meta: Readonly<Record<string, Fields>>;
  };
  readonly error?: { readonly code: number; readonly message: string; readonly data?: Fields };
}

const answerOf = ({ headers, text }: Reply): RpcAnswer => {
  if (!headers['content-type']?.startsWith('text/event-stream')) return JSON.parse(text) as RpcAnswer;
  const data = text.split('\n').filter((line) => line.startsWith('data: '));
  return JSON.parse(data.at(-1)!.slice(6)) as RpcAnswer;
};

/** The wait that an error names stands in a header on REST. */
const failure = (fields: Fields, status: number, headers: Reply['headers'] = {}): CallError => {
  const { retry_after: wait, ...problem } = fields;
  return new CallError({ status, ...problem }, wait === undefined ? headers : { ...headers, 'retry-after': String(wait) });
};

class McpWire extends RestWire {
  readonly #way: Way;
  #id = 0;

  constructor(server: Server, way: Way) {
    super(server);
    this.#way = way;
  }

  override async call<O extends z.ZodType>(op: Named<O>, call: Call): Promise<z.output<O>> {
    const needsSession = TOOLS[op.name];
    if (needsSession === undefined || (needsSession && call.proofs.sessionId === undefined)) return super.call(op, call);
    let reply: Reply;
    try {
      reply = await this.#post(op.name, call);
    } catch (error) {
      if (call.cut) throw new CutError();
      throw error;
    }
    if (call.cut) throw new Error('the answer was not cut');
    const { result, error } = answerOf(reply);
    if (error?.data) throw failure(error.data, reply.status, reply.headers);
    if (!result) throw new Error(`${op.name} answered ${reply.status} ${reply.text}`);
    if (result.isError) throw failure(result._meta['rogerthat/error']!, reply.status);
    const value = result._meta['rogerthat/result']!;
    const { cursor } = value;
    // The tail makes a model's calls differ; the position is before it.
    return (typeof cursor === 'string' ? { ...value, cursor: cursor.split('.')[0] } : value) as z.output<O>;
  }

  #post(name: string, call: Call): Promise<Reply> {
    const { proofs, input, signal } = call;
    const { era, channel } = this.#way;
    const args: Record<string, unknown> = {};
    for (const [field, value] of Object.entries(input)) args[ARGUMENTS[field] ?? field] = value;
    const owned = channel && proofs.channelId !== undefined;
    if (TOOLS[name]) args['session_id'] = proofs.sessionId;
    if (name === 'join' && !owned) args['channel_id'] = proofs.channelId;
    // With a hub token as the bearer, the channel's must be an argument.
    const bearer = proofs.hubToken ?? (owned ? proofs.token : undefined);
    if (name === 'join' && bearer !== proofs.token) args['token'] = proofs.token;
    const headers: Record<string, string> = {
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
      'MCP-Protocol-Version': era === 'modern' ? META['io.modelcontextprotocol/protocolVersion'] : '2025-06-18',
      ...(era === 'modern' ? { 'Mcp-Method': 'tools/call', 'Mcp-Name': name } : {}),
      ...(bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` }),
    };
    // The wishes of the test's own server travel as REST has them.
    const { headers: wishes } = prepare('listen', { ...call, input: {} });
    for (const [header, value] of Object.entries(wishes)) if (/^x-(?!session-id|channel-token)/i.test(header)) headers[header] = value;
    const params = { name, arguments: args, ...(era === 'modern' ? { _meta: META } : {}) };
    const body = JSON.stringify({ jsonrpc: '2.0', id: ++this.#id, method: 'tools/call', params });
    return this.http.ask('POST', owned ? `/mcp/${proofs.channelId}` : '/mcp', { headers, body, signal });
  }
}

const over = (name: string, way: Way): Transport => ({
  name,
  offers: ['ack', 'bands', 'identities', 'info', 'owner', 'receipts', 'stream', 'transcript', 'wait'],
  async open(setup) {
    const wire = await rest.open(setup);
    return new McpWire((wire as RestWire).server, way);
  },
});

export const mcp = over('mcp', { era: 'legacy', channel: false });
export const mcpStateless = over('mcp 2026-07-28', { era: 'modern', channel: false });
export const mcpChannel = over('mcp of a channel', { era: 'modern', channel: true });

/**
 * A room where everybody came another way: alpha over REST, bravo over the old era, everyone else over the new. Who a
 * session was given to decides how its calls go.
 */
class MixedWire extends RestWire {
  readonly #ways: readonly RestWire[];
  readonly #sessions = new Map<string, RestWire>();

  constructor(server: Server) {
    super(server);
    this.#ways = [
      new RestWire(server),
      new McpWire(server, { era: 'legacy', channel: false }),
      new McpWire(server, { era: 'modern', channel: false }),
    ];
  }

  override async call<O extends z.ZodType>(op: Named<O>, call: Call): Promise<z.output<O>> {
    const { callsign } = call.input;
    const { sessionId } = call.proofs;
    if (op.name !== 'join') return ((sessionId === undefined ? undefined : this.#sessions.get(sessionId)) ?? this.#ways[0]!).call(op, call);
    const way = this.#ways[callsign === 'alpha' ? 0 : callsign === 'bravo' ? 1 : 2]!;
    const joined = await way.call(op, call);
    this.#sessions.set((joined as { session_id: string }).session_id, way);
    return joined;
  }

  override async close(): Promise<void> {
    for (const way of this.#ways) way.http.close();
    await super.close();
  }
}

export const mixed: Transport = {
  ...mcp,
  name: 'a mixed room',
  async open(setup) {
    const wire = await rest.open(setup);
    return new MixedWire((wire as RestWire).server);
  },
};
