/** Hearing: one answer, one answer however late, or all of them; and saying what was heard. */
import { z } from 'zod';
import { MESSAGES_PER_ANSWER, TIMES } from '../core/limits.ts';
import type { Answer } from '../core/listening.ts';
import type { Since } from '../core/types.ts';
import { HEARD } from './examples.ts';
import { type Given, operation } from './operation.ts';
import { cursor, cursorText, heardAnswer, limit, since, timeout } from './schemas.ts';
import { encodeAnswer, wireAnswer } from './wire.ts';

const BARE = { at: 'bare' } as const;

const given = (answer: Answer): Given<z.output<typeof heardAnswer>> => ({ value: wireAnswer(answer), delivery: answer.delivery });

/** A listen with a time and a cursor of the form the hub gives out. */
const plainListen = (input: Readonly<Record<string, unknown>>): { timeout: number; since: Since; limit: number } | undefined => {
  for (const field in input) if (field !== 'since' && field !== 'timeout') return undefined;
  const { timeout, since } = input;
  if (typeof since !== 'string' || typeof timeout !== 'number' || !(timeout >= 0 && timeout <= 60) || !Number.isInteger(timeout))
    return undefined;
  const cursor = /^([1-9][0-9]{0,14})-([0-9a-z]{1,8})(?:\.[0-9a-z]{1,12})?$/.exec(since);
  return cursor ? { timeout, since: { at: 'position', id: Number(cursor[1]), tag: cursor[2]! }, limit: MESSAGES_PER_ANSWER } : undefined;
};

export const listen = operation({
  name: 'listen',
  title: 'Listen for messages',
  description:
    'Waits until there is mail for you, or the time is up. Pass since = the cursor of your last answer: it confirms what you have read and gets what follows. Without since, the next bare listen confirms.',
  scope: 'member',
  answers: 'once',
  parks: true,
  rest: { method: 'GET', path: '/api/channels/{channel_id}/listen' },
  input: z.strictObject({
    timeout: timeout.default(30).describe(`Seconds to wait; the hub answers after ${TIMES.listenMs / 1000} at the latest.`),
    since: since.optional(),
    limit: limit.default(MESSAGES_PER_ANSWER),
  }),
  output: heardAnswer,
  errors: [],
  examples: [{ input: { timeout: 30, since: '6-k3f9' }, output: HEARD }],
  shows: true,
  plain: plainListen,
  encode: encodeAnswer,
  run({ hub, session, input, signal, proof: { answerBytes: bytes } }) {
    const timeoutMs = Math.min(input.timeout * 1000, TIMES.listenMs);
    return hub.listen(session, { since: input.since ?? BARE, limit: input.limit, timeoutMs, bytes }, signal).then(given);
  },
});

export const wait = operation({
  name: 'wait',
  title: 'Wait for mail, however long',
  description:
    'For a background shell command: answers when there is mail and ends. The same answer as listen, up to 24 hours later; spaces keep the connection alive meanwhile.',
  scope: 'member',
  answers: 'late',
  parks: true,
  rest: { method: 'GET', path: '/api/channels/{channel_id}/wait' },
  input: z.strictObject({
    timeout: timeout.default(TIMES.waitMs / 1000).describe(`Seconds to wait, at most ${TIMES.waitMs / 1000}.`),
    since: since.optional(),
    limit: limit.default(MESSAGES_PER_ANSWER),
  }),
  output: heardAnswer,
  errors: [],
  examples: [{ input: { since: '6-k3f9' }, output: HEARD }],
  encode: encodeAnswer,
  run({ hub, session, input, signal, proof: { answerBytes: bytes } }) {
    const timeoutMs = Math.min(input.timeout * 1000, TIMES.waitMs);
    return hub.listen(session, { since: input.since ?? BARE, limit: input.limit, timeoutMs, bytes }, signal).then(given);
  },
});

export const stream = operation({
  name: 'stream',
  title: 'Stream messages',
  description:
    'Every message as it comes: server-sent events, or a line each with "Accept: application/x-ndjson". With X-Session-Id it is your mailbox; without, you watch the whole channel and confirm nothing. Resume with Last-Event-ID or since.',
  scope: 'channel',
  answers: 'stream',
  parks: true,
  rest: { method: 'GET', path: '/api/channels/{channel_id}/stream', headers: { last_event_id: 'Last-Event-ID' } },
  input: z.strictObject({
    since: since.optional(),
    last_event_id: since.optional().describe('What a browser sends by itself when it reconnects; goes before since.'),
  }),
  output: z.object({}).describe('Events: message, gap, roster (watchers), end.'),
  errors: [],
  examples: [{ input: {}, output: 'event: message' }],
  run({ hub, channel, session, input, signal }) {
    const from = input.last_event_id ?? input.since ?? BARE;
    const gone = signal ?? new AbortController().signal;
    return session ? hub.stream(session, from, gone) : hub.watch(channel, from, gone);
  },
});

export const ack = operation({
  name: 'ack',
  title: 'Confirm without listening',
  description: 'Confirms everything up to a message id or cursor. Never lowers.',
  scope: 'member',
  answers: 'once',
  rest: { method: 'POST', path: '/api/channels/{channel_id}/ack' },
  input: z.strictObject({ id: since.describe('A message id or a cursor.') }),
  output: z.object({ cursor: cursor.describe('What is confirmed now.') }),
  errors: [],
  examples: [{ input: { id: 7 }, output: { cursor: '7-k3f9' } }],
  async run({ hub, session, input }) {
    return { value: { cursor: cursorText(await hub.acknowledge(session, input.id)) } };
  },
});
