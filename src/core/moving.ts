/**
 * What a store holds, in a form that belongs to no engine: how everything moves from one to another.
 *
 * Times are wall clock, ms. What an engine keeps only in memory (allowances, counts of guards, statuses, who is parked, texts that a
 * channel does not keep) is not among the records: after a move it is as after a restart.
 */
import type { Mailbox } from './mailbox.ts';
import type { Ring } from './ring.ts';
import type { SeatSession } from './seats.ts';
import type { Channel, Eventually, Identity, TranscriptEvent } from './types.ts';
import type { Attempt, EventData, Webhook, WebhookDelivery } from './webhooks.ts';

/** A channel and its line of ids. */
export interface ChannelRecord {
  readonly kind: 'channel';
  readonly channel: Channel;
  readonly head: number;
  readonly broadcasts: number;
  readonly runs: readonly Ring['runs'][number][];
  /** Number of the last transcript event. */
  readonly seq: number;
  readonly touchedAt: number;
  readonly guardFactor: number;
  /** Some of its records were lost in a repair: a mailbox that is made anew may have been one of them. */
  readonly salvaged: boolean;
}

export interface SeatRecord {
  readonly kind: 'seat';
  readonly channelId: string;
  readonly callsign: string;
  readonly member: boolean;
  readonly identityId: string | null;
  readonly joinedAt: number;
  readonly seenAt: number;
  readonly spoken: boolean;
  readonly session: Readonly<SeatSession> | null;
  /** Without the times of its marks, which only receipts show, and what it said of another history. */
  readonly mailbox: Readonly<Omit<Mailbox, 'callsign' | 'again' | 'handedAt' | 'confirmedAt'>>;
}

export interface DeliveryRecord {
  readonly kind: 'delivery';
  readonly channelId: string;
  readonly webhookId: string;
  readonly id: string;
  readonly type: WebhookDelivery['type'];
  readonly at: number;
  readonly messageId: number | null;
  /** Number of the transcript event that tells of the message. */
  readonly seq: number | null;
  /** What is posted of anything but a message. */
  readonly data: EventData | null;
  readonly state: WebhookDelivery['state'];
  readonly reason: string | null;
  readonly attempts: readonly Attempt[];
  /** When it is tried next; null when it is not. */
  readonly dueAt: number | null;
}

/** What a session that ended is remembered as. */
export interface TombstoneRecord {
  readonly kind: 'tombstone';
  readonly channelId: string;
  readonly hash: string;
  readonly state: 'expired' | 'kicked' | 'rotated' | 'closed';
  readonly until: number;
}

/** An Idempotency-Key that was used. */
export interface KeyRecord {
  readonly kind: 'key';
  readonly channelId: string;
  readonly callsign: string;
  readonly hash: string;
  readonly content: string;
  readonly id: number;
  readonly at: number;
}

/** A note (see notes.ts); what was agreed on has no end. */
export interface NoteRecord {
  readonly kind: 'note';
  readonly name: string;
  readonly text: string;
  readonly until: number | null;
}

/**
 * One thing that a store holds. Of a channel the record of kind `channel` comes first, then its other records, those of a kind in their own
 * order; a delivery comes after its webhook.
 */
export type StoreRecord =
  | { readonly kind: 'identity'; readonly identity: Identity }
  | NoteRecord
  | ChannelRecord
  | { readonly kind: 'ban'; readonly channelId: string; readonly callsign: string; readonly identityId: string | null }
  | SeatRecord
  | TombstoneRecord
  | KeyRecord
  | { readonly kind: 'event'; readonly channelId: string; readonly event: TranscriptEvent }
  /** `detached`: its channel is closed or gone, and it stays until nothing is owed to it. */
  | { readonly kind: 'webhook'; readonly hook: Webhook; readonly detached: boolean }
  | DeliveryRecord;

/** The order in which counts are shown. */
export const RECORD_KINDS = [
  'identity',
  'note',
  'channel',
  'ban',
  'seat',
  'tombstone',
  'key',
  'event',
  'webhook',
  'delivery',
] as const satisfies readonly StoreRecord['kind'][];

/** A store cannot be moved from, or into, as it stands: a sentence for the operator. */
export class MoveError extends Error {}

/** The last step was not confirmed: the target may be complete, and open to hubs. What was put must be left alone. */
export class UnsureMoveError extends MoveError {}

/** A store that things move out of. Nobody else uses it meanwhile, and nothing in it changes. */
export interface Outgoing {
  /** Everything in it. @throws MoveError, HubError storage_unavailable */
  records(): AsyncIterable<StoreRecord>;
  /** Lets go of it. */
  close(): Promise<void>;
}

/** A store that things move into. It was empty, and no hub opens it before {@link finish}. */
export interface Incoming {
  put(records: readonly StoreRecord[]): Eventually<void>;
  /** What was put, read back. */
  records(): AsyncIterable<StoreRecord>;
  /** From here on it is a store like any other. @throws MoveError; UnsureMoveError when it may be so already, and is let go of */
  finish(): Promise<void>;
  /** Gives up: what was put is forgotten, or kept away from hubs until another move takes it away. */
  abandon(): Promise<void>;
}

/** A note that ends sooner than this might end on the way. It stays behind. */
const LASTING_MS = 3_600_000;

/** Whether a note is worth to be moved. */
export const isLasting = (until: number | null, now: number): boolean => until === null || until - now > LASTING_MS;

/** The longest that a move or a restart may put off a delivery, whatever the wall clocks say. */
const LATEST_MS = 60_000;

/** When a delivery is due after the move or restart. */
export const dueWithin = (dueAt: number, now: number): number => Math.min(now + LATEST_MS, Math.max(now, dueAt));
