/** The official clients talk over the hub: each mode of each generation, with progress, abort and time-out. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ENGINES } from '../harness/engines.ts';
import { Room } from '../harness/room.ts';
import { rest } from '../harness/transports/rest.ts';
import { until } from '../harness/until.ts';
import { type Connected, KINDS, type ToolResult } from './official.ts';

let room: Room;
let open: Connected[];
beforeEach(async () => {
  room = await Room.open(rest, ENGINES[0]!);
  open = [];
});
afterEach(async () => {
  for (const { client } of open) await client.close();
  await room.close();
});

const facts = ({ _meta }: ToolResult) => _meta['rogerthat/result'];
const textOf = ({ content }: ToolResult): string => content.map(({ text }) => text).join('\n');

describe.each(KINDS)('$name', (kind) => {
  const connect = async (path = '/mcp'): Promise<Connected> => {
    const connected = await kind.connect(`http://127.0.0.1:${room.http.port}${path}`);
    open.push(connected);
    return connected;
  };

  /** Two clients on one channel, as alpha and bravo, with bravo's session. */
  const pair = async () => {
    const [one, two] = [await connect(), await connect()];
    const made = facts(await one.call('create_channel', { retention: 'none' }));
    const on = { channel_id: made.channel_id, token: made.join_token };
    const alpha = facts(await one.call('join', { ...on, callsign: 'alpha' }));
    const bravo = facts(await two.call('join', { ...on, callsign: 'bravo' }));
    const say = (message: string) => one.call('send', { to: 'bravo', message, session_id: alpha.session_id });
    return { two, say, session_id: bravo.session_id as string };
  };

  test('connects in its era and lists the tools', async () => {
    const { client, seen, connection } = await connect();
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(['create_channel', 'join', 'send', 'listen', 'roster', 'history', 'leave']);
    expect(client.getInstructions()).toMatch(/^RogerThat .*join.*listen/);
    expect(client.getServerVersion()?.name).toBe('rogerthat');
    expect(seen.some(({ rpc }) => rpc === 'initialize')).toBe(!kind.modern);
    expect(connection.sessionId === undefined).toBe(kind.modern);
    expect(seen.find(({ rpc }) => rpc === 'tools/list')?.version).toBe(kind.modern ? '2026-07-28' : '2025-11-25');
    // A GET is refused for good, and not asked again.
    expect(seen.filter(({ method }) => method === 'GET').every(({ status }) => status === 405)).toBe(true);
    expect(seen.filter(({ method }) => method === 'GET').length).toBeLessThanOrEqual(1);
    expect(seen.filter(({ status }) => status >= 500)).toEqual([]);
  });

  test('two agents talk, one hears of progress while it waits', async () => {
    const { two, say, session_id } = await pair();
    const progress: number[] = [];
    const heard = two.call(
      'listen',
      { timeout_seconds: 3600, session_id },
      { onprogress: (told) => progress.push(told.progress), resetTimeoutOnProgress: true },
    );
    await room.parked(1);
    for (let i = 1; i <= 8; i++) {
      await room.pass(10_000);
      await until(() => progress.length === i, `progress ${i}`);
    }
    expect(progress).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(facts(await say('Roger that. Over.')).recipients).toEqual([{ callsign: 'bravo', state: 'delivered', presence: 'listening' }]);
    const result = await heard;
    expect(facts(result).messages).toMatchObject([{ id: 1, from: 'alpha', text: 'Roger that. Over.' }]);
    expect(textOf(result)).toMatch(/^[0-9a-f]{10}\| Roger that\. Over\.$/m);
  });

  test('without the wish for progress a listen ends before the client gives up', async () => {
    const { two, session_id } = await pair();
    const heard = two.call('listen', { timeout_seconds: 3600, session_id });
    await room.parked(1);
    await room.pass(55_000);
    expect(facts(await heard)).toMatchObject({ messages: [], timed_out: true });
  });

  test('an aborted listen frees its place and takes nothing with it', async () => {
    const { two, say, session_id } = await pair();
    const abort = new AbortController();
    const heard = two.call('listen', { timeout_seconds: 30, session_id }, { signal: abort.signal });
    heard.catch(() => {});
    await room.parked(1);
    abort.abort();
    await expect(heard).rejects.toThrow();
    await room.parked(0);
    expect(facts(await say('Are you there?')).recipients[0].state).toBe('queued');
    const { messages } = facts(await two.call('listen', { timeout_seconds: 0, session_id }));
    expect(messages.map(({ text, redelivered }: { text: string; redelivered?: true }) => [text, redelivered])).toEqual([
      ['Are you there?', undefined],
    ]);
  });

  test('a listen that the client gives up is over for the hub too', async () => {
    const { two, session_id } = await pair();
    await expect(two.call('listen', { timeout_seconds: 30, session_id }, { timeout: 100 })).rejects.toThrow(/timed? ?out/i);
    await room.parked(0);
  });

  test('the membership of the connection is enough where there is one', async () => {
    const { two } = await pair();
    const roster = await two.call('roster');
    expect(roster.isError ?? false).toBe(kind.modern);
    if (!kind.modern) expect(facts(roster).roster.map(({ callsign }: { callsign: string }) => callsign)).toEqual(['alpha', 'bravo']);
  });

  test('a failure reads well', async () => {
    const { call } = await connect();
    const result = await call('send', { to: 'bravo', message: 'hi' });
    expect(result.isError).toBe(true);
    expect(textOf(result)).toMatch(/^Error not_joined: .+\nNext: Call join\(/);
    await expect(call('no_such_tool')).rejects.toThrow(/no such tool/);
  });

  test('the address of a channel needs no channel_id', async () => {
    const first = await connect();
    const { channel_id, join_token } = facts(await first.call('create_channel'));
    const own = await connect(`/mcp/${channel_id}`);
    expect(facts(await own.call('join', { callsign: 'alpha', token: join_token })).channel_id).toBe(channel_id);
    const other = facts(await first.call('create_channel'));
    const refused = await own.call('join', { callsign: 'alpha', token: join_token, channel_id: other.channel_id });
    expect(refused.isError).toBe(true);
  });

  if (!kind.modern) {
    test('says goodbye', async () => {
      const { connection, seen } = await connect();
      await connection.terminateSession();
      expect(seen.at(-1)).toMatchObject({ method: 'DELETE', status: 204 });
    });
  }
});
