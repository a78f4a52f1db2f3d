/**
 * listen as a task: the dialect that wakes an idle client. docs: SEP-2663.
 * Proves R-MCP-12.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ENGINES } from '../harness/engines.ts';
import { Room } from '../harness/room.ts';
import { rest } from '../harness/transports/rest.ts';
import { turns, until } from '../harness/until.ts';
import { factsOf, modern, open, type RpcAnswer, rpc, TAKES_TASKS } from './envelope.ts';
import { Member, member, Open, place, task } from './talk.ts';

const DISK = ENGINES.find(({ offers }) => offers.includes('durable'))!;
const TASKING = { capabilities: TAKES_TASKS };
const DAY = 86_400_000;

let room: Room;
let alpha: Member;
let bravo: Member;
let channelId: string;
beforeEach(async () => {
  room = await Room.open(rest, DISK);
  const on = await place(room.http, 'modern', { session_ttl_seconds: 86_400 });
  channelId = on.channelId;
  alpha = await member(room.http, 'modern', on, 'alpha');
  bravo = await member(room.http, 'modern', on, 'bravo');
});
afterEach(() => room.close());

/** Listens as a client that takes tasks. @returns the task */
const listen = async (args = {}, who = bravo): Promise<string> => {
  const { result } = await who.call('listen', args, TASKING);
  expect(result.resultType, JSON.stringify(result)).toBe('task');
  return result.taskId;
};

const get = (taskId: string): Promise<RpcAnswer> => task(room.http, 'tasks/get', taskId);
const cancel = (taskId: string): Promise<RpcAnswer> => task(room.http, 'tasks/cancel', taskId);

/** Asks for a task and returns when the question is held. */
const hold = async (taskId: string, held = 1): Promise<{ readonly answer: Promise<RpcAnswer> }> => {
  const answer = get(taskId);
  answer.catch(() => {});
  await room.parked(held);
  return { answer };
};

/** What a completed task gave: texts, what was given before in brackets. */
const given = ({ result }: RpcAnswer): string[] => {
  expect(result.status, JSON.stringify(result)).toBe('completed');
  const { messages } = result.result._meta['rogerthat/result'];
  return messages.map(({ text, redelivered }: { text: string; redelivered?: true }) => (redelivered ? `(${text})` : text));
};

/** What a task ended with that could not go on. */
const failure = ({ result }: RpcAnswer): string => {
  expect(result.status, JSON.stringify(result)).toBe('completed');
  expect(result.result.isError).toBe(true);
  return result.result.content[0].text;
};

describe('what may become a task', () => {
  test('a listen that finds nothing, of a client that takes tasks', async () => {
    const { result } = await bravo.call('listen', {}, TASKING);
    expect(result).toMatchObject({ resultType: 'task', status: 'working', ttlMs: DAY, createdAt: '2026-01-01T00:00:00.000Z' });
    expect(result.pollIntervalMs).toBeGreaterThan(0);
    expect(result.statusMessage).toMatch(/\S/);
    // What Claude Code takes as the id of a task.
    expect(result.taskId).toMatch(/^[\x21-\x7e]{1,128}$/);
    expect(room.hub.waiters.count).toBe(0);
  });

  test('mail that is there is given at once', async () => {
    await alpha.say('bravo', 'one');
    const answer = await bravo.call('listen', {}, TASKING);
    expect(answer.result.resultType).toBe('complete');
    expect(factsOf(answer).messages).toMatchObject([{ text: 'one' }]);
  });

  test('a listen that does not wait is answered', async () => {
    const answer = await bravo.call('listen', { timeout_seconds: 0 }, TASKING);
    expect(factsOf(answer)).toMatchObject({ messages: [], timed_out: true });
  });

  test('nothing of a client that declared nothing, or something else', async () => {
    for (const capabilities of [{}, { tasks: {} }, { extensions: {} }, { extensions: { 'io.modelcontextprotocol/tasks': true } }]) {
      const heard = await bravo.begin({ timeout_seconds: 5 }, { capabilities });
      await room.parked(1);
      await room.pass(5000);
      expect(factsOf(await heard.response()).timed_out).toBe(true);
    }
  });

  test('no other tool, and nothing in the session era', async () => {
    expect((await bravo.call('roster', {}, TASKING)).result.resultType).toBe('complete');
    const old = await member(room.http, 'legacy', await place(room.http, 'legacy'), 'alpha');
    const meta = { 'io.modelcontextprotocol/clientCapabilities': TAKES_TASKS };
    const { result } = await old.call('listen', { timeout_seconds: 0 }, { meta });
    expect(result).not.toHaveProperty('taskId');
  });

  test('a wrong listen fails at once', async () => {
    const { result } = await bravo.call('listen', { since: 'yesterday' }, TASKING);
    expect([result.resultType, result.isError]).toEqual(['complete', true]);
    const stranger = await bravo.call('listen', { session_id: 'rt_session_nobody' }, TASKING);
    expect(stranger.result.isError).toBe(true);
  });
});

describe('a question for a task', () => {
  test('is held for 25 s, no more, and then the task goes on', async () => {
    const taskId = await listen();
    for (let i = 0; i < 3; i++) {
      const { answer } = await hold(taskId);
      await room.pass(24_999);
      await turns(20);
      expect(room.hub.waiters.count).toBe(1);
      await room.pass(1);
      expect((await answer).result).toMatchObject({ resultType: 'complete', taskId, status: 'working' });
      expect(room.hub.waiters.count).toBe(0);
    }
  });

  test('is answered the instant that mail comes, which then counts as delivered', async () => {
    const { answer } = await hold(await listen());
    const sent = await alpha.say('bravo', 'wake up');
    expect(sent.recipients).toEqual([{ callsign: 'bravo', state: 'delivered', presence: 'listening' }]);
    const done = await answer;
    expect(given(done)).toEqual(['wake up']);
    const [{ text }] = done.result.result.content;
    expect(text).toMatch(/^[0-9a-f]{10}\| wake up$/m);
    expect(text).toMatch(/listen\(since="/);
  });

  test('that comes again is answered again, flagged as redelivered', async () => {
    const taskId = await listen();
    await alpha.say('bravo', 'one');
    expect(given(await get(taskId))).toEqual(['one']);
    expect(given(await get(taskId))).toEqual(['(one)']);
    await alpha.say('bravo', 'two');
    expect(given(await get(taskId))).toEqual(['(one)', 'two']);
  });

  test('whose answer was lost gets the mail the next time', async () => {
    const taskId = await listen();
    const gone = new AbortController();
    const request = modern('tasks/get', { taskId }, TASKING);
    const asked = open(room.http, request, gone.signal);
    asked.catch(() => {});
    await room.parked(1);
    gone.abort();
    await room.parked(0);
    expect((await alpha.say('bravo', 'one')).recipients[0].state).toBe('queued');
    expect(given(await get(taskId))).toEqual(['one']);
  });

  test('confirms nothing: the since of its answer does', async () => {
    const taskId = await listen();
    await alpha.say('bravo', 'one');
    const done = await get(taskId);
    const { cursor } = done.result.result._meta['rogerthat/result'];
    expect(await bravo.waiting()).toEqual(['(one)']);
    expect(await bravo.waiting({ since: cursor })).toEqual([]);
    expect(cursor).toMatch(/\./);
  });

  test('goes to the member whose task it is, and nobody else', async () => {
    const taskId = await listen();
    await alpha.say('alpha2', 'not for bravo');
    await alpha.say('bravo', 'for bravo');
    expect(given(await get(taskId))).toEqual(['for bravo']);
  });

  test('a gap ends it', async () => {
    const taskId = await listen();
    for (let i = 0; i < 101; i++) await alpha.say('bravo', `message ${i}`);
    const done = await get(taskId);
    expect(given(done)).toHaveLength(100);
    expect(done.result.result.content[0].text).toMatch(/^GAP \(rotated\)/);
  });
});

describe('the end of a task', () => {
  test('cancel frees the question that is held, and takes no mail', async () => {
    const taskId = await listen();
    const { answer } = await hold(taskId);
    expect((await cancel(taskId)).result).toEqual({ resultType: 'complete' });
    expect((await answer).result).toMatchObject({ resultType: 'complete', taskId, status: 'cancelled' });
    await room.parked(0);
    expect((await alpha.say('bravo', 'one')).recipients[0].state).toBe('queued');
    expect((await get(taskId)).result.status).toBe('cancelled');
    expect((await cancel(taskId)).result).toEqual({ resultType: 'complete' });
    expect(await bravo.waiting()).toEqual(['one']);
  });

  test('cancel of one task leaves the others', async () => {
    const [one, two, three] = [await listen(), await listen(), await listen()];
    expect(new Set([one, two, three]).size).toBe(3);
    await cancel(one);
    const { answer } = await hold(two);
    await alpha.say('bravo', 'still here');
    expect(given(await answer)).toEqual(['still here']);
    expect(given(await get(three))).toEqual(['(still here)']);
  });

  test('leaving ends it, with a result that says what to do', async () => {
    const taskId = await listen();
    const { answer } = await hold(taskId);
    await bravo.facts('leave');
    expect(failure(await answer)).toMatch(/^Error \w+: .+\nNext: .*join/i);
    expect(failure(await get(taskId))).toMatch(/^Error \w+: .+\nNext: .*join/i);
  });

  test('the end of the session ends it', async () => {
    const taskId = await listen();
    await room.pass(DAY - 60_000);
    await room.pass(120_000);
    expect(failure(await get(taskId))).toMatch(/^Error session_expired: .+\nNext: Call join again/);
  });

  test('a day is enough: the task ends with an answer, and a session that was kept alive lives on', async () => {
    const taskId = await listen();
    for (let hour = 0; hour < 25; hour++) {
      await room.pass(3600_000);
      await alpha.facts('roster');
      const question = get(taskId);
      if (hour < 23) {
        await room.parked(1);
        await room.pass(25_000);
        expect((await question).result.status, `hour ${hour}`).toBe('working');
      } else if (hour === 24) expect(given(await question)).toEqual([]);
      else {
        await until(() => room.hub.waiters.count <= 1);
        await room.pass(25_000);
        await question;
      }
    }
  });

  test('a restart of the hub is none', async () => {
    const taskId = await listen();
    const { answer } = await hold(taskId);
    await room.restart('stop');
    expect((await answer).result.status).toBe('working');
    const again = await hold(taskId);
    alpha = new Member(Object.assign(alpha.caller, { http: room.http }), alpha.sessionId);
    await alpha.say('bravo', 'after the restart');
    expect(given(await again.answer)).toEqual(['after the restart']);
  });

  test('a crash of the hub is none', async () => {
    await alpha.say('bravo', 'before');
    const { cursor } = await bravo.facts('listen', { timeout_seconds: 0 });
    const taskId = await listen({ since: cursor });
    await room.restart('crash');
    const again = await hold(taskId);
    alpha = new Member(Object.assign(alpha.caller, { http: room.http }), alpha.sessionId);
    await alpha.say('bravo', 'after the crash');
    expect(given(await again.answer)).toEqual(['after the crash']);
  });
});

test('a store that is away ends no task', async () => {
  const redis = await Room.open(rest, ENGINES.find(({ name }) => name === 'redis')!, { trouble: 'expected', ownStore: true });
  try {
    const on = await place(redis.http, 'modern');
    const [from, to] = [await member(redis.http, 'modern', on, 'alpha'), await member(redis.http, 'modern', on, 'bravo')];
    const taskId = await listen({}, to);
    await redis.away(async () => {
      const { result } = await task(redis.http, 'tasks/get', taskId);
      expect(result).toMatchObject({ resultType: 'complete', taskId, status: 'working' });
      expect(result.result).toBeUndefined();
    });
    await from.say('bravo', 'one');
    expect(given(await task(redis.http, 'tasks/get', taskId))).toEqual(['one']);
  } finally {
    await redis.close();
  }
});

test('on the address of another channel there is no such task, and its mail waits', async () => {
  const taskId = await listen();
  await alpha.say('bravo', 'one');
  const path = `/mcp/${(await place(room.http, 'modern')).channelId}`;
  for (const method of ['tasks/get', 'tasks/cancel', 'tasks/update']) {
    expect((await rpc(room.http, { ...modern(method, { taskId }, TASKING), path })).error?.code, method).toBe(-32602);
  }
  expect(given(await get(taskId))).toEqual(['one']);
});

test('a question for a task on the address of its channel is the same', async () => {
  const taskId = await listen();
  const request = { ...modern('tasks/get', { taskId }, TASKING), path: `/mcp/${channelId}` };
  const asked = open(room.http, request).then((response) => new Open(response));
  await room.parked(1);
  await alpha.say('bravo', 'one');
  expect(given(await (await asked).response())).toEqual(['one']);
});

test('a task of somebody who is removed, or of a channel that is closed, ends at once and says why', async () => {
  const channel = (await room.engine.channel(channelId))!;
  const [removed, closed] = [await listen(), await listen({}, alpha)];
  const held = await hold(removed);
  await room.hub.owner.kick(channel, 'bravo', null);
  for (const answer of [held.answer, get(removed)]) expect(failure(await answer)).toMatch(/^Error kicked: .+\nNext: Stop/);
  const other = await hold(closed);
  await room.hub.owner.close(channel, false);
  for (const answer of [other.answer, get(closed)])
    expect(failure(await answer)).toMatch(/^Error unauthorized: The owner closed this channel/);
});
