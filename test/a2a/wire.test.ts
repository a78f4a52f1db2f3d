/**
 * Every classification and status code of the endpoint.
 * Proves R-A2A-1, R-A2A-2, R-A2A-3, R-A2A-12, R-A2A-13.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ENGINES } from '../harness/engines.ts';
import { type Channel, Room } from '../harness/room.ts';
import type { Reply } from '../harness/transports/http.ts';
import { rest } from '../harness/transports/rest.ts';
import { type Answer, type Around, Caller, post } from './talk.ts';

let room: Room;
let channel: Channel;
let caller: Caller;
beforeAll(async () => {
  room = await Room.open(rest, ENGINES[0]!, { mode: 'open' });
  channel = await room.channel();
  await channel.agent('bravo');
  caller = new Caller(channel);
});
afterAll(() => room.close());

const failed = (reply: Reply, status: number, code: number): Answer => {
  expect(reply.status, reply.text).toBe(status);
  expect(reply.headers['content-type']).toBe('application/json');
  expect(reply.headers['cache-control']).toBe('no-store');
  const { jsonrpc, error, ...rest } = reply.json() as Answer;
  expect([jsonrpc, error.code, 'result' in rest], reply.text).toEqual(['2.0', code, false]);
  expect(error.message).toMatch(/\S/);
  return { ...error, id: rest.id };
};

const list = { jsonrpc: '2.0', id: 1, method: 'ListTasks', params: {} };
const here = (around: Around = {}): Around => ({ token: channel.created.join_token, path: `/a2a/${channel.id}`, ...around });

describe('R-A2A-1: requests', () => {
  test.each(['GET', 'PUT', 'DELETE', 'HEAD'])('%s is 405', async (method) => {
    const reply = await room.http.ask(method, '/a2a');
    expect([reply.status, reply.headers['allow']]).toEqual([405, 'POST']);
  });

  test.each([
    ['another content type', JSON.stringify(list), { 'Content-Type': 'text/plain' }, 415, -32000],
    ['a compressed body', JSON.stringify(list), { 'Content-Encoding': 'gzip' }, 415, -32000],
    ['broken JSON', '{"jsonrpc":', {}, 400, -32700],
    ['an empty body', '', {}, 400, -32700],
    ['a batch', JSON.stringify([list]), {}, 400, -32600],
    ['another JSON-RPC', JSON.stringify({ ...list, jsonrpc: '1.0' }), {}, 400, -32600],
    ['no id', JSON.stringify({ ...list, id: undefined }), {}, 400, -32600],
    ['no method', JSON.stringify({ ...list, method: 7 }), {}, 400, -32600],
    ['parameters in a list', JSON.stringify({ ...list, params: [] }), {}, 400, -32600],
    ['too large a body', JSON.stringify({ ...list, pad: 'x'.repeat(300 * 1024) }), {}, 413, -32000],
    ['another host', JSON.stringify(list), { Host: 'evil.example' }, 403, -32000],
    ['a foreign page', JSON.stringify(list), { Origin: 'https://evil.example' }, 403, -32000],
  ])('%s', async (_, body, headers, status, code) => {
    failed(await post(room, body, here({ headers })), status, code);
  });

  test('an id that could be read comes back, another is null', async () => {
    expect(failed(await post(room, { ...list, method: 7, id: 'x' }, here()), 400, -32600).id).toBe('x');
    expect(failed(await post(room, { ...list, id: { no: 1 } }, here()), 400, -32600).id).toBeNull();
    const large = JSON.stringify(list).replace('"id":1', '"id":9007199254740993');
    expect(failed(await post(room, large, here()), 400, -32600).id).toBeNull();
    expect((await caller.reply('ListTasks', {}, { id: 'mine' })).json()).toMatchObject({ id: 'mine', result: { tasks: [] } });
  });

  test('a channel is named by the address, metadata, tenant, task or context; one of them is needed', async () => {
    const general = { path: '/a2a' };
    const named = { metadata: { from: 'caller', to: 'bravo', channel_id: channel.id } };
    const { task } = await caller.call(
      'SendMessage',
      { ...caller.message('bravo', 'Hello.', named), configuration: { returnImmediately: true } },
      general,
    );
    expect(await caller.call('GetTask', { id: task.id }, general)).toMatchObject({ id: task.id });
    const ways = [{ contextId: task.contextId }, { tenant: channel.id }, { metadata: { channel_id: channel.id } }];
    for (const params of ways) expect((await caller.call('ListTasks', params, general)).tasks).toHaveLength(1);
    expect(failed(await caller.reply('ListTasks', {}, general), 200, -32602).message).toContain('message.metadata.channel_id');
    // The address goes before everything else.
    expect(failed(await caller.reply('GetTask', { id: 'other-otter-3a8f19.1' }), 200, -32001).data[0].reason).toBe('TASK_NOT_FOUND');
  });
});

test('R-A2A-1: a message that names another channel than its address is refused, and sent to neither', async () => {
  const elsewhere = { from: 'caller', to: 'bravo', channel_id: 'other-otter-3a8f19' };
  const before = await channel.history();
  const { message } = caller.message('bravo', 'For whom?', { metadata: elsewhere });
  for (const params of [{ message }, { ...caller.message('bravo', 'For whom?'), metadata: elsewhere }]) {
    expect(failed(await caller.reply('SendMessage', params), 200, -32602).message).toContain('metadata.channel_id');
  }
  expect(await channel.history()).toEqual(before);
  const same = caller.message('bravo', 'Here.', { metadata: { ...elsewhere, channel_id: channel.id } });
  expect(await caller.call('SendMessage', { ...same, configuration: { returnImmediately: true } })).toHaveProperty('task');
});

test('R-A2A-1: an address with what is no channel id is refused in JSON-RPC', async () => {
  expect(failed(await post(room, list, here({ path: '/a2a/Quiet_Otter' })), 404, -32000).data[0].metadata.code).toBe('not_found');
});

describe('R-A2A-2: tokens', () => {
  const methods = ['SendMessage', 'GetTask', 'ListTasks', 'CancelTask', 'SendStreamingMessage', 'NoSuchMethod'];

  test.each(methods)('%s needs the token of the channel', async (method) => {
    const request = { jsonrpc: '2.0', id: 1, method, params: {} };
    const other = await room.channel();
    for (const token of [undefined, 'rt_join_wrong', other.created.join_token, channel.created.owner_token]) {
      // From an address of its own, so that no limit answers instead.
      const headers = { 'X-Forwarded-For': `10.0.${methods.indexOf(method)}.${(token ?? '').length % 250}`, 'A2A-Version': '' };
      const reply = await post(room, request, here({ token, headers }));
      const { data } = failed(reply, 401, -32000);
      expect(data[0]).toMatchObject({ reason: 'UNAUTHORIZED', domain: 'rogerthat', metadata: { code: 'unauthorized' } });
      expect(reply.headers['www-authenticate']).toBe('Bearer');
    }
  });

  test('too many wrong ones are 429 with the wait', async () => {
    const headers = { 'X-Forwarded-For': '10.9.9.9' };
    let reply = await post(room, list, here({ token: 'rt_join_wrong', headers }));
    for (let i = 0; i < 10; i++) reply = await post(room, list, here({ token: 'rt_join_wrong', headers }));
    expect(failed(reply, 429, -32000).data[0].metadata.code).toBe('rate_limited');
    expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0);
  });

  test('on a shared hub the token of the hub goes with X-Channel-Token, or that of the channel is enough', async () => {
    const token = 'a-hub-token-of-our-own';
    const shared = await Room.open(rest, ENGINES[0]!, { mode: 'shared', token });
    try {
      const made = await shared.channel();
      const join = made.created.join_token;
      const path = `/a2a/${made.id}`;
      for (const around of [{ token: join }, { token, headers: { 'X-Channel-Token': join } }]) {
        expect((await post(shared, list, { path, ...around })).json()).toMatchObject({ result: { tasks: [] } });
        const byTask = { ...list, method: 'GetTask', params: { id: `${made.id}.1` } };
        failed(await post(shared, byTask, around), 200, -32001);
      }
      for (const around of [{}, { token }, { token: 'wrong', headers: { 'X-Channel-Token': 'wrong' } }]) {
        failed(await post(shared, list, { path, ...around }), 401, -32000);
      }
      // Without a channel there is only the hub to be known to.
      failed(await post(shared, list, { token: join }), 401, -32000);
      failed(await post(shared, list, { token }), 200, -32602);
    } finally {
      await shared.close();
    }
  });
});

describe('R-A2A-3: versions', () => {
  test.each(['1.0', '1.0.7', '1', ' 1.0 '])('"%s" is spoken', async (version) => {
    expect((await caller.reply('ListTasks', {}, { headers: { 'A2A-Version': version } })).json()).toHaveProperty('result');
  });

  test.each(['', '0.3', '0.3.0', '1.1', '2.0', 'x'])('"%s" is not', async (version) => {
    const { data } = failed(await caller.reply('ListTasks', {}, { headers: { 'A2A-Version': version } }), 200, -32009);
    expect(data[0]).toMatchObject({ reason: 'VERSION_NOT_SUPPORTED', domain: 'a2a-protocol.org' });
  });

  test('it may stand in the query, and the header goes before', async () => {
    const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${channel.created.join_token}` };
    const ask = (query: string, version?: string) =>
      room.http.ask('POST', `/a2a/${channel.id}${query}`, {
        headers: { ...headers, ...(version === undefined ? {} : { 'A2A-Version': version }) },
        body: JSON.stringify(list),
      });
    expect((await ask('?A2A-Version=1.0')).json()).toHaveProperty('result');
    failed(await ask(''), 200, -32009);
    failed(await ask('?A2A-Version=1.0', '0.3'), 200, -32009);
  });
});

describe('R-A2A-12: what the card says is not there', () => {
  test.each([
    ['SendStreamingMessage', -32004],
    ['SubscribeToTask', -32004],
    ['GetExtendedAgentCard', -32004],
    ['CreateTaskPushNotificationConfig', -32003],
    ['GetTaskPushNotificationConfig', -32003],
    ['ListTaskPushNotificationConfigs', -32003],
    ['DeleteTaskPushNotificationConfig', -32003],
    ['message/send', -32601],
    ['constructor', -32601],
    ['__proto__', -32601],
  ])('%s', async (method, code) => {
    failed(await caller.reply(method, {}), 200, code);
  });

  test('a push configuration with a message is refused, and nothing is sent', async () => {
    const params = { ...caller.message('bravo', 'Push me.'), configuration: { taskPushNotificationConfig: { url: 'https://x.example' } } };
    failed(await caller.reply('SendMessage', params), 200, -32003);
    expect((await channel.history()).map(({ text }) => text)).not.toContain('Push me.');
  });
});

describe('R-A2A-13: refusals', () => {
  test.each([
    ['a callsign that is none', { metadata: { from: 'Not a name', to: 'bravo' } }, 'invalid_callsign'],
    ['a reserved callsign', { metadata: { from: 'system', to: 'bravo' } }, 'reserved_callsign'],
    ['a recipient that is none', { metadata: { from: 'caller', to: 'Not a name' } }, 'invalid_to'],
    ['oneself', { metadata: { from: 'caller', to: 'caller' } }, 'invalid_to'],
    ['nothing visible', { parts: [{ text: '  ' }] }, 'invalid_message'],
  ])('%s has the code, detail and hint of REST', async (_, more, code) => {
    const { data } = failed(await caller.reply('SendMessage', caller.message('bravo', 'x', more)), 200, -32602);
    expect(data[0]).toMatchObject({ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: code.toUpperCase() });
    expect(data[0].metadata).toEqual({ code, detail: expect.stringMatching(/\S/), hint: expect.stringMatching(/\S/) });
  });

  test.each([
    ['no message', {}, 'message'],
    ['no parts', { message: { messageId: 'm', role: 'ROLE_USER', parts: [] } }, 'message.parts'],
    ['a part of nothing', { message: { messageId: 'm', role: 'ROLE_USER', parts: [{}] } }, 'message.parts'],
    ['a part of two things', { message: { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'x', data: { y: 1 } }] } }, 'message.parts'],
    ['another role', { message: { messageId: 'm', role: 'ROLE_AGENT', parts: [{ text: 'x' }] } }, 'message.role'],
    [
      'no from',
      { message: { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'x' }], metadata: { to: 'bravo' } } },
      'message.metadata.from',
    ],
    [
      'no to',
      { message: { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'x' }], metadata: { from: 'caller' } } },
      'message.metadata.to',
    ],
  ])('%s names the field', async (_, params, field) => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'SendMessage', params });
    const { data } = failed(await post(room, body, here()), 200, -32602);
    expect(data[0]).toMatchObject({ '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: [{ field }] });
  });

  test('data too deep to be written is refused', async () => {
    const { message } = caller.message('bravo', 'DEEP');
    const deep = '['.repeat(60_000) + ']'.repeat(60_000);
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'SendMessage', params: { message } }).replace(
      '"text":"DEEP"',
      `"data":${deep}`,
    );
    // No stack ends where Node writes any depth; then the text is too long.
    const answer = await post(room, body, here());
    expect(answer.text).toMatch(answer.status === 413 ? '"code":"message_too_large"' : '"field":"message.parts"');
    expect([200, 413]).toContain(answer.status);
  });

  test('null is the same as absent', async () => {
    const parts = [{ text: 'Null.', raw: null, url: null, data: null, filename: null, mediaType: null, metadata: null }];
    const { message } = caller.message('bravo', '', { contextId: null, taskId: null, parts });
    const params = { message, metadata: null, tenant: null, configuration: { returnImmediately: true, historyLength: null } };
    expect(await caller.call('SendMessage', params)).toHaveProperty('task');
    expect(await caller.call('ListTasks', { contextId: null, pageSize: null, pageToken: null })).toHaveProperty('tasks');
  });

  test('a message too large says so by its status, too', async () => {
    const params = caller.message('bravo', 'x'.repeat(40 * 1024));
    expect(failed(await caller.reply('SendMessage', params), 413, -32000).data[0].metadata.code).toBe('message_too_large');
  });
});
