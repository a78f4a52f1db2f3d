/** What the local engine keeps in memory of a webhook and of what is owed to it, and how that goes to rows and back. */
import type { Clock } from '../../core/clock.ts';
import { dueWithin } from '../../core/moving.ts';
import type { Message } from '../../core/types.ts';
import type { Attempt, DeliveryState, EventData, Webhook, WebhookDelivery, WebhookEvent } from '../../core/webhooks.ts';
import type { Insert } from './journal.ts';
import type { Row } from './schema.ts';
import type { ChannelState } from './state.ts';

/** One event that is or was owed to a hook. */
export interface Item {
  /** Counts over all hooks, in the order of happening. */
  readonly n: number;
  readonly id: string;
  readonly type: WebhookDelivery['type'];
  /** Wall ms. */
  readonly at: number;
  readonly messageId: number | null;
  /** Number of the transcript event that tells of the message; null where there is none. */
  readonly seq: number | null;
  /** What is posted of anything but a message. */
  readonly data: EventData | null;
  /** As long as this process knows it; never on disk. */
  message: Message | null;
  state: DeliveryState;
  reason: string | null;
  attempts: readonly Attempt[];
  /** Monotonic ms. */
  dueAt: number;
  lease: string | null;
  /** Monotonic ms. */
  leasedUntil: number;
}

export interface HookState {
  hook: Webhook;
  /** Null once the channel is gone: then the hook stays until nothing is owed to it. */
  channel: ChannelState | null;
  /** In the order of happening. */
  pending: Item[];
  done: Item[];
  /** UTF-16 units of the texts that wait. */
  held: number;
  /** Monotonic ms until which a claimed delivery of it is under way. */
  busyUntil: number;
}

export const newHookState = (hook: Webhook, channel: ChannelState | null): HookState => ({
  hook,
  channel,
  pending: [],
  done: [],
  held: 0,
  busyUntil: 0,
});

export const deliveryOf = (hookId: string, item: Item, clock: Clock): WebhookDelivery => ({
  id: item.id,
  webhookId: hookId,
  type: item.type,
  at: item.at,
  messageId: item.messageId,
  state: item.state,
  reason: item.reason,
  attempts: item.attempts,
  nextAt: item.state === 'pending' ? Math.round(clock.now() + Math.max(0, item.dueAt - clock.uptime())) : null,
});

/** What a hook that is made is written as. */
export const hookInserts = (state: HookState): Insert[] => [
  ['webhooks', hookRow(state)],
  ...(state.hook.byOwner ? [['owned', [state.hook.id]] as const] : []),
];

export const hookRow = ({ hook, channel }: HookState): Row => [
  hook.id,
  channel?.no ?? null,
  hook.channelId,
  hook.url,
  hook.events.join(' '),
  hook.callsign,
  hook.secret,
  hook.createdAt,
  hook.disabled,
];

/** @param byOwner it is in the table of those */
export const hookOf = (row: Row, byOwner: boolean): Webhook => ({
  id: row[0] as string,
  channelId: row[2] as string,
  url: row[3] as string,
  events: (row[4] as string).split(' ') as WebhookEvent[],
  callsign: row[5] as string | null,
  secret: row[6] as string,
  byOwner,
  createdAt: row[7] as number,
  disabled: row[8] as string | null,
});

/** Numbers and names, and no text of a message. */
export const itemRow = (hookId: string, item: Item, clock: Clock): Row => [
  item.n,
  item.id,
  hookId,
  item.type,
  item.at,
  item.messageId,
  item.seq,
  item.data === null ? null : JSON.stringify(item.data),
  item.state,
  item.reason,
  JSON.stringify(item.attempts),
  Math.round(clock.now() + item.dueAt - clock.uptime()),
];

export const itemOf = (row: Row, clock: Clock): Item => ({
  n: row[0] as number,
  id: row[1] as string,
  type: row[3] as Item['type'],
  at: row[4] as number,
  messageId: row[5] as number | null,
  seq: row[6] as number | null,
  data: row[7] === null ? null : (JSON.parse(row[7] as string) as EventData),
  message: null,
  state: row[8] as DeliveryState,
  reason: row[9] as string | null,
  attempts: JSON.parse(row[10] as string) as Attempt[],
  dueAt: clock.uptime() + dueWithin(row[11] as number, clock.now()) - clock.now(),
  lease: null,
  leasedUntil: 0,
});
