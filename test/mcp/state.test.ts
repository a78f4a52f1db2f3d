/**
 * Who a call is from: the session_id argument, or what was joined over the header session; and what is left after a restart.
 * Proves R-MCP-7, R-MCP-14.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HubError } from '../../src/core/errors.ts';
import { MemoryNotes, type Notes } from '../../src/core/notes.ts';
import { GoneSignal } from '../../src/transports/gone.ts';
import { McpSessions, SessionOver } from '../../src/transports/mcp/sessions.ts';
import { testClock } from '../harness/clock.ts';
import { ENGINES } from '../harness/engines.ts';
import { Room } from '../harness/room.ts';
import { rest } from '../harness/transports/rest.ts';
import { factsOf, initialize, legacy, post, type RpcAnswer, responseOf, textOf } from './envelope.ts';
import { Caller, member, place } from './talk.ts';

const DISK = ENGINES.find(({ offers }) => offers.includes('durable'))!;

let room: Room;
beforeEach(async () => {
  room = await Room.open(rest, DISK);
});
afterEach(() => room.close());

const codeOf = ({ result }: RpcAnswer): string | undefined => result._meta['rogerthat/error']?.code;
const names = (answer: RpcAnswer): string[] => factsOf(answer).roster.map(({ callsign }: { callsign: string }) => callsign);

const join = async (caller: Caller, callsign: string, on?: { readonly channelId: string; readonly token: string }) => {
  const where = on ?? (await place(room.http, caller.era));
  const joined = await caller.facts('join', { channel_id: where.channelId, token: where.token, callsign });
  return { where, joined };
};

describe('membership', () => {
  test('stands with the header session', async () => {
    const caller = await Caller.connect(room.http, 'legacy');
    expect(codeOf(await caller.tool('roster'))).toBe('not_joined');
    await join(caller, 'alpha');
    expect(names(await caller.tool('roster'))).toEqual(['alpha']);
    const other = await Caller.connect(room.http, 'legacy');
    expect(codeOf(await other.tool('roster'))).toBe('not_joined');
  });

  test('needs no session where the argument is there', async () => {
    const caller = await Caller.connect(room.http, 'legacy');
    const { joined } = await join(caller, 'alpha');
    for (const era of ['legacy', 'modern'] as const) {
      const bare = new Caller(room.http, era);
      expect(names(await bare.tool('roster', { session_id: joined.session_id }))).toEqual(['alpha']);
      expect(codeOf(await bare.tool('roster'))).toBe('not_joined');
    }
  });

  test('of the argument goes before that of the connection, and leaves it alone', async () => {
    const caller = await Caller.connect(room.http, 'legacy');
    const first = await join(caller, 'alpha');
    const second = await join(caller, 'bravo');
    expect(names(await caller.tool('roster'))).toEqual(['bravo']);
    expect(names(await caller.tool('roster', { session_id: first.joined.session_id }))).toEqual(['alpha']);
    expect(names(await caller.tool('roster'))).toEqual(['bravo']);
    expect(names(await caller.tool('roster', { session_id: second.joined.session_id }))).toEqual(['bravo']);
    await caller.facts('leave', { session_id: first.joined.session_id });
    expect(names(await caller.tool('roster'))).toEqual(['bravo']);
    await caller.facts('leave');
    expect(codeOf(await caller.tool('roster'))).toBe('not_joined');
  });

  test('is of one channel where the address names one', async () => {
    const caller = await Caller.connect(room.http, 'legacy');
    const { where, joined } = await join(caller, 'alpha');
    const other = await place(room.http, 'legacy');
    caller.path = `/mcp/${other.channelId}`;
    expect(codeOf(await caller.tool('roster'))).toBe('not_joined');
    expect(codeOf(await caller.tool('roster', { session_id: joined.session_id }))).toBe('not_joined');
    caller.path = `/mcp/${where.channelId}`;
    expect(names(await caller.tool('roster'))).toEqual(['alpha']);
  });

  test('of another channel is not begun there, and no next call leads to the wrong one', async () => {
    const here = await place(room.http, 'modern');
    const caller = new Caller(room.http, 'modern');
    caller.path = `/mcp/${here.channelId}`;
    const made = await caller.tool('create_channel');
    const { channel_id: id, join_token: token, channel_mcp_url: url } = factsOf(made);
    expect(textOf(made)).toContain(`only reaches ${here.channelId}`);
    expect(textOf(made)).toContain(url);
    expect(textOf(made)).not.toContain('Next: join(');
    const refused = await caller.tool('join', { channel_id: id, token, callsign: 'alpha' });
    expect(codeOf(refused)).toBe('unauthorized');
    expect(textOf(refused)).toMatch(/Another channel is joined over HTTP/);
  });

  test('is never an MCP session, nor the other way round', async () => {
    const caller = await Caller.connect(room.http, 'legacy');
    const { joined } = await join(caller, 'alpha');
    expect(joined.session_id).not.toContain(caller.session);
    expect(codeOf(await new Caller(room.http, 'modern').tool('roster', { session_id: caller.session }))).toBe('not_joined');
    expect((await post(room.http, legacy('tools/list', {}, { session: joined.session_id }))).status).toBe(404);
  });

  test('of a well-formed session id that nobody has is refused', async () => {
    const { joined } = await join(new Caller(room.http, 'modern'), 'alpha');
    for (const forged of [joined.session_id.replace(/.{4}$/, 'AAAA'), joined.session_id.slice(0, -1), `${joined.session_id}A`]) {
      const answer = await new Caller(room.http, 'modern').tool('history', { session_id: forged });
      expect(answer.result.isError, forged).toBe(true);
    }
  });

  test('on the address of a channel: the bearer is its token', async () => {
    const where = await place(room.http, 'modern');
    const caller = new Caller(room.http, 'modern');
    caller.path = `/mcp/${where.channelId}`;
    const around = { headers: { Authorization: `Bearer ${where.token}` } };
    expect((await caller.facts('join', { callsign: 'alpha' }, around)).channel_id).toBe(where.channelId);
    expect(codeOf(await caller.tool('join', { callsign: 'alpha' }))).toBe('unauthorized');
    expect(codeOf(await caller.tool('join', { callsign: 'alpha' }, { headers: { Authorization: 'Bearer wrong' } }))).toBe('unauthorized');
    // The argument goes before a bearer that is for something else.
    const both = await caller.tool('join', { callsign: 'alpha', token: where.token }, { headers: { Authorization: 'Bearer other' } });
    expect(both.result.isError).toBeUndefined();
  });
});

describe('after a restart', () => {
  test.each(['stop', 'crash'] as const)('(%s) the session and what was joined over it stand, and nothing is lost unsaid', async (how) => {
    const caller = await Caller.connect(room.http, 'legacy');
    const { where, joined } = await join(caller, 'bravo');
    const alpha = await member(room.http, 'modern', where, 'alpha');
    const ended = await Caller.connect(room.http, 'legacy');
    await join(ended, 'charlie', where);
    expect((await room.http.ask('DELETE', '/mcp', { headers: { 'mcp-session-id': ended.session! } })).status).toBe(204);
    await alpha.say('bravo', 'one');
    const heard = await caller.facts('listen', { timeout_seconds: 0 });
    expect(heard.messages).toHaveLength(1);
    await alpha.say('bravo', 'two');
    await room.pass(2000);
    await room.restart(how);

    const again = new Caller(room.http, 'legacy');
    again.session = caller.session;
    expect(names(await again.tool('roster'))).toContain('bravo');
    const old = await post(room.http, legacy('ping', {}, { session: ended.session }));
    expect(old.status).toBe(404);
    expect(responseOf(old).error?.message).toMatch(/initialize again/);
    const back = await join(again, 'bravo', where);
    expect(back.joined.session_id).toBe(joined.session_id);
    expect(back.joined.resumed).toBe(true);
    // Without a transcript a restart costs the text, and the seat is told; what is said from now on is heard.
    const rest = await again.facts('listen', { timeout_seconds: 0 });
    expect([...rest.messages.map(({ text }: { text: string }) => text), ...(rest.gap || back.joined.gap ? ['gap'] : [])]).toEqual(['gap']);
    const alphaAgain = new Caller(room.http, 'modern');
    await alphaAgain.facts('send', { to: 'bravo', message: 'three', session_id: alpha.sessionId });
    const next = await again.facts('listen', { timeout_seconds: 0, since: rest.cursor });
    expect(next.messages).toMatchObject([{ text: 'three' }]);
  });

  test('a channel that keeps its messages loses none', async () => {
    const where = await place(room.http, 'legacy', { retention: 'full' });
    const caller = await Caller.connect(room.http, 'legacy');
    await join(caller, 'bravo', where);
    const alpha = await member(room.http, 'modern', where, 'alpha');
    await alpha.say('bravo', 'one');
    await caller.facts('listen', { timeout_seconds: 0 });
    await alpha.say('bravo', 'two');
    await room.pass(2000);
    await room.restart('crash');
    const again = await Caller.connect(room.http, 'legacy');
    const { joined } = await join(again, 'bravo', where);
    expect(joined.unconfirmed.map(({ text }: { text: string }) => text)).toEqual(['one']);
    expect(joined.pending).toBe(1);
    const heard = await again.facts('listen', { timeout_seconds: 0, since: joined.cursor });
    expect(heard.messages.map(({ text }: { text: string }) => text)).toEqual(['one', 'two']);
  });
});

describe('header sessions', () => {
  const HOURS = 3600_000;
  const DAYS = 24 * HOURS;

  const open = async (clock = testClock(), notes: Notes = new MemoryNotes(clock)) => {
    const sessions = new McpSessions(clock, notes);
    return { clock, notes, sessions, id: await sessions.open() };
  };

  test('do not end by themselves for days, and a listen that hangs for an hour ends well', async () => {
    const [idle, hanging] = [await initialize(room.http), await Caller.connect(room.http, 'legacy')];
    const { joined } = await join(hanging, 'alpha', await place(room.http, 'legacy', { session_ttl_seconds: 86_400 }));
    const heard = await hanging.begin('listen', { timeout_seconds: 3600, session_id: joined.session_id }, { meta: { progressToken: 1 } });
    await room.parked(1);
    // In steps, so that what the hang writes can go out.
    for (let minutes = 0; minutes < 66; minutes++) await room.pass(HOURS / 60);
    expect(factsOf(await heard.response()).timed_out).toBe(true);
    await room.pass(20 * HOURS);
    expect((await post(room.http, legacy('ping', {}, { session: idle }))).status).toBe(200);
    expect(names(await hanging.tool('roster'))).toEqual(['alpha']);
  });

  test('end after thirty days, and remember what was joined for a day and an hour after it was used', async () => {
    const { clock, sessions, id } = await open();
    const session = (await sessions.find(id))!;
    await session.join('rt_session_x');
    clock.advance(25 * HOURS - 1);
    expect(await session.joined()).toBe('rt_session_x');
    clock.advance(25 * HOURS - 1);
    expect(await session.joined()).toBe('rt_session_x');
    clock.advance(25 * HOURS);
    expect(await session.joined()).toBeNull();
    expect(await sessions.find(id)).toBe(session);
    clock.advance(30 * DAYS - 3 * 25 * HOURS + 1000);
    expect(await sessions.find(id)).toBeUndefined();
    expect(clock.pending).toBe(0);
  });

  test("cost nothing until they are used, are bounded, and a flood of them ends nobody's call", async () => {
    const { sessions, id } = await open();
    expect(sessions.count).toBe(0);
    const first = (await sessions.find(id))!;
    const call = new GoneSignal();
    first.calls = new Map([[1, call]]);
    await first.join('rt_session_x');
    for (let i = 0; i < 50_000; i++) await sessions.find(await sessions.open());
    expect(sessions.count).toBe(50_000);
    expect(call.aborted).toBe(false);
    // It is known anew, with what was joined.
    const again = (await sessions.find(id))!;
    expect(again).not.toBe(first);
    expect(await again.joined()).toBe('rt_session_x');
  });

  test('say goodbye to their calls', async () => {
    const { sessions, id } = await open();
    const session = (await sessions.find(id))!;
    const call = new GoneSignal();
    session.calls = new Map([[1, call]]);
    expect(await sessions.close(id)).toBe(true);
    expect(call.aborted).toBe(true);
    expect(await sessions.close(id)).toBe(false);
    expect(await sessions.find(id)).toBeUndefined();
  });

  test('that another hub ended are over at the first look at what was joined, and within a minute otherwise', async () => {
    const { clock, notes, sessions, id } = await open();
    const other = new McpSessions(clock, notes);
    const session = (await sessions.find(id))!;
    await session.join('rt_session_x');
    expect(await (await other.find(id))!.joined()).toBe('rt_session_x');
    expect(await other.close(id)).toBe(true);
    expect(await sessions.find(id)).toBe(session);
    clock.advance(60_001);
    // This one is still served; what the store answers counts from the next on.
    await sessions.find(id);
    expect(await sessions.find(id)).toBeUndefined();

    const second = await sessions.open();
    const seen = (await sessions.find(second))!;
    await seen.join('rt_session_y');
    await other.close(second);
    await expect(async () => seen.joined()).rejects.toThrow(SessionOver);
    expect(await sessions.find(second)).toBeUndefined();
    expect(await new McpSessions(clock, notes).find(second)).toBeUndefined();
  });

  test('ask the store once, and then not before they answer', async () => {
    const clock = testClock();
    const kept = new MemoryNotes(clock);
    let asked = 0;
    const notes: Notes = {
      remember: (key, text, ttlMs) => kept.remember(key, text, ttlMs),
      async recall(key, ttlMs) {
        asked++;
        return kept.recall(key, ttlMs);
      },
      agree: async (name, text) => kept.agree(name, text),
    };
    const { sessions, id } = await open(clock, notes);
    for (let i = 0; i < 100; i++) await sessions.find(id);
    expect(asked).toBe(1);
  });

  test('of a store that is away are served, where nothing of the store is needed', async () => {
    const { clock, notes, id } = await open();
    const away: Notes = {
      remember: () => Promise.reject(new HubError('storage_unavailable')),
      recall: () => Promise.reject(new HubError('storage_unavailable')),
      agree: (name, text) => notes.agree(name, text),
    };
    const session = (await new McpSessions(clock, away).find(id))!;
    expect(session.calls).toBeNull();
    await expect(async () => session.joined()).rejects.toMatchObject({ code: 'storage_unavailable' });
  });
});
