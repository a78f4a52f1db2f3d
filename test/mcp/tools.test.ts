/**
 * What a client and its model see before anything is called: the list of tools, the instructions, the refusals of a closed hub.
 * Proves R-MCP-5, R-MCP-6.
 */
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientFile } from '../harness/clients.ts';
import { ENGINES } from '../harness/engines.ts';
import { Room } from '../harness/room.ts';
import { rest } from '../harness/transports/rest.ts';
import { initialize, legacy, modern, post, type RpcAnswer, responseOf, rpc, textOf } from './envelope.ts';

let room: Room;
beforeAll(async () => {
  room = await Room.open(rest, ENGINES[0]!);
});
afterAll(() => room.close());

interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly additionalProperties?: boolean;
  readonly properties: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly examples: readonly Readonly<Record<string, unknown>>[];
}

interface Tool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly inputSchema: Schema;
  readonly annotations: Readonly<Record<string, unknown>>;
  readonly _meta?: Readonly<Record<string, unknown>>;
}

const toolsOf = ({ result }: RpcAnswer): readonly Tool[] => result.tools as Tool[];
const list = async (): Promise<readonly Tool[]> => toolsOf(await rpc(room.http, modern('tools/list')));

const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  create_channel: ['owner_password', 'require_identity', 'retention', 'session_ttl_seconds', 'trust_mode'],
  join: ['callsign', 'channel_id', 'identity_key', 'new_identity', 'owner_password', 'token'],
  send: ['idempotency_key', 'kind', 'message', 'reply_to', 'session_id', 'to'],
  listen: ['limit', 'session_id', 'since', 'timeout_seconds'],
  roster: ['session_id'],
  history: ['n', 'session_id'],
  leave: ['session_id'],
};

describe('the list of tools', () => {
  test('is exactly the seven', async () => {
    expect((await list()).map(({ name }) => name)).toEqual(Object.keys(ARGUMENTS));
  });

  test('is the same for everybody, everywhere, every time', async () => {
    const session = await initialize(room.http);
    const channel = '/mcp/quiet-otter-3a8f19';
    const asked = [
      modern('tools/list'),
      modern('tools/list', {}, { capabilities: { extensions: {} } }),
      { ...modern('tools/list'), path: channel },
      legacy('tools/list'),
      legacy('tools/list', {}, { session }),
      { ...legacy('tools/list'), path: channel },
    ];
    const texts = new Set<string>();
    for (const request of asked) texts.add(JSON.stringify(toolsOf(await rpc(room.http, request))));
    expect(texts.size).toBe(1);
  });

  test('says how long a message may be on this hub', async () => {
    const told = async (at: Room): Promise<string | undefined> =>
      toolsOf(await rpc(at.http, modern('tools/list'))).find(({ name }) => name === 'send')?.inputSchema.properties['message']?.description;
    expect(await told(room)).toBe('Plain text, at most 32 KiB of UTF-8; a status 280 bytes, on a band 4 KiB.');
    const small = await Room.open(rest, ENGINES[0]!, { limits: 'messageBytes=2048,statusBytes=100,bandMessageBytes=1024' });
    try {
      expect(await told(small)).toBe('Plain text, at most 2 KiB of UTF-8; a status 100 bytes, on a band 1 KiB.');
    } finally {
      await small.close();
    }
  });

  test('takes the arguments of the contract, closed, described, with an example that fits', async () => {
    const require = createRequire(import.meta.url);
    const { Ajv2020 } = require(clientFile('ajv/dist/2020.js')) as {
      Ajv2020: new (options: object) => { compile(schema: object): ((value: unknown) => boolean) & { errors?: unknown } };
    };
    for (const { name, title, description, inputSchema } of await list()) {
      expect(Object.keys(inputSchema.properties).sort(), name).toEqual(ARGUMENTS[name]);
      expect(inputSchema.type).toBe('object');
      expect(inputSchema.additionalProperties, name).toBe(false);
      expect(title).toMatch(/\S/);
      expect(description.length).toBeGreaterThan(40);
      expect(description.length).toBeLessThan(1024);
      for (const [field, schema] of Object.entries(inputSchema.properties)) expect(schema.description, `${name}.${field}`).toMatch(/\S/);
      expect(inputSchema.examples.length, name).toBeGreaterThan(0);
      const fits = new Ajv2020({ strict: false }).compile(inputSchema);
      for (const example of inputSchema.examples) {
        expect(fits(example), JSON.stringify(fits.errors)).toBe(true);
        for (const proof of ['session_id', 'channel_id', 'token'] as const)
          expect(proof in example, `${name}: the example shows ${proof}`).toBe(ARGUMENTS[name]!.includes(proof));
      }
      expect(fits({ nonsense: 1 })).toBe(false);
    }
  });

  test('says of each tool what it does', async () => {
    for (const { name, annotations } of await list()) {
      expect(annotations['readOnlyHint'], name).toBe(['roster', 'history'].includes(name));
      expect(annotations['destructiveHint'], name).toBe(false);
      expect(annotations['openWorldHint'], name).toBe(false);
      expect(annotations['idempotentHint'], name).toBe(!['create_channel', 'send'].includes(name));
    }
  });

  test('asks clients never to hide the tools that make a conversation', async () => {
    const always = (await list()).filter(({ _meta }) => _meta?.['anthropic/alwaysLoad'] === true).map(({ name }) => name);
    expect(always).toEqual(['create_channel', 'join', 'send', 'listen']);
  });
});

test('the instructions are short, and say first what matters', async () => {
  const { result } = await rpc(room.http, modern('server/discover'));
  const text: string = result.instructions;
  expect(Buffer.byteLength(text)).toBeLessThan(2048);
  const [first = ''] = text.split('\n');
  expect(first).toMatch(/join.*listen/);
  expect(text.indexOf('session_id')).toBeGreaterThan(0);
  expect(text.indexOf('since')).toBeGreaterThan(0);
});

describe('wrong input to a tool is a result that says what to do', () => {
  const SAYS = { to: 'bravo', message: 'hi', session_id: 'nonsense' };
  const HEARS = { since: '6-k3f9', timeout_seconds: 5, session_id: 'nonsense' };
  const CASES: readonly (readonly [tool: string, args: unknown, code: string, says: RegExp])[] = [
    ['join', {}, 'invalid_callsign', /"callsign" is missing/],
    ['join', { callsign: 'a b', channel_id: 'x', token: 'y' }, 'invalid_callsign', /callsign/],
    ['join', { callsign: 'system', channel_id: 'x', token: 'y' }, 'reserved_callsign', /reserved/],
    ['join', { callsign: 'alpha' }, 'unauthorized', /channel_id/],
    ['join', { callsign: 'alpha', channel_id: 'quiet-otter-3a8f19' }, 'unauthorized', /token/],
    [
      'join',
      { callsign: 'alpha', channel_id: 'quiet-otter-3a8f19', token: 'wrong' },
      'unauthorized',
      /join\(channel_id, token, callsign\)/,
    ],
    ['join', { callsign: 7 }, 'invalid_callsign', /callsign/],
    ['send', { to: 'bravo', message: 'hi' }, 'not_joined', /join\(channel_id, token, callsign\)/],
    ['send', { to: 'bravo' }, 'invalid_message', /"message" is missing/],
    ['send', { to: 'bravo', text: 'hi', message: 'hi' }, 'unknown_field', /called message/],
    ['send', { message: 'hi' }, 'invalid_to', /"to" is missing/],
    ['send', { to: 'bravo', message: 'hi', session_id: 'nonsense' }, 'not_joined', /join\(/],
    ['send', { to: 'bravo', message: 'hi', session_id: 7 }, 'invalid_body', /session_id/],
    ['listen', { timeout: 5 }, 'unknown_field', /timeout_seconds/],
    ['listen', { cursor: '6-k3f9' }, 'unknown_field', /since/],
    ['listen', { timeout_seconds: -1 }, 'invalid_timeout', /timeout_seconds/],
    ['listen', { timeout_seconds: 3601 }, 'invalid_timeout', /timeout_seconds/],
    ['listen', { timeout_seconds: 1.5 }, 'invalid_timeout', /timeout_seconds/],
    ['listen', { since: 'yesterday' }, 'invalid_since', /last listen or join/],
    ['listen', { limit: 0 }, 'invalid_limit', /limit/],
    // What the short cut of the operation would take, but for one argument.
    ['send', { ...SAYS, channel_id: 'quiet-otter-3a8f19' }, 'unknown_field', /"channel_id"/],
    ['send', { ...SAYS, toString: 'x' }, 'unknown_field', /"toString"/],
    ['send', JSON.parse('{"session_id":"nonsense","__proto__":{"to":"bravo","message":"hi"}}'), 'unknown_field', /"__proto__"/],
    ['listen', { ...HEARS, timeout: 5 }, 'unknown_field', /timeout_seconds/],
    ['listen', { timeout: 5, since: '6-k3f9', session_id: 'nonsense' }, 'unknown_field', /timeout_seconds/],
    ['listen', { ...HEARS, timeout_seconds: 3601 }, 'invalid_timeout', /timeout_seconds/],
    ['listen', { ...HEARS, token: 'x' }, 'unknown_field', /"token"/],
    ['history', { n: 101 }, 'invalid_n', /"n"/],
    ['create_channel', { retention: 'all' }, 'invalid_retention', /retention/],
    ['create_channel', { constructor: 1 }, 'unknown_field', /no field "constructor"/],
    ['create_channel', 'text', 'invalid_body', /object/],
    ['create_channel', [], 'invalid_body', /object/],
    ['create_channel', 7, 'invalid_body', /object/],
    ['roster', {}, 'not_joined', /join\(/],
    ['leave', { session_id: '' }, 'not_joined', /join\(/],
  ];

  test.each(CASES)('%s %j: %s', async (name, args, code, says) => {
    for (const request of [modern('tools/call', { name, arguments: args }), legacy('tools/call', { name, arguments: args })]) {
      const reply = await post(room.http, request);
      expect(reply.status).toBe(200);
      const { result } = responseOf(reply);
      expect(result.isError, reply.text).toBe(true);
      expect(result._meta['rogerthat/error'].code).toBe(code);
      const [{ text }] = result.content;
      expect(text).toMatch(new RegExp(`^Error ${code}: .+\nNext: .+`));
      expect(text).toMatch(says);
      expect(text).not.toMatch(/native code|undefined|POST |X-Session-Id|Authorization: Bearer J/);
    }
  });
});

describe('a hub with a token', () => {
  let closed: Room;
  beforeAll(async () => {
    closed = await Room.open(rest, ENGINES[0]!, { mode: 'shared', token: 'hub-secret' });
  });
  afterAll(() => closed.close());

  const WRONG = 'That is not this hub\'s token. Send the right one as "Authorization: Bearer HUB_TOKEN"; its operator has it.';
  const bearing = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } });

  test.each([
    ['no token', {}, 'This hub asks for its token. Send "Authorization: Bearer HUB_TOKEN"; its operator has it.'],
    ['a wrong token', bearing('wrong'), WRONG],
    ['the token of a channel', bearing('rt_join_wrong'), WRONG],
  ])('%s: an answer that reads well and starts no OAuth', async (_, around, told) => {
    for (const request of [modern('server/discover', {}, around), legacy('initialize', {}, around)]) {
      const reply = await post(closed.http, request);
      expect(reply.status).toBe(401);
      expect(reply.headers['content-type']).toBe('application/json');
      expect(reply.headers['www-authenticate']).toBeUndefined();
      expect(responseOf(reply).error?.message).toBe(told);
    }
  });

  test.each([
    ['GET', '/.well-known/oauth-protected-resource'],
    ['GET', '/.well-known/oauth-protected-resource/mcp'],
    ['GET', '/.well-known/oauth-authorization-server'],
    ['GET', '/.well-known/oauth-authorization-server/mcp'],
    ['GET', '/.well-known/openid-configuration'],
    ['GET', '/.well-known/openid-configuration/mcp'],
    ['GET', '/mcp/.well-known/openid-configuration'],
    ['GET', '/mcp/.well-known/oauth-authorization-server'],
    ['POST', '/register'],
    ['GET', '/authorize'],
    ['POST', '/token'],
  ])('%s %s is a plain 404', async (method, path) => {
    for (const { http } of [closed, room]) {
      const reply = await http.ask(method, path, {
        headers: { 'Content-Type': 'application/json' },
        body: method === 'POST' ? '{}' : undefined,
      });
      expect(reply.status).toBe(404);
      expect(reply.text).not.toMatch(/issuer|"resource"/);
    }
  });

  test('clients that look for OAuth show their user what to do', async () => {
    const reply = await closed.http.ask('POST', '/register', { headers: { 'Content-Type': 'application/json' }, body: '{}' });
    expect(reply.text).toMatch(/^This hub does not use OAuth\..*'Authorization: Bearer TOKEN'\.$/);
  });

  test('the hub token opens it, and the channel token opens its own address', async () => {
    const made = await rpc(closed.http, modern('tools/call', { name: 'create_channel' }, bearing('hub-secret')));
    const { channel_id: id, join_token: token } = made.result._meta['rogerthat/result'];
    const join = { name: 'join', arguments: { callsign: 'alpha' } };
    const own = await rpc(closed.http, { ...modern('tools/call', join, bearing(token)), path: `/mcp/${id}` });
    expect(own.result.isError).toBeUndefined();
    const elsewhere = await post(closed.http, modern('tools/call', join, bearing(token)));
    expect(elsewhere.status).toBe(401);
    const both = await rpc(
      closed.http,
      modern('tools/call', { name: 'join', arguments: { callsign: 'bravo', channel_id: id, token } }, bearing('hub-secret')),
    );
    expect(both.result.isError).toBeUndefined();
  });

  test('guessing ends with a wait', async () => {
    let reply = await post(closed.http, modern('server/discover', {}, bearing('guess')));
    for (let i = 0; i < 100 && reply.status === 401; i++) reply = await post(closed.http, modern('server/discover', {}, bearing('guess')));
    expect(reply.status).toBe(429);
    const seconds = Number(reply.headers['retry-after']);
    expect(seconds).toBeGreaterThan(0);
    // A model sees the message, and no header.
    const { message, data } = responseOf(reply).error ?? {};
    expect(message).toMatch(/Too many wrong tokens/);
    expect(message).toContain(`Seconds to wait: ${seconds}`);
    expect(message).not.toContain('Retry-After');
    expect(data).toMatchObject({ code: 'rate_limited', retry_after: seconds });
  });
});

test('the roster says in words whom a webhook wakes', async () => {
  const [channel] = await room.talk({}, 'alpha', 'bravo');
  await channel.createWebhook({ url: 'http://127.0.0.1:9999/', callsign: 'bravo' });
  const { channel_id: id, join_token: token } = channel.created;
  const joined = await rpc(room.http, modern('tools/call', { name: 'join', arguments: { callsign: 'charlie', channel_id: id, token } }));
  const lines = textOf(joined).split('\n');
  expect(lines.filter((line) => line.startsWith('- ') && line.includes('woken by a webhook')).map((line) => line.split(' ')[1])).toEqual([
    'bravo',
  ]);
});

describe('what to do next is said in words of MCP', () => {
  test('when the budget of an hour is spent: no header is named that no model sees', async () => {
    const tight = await Room.open(rest, ENGINES[0]!, { limits: 'callsign_messages=1' });
    try {
      const { created } = await tight.channel();
      const joined = await rpc(
        tight.http,
        modern('tools/call', { name: 'join', arguments: { callsign: 'alpha', channel_id: created.channel_id, token: created.join_token } }),
      );
      const { session_id } = joined.result._meta['rogerthat/result'];
      const say = (message: string) =>
        rpc(tight.http, modern('tools/call', { name: 'send', arguments: { session_id, to: 'all', message } }));
      await say('one');
      const told = textOf(await say('two'));
      expect(told).toMatch(/^Error budget_spent: .*\nNext: Stop and tell your human.*\nSeconds to wait: \d+$/);
      expect(told).not.toContain('Retry-After');
    } finally {
      await tight.close();
    }
  });

  test('when a body is no JSON: what is to be sent here', async () => {
    for (const body of ['', '{']) {
      const reply = await room.http.ask('POST', '/mcp', { headers: { 'Content-Type': 'application/json' }, body });
      expect(responseOf(reply).error).toMatchObject({ code: -32700, message: expect.stringMatching(/Send one JSON-RPC 2\.0 message/) });
    }
  });

  test('when arguments are no object', async () => {
    const told = textOf(await rpc(room.http, modern('tools/call', { name: 'send', arguments: ['all', 'hi'] })));
    expect(told).toMatch(/^Error invalid_body: The arguments must be one JSON object\./);
  });
});
