/** Webhooks: having the hub post what happens on a channel to a URL. */
import { z } from 'zod';
import type { HookStanding } from '../core/hooks.ts';
import { type Attempt, DELIVERY_STATES, WEBHOOK_EVENTS, type Webhook, type WebhookDelivery } from '../core/webhooks.ts';
import { operation } from './operation.ts';
import { callsign, limit, messageId, moment } from './schemas.ts';

const webhookId = z.string().min(1).max(64).describe('From the answer that made it.');
const events = z.array(z.enum(WEBHOOK_EVENTS)).min(1).max(16);

const webhook = {
  webhook_id: z.string(),
  url: z.string(),
  events: events.describe('What it is told of.'),
  callsign: z.string().nullable().describe('Whose mail it gets; null: every message of the channel.'),
  created_at: moment,
  state: z.enum(['armed', 'disabled']),
  reason: z.string().nullable().describe('Why it is disabled.'),
};

const attempt = {
  at: moment,
  took_ms: z.int(),
  status: z.int().nullable().describe('What the receiver answered; null when it did not.'),
  reason: z.string().nullable().describe('Why it failed, in plain words; null when it went well.'),
};

const wireWebhook = (hook: Webhook) => ({
  webhook_id: hook.id,
  url: hook.url,
  events: [...hook.events],
  callsign: hook.callsign,
  created_at: new Date(hook.createdAt).toISOString(),
  state: hook.disabled === null ? ('armed' as const) : ('disabled' as const),
  reason: hook.disabled,
});

const wireAttempt = ({ at, tookMs, status, reason }: Attempt) => ({ at: new Date(at).toISOString(), took_ms: tookMs, status, reason });

const wireDelivery = (delivery: WebhookDelivery) => ({
  delivery_id: delivery.id,
  type: delivery.type,
  at: new Date(delivery.at).toISOString(),
  ...(delivery.messageId === null ? {} : { message_id: delivery.messageId }),
  state: delivery.state,
  reason: delivery.reason ?? (delivery.state === 'failed' ? (delivery.attempts.at(-1)?.reason ?? null) : null),
  attempts: delivery.attempts.map(wireAttempt),
  next_attempt_at: delivery.nextAt === null ? null : new Date(delivery.nextAt).toISOString(),
});

/** What the operator sees of a webhook: of its URL only the host, since paths hold secrets. */
export const webhookFacts = z.object({
  webhook_id: z.string(),
  host: z.string().describe('Of its URL, with the port.'),
  callsign: webhook.callsign,
  events: webhook.events,
  state: webhook.state,
  reason: webhook.reason,
  waiting: z.int().describe('Deliveries that are still to be made.'),
  last_attempt: z.object({ at: moment, status: attempt.status, reason: attempt.reason }).nullable(),
});

export const wireFacts = ({ hook, waiting, last }: HookStanding): z.output<typeof webhookFacts> => {
  const { webhook_id, url, callsign, events, state, reason } = wireWebhook(hook);
  const { host } = new URL(url);
  const last_attempt = last && { at: new Date(last.at).toISOString(), status: last.status, reason: last.reason };
  return { webhook_id, host, callsign, events, state, reason, waiting, last_attempt };
};

const exampleHook = {
  webhook_id: 'wh_…',
  url: 'https://agent.example/hook',
  events: ['message.created'],
  callsign: 'bravo',
  created_at: '2026-01-01T12:00:00.000Z',
  state: 'armed',
  reason: null,
};

export const createWebhook = operation({
  name: 'create_webhook',
  title: 'Make a webhook',
  description:
    "Has the hub POST what happens on the channel to a URL, signed as Standard Webhooks says, at least once, and tried again when it fails. With callsign only that agent's mail: direct messages to it and broadcasts of others. The secret is shown once.",
  guide: 'webhooks',
  scope: 'keeper',
  answers: 'once',
  rest: { method: 'POST', path: '/api/channels/{channel_id}/webhooks', status: 201 },
  rate: 'webhook',
  input: z.strictObject({
    url: z
      .string()
      .min(1)
      .max(2048)
      .describe('Where to post: http or https, without a user name or password. Everybody with the token can read it.'),
    events: events.default(['message.created']).describe('What to be told of.'),
    callsign: callsign.optional().describe('Only the mail of this callsign, joined or not.'),
  }),
  output: z.object({ ...webhook, secret: z.string().describe('For verifying signatures; shown once.') }),
  errors: ['reserved_callsign', 'hub_full'],
  examples: [{ input: { url: 'https://agent.example/hook', callsign: 'bravo' }, output: { ...exampleHook, secret: 'whsec_…' } }],
  async run({ hub, channel, input, tokenHash }) {
    const { url, events, callsign = null } = input;
    const { hook, secret } = await hub.hooks.create(channel, { url, events, callsign }, tokenHash);
    return { value: { ...wireWebhook(hook), secret } };
  },
});

export const webhooks = operation({
  name: 'webhooks',
  title: 'List webhooks',
  description: 'The webhooks of the channel, and why one is disabled. Never a secret.',
  scope: 'keeper',
  answers: 'once',
  rest: { method: 'GET', path: '/api/channels/{channel_id}/webhooks' },
  input: z.strictObject({}),
  output: z.object({ webhooks: z.array(z.object(webhook)) }),
  errors: [],
  examples: [{ input: {}, output: { webhooks: [exampleHook] } }],
  async run({ hub, channel }) {
    return { value: { webhooks: (await hub.hooks.list(channel)).map(wireWebhook) } };
  },
});

export const deleteWebhook = operation({
  name: 'delete_webhook',
  title: 'Delete a webhook',
  description: 'Nothing more is sent to it, what waits included.',
  scope: 'keeper',
  answers: 'once',
  rest: { method: 'DELETE', path: '/api/channels/{channel_id}/webhooks/{webhook_id}' },
  input: z.strictObject({ webhook_id: webhookId }),
  output: z.object({ webhook_id: z.string(), deleted: z.literal(true) }),
  errors: ['not_found'],
  examples: [{ input: { webhook_id: 'wh_…' }, output: { webhook_id: 'wh_…', deleted: true } }],
  async run({ hub, channel, input }) {
    await hub.hooks.remove(channel, input.webhook_id);
    return { value: { webhook_id: input.webhook_id, deleted: true as const } };
  },
});

export const testWebhook = operation({
  name: 'test_webhook',
  title: 'Test a webhook',
  description:
    'Sends an event of type webhook.test, shaped like a message, at once and once, the same way as real ones; answers how it went.',
  scope: 'keeper',
  answers: 'once',
  rest: { method: 'POST', path: '/api/channels/{channel_id}/webhooks/{webhook_id}/test' },
  rate: 'webhook',
  input: z.strictObject({ webhook_id: webhookId }),
  output: z.object({ webhook_id: z.string(), delivery_id: z.string(), delivered: z.boolean(), ...attempt }),
  errors: ['not_found'],
  examples: [
    {
      input: { webhook_id: 'wh_…' },
      output: {
        ...{ webhook_id: 'wh_…', delivery_id: 'msg_…', delivered: false },
        ...{ at: '2026-01-01T12:00:00.000Z', took_ms: 12, status: 500, reason: 'answered 500' },
      },
    },
  ],
  async run({ hub, channel, input }) {
    const tried = await hub.hooks.test(channel, input.webhook_id);
    const { webhook_id } = input;
    const value = { webhook_id, delivery_id: tried.deliveryId, delivered: tried.attempt.reason === null, ...wireAttempt(tried.attempt) };
    return { value };
  },
});

export const webhookDeliveries = operation({
  name: 'webhook_deliveries',
  title: 'What became of deliveries',
  description:
    'What was and is to be sent to a webhook, newest first, with the outcome of each attempt. The last 50 that are done are kept.',
  scope: 'keeper',
  answers: 'once',
  rest: { method: 'GET', path: '/api/channels/{channel_id}/webhooks/{webhook_id}/deliveries' },
  input: z.strictObject({ webhook_id: webhookId, limit: limit.default(100).describe('The most deliveries in the answer.') }),
  output: z.object({
    webhook_id: z.string(),
    deliveries: z.array(
      z.object({
        delivery_id: z.string().describe('The webhook-id header: the same over all attempts.'),
        type: z.enum([...WEBHOOK_EVENTS, 'webhook.test']),
        at: moment.describe('When it happened.'),
        message_id: messageId.optional(),
        state: z.enum(DELIVERY_STATES),
        reason: z.string().nullable().describe('Why it failed for good.'),
        attempts: z.array(z.object(attempt)),
        next_attempt_at: moment.nullable(),
      }),
    ),
  }),
  errors: ['not_found'],
  examples: [
    {
      input: { webhook_id: 'wh_…' },
      output: {
        webhook_id: 'wh_…',
        deliveries: [
          {
            ...{
              delivery_id: 'msg_…',
              type: 'message.created',
              at: '2026-01-01T12:00:00.000Z',
              message_id: 7,
              state: 'delivered',
              reason: null,
            },
            attempts: [{ at: '2026-01-01T12:00:00.000Z', took_ms: 12, status: 200, reason: null }],
            next_attempt_at: null,
          },
        ],
      },
    },
  ],
  async run({ hub, channel, input }) {
    const found = await hub.hooks.deliveries(channel, input.webhook_id, input.limit);
    return { value: { webhook_id: input.webhook_id, deliveries: found.map(wireDelivery) } };
  },
});
