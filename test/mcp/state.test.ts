/**
 * Who a call is from: the session_id argument, or what was joined over the header session; and what is left after a restart.
 * Proves R-MCP-7, R-MCP-14.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GoneSignal } from '../../src/transports/gone.ts';
import { McpSessions } from '../../src/transports/mcp/sessions.ts';
import { testClock } from '../harness/clock.ts';
import { ENGINES } from '../harness/engines.ts';
import { Room } from '../harness/room.ts';
import { rest } from '../harness/transports/rest.ts';
import { factsOf, initialize, legacy, post, type RpcAnswer, responseOf } from './envelope.ts';
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
  test.each(['stop', 'crash'] as const)('(%s) the session is unknown, and the seat is taken back with nothing lost', async (how) => {
    const caller = await Caller.connect(room.http, 'legacy');
    const { where, joined } = await join(caller, 'bravo');
    const alpha = await member(room.http, 'modern', where, 'alpha');
    await alpha.say('bravo', 'one');
    const heard = await caller.facts('listen', { timeout_seconds: 0 });
    expect(heard.messages).toHaveLength(1);
    await alpha.say('bravo', 'two');
    await room.pass(2000);
    await room.restart(how);

    const old = await post(room.http, legacy('tools/call', { name: 'roster', arguments: {} }, { session: caller.session }));
    expect(old.status).toBe(404);
    expect(responseOf(old).error?.message).toMatch(/initialize again/);
    const again = await Caller.connect(room.http, 'legacy');
    expect(codeOf(await again.tool('roster'))).toBe('not_joined');
    // With the session id it never lost anything.
    expect(names(await again.tool('roster', { session_id: joined.session_id }))).toContain('bravo');
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

  test('end after two idle hours; use keeps them, and a listen that hangs for an hour ends well', async () => {
    const [used, idle, hanging] = [await initialize(room.http), await initialize(room.http), await Caller.connect(room.http, 'legacy')];
    const { joined } = await join(hanging, 'alpha', await place(room.http, 'legacy', { session_ttl_seconds: 86_400 }));
    const heard = await hanging.begin('listen', { timeout_seconds: 3600, session_id: joined.session_id }, { meta: { progressToken: 1 } });
    await room.parked(1);
    const status = async (session: string | undefined) => (await post(room.http, legacy('ping', {}, { session }))).status;
    // In steps, so that what the hang writes can go out.
    for (let minutes = 0; minutes < 54; minutes++) await room.pass(HOURS / 60);
    expect(await status(used)).toBe(200);
    for (let minutes = 0; minutes < 72; minutes++) await room.pass(HOURS / 60);
    expect([await status(used), await status(idle)]).toEqual([200, 404]);
    expect(factsOf(await heard.response()).timed_out).toBe(true);
  });

  test('leak nothing', () => {
    const clock = testClock();
    const sessions = new McpSessions(clock);
    for (let i = 0; i < 1000; i++) sessions.open();
    clock.advance(1 * HOURS);
    const kept = sessions.open();
    expect(sessions.count).toBe(1001);
    clock.advance(1.5 * HOURS);
    sessions.open();
    expect(sessions.count).toBe(2);
    expect(sessions.find(kept.id)).toBe(kept);
    clock.advance(2.1 * HOURS);
    expect(sessions.find(kept.id)).toBeUndefined();
    expect(clock.pending).toBe(0);
  });

  test("are bounded, the oldest goes first, and a flood of them ends nobody's call", () => {
    const sessions = new McpSessions(testClock());
    const first = sessions.open();
    const call = new GoneSignal();
    first.calls = new Map([[1, call]]);
    const second = sessions.open();
    for (let i = 0; i < 49_998; i++) sessions.open();
    expect(sessions.count).toBe(50_000);
    sessions.find(second.id);
    sessions.open();
    expect(sessions.count).toBe(50_000);
    expect(sessions.find(first.id)).toBeUndefined();
    expect(sessions.find(second.id)).toBe(second);
    expect(call.aborted).toBe(false);
  });

  test('say goodbye to their calls', () => {
    const sessions = new McpSessions(testClock());
    const session = sessions.open();
    const call = new GoneSignal();
    session.calls = new Map([[1, call]]);
    expect(sessions.close(session.id)).toBe(true);
    expect(call.aborted).toBe(true);
    expect(sessions.close(session.id)).toBe(false);
  });
});
