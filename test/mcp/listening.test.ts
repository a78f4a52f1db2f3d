/**
 * listen as an answer and as an event stream: how long it waits, what it says meanwhile, how it ends.
 * Proves R-MCP-10, R-MCP-11.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { renderHeard } from '../../src/transports/mcp/render.ts';
import { ENGINES } from '../harness/engines.ts';
import { Room } from '../harness/room.ts';
import { rest } from '../harness/transports/rest.ts';
import { turns, until } from '../harness/until.ts';
import { factsOf, legacy, post, textOf } from './envelope.ts';
import { ERAS, type Member, member, type Open, place } from './talk.ts';

let room: Room;
beforeEach(async () => {
  room = await Room.open(rest, ENGINES[0]!);
});
afterEach(() => room.close());

const JSON_ONLY = { headers: { Accept: 'application/json' } };
const PROGRESS = { meta: { progressToken: 'p-1' } };

describe.each(ERAS)('%s', (era) => {
  const pair = async (): Promise<[Member, Member]> => {
    const on = await place(room.http, era);
    return [await member(room.http, era, on, 'alpha'), await member(room.http, era, on, 'bravo')];
  };

  /** What the engine still had to write down is written in a minute; signs of life would go on for ever. */
  const leftNoTimer = async (before: number): Promise<void> => {
    await room.pass(60_000);
    expect(room.clock.pending).toBeLessThanOrEqual(before);
  };

  /** Lets time pass until the listen is over, at most `seconds`. @returns seconds it took */
  const last = async (heard: Open, seconds: number): Promise<number> => {
    for (let passed = 1; passed <= seconds; passed++) {
      await room.pass(1000);
      if (room.hub.waiters.count === 0) {
        await until(() => heard.over, 'the answer');
        return passed;
      }
    }
    throw new Error(`still listening after ${seconds} s`);
  };

  test.each([
    ['1 s', 1, {}, 1],
    ['30 s if nothing else is said', undefined, {}, 30],
    ['60 s is 55', 60, {}, 55],
    ['60 s with progress is 55 too', 60, PROGRESS, 55],
    ['3600 s without progress is 55', 3600, {}, 55],
    ['61 s with progress', 61, PROGRESS, 61],
    ['3600 s with progress', 3600, PROGRESS, 3600],
  ])('%s', { timeout: 60_000 }, async (_, timeout, around, lasts) => {
    const [, bravo] = await pair();
    const timers = room.clock.pending;
    const heard = await bravo.begin(timeout === undefined ? {} : { timeout_seconds: timeout }, around);
    await room.parked(1);
    expect(await last(heard, 3601)).toBe(lasts);
    expect(factsOf(await heard.response())).toMatchObject({ messages: [], timed_out: true });
    await leftNoTimer(timers);
  });

  test('JSON, for who takes nothing else, never more than 55 s', async () => {
    const [, bravo] = await pair();
    const answer = bravo.call('listen', { timeout_seconds: 3600 }, { ...JSON_ONLY, ...PROGRESS });
    await room.parked(1);
    await room.pass(55_000);
    expect(factsOf(await answer).timed_out).toBe(true);
  });

  test('an event stream begins at once and says that it may not be held back', async () => {
    const [, bravo] = await pair();
    const heard = await bravo.begin();
    await until(() => heard.comments === 1, 'the first comment');
    expect(heard.status).toBe(200);
    expect(heard.type).toBe('text/event-stream');
    expect(heard.headers['x-accel-buffering']).toBe('no');
    expect(heard.headers['cache-control']).toBe('no-store');
    heard.hangUp();
    await room.parked(0);
  });

  test('progress every 10 s for who asked, comments every 15 s for everybody', async () => {
    const [alpha, bravo] = await pair();
    const timers = room.clock.pending;
    const asked = await bravo.begin({ timeout_seconds: 3600 }, PROGRESS);
    const silent = await bravo.begin({ timeout_seconds: 55 });
    await room.parked(2);
    const told: [number, number, number][] = [];
    for (let i = 0; i < 9; i++) {
      await room.pass(5000);
      await turns(20);
      told.push([asked.messages.length, asked.comments, silent.comments]);
    }
    expect(told).toEqual([
      [0, 1, 1],
      [1, 1, 1],
      [1, 2, 2],
      [2, 2, 2],
      [2, 2, 2],
      [3, 3, 3],
      [3, 3, 3],
      [4, 3, 3],
      [4, 4, 4],
    ]);
    expect(silent.messages).toEqual([]);
    for (const [i, message] of asked.messages.entries()) {
      expect(message).toEqual({
        jsonrpc: '2.0',
        method: 'notifications/progress',
        params: { progressToken: 'p-1', progress: i + 1, message: 'listening' },
      });
    }
    await alpha.say('bravo', 'over');
    for (const heard of [asked, silent]) expect(factsOf(await heard.response()).messages).toMatchObject([{ text: 'over' }]);
    await leftNoTimer(timers);
  });

  test('mail ends it at once, and the sender knows', async () => {
    const [alpha, bravo] = await pair();
    const heard = await bravo.begin({ timeout_seconds: 3600 }, PROGRESS);
    await room.parked(1);
    const sent = await alpha.say('bravo', 'over');
    expect(sent.recipients).toEqual([{ callsign: 'bravo', state: 'delivered', presence: 'listening' }]);
    expect(factsOf(await heard.response()).messages).toMatchObject([{ from: 'alpha', text: 'over' }]);
  });

  test('an event has less than 1 MiB, which is the most that official clients read, and what waits comes with the next', async () => {
    const [alpha, bravo] = await pair();
    // A line that is nothing but its end takes the most: it has a mark of its own.
    const text = `x${'\n'.repeat(32 * 1024 - 2)}x`;
    for (let i = 0; i < 5; i++) await alpha.say('bravo', text);
    let since = 0;
    const ids: number[] = [];
    for (let more = true; more; ) {
      const heard = await bravo.begin({ since });
      const facts = factsOf(await heard.response());
      expect(Buffer.byteLength(heard.text)).toBeLessThan(1024 * 1024);
      ids.push(...facts.messages.map(({ id }: { id: number }) => id));
      ({ cursor: since, more } = facts);
    }
    expect(ids).toEqual([1, 2, 3, 4, 5]);
  });

  test('closing the stream frees the listener and takes no mail with it', async () => {
    const [alpha, bravo] = await pair();
    const timers = room.clock.pending;
    const heard = await bravo.begin({ timeout_seconds: 55 });
    await room.parked(1);
    heard.hangUp();
    await room.parked(0);
    await leftNoTimer(timers);
    expect((await alpha.say('bravo', 'still there?')).recipients[0].state).toBe('queued');
    expect(await bravo.waiting()).toEqual(['still there?']);
  });

  test('since differs from call to call and names the same position', async () => {
    const [alpha, bravo] = await pair();
    const seen = new Set<string>();
    let since: string = (await bravo.facts('listen', { timeout_seconds: 0 })).cursor;
    const position = since.split('.')[0];
    for (let i = 0; i < 20; i++) {
      seen.add(since);
      expect(since).toMatch(/^\d+-[0-9a-z]+\.[0-9a-z]+$/);
      expect(since.split('.')[0]).toBe(position);
      const answer = await bravo.call('listen', { timeout_seconds: 0, since });
      since = factsOf(answer).cursor;
      expect(textOf(answer)).toContain(`listen(since="${since}", session_id="${bravo.sessionId}")`);
    }
    expect(seen.size).toBe(20);
    await alpha.say('bravo', 'one');
    // Every one of them is the position that it was.
    for (const old of seen) expect((await bravo.waiting({ since: old }))[0]).toMatch(/one/);
    // A bare id and a number are taken, too.
    expect(await bravo.waiting({ since: '0' })).toEqual(['(one)']);
    expect(await bravo.waiting({ since: 0 })).toEqual(['(one)']);
    expect(await bravo.waiting({ since: 1 })).toEqual([]);
  });

  test('a fifth listen of a seat ends the first, which says so', async () => {
    const [, bravo] = await pair();
    const heard: Open[] = [];
    for (let i = 1; i <= 5; i++) {
      heard.push(await bravo.begin({ timeout_seconds: 55 }));
      await room.parked(Math.min(i, 4));
    }
    const answer = await heard[0]!.response();
    expect(factsOf(answer).superseded).toBe(true);
    expect(textOf(answer)).toMatch(/newer listen/);
    // Five that listened again at once would end each other for ever.
    expect(textOf(answer)).toMatch(/do not call listen again while it is under way/);
    expect(textOf(answer)).not.toMatch(/^Next, after/m);
    expect(textOf(answer)).toContain(`listen(since="${factsOf(answer).cursor}"`);
    for (const one of heard) one.hangUp();
    await room.parked(0);
  });

  test('what a listen has heard when it is ended is told with its end', () => {
    const status = {
      id: 3,
      from: 'alpha',
      to: 'all',
      text: 'looking',
      kind: 'status',
      at: '',
      sender: { verified: false, authorized: false },
    };
    const text = renderHeard({ messages: [status], gap: null, cursor: '3-x', superseded: true }, 'session');
    expect(text).toMatch(/looking[\s\S]*newer listen/);
  });

  test('who leaves is told in the listen that hangs', async () => {
    const [, bravo] = await pair();
    const heard = await bravo.begin({ timeout_seconds: 3600 }, PROGRESS);
    await room.parked(1);
    await bravo.facts('leave');
    const { result } = await heard.response();
    expect(result.isError).toBe(true);
    expect(result.content[0].text).toMatch(/^Error \w+: .+\nNext: .*join/);
  });

  test('when the hub goes down, a listen ends with an answer', async () => {
    const [, bravo] = await pair();
    const heard = await bravo.begin({ timeout_seconds: 3600 }, PROGRESS);
    await room.parked(1);
    room.hub.close();
    const answer = await heard.response();
    expect(factsOf(answer).ended).toBe('shutdown');
    expect(textOf(answer)).toMatch(/going down/);
  });
});

describe('notifications/cancelled', () => {
  const pair = async (): Promise<[Member, Member]> => {
    const on = await place(room.http, 'legacy');
    return [await member(room.http, 'legacy', on, 'alpha'), await member(room.http, 'legacy', on, 'bravo')];
  };
  const cancel = async (bravo: Member, requestId: unknown): Promise<void> => {
    const reply = await bravo.caller.notify('notifications/cancelled', { requestId, reason: 'test' });
    expect([reply.status, reply.text]).toEqual([202, '']);
  };

  test.each([
    ['an event stream', {}],
    ['JSON', JSON_ONLY],
  ])('ends %s without a response, and takes no mail with it', async (_, around) => {
    const [alpha, bravo] = await pair();
    const begun = bravo.begin({ timeout_seconds: 55 }, { ...around, id: 'call-1' });
    await room.parked(1);
    // Another id, another type of the same id, and another session cancel nothing.
    await cancel(bravo, 'call-2');
    await cancel(alpha, 'call-1');
    await turns(20);
    expect(room.hub.waiters.count).toBe(1);
    await cancel(bravo, 'call-1');
    const heard = await begun;
    await until(() => heard.over, 'the end of the answer');
    expect(heard.text.replaceAll(/:.*\n\n/g, '')).toBe('');
    expect(room.hub.waiters.count).toBe(0);
    expect((await alpha.say('bravo', 'one')).recipients[0].state).toBe('queued');
    expect(await bravo.waiting()).toEqual(['one']);
  });

  test('of an answered call is ignored', async () => {
    const [alpha, bravo] = await pair();
    await alpha.say('bravo', 'one');
    const answered = await bravo.call('listen', { timeout_seconds: 0 }, { id: 7 });
    await cancel(bravo, 7);
    const since = factsOf(answered).cursor;
    // Another call of the same id is another call.
    const heard = await bravo.begin({ since, timeout_seconds: 55 }, { id: 7 });
    await room.parked(1);
    await alpha.say('bravo', 'two');
    expect(factsOf(await heard.response()).messages).toMatchObject([{ text: 'two' }]);
    await cancel(bravo, 7);
    expect(await bravo.waiting({ since })).toEqual(['(two)']);
  });

  test('finds the later of two calls with the same id, and the end of the first does not hide it', async () => {
    const [, bravo] = await pair();
    const first = await bravo.begin({ timeout_seconds: 5 }, { id: 1 });
    await room.parked(1);
    const second = await bravo.begin({ timeout_seconds: 55 }, { id: 1 });
    await room.parked(2);
    await room.pass(5000);
    expect(factsOf(await first.response()).timed_out).toBe(true);
    await cancel(bravo, 1);
    await until(() => second.over, 'the end of the second');
    expect(room.hub.waiters.count).toBe(0);
  });

  test('DELETE of the session ends its calls', async () => {
    const [, bravo] = await pair();
    const heard = await bravo.begin({ timeout_seconds: 55 });
    await room.parked(1);
    const { headers } = legacy('x', {}, { session: bravo.caller.session });
    expect((await post(room.http, { method: 'DELETE', headers })).status).toBe(204);
    await until(() => heard.over, 'the end of the answer');
    await room.parked(0);
  });
});
