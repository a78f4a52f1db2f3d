/** The schemas and the requester that the authors of the tasks extension publish judge our tasks. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ENGINES } from '../harness/engines.ts';
import { Room } from '../harness/room.ts';
import { rest } from '../harness/transports/rest.ts';
import { until } from '../harness/until.ts';
import { MODERN, modern, type RpcAnswer, rpc, TAKES_TASKS } from './envelope.ts';
import { KINDS, taskRequester, taskSchemas } from './official.ts';
import { type Member, member, place, task } from './talk.ts';

const TASKING = { capabilities: TAKES_TASKS };

let room: Room;
let alpha: Member;
let bravo: Member;
beforeEach(async () => {
  room = await Room.open(rest, ENGINES[0]!);
  const on = await place(room.http, 'modern');
  alpha = await member(room.http, 'modern', on, 'alpha');
  bravo = await member(room.http, 'modern', on, 'bravo');
});
afterEach(() => room.close());

test('the schemas of the extension take every answer', async () => {
  const schemas = await taskSchemas();
  const fits = (schema: { safeParse(value: unknown): { success: boolean; error?: { message: string } } }, { result }: RpcAnswer): void => {
    const parsed = schema.safeParse(result);
    expect(parsed.success, `${JSON.stringify(result)}\n${parsed.error?.message}`).toBe(true);
  };
  const created = await bravo.call('listen', {}, TASKING);
  fits(schemas.CreateTaskResultV2Schema, created);
  const { taskId } = created.result;
  const answer = task(room.http, 'tasks/get', taskId);
  await room.parked(1);
  await room.pass(25_000);
  fits(schemas.GetTaskResultV2Schema, await answer);
  fits(schemas.UpdateTaskResultV2Schema, await task(room.http, 'tasks/update', taskId));
  await alpha.say('bravo', 'one');
  const completed = await task(room.http, 'tasks/get', taskId);
  fits(schemas.GetTaskResultV2Schema, completed);
  fits(schemas.CallToolResultV2Schema, { jsonrpc: '2.0', result: completed.result.result });
  fits(schemas.CancelTaskResultV2Schema, await task(room.http, 'tasks/cancel', taskId));
  fits(schemas.GetTaskResultV2Schema, await task(room.http, 'tasks/get', taskId));
});

test('the requester of the extension drives a listen to its mail', async () => {
  const { createTaskSessionFromClient, resultFromTaskOutcome } = await taskRequester();
  const { client } = await KINDS.find(({ name }) => /pinned/.test(name))!.connect(`http://127.0.0.1:${room.http.port}/mcp`);
  const sent: string[] = [];
  const session = createTaskSessionFromClient(client, {
    endpointId: 'hub',
    v2RequestFraming: { protocolVersion: MODERN, clientInfo: { name: 'test', version: '1' }, clientCapabilities: TAKES_TASKS },
    rawDispatch: async (request: { readonly method: string; readonly params: Readonly<Record<string, unknown>> }) => {
      sent.push(request.method);
      const { _meta, ...params } = request.params;
      const { result, error } = await rpc(room.http, modern(request.method, params, { meta: _meta as Readonly<Record<string, unknown>> }));
      return error ? { kind: 'error', error } : { kind: 'result', result };
    },
  });
  const execution = await session.callTool('listen', { session_id: bravo.sessionId });
  const settled = execution.settle();
  await room.parked(1);
  await room.pass(25_000);
  await until(() => sent.filter((method) => method === 'tasks/get').length === 2, 'the second question');
  await room.parked(1);
  await alpha.say('bravo', 'wake up');
  const result = resultFromTaskOutcome((await settled).outcome);
  expect(result._meta['rogerthat/result'].messages).toMatchObject([{ text: 'wake up' }]);
  expect(sent).toEqual(['tools/call', 'tasks/get', 'tasks/get']);
  await session.close();
  await client.close();
});
