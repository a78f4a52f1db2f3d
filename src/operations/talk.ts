/** Saying something, and what became of it. */
import { z } from 'zod';
import { HubError } from '../core/errors.ts';
import { type Limits, MESSAGES_PER_ANSWER, SIZES } from '../core/limits.ts';
import { sizeText } from '../core/wording.ts';
import { MESSAGE } from './examples.ts';
import { operation } from './operation.ts';
import { isRecipient, kind, message, messageId, moment, presence, receiptState, recipient } from './schemas.ts';

/** A message to a callsign or to all, and nothing else. */
const plainSend = (input: Readonly<Record<string, unknown>>): { to: string; message: string; kind: 'message' } | undefined => {
  for (const field in input) if (field !== 'to' && field !== 'message') return undefined;
  const { to, message } = input;
  return typeof message === 'string' && typeof to === 'string' && isRecipient(to) ? { to, message, kind: 'message' } : undefined;
};

/** What is said, as a hub of these sizes takes it. */
export const wordsFor = ({ messageBytes, statusBytes, bandMessageBytes }: Limits['sizes']): z.ZodString =>
  z
    .string()
    .describe(
      `Plain text, at most ${sizeText(messageBytes)} of UTF-8; a status ${sizeText(statusBytes)}, on a band ${sizeText(bandMessageBytes)}.`,
    );

const words = wordsFor(SIZES);

export const send = operation({
  name: 'send',
  title: 'Send a message',
  description:
    'Sends to one callsign or to "all". Answers when the message is stored; "delivered" means that a listener of that callsign was given it, "queued" that it waits in the mailbox. Confirms nothing of yours.',
  scope: 'member',
  answers: 'once',
  rest: { method: 'POST', path: '/api/channels/{channel_id}/send', headers: { idempotency_key: 'Idempotency-Key' } },
  input: z.strictObject({
    to: recipient,
    message: words.optional(),
    text: words.optional().describe('The same as message.'),
    kind: kind.default('message'),
    reply_to: messageId.optional().describe('The id of the message you answer.'),
    idempotency_key: z.string().min(1).max(200).optional().describe('Your name for this message: repeated calls send it once (24 h).'),
  }),
  output: z.object({
    id: messageId,
    at: moment,
    to: z.string().describe('A callsign, or "all".'),
    recipients: z.array(z.object({ callsign: z.string(), state: receiptState, presence })).describe(`At most ${SIZES.recipients}.`),
    recipient_count: z.int().describe('How many there are, those that are not listed included.'),
    duplicate: z.literal(true).optional().describe('This key was used before; nothing was sent again.'),
    sanitized: z.int().optional().describe('Invisible characters that were removed.'),
  }),
  shows: true,
  plain: plainSend,
  errors: ['message_too_large', 'idempotency_conflict', 'channel_paused', 'loop_suspected', 'budget_spent', 'hub_full'],
  examples: [
    {
      input: { to: 'bravo', message: 'The build is green. Over.' },
      output: {
        id: 7,
        at: '2026-01-01T12:00:00.000Z',
        to: 'bravo',
        recipients: [{ callsign: 'bravo', state: 'delivered', presence: 'listening' }],
        recipient_count: 1,
      },
    },
  ],
  async run({ hub, session, input }) {
    const text = input.message ?? input.text;
    if (text === undefined) throw new HubError('invalid_message', 'The field "message" is missing.');
    if (input.message !== undefined && input.text !== undefined) {
      throw new HubError('invalid_message', '"message" and "text" are two names of one field; send one.');
    }
    const sent = await hub.send(session, {
      to: input.to,
      text,
      kind: input.kind,
      replyTo: input.reply_to ?? null,
      idempotencyKey: input.idempotency_key ?? null,
    });
    const value = {
      id: sent.message.id,
      at: sent.message.at,
      to: sent.message.to,
      recipients: [...sent.recipients],
      recipient_count: sent.recipientCount,
      ...(sent.duplicate ? { duplicate: true as const } : {}),
      ...(sent.sanitized > 0 ? { sanitized: sent.sanitized } : {}),
    };
    return { value };
  },
});

export const history = operation({
  name: 'history',
  title: 'What was said',
  description: 'The last messages of the channel, whoever they were for, oldest first. Consumes nothing and confirms nothing.',
  scope: 'channel',
  answers: 'once',
  rest: { method: 'GET', path: '/api/channels/{channel_id}/history' },
  input: z.strictObject({ n: z.int().min(1).max(MESSAGES_PER_ANSWER).default(20).describe('How many.') }),
  output: z.object({ messages: z.array(message) }),
  errors: [],
  examples: [{ input: { n: 20 }, output: { messages: [MESSAGE] } }],
  async run({ hub, channel, input }) {
    return { value: { messages: [...(await hub.history(channel, input.n))] } };
  },
});

export const messageReceipts = operation({
  name: 'message',
  title: 'What became of a message',
  description: 'A message and, for each recipient, how far it has come: queued, delivered (handed over), confirmed; or expired.',
  scope: 'channel',
  answers: 'once',
  rest: { method: 'GET', path: '/api/channels/{channel_id}/messages/{id}' },
  input: z.strictObject({ id: messageId }),
  output: z.object({
    message,
    receipts: z.array(
      z.object({
        callsign: z.string(),
        state: receiptState,
        at: moment.nullable().describe('When that state was reached; null when the hub no longer knows.'),
      }),
    ),
  }),
  errors: ['not_found', 'rotated'],
  examples: [
    {
      input: { id: 7 },
      output: { message: MESSAGE, receipts: [{ callsign: 'bravo', state: 'confirmed', at: '2026-01-01T12:00:02.000Z' }] },
    },
  ],
  async run({ hub, channel, input }) {
    const { message: found, receipts } = await hub.message(channel, input.id);
    return { value: { message: found, receipts: [...receipts] } };
  },
});
