/** What strangers make up is not noted: cancels and hooks of sessions that there are not. Proves R-MCP-12, R-MCP-15 and R-LIMIT-2. */
import { expect, test } from 'vitest';
import { sha256 } from '../../src/core/ids.ts';
import { newTaskId } from '../../src/transports/mcp/tasks.ts';
import { ENGINES } from '../harness/engines.ts';
import { Room } from '../harness/room.ts';
import { rest } from '../harness/transports/rest.ts';
import { TAKES_TASKS } from './envelope.ts';
import { Caller, member, place, task } from './talk.ts';

const HOUR = 3_600_000;

/** The name of a client's session. */
const nameOf = (n: number): string => `a-session-of-a-client-${n}`;

test.each(ENGINES.map((engine) => [engine.name, engine] as const))('%s', async (_, engine) => {
  const room = await Room.open(rest, engine, { limits: 'note=3/0.01' });
  const where = await place(room.http, 'modern');
  const bravo = await member(room.http, 'modern', where, 'bravo');
  const noted = async (name: string): Promise<boolean> => Boolean(await room.engine.notes.recall(sha256(`hook\0${name}`), HOUR));
  const caller = await Caller.connect(room.http, 'modern');
  const bind = async (n: number, sessionId: string): Promise<boolean> => {
    const text = `You are bravo on ${where.channelId}.\nsession_id: ${sessionId}`;
    await caller.tool('listen', { since: `hook:PostToolUse:${nameOf(n)}`, session_id: text });
    return noted(nameOf(n));
  };
  const madeUp = bravo.sessionId.slice(0, -3).concat('xyz');
  for (const sessionId of [madeUp, 'rt_session_quiet-otter-000000_nothing', 'rt_session_']) {
    const taskId = newTaskId(sessionId, '0', room.clock.now());
    const said = await task(room.http, 'tasks/cancel', taskId);
    if (said.error) continue;
    expect(said.result).toEqual({ resultType: 'complete' });
    expect((await task(room.http, 'tasks/get', taskId)).result.status).toBe('completed');
    expect(await bind(1, sessionId)).toBe(false);
  }
  // Nothing was counted so far.
  const taskOf = async (): Promise<string> => (await bravo.call('listen', {}, { capabilities: TAKES_TASKS })).result.taskId;
  const [one, two, three] = [await taskOf(), await taskOf(), await taskOf()];
  for (const taskId of [one, two]) {
    await task(room.http, 'tasks/cancel', taskId);
    expect((await task(room.http, 'tasks/get', taskId)).result.status).toBe('cancelled');
  }
  expect(await bind(2, bravo.sessionId)).toBe(true);
  const refusal = await task(room.http, 'tasks/cancel', three);
  expect(refusal).toMatchObject({ error: { data: { code: 'rate_limited' } } });
  expect(await bind(3, bravo.sessionId)).toBe(false);
  await room.close();
});
