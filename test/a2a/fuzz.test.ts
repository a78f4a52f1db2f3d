/**
 * Whatever is posted, the endpoint answers JSON-RPC, never fails as a bug does, and sends nothing that was not asked for.
 * Proves R-A2A-1, R-A2A-13.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ENGINES } from '../harness/engines.ts';
import { type Channel, Room } from '../harness/room.ts';
import { rest } from '../harness/transports/rest.ts';
import { type Answer, post } from './talk.ts';

let room: Room;
let channel: Channel;
beforeAll(async () => {
  // Closing the room fails if anything was logged as a bug.
  room = await Room.open(rest, ENGINES[0]!);
  channel = await room.channel();
});
afterAll(() => room.close());

const check = async (body: string, authorized: boolean): Promise<Answer> => {
  const token = authorized ? channel.created.join_token : undefined;
  const reply = await post(room, body, { token, path: `/a2a/${channel.id}` });
  expect(reply.status, body).toBeLessThan(500);
  expect(reply.headers['content-type']).toBe('application/json');
  const answer = reply.json() as Answer;
  expect([answer.jsonrpc, 'result' in answer !== 'error' in answer]).toEqual(['2.0', true]);
  if (answer.error) {
    expect(Number.isInteger(answer.error.code)).toBe(true);
    expect(answer.error.message).toMatch(/\S/);
    for (const detail of answer.error.data ?? []) expect(detail['@type']).toMatch(/\S/);
  } else expect(authorized).toBe(true);
  return answer;
};

const any = fc.jsonValue({ maxDepth: 4 });

test('any JSON', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(any, fc.boolean(), async (value, authorized) => void (await check(JSON.stringify(value), authorized))),
    { numRuns: 200 },
  );
});

/** Half the fields right, so that the checks behind the first are reached. */
const maybe = <T>(right: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 4, arbitrary: right }, { weight: 1, arbitrary: any });

const part = fc.record(
  { text: maybe(fc.string()), data: any, mediaType: maybe(fc.constantFrom('text/plain', 'image/png')), url: any },
  { requiredKeys: [] },
);
const names = fc.constantFrom('alpha', 'bravo', 'all', 'x', '');
const metadata = fc.record(
  { from: maybe(names), to: maybe(names), channel_id: any, identity_key: maybe(fc.string()) },
  { requiredKeys: [] },
);
const ids = (): fc.Arbitrary<string> =>
  fc.constantFrom(`${channel.id}.1`, `${channel.id}.999`, `${channel.id}.alpha.bravo`, `${channel.id}.`, 'x.1', '');

test('requests that are nearly right', { timeout: 60_000 }, async () => {
  const message = fc.record(
    {
      messageId: maybe(fc.string({ minLength: 1 })),
      role: maybe(fc.constant('ROLE_USER')),
      parts: maybe(fc.array(part, { maxLength: 3 })),
      metadata: maybe(metadata),
      contextId: maybe(ids()),
      taskId: maybe(ids()),
    },
    { requiredKeys: ['messageId', 'role', 'parts', 'metadata'] },
  );
  const params = fc.record(
    {
      message,
      id: maybe(ids()),
      contextId: maybe(ids()),
      pageSize: maybe(fc.integer({ min: 1, max: 100 })),
      pageToken: maybe(fc.string()),
      historyLength: maybe(fc.nat(5)),
      status: any,
      tenant: any,
      metadata: maybe(metadata),
    },
    { requiredKeys: ['message'] },
  );
  const methods = fc.constantFrom('SendMessage', 'GetTask', 'ListTasks', 'CancelTask', 'SendStreamingMessage', 'x');
  await fc.assert(
    fc.asyncProperty(methods, params, async (method, given) => {
      // Nobody answers here, so nothing may wait for an answer.
      const configuration = { returnImmediately: true };
      const before = (await channel.info()).counts.head;
      const answer = await check(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { ...given, configuration } }), true);
      const sent = (await channel.info()).counts.head - before;
      if (answer.error || (method !== 'SendMessage' && method !== 'CancelTask')) expect(sent, JSON.stringify(answer)).toBe(0);
      else expect(sent).toBeLessThanOrEqual(1);
    }),
    { numRuns: 400 },
  );
});
