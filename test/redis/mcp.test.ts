/**
 * MCP behind a load balancer without sticky sessions: two hubs on one Redis, and every request goes to the other one than
 * the request before. Proves R-MCP-3, R-MCP-7, R-MCP-12, R-MCP-16 on a fleet.
 */
import { request as ask, createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { eventually } from '../harness/eventually.ts';
import { type HubProcess, startHubProcess } from '../harness/process.ts';
import { type RedisServer, startRedis } from '../harness/redis.ts';
import { HttpClient } from '../harness/transports/http.ts';
import { factsOf, initialize, legacy, modern, post, type RpcAnswer, responseOf, rpc, TAKES_TASKS } from '../mcp/envelope.ts';
import { type Connected, KINDS, type ToolResult } from '../mcp/official.ts';
import { Caller, member, place } from '../mcp/talk.ts';

/** A balancer that never sends two requests in a row to the same hub. */
class Balancer {
  /** Which hub answered, in order. */
  readonly went: number[] = [];
  readonly #server: Server;
  #next = 0;
  #ports: readonly number[] = [];

  private constructor() {
    this.#server = createServer((request, response) => this.#pass(request, response));
  }

  static async open(): Promise<Balancer> {
    const balancer = new Balancer();
    await new Promise<void>((resolve) => balancer.#server.listen(0, '127.0.0.1', resolve));
    return balancer;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  before(ports: readonly number[]): void {
    this.#ports = ports;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #pass(request: IncomingMessage, response: ServerResponse): void {
    const { method, headers, url } = request;
    const hub = this.#next++ % this.#ports.length;
    this.went.push(hub);
    const passed = ask({ host: '127.0.0.1', port: this.#ports[hub], method, path: url, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    passed.on('error', () => response.destroy());
    response.on('close', () => passed.destroy());
    request.pipe(passed);
  }
}

let redis: RedisServer;
let balancer: Balancer;
let hubs: HubProcess[] = [];
let clients: HttpClient[] = [];

beforeAll(async () => {
  redis = await startRedis();
  balancer = await Balancer.open();
  const args = ['--redis', redis.url, '--allow-host', `127.0.0.1:${balancer.port}`];
  hubs = [await startHubProcess({ args }), await startHubProcess({ args })];
  balancer.before(hubs.map(({ port }) => port));
});
afterEach(() => {
  for (const client of clients) client.close();
  clients = [];
});
afterAll(async () => {
  for (const hub of hubs) await hub.end('SIGTERM');
  balancer.close();
  await redis.clear();
});

/** Raw requests to one of the hubs, or to the balancer before them. */
const at = (hub?: number): HttpClient => {
  const client = new HttpClient(hub === undefined ? balancer.port : hubs[hub]!.port);
  clients.push(client);
  return client;
};

/** The same caller, at another hub. */
const elsewhere = (caller: Caller, hub: number): Caller => {
  const other = new Caller(at(hub), caller.era);
  other.session = caller.session;
  return other;
};

const codeOf = ({ result }: RpcAnswer): string | undefined => result._meta['rogerthat/error']?.code;
const facts = (result: ToolResult) => {
  expect(result.isError, JSON.stringify(result.content)).toBeFalsy();
  return result._meta['rogerthat/result'];
};

test('a client of the session era joins, sends, listens and leaves, and no two of its requests reach the same hub', async () => {
  const kind = KINDS[0]!;
  const url = `http://127.0.0.1:${balancer.port}/mcp`;
  const connect = (): Promise<Connected> => kind.connect(url);
  const [alpha, bravo] = [await connect(), await connect()];
  const made = facts(await alpha.call('create_channel', {}));
  const on = { channel_id: made.channel_id, token: made.join_token };
  facts(await alpha.call('join', { ...on, callsign: 'alpha' }));
  facts(await bravo.call('join', { ...on, callsign: 'bravo' }));
  let since = '';
  for (let round = 0; round < 6; round++) {
    // Without a session_id: what was joined over the header session counts, wherever that was.
    facts(await alpha.call('send', { to: 'bravo', message: `message ${round}` }));
    const heard = facts(await bravo.call('listen', { timeout_seconds: 10, ...(since === '' ? {} : { since }) }));
    expect(heard.messages.map(({ text }: { text: string }) => text)).toEqual([`message ${round}`]);
    since = heard.cursor;
  }
  const waiting = bravo.call('listen', { timeout_seconds: 30, since });
  facts(await alpha.call('send', { to: 'bravo', message: 'last' }));
  expect(facts(await waiting).messages).toMatchObject([{ text: 'last' }]);
  facts(await bravo.call('leave'));
  expect((await bravo.call('roster')).isError).toBe(true);
  for (const one of [alpha, bravo]) {
    expect(one.seen.filter(({ status }) => status >= 400 && status !== 405)).toEqual([]);
    await one.connection.terminateSession();
    await one.client.close();
  }
  const { went } = balancer;
  expect(went.every((hub, i) => i === 0 || hub !== went[i - 1])).toBe(true);
});

test('the last join counts, wherever it was; so does a leave', async () => {
  const caller = await Caller.connect(at(0), 'legacy');
  const there = elsewhere(caller, 1);
  const on = await place(at(0), 'legacy');
  const join = (who: Caller, callsign: string) => who.facts('join', { channel_id: on.channelId, token: on.token, callsign });
  const spokenBy = async (who: Caller): Promise<string> => {
    const { id } = await who.facts('send', { to: 'zulu', message: 'x' });
    const { messages } = await who.facts('history', { n: 1 });
    expect(messages[0].id).toBe(id);
    return messages[0].from;
  };
  await join(caller, 'alpha');
  expect(await spokenBy(caller)).toBe('alpha');
  await join(there, 'bravo');
  // This hub knew of alpha.
  expect(await spokenBy(caller)).toBe('bravo');
  await there.facts('leave');
  expect(codeOf(await caller.tool('roster'))).toBe('not_joined');
});

test('a session that one hub ended is over at the other', async () => {
  const caller = await Caller.connect(at(0), 'legacy');
  const there = elsewhere(caller, 1);
  const on = await place(at(0), 'legacy');
  await caller.facts('join', { channel_id: on.channelId, token: on.token, callsign: 'alpha' });
  await there.facts('roster');
  const headers = { 'mcp-session-id': caller.session ?? '' };
  expect((await at(0).ask('DELETE', '/mcp', { headers })).status).toBe(204);
  const asked = await post(at(1), legacy('tools/call', { name: 'roster', arguments: {} }, { session: caller.session }));
  expect([asked.status, responseOf(asked).error?.message]).toEqual([404, 'The session is over; initialize again.']);
  expect((await post(at(1), legacy('ping', {}, { session: caller.session }))).status).toBe(404);
  expect((await post(at(0), legacy('ping', {}, { session: caller.session }))).status).toBe(404);
  expect((await at(1).ask('DELETE', '/mcp', { headers })).status).toBe(404);
});

test('nobody chooses a session, and one of another hub fleet is none', async () => {
  const session = await initialize(at(0));
  const status = async (id: string) => (await post(at(1), legacy('ping', {}, { session: id }))).status;
  expect(await status(session)).toBe(200);
  const flipped = (i: number): string => session.slice(0, i) + (session[i] === 'A' ? 'B' : 'A') + session.slice(i + 1);
  for (let i = 0; i < session.length - 1; i += 5) expect(await status(flipped(i)), `letter ${i}`).toBe(404);
  for (const id of ['', 'mine', 'A'.repeat(session.length), `${session}A`, session.slice(0, -1)]) expect(await status(id)).toBe(404);
});

test('nothing in the store opens a seat', async () => {
  const caller = await Caller.connect(at(0), 'legacy');
  const on = await place(at(0), 'legacy');
  const joined = await caller.facts('join', { channel_id: on.channelId, token: on.token, callsign: 'alpha' });
  const { createClient } = await import('@redis/client');
  const store = createClient({ url: redis.url });
  await store.connect();
  const held: string[] = [];
  for (const key of await store.keys('*')) {
    held.push(key);
    if ((await store.type(key)) === 'string') held.push((await store.get(key)) ?? '');
  }
  await store.close();
  const text = held.join('\n');
  expect(text).toContain('note:');
  for (const secret of [joined.session_id, joined.session_id.slice(-43), caller.session ?? '?']) expect(text).not.toContain(secret);
});

test('a task that one hub cancelled gives nothing out at the other', async () => {
  const on = await place(at(0), 'modern');
  const alpha = await member(at(0), 'modern', on, 'alpha');
  const bravo = await member(at(1), 'modern', on, 'bravo');
  const tasking = { capabilities: TAKES_TASKS };
  const ask = (hub: number, method: string, taskId: string): Promise<RpcAnswer> => rpc(at(hub), modern(method, { taskId }, tasking));
  const listening = async (): Promise<boolean> => {
    const { roster } = await alpha.facts('roster');
    return roster.some(
      ({ callsign, presence }: { callsign: string; presence: string }) => callsign === 'bravo' && presence === 'listening',
    );
  };
  const { taskId } = (await bravo.call('listen', {}, tasking)).result;
  // Held at one hub while it is cancelled at the other.
  const held = ask(1, 'tasks/get', taskId);
  await eventually('a listening bravo', listening);
  expect((await ask(0, 'tasks/cancel', taskId)).error).toBeUndefined();
  await alpha.say('bravo', 'for nobody');
  expect((await held).result.status).toBe('cancelled');
  expect((await ask(1, 'tasks/get', taskId)).result.status).toBe('cancelled');
  expect((await ask(0, 'tasks/get', taskId)).result.status).toBe('cancelled');
  // It was given to nobody, so it waits.
  expect(await bravo.waiting()).toEqual(['(for nobody)']);
});

test('a hook of a client is known at every hub', async () => {
  const on = await place(at(0), 'legacy');
  const bravo = await member(at(0), 'legacy', on, 'bravo');
  const caller = await Caller.connect(at(0), 'legacy');
  const joined = await caller.tool('join', { channel_id: on.channelId, token: on.token, callsign: 'alpha' });
  const name = 'df9db6dd-be6c-413b-9f87-e0cfb055d05e';
  const hook = async (hub: number, event: string, more: object = {}) =>
    JSON.parse((await elsewhere(caller, hub).tool('listen', { since: `hook:${event}:${name}`, ...more })).result.content[0].text);
  await hook(0, 'PostToolUse', { session_id: JSON.stringify(joined.result.content) });
  await bravo.say('alpha', 'one');
  expect(await hook(1, 'Stop')).toMatchObject({ hookSpecificOutput: { additionalContext: expect.stringContaining('1 new on ') } });
  // Told of once, whoever is asked.
  expect(await hook(0, 'Stop')).toEqual({});
});

test('a cancel that reaches another hub than its call is answered and ends nothing', async () => {
  const on = await place(at(0), 'legacy');
  const alpha = await member(at(0), 'legacy', on, 'alpha');
  const caller = await Caller.connect(at(0), 'legacy');
  const { session_id } = await caller.facts('join', { channel_id: on.channelId, token: on.token, callsign: 'bravo' });
  const heard = caller.tool('listen', { timeout_seconds: 20, session_id }, { id: 7 });
  const listening = async (): Promise<boolean> => {
    const { roster } = await alpha.facts('roster');
    return roster.some(({ presence }: { presence: string }) => presence === 'listening');
  };
  await eventually('a listening bravo', listening);
  expect((await elsewhere(caller, 1).notify('notifications/cancelled', { requestId: 7 })).status).toBe(202);
  await alpha.say('bravo', 'one');
  expect(factsOf(await heard).messages).toMatchObject([{ text: 'one' }]);
});
