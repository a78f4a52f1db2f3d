/** Nonsense, seeded: whatever comes, the answer is JSON-RPC and never a 500. `SEED=… RUNS=…` for more of it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ENGINES } from '../harness/engines.ts';
import { type Random, random, seedOf } from '../harness/random.ts';
import { Room } from '../harness/room.ts';
import { rest } from '../harness/transports/rest.ts';
import { initialize, legacy, metaOf, modern, post, type Request, responseOf, rpc, TAKES_TASKS } from './envelope.ts';

const RUNS = Number(process.env['RUNS'] ?? 1500);
const METHODS = [
  'initialize',
  'ping',
  'tools/list',
  'tools/call',
  'server/discover',
  'tasks/get',
  'tasks/cancel',
  'tasks/update',
  'notifications/cancelled',
];
const TOOLS = ['create_channel', 'join', 'send', 'listen', 'roster', 'history', 'nothing', '__proto__'];
const FIELDS = [
  ...[
    'channel_id',
    'token',
    'callsign',
    'identity_key',
    'new_identity',
    'owner_password',
    'to',
    'message',
    'kind',
    'reply_to',
    'idempotency_key',
  ],
  ...[
    'timeout_seconds',
    'since',
    'limit',
    'n',
    'session_id',
    'timeout',
    'text',
    '__proto__',
    'constructor',
    'toString',
    '',
    'x'.repeat(300),
  ],
];

let room: Room;
let session: string;
let hubSession: string;
let taskIds: string[];

beforeAll(async () => {
  room = await Room.open(rest, ENGINES[0]!);
  session = await initialize(room.http);
  const channel = await room.channel();
  hubSession = (await channel.join('alpha')).session_id;
  const listen = modern('tools/call', { name: 'listen', arguments: { session_id: hubSession } }, { capabilities: TAKES_TASKS });
  const good = (await rpc(room.http, listen)).result.taskId as string;
  // Task ids say what they mean, so a client can write its own.
  const [, who = '', since = ''] = good.split('~');
  const forged = (...parts: readonly string[]): string => parts.join('~');
  taskIds = [
    forged('listen', who, 'yesterday', '1'),
    forged('listen', who, since, 'zzzzzzzzzzz'),
    forged('listen', who, since, '-1'),
    forged('listen', who, since, ''),
    forged('listen', who, since, '1'),
    forged('listen', who, '', '1'),
    forged('listen', who.replace(/.$/, 'A'), '0', '1'),
    forged('listen', 'quiet-otter-3a8f19_', '0', '1'),
    forged('listen', who),
    forged('listen', who, since, '1', 'more'),
    forged('', '', '', ''),
    `x${good}`,
  ];
});
afterAll(() => room.close());

const value = (seeds: Random, depth = 0): unknown => {
  const text = (): string =>
    String.fromCharCode(...Array.from({ length: seeds.int(0, 12) }, () => seeds.int(0, seeds.chance(0.5) ? 127 : 0xffff)));
  const leaves: readonly (() => unknown)[] = [
    () => null,
    () => seeds.chance(0.5),
    () => seeds.pick([0, -1, 1, 1.5, 1e308, -0, 2 ** 53, Number.MAX_SAFE_INTEGER, 60, 3600]),
    text,
    () => seeds.pick(['', 'alpha', 'bravo', 'all', '0', 'latest', '6-k3f9', '6-k3f9.abc', 'rt_session_x', 'status', 'quiet-otter-3a8f19']),
    () => seeds.pick([session, hubSession]),
    () => seeds.pick(taskIds),
  ];
  if (depth > 2 || seeds.chance(0.7)) return seeds.pick(leaves)();
  if (seeds.chance(0.4)) return Array.from({ length: seeds.int(0, 3) }, () => value(seeds, depth + 1));
  return object(seeds, [...FIELDS, 'valueOf', 'length', 'then', 'toJSON'], depth + 1);
};

const object = (seeds: Random, names: readonly string[], depth = 0): Record<string, unknown> =>
  // fromEntries makes an own field of `__proto__`, as a parser of JSON does.
  Object.fromEntries(Array.from({ length: seeds.int(0, 4) }, () => [seeds.pick(names), value(seeds, depth)]));

const request = (seeds: Random): Request => {
  const method = seeds.chance(0.95) ? seeds.pick(METHODS) : value(seeds);
  const params: Record<string, unknown> = seeds.chance(0.9)
    ? {
        name: seeds.chance(0.9) ? seeds.pick(TOOLS) : value(seeds),
        arguments: seeds.chance(0.8) ? object(seeds, FIELDS) : value(seeds),
        taskId: seeds.chance(0.8) ? seeds.pick(taskIds) : value(seeds),
        requestId: value(seeds),
      }
    : object(seeds, ['name', 'arguments', '_meta', 'taskId', 'cursor']);
  // Nothing may wait: the clock of this hub stands still.
  if (params['name'] === 'listen' && typeof params['arguments'] === 'object' && params['arguments'] !== null)
    Object.assign(params['arguments'], { timeout_seconds: 0 });
  else if (params['name'] === 'listen') params['name'] = 'roster';
  const id = seeds.chance(0.9) ? seeds.int(0, 9) : value(seeds);
  const tasks = { capabilities: seeds.chance(0.7) ? TAKES_TASKS : {}, meta: seeds.chance(0.2) ? { progressToken: value(seeds) } : {} };
  const named = typeof method === 'string' && /^[\x21-\x7e]+$/.test(method) ? method : 'x';
  const made = seeds.chance(0.5)
    ? modern(named, params, tasks)
    : legacy(named, params, {
        session: seeds.chance(0.5) ? session : undefined,
        ...(seeds.chance(0.1) ? { meta: metaOf() } : {}),
      });
  const body: Record<string, unknown> = { ...(made.body as object), id, method };
  for (const [name, chance] of [
    ['params', 0.05],
    ['jsonrpc', 0.05],
    ['id', 0.05],
  ] as const) {
    if (seeds.chance(chance)) body[name] = value(seeds);
    if (seeds.chance(chance)) delete body[name];
  }
  const headers: Record<string, string> = { ...made.headers };
  if (seeds.chance(0.1))
    headers[seeds.pick(['MCP-Protocol-Version', 'Mcp-Method', 'Mcp-Name', 'Mcp-Session-Id', 'Accept'])] = seeds.pick([
      '',
      'x',
      '2026-07-28',
      '=?base64?AA==?=',
      '*/*',
    ]);
  if (seeds.chance(0.05)) delete headers[seeds.pick(Object.keys(headers))];
  const path = seeds.pick(['/mcp', '/mcp/', '/mcp/quiet-otter-3a8f19']);
  if (seeds.chance(0.9)) return { headers, path, body };
  const text = JSON.stringify(body);
  const at = seeds.int(0, text.length);
  return { headers, path, body: text.slice(0, at) + seeds.pick(['', '\0', '}', '"', '[', '\ud800']) + text.slice(at + seeds.int(0, 3)) };
};

test(`${RUNS} requests of nonsense`, { timeout: 120_000 }, async () => {
  const seed = seedOf(20_260_728);
  console.log(`SEED=${seed}`);
  const seeds = random(seed);
  const statuses = new Map<number, number>();
  for (let run = 0; run < RUNS; run++) {
    const asked = request(seeds.fork(String(run)));
    const reply = await post(room.http, asked);
    const shown = `run ${run}: ${JSON.stringify(asked)}\n${reply.status} ${reply.text}`;
    expect(reply.status, shown).toBeLessThan(500);
    statuses.set(reply.status, (statuses.get(reply.status) ?? 0) + 1);
    if (reply.text === '') continue;
    const answer = responseOf(reply);
    expect(answer.jsonrpc, shown).toBe('2.0');
    expect(answer.error === undefined, shown).toBe(answer.result !== undefined);
    expect(reply.text, shown).not.toMatch(/native code|\[object Object\]/);
  }
  expect(room.hub.waiters.count).toBe(0);
  console.log(
    `answers by status: ${[...statuses]
      .sort()
      .map(([status, count]) => `${status}: ${count}`)
      .join(', ')}`,
  );
});
