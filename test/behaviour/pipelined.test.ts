/** Requests that a client sends without waiting for their answers. */
import { expect } from 'vitest';
import { texts } from '../harness/agent.ts';
import type { Room } from '../harness/room.ts';
import { until } from '../harness/until.ts';
import { verifies } from '../harness/verifies.ts';

const MOST = 16;

/** The statuses of answers that came down one connection, in order. */
const statuses = (answers: string): number[] => [...answers.matchAll(/HTTP\/1\.1 ([0-9]{3}) /g)].map(([, status]) => Number(status));

/** The numbers of messages that were heard or acknowledged, in that order. */
const acknowledged = (answers: string): number[] => [...answers.matchAll(/"id":([0-9]+),/g)].map(([, id]) => Number(id));

/** Alpha listens, and down the same connection come as many messages to charlie. */
const listenThenSend = async (room: Room, sends: number, last: string) => {
  const [channel, alpha, bravo, charlie] = await room.talk({}, 'alpha', 'bravo', 'charlie');
  const request = (method: string, verb: string, session: string, body: string, ...headers: string[]): string =>
    [
      `${method} /api/channels/${channel.id}/${verb} HTTP/1.1`,
      `Host: 127.0.0.1:${room.http.port}`,
      `Authorization: Bearer ${channel.created.join_token}`,
      `X-Session-Id: ${session}`,
      ...headers,
      `Content-Length: ${body.length}`,
      '',
      body,
    ].join('\r\n');
  const messages = Array.from({ length: sends }, (_, i) => JSON.stringify({ to: 'charlie', message: `message ${i}` }));
  const posts = messages.map((body, i) =>
    request('POST', 'send', bravo.sessionId, body, ...(i === sends - 1 && last !== '' ? [last] : [])),
  );
  const answers = room.http.raw(request('GET', 'listen', alpha.sessionId, '') + posts.join(''));
  const sent = async () => charlie.history(100);
  return { answers, bravo, sent };
};

verifies('request:pipelined', async (room) => {
  const within = await listenThenSend(room, MOST, 'Connection: close');
  let arrived = 0;
  while (arrived < MOST) arrived = (await within.sent()).length;
  await within.bravo.send('alpha', 'it is your turn');
  expect(statuses(await within.answers)).toEqual([200, ...Array.from({ length: MOST }, () => 200)]);

  const beyond = await listenThenSend(room, MOST + 8, '');
  arrived = 0;
  while (arrived < MOST) arrived = (await beyond.sent()).length;
  await beyond.bravo.send('alpha', 'it is your turn');
  const answers = await beyond.answers;
  expect(statuses(answers)).toEqual([200, ...Array.from({ length: MOST }, () => 200), 429]);
  const [heard, ...sent] = acknowledged(answers);
  expect(heard).toBe(MOST + 1);
  expect(sent).toEqual(Array.from({ length: MOST }, (_, i) => i + 1));
  const refusal = answers.slice(answers.lastIndexOf('HTTP/1.1 '));
  expect(refusal).toMatch(/^Connection: close\r$/im);
  expect(refusal).toMatch(/^Retry-After: 1\r$/im);
  expect(JSON.parse(refusal.slice(refusal.indexOf('{')))).toMatchObject({ code: 'rate_limited', status: 429 });
  const carriedOut = texts({ messages: await beyond.sent() }).filter((text) => text.startsWith('message '));
  expect(carriedOut).toEqual(Array.from({ length: MOST }, (_, i) => `message ${i}`));
});

verifies('request:pipelined', { limits: 'pipelined=2' }, async (room) => {
  const { answers, bravo } = await listenThenSend(room, 100, '');
  let over = false;
  void answers.then(() => (over = true)).catch(() => (over = true));
  await until(() => over, 'who sends on and on to be cut off');
  expect(await answers).toBe('');
  expect(await bravo.say('the hub is there')).toMatchObject({ id: expect.any(Number) });
});
