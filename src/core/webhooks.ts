/**
 * Webhooks: the words, and which event goes to which hook, when a delivery is tried again, and what is posted.
 * Pure functions; the engine keeps what they speak of (see outbox.ts), the courier sends it.
 */
import type { Attestation, Message } from './types.ts';

export const WEBHOOK_EVENTS = ['message.created', 'member.joined', 'member.left', 'channel.closed'] as const;
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];

export const DELIVERY_STATES = ['pending', 'delivered', 'failed'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

export interface Webhook {
  readonly id: string;
  readonly channelId: string;
  readonly url: string;
  readonly events: readonly WebhookEvent[];
  /** Only this callsign's mail; null: every message of the channel. */
  readonly callsign: string | null;
  /** The signing secret, encrypted by the courier. */
  readonly secret: string;
  /** Made with the owner token, or by the operator; else with a join token, and of one that is not known to be the owner's the same is held. */
  readonly byOwner: boolean;
  /** Wall clock, ms. */
  readonly createdAt: number;
  /** Why nothing is sent any more; null while it is armed. */
  readonly disabled: string | null;
}

/** What happened on a channel, as far as it may concern a hook. */
export type Happening =
  | { readonly type: 'message.created'; readonly message: Message }
  | { readonly type: 'member.joined'; readonly callsign: string; readonly sender: Attestation }
  | { readonly type: 'member.left'; readonly callsign: string; readonly reason: string | null }
  | { readonly type: 'channel.closed'; readonly reason: string };

/** One try to deliver. */
export interface Attempt {
  /** Wall clock, ms. */
  readonly at: number;
  readonly tookMs: number;
  /** What the receiver answered; null when it did not. */
  readonly status: number | null;
  /** Why it failed, in plain words; null when it went well. */
  readonly reason: string | null;
}

/** One event for one hook, and what became of it. */
export interface WebhookDelivery {
  /** The `webhook-id` header: the same over all attempts and restarts. */
  readonly id: string;
  readonly webhookId: string;
  readonly type: WebhookEvent | 'webhook.test';
  /** When it happened; wall clock, ms. */
  readonly at: number;
  readonly messageId: number | null;
  readonly state: DeliveryState;
  /** Why it was given up, where that is not what the last attempt says. */
  readonly reason: string | null;
  readonly attempts: readonly Attempt[];
  /** When it is tried next, wall clock ms; null when it is not. */
  readonly nextAt: number | null;
}

/** A message of which not everything is left: see {@link Claimed}. */
export type RestOfMessage = Partial<Omit<Message, 'text'>> & { readonly id: number; readonly text: string | null };

/** `data` of the body, in the names of the wire. */
export interface EventData {
  readonly channel_id: string;
  readonly message?: Message | RestOfMessage;
  readonly member?: { readonly callsign: string; readonly reason?: string } & Partial<Attestation>;
  readonly reason?: string;
}

/** A delivery that is the holder's to attempt, until the lease ends. */
export interface Claimed {
  readonly lease: string;
  readonly hook: Webhook;
  readonly delivery: WebhookDelivery;
  /** Where a restart took a text that the channel does not keep, `message.text` is null. */
  readonly data: EventData;
}

/** What an attempt means for its delivery. */
export type Verdict =
  | { readonly state: 'delivered' }
  | { readonly state: 'failed' }
  | { readonly state: 'retry'; readonly inMs: number }
  /** The hook is disabled, and all that waits for it is given up. */
  | { readonly state: 'disable'; readonly reason: string };

/** Whether a hook goes with the join token that it was made with (OWNER): whoever has lost that token hears nothing more through it. */
export const goesWithToken = (hook: Webhook): boolean => isArmed(hook) && !hook.byOwner;

export const isArmed = (hook: Webhook): boolean => hook.disabled === null;

/** Whether an event is for a hook. A callsign narrows messages: those to it, and broadcasts that are not its own. */
export const concerns = (hook: Webhook, happening: Happening): boolean => {
  if (!isArmed(hook) || !hook.events.includes(happening.type)) return false;
  if (happening.type !== 'message.created' || hook.callsign === null) return true;
  const { from, to } = happening.message;
  return to === hook.callsign || (to === 'all' && from !== hook.callsign);
};

/** Whether an armed hook brings a callsign its mail. */
export const reaches = (hook: Webhook, callsign: string): boolean =>
  isArmed(hook) && hook.callsign === callsign && hook.events.includes('message.created');

/** Standard Webhooks asks for growing waits; these are the protocol's (WEBHOOK). */
export const RETRY_MS = [1_000, 5_000, 25_000] as const;
/** A wait is this much shorter or longer, so that what failed together is not tried together. */
const JITTER = 0.2;

/** A hook was made with the join token that came before. */
export const ROTATED = 'the join token was changed: make it again with the new one, or with the owner token';

/** The secret of a hook could not be decrypted. */
export const UNREADABLE = 'its signing secret cannot be decrypted: the key of this hub was lost or changed';

/**
 * What follows from an attempt.
 * @param before attempts made before this one
 * @param random from 0 to 1
 */
export const verdictOf = (delivery: WebhookDelivery, attempt: Attempt, random: number): Verdict => {
  const { status, reason } = attempt;
  if (reason === null) return { state: 'delivered' };
  if (status === 410) return { state: 'disable', reason: 'the receiver answered 410 Gone' };
  const wait = delivery.type === 'webhook.test' ? undefined : RETRY_MS[delivery.attempts.length];
  if (wait !== undefined) return { state: 'retry', inMs: Math.round(wait * (1 - JITTER + 2 * JITTER * random)) };
  return reason === UNREADABLE ? { state: 'disable', reason } : { state: 'failed' };
};

/** What a happening puts into `data`. */
export const dataOf = (channelId: string, happening: Happening): EventData => {
  const { type } = happening;
  if (type === 'message.created') return { channel_id: channelId, message: happening.message };
  if (type === 'channel.closed') return { channel_id: channelId, reason: happening.reason };
  if (type === 'member.joined') return { channel_id: channelId, member: { callsign: happening.callsign, ...happening.sender } };
  const { callsign, reason } = happening;
  return { channel_id: channelId, member: { callsign, ...(reason === null ? {} : { reason }) } };
};

/** A test is shaped like a message; no peer can have the name it comes from. */
export const testData = (hook: Webhook, at: number): EventData => ({
  channel_id: hook.channelId,
  message: {
    id: 0,
    from: 'hub',
    to: hook.callsign ?? 'all',
    text: 'This is a test of your webhook. Over.',
    at: new Date(at).toISOString(),
    sender: { verified: false, authorized: false },
  },
});

/** The body of a delivery: the same text for every attempt, as long as the message's own is known. */
export const bodyOf = ({ delivery, data }: Claimed): string =>
  JSON.stringify({ type: delivery.type, timestamp: new Date(delivery.at).toISOString(), data });

/** The name of the key that a stored secret was encrypted with: what stands before its first dot. */
export const keyOf = (secret: string): string => secret.slice(0, Math.max(0, secret.indexOf('.')));
