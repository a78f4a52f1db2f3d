/**
 * The words of the product as data: what a channel, a seat and a message are.
 * Everything here is readonly and knows no wire and no database.
 */
import type { Recollection } from './recalling.ts';

/** What a channel keeps on disk (docs/protocol.md, "Retention"). */
export const RETENTIONS = ['none', 'metadata', 'prompts', 'full'] as const;
export type Retention = (typeof RETENTIONS)[number];

/** How strangers reach a hub: `local` this machine only, `shared` with a hub token, `open` anyone. */
export const HUB_MODES = ['local', 'shared', 'open'] as const;
export type HubMode = (typeof HUB_MODES)[number];

export const TRUST_MODES = ['untrusted', 'trusted'] as const;
export type TrustMode = (typeof TRUST_MODES)[number];

/** What a joiner is told about its peers' words. */
export const POSTURES = ['untrusted', 'trusted', 'trusted_authorized'] as const;
export type Posture = (typeof POSTURES)[number];

/** From evidence: parked now, seen within a minute, session alive, no session. */
export const PRESENCES = ['listening', 'active', 'idle', 'offline'] as const;
export type Presence = (typeof PRESENCES)[number];

export const KINDS = ['message', 'status'] as const;
export type Kind = (typeof KINDS)[number];

/** How far a message has come for one recipient. `expired`: it left the ring before that recipient saw it. */
export const RECEIPT_STATES = ['queued', 'delivered', 'confirmed', 'expired'] as const;
export type ReceiptState = (typeof RECEIPT_STATES)[number];

export interface Channel {
  readonly id: string;
  /** Wall clock, ms since the epoch. */
  readonly createdAt: number;
  readonly retention: Retention;
  readonly trustMode: TrustMode;
  readonly requireIdentity: boolean;
  readonly sessionTtlMs: number;
  /** SHA-256, hex. The token itself is shown once and kept nowhere. */
  readonly joinTokenHash: string;
  readonly ownerTokenHash: string;
  /** scrypt, self-describing; null when the channel has no owner password. */
  readonly ownerPasswordHash: string | null;
  /** The owner paused it: nobody sends. */
  readonly paused: boolean;
  /** Wall ms; null while it is open. A closed channel answers nothing but what it kept. */
  readonly closedAt: number | null;
}

/** A name that outlives sessions and channels: who holds the key is `verified`. */
export interface Identity {
  readonly id: string;
  readonly keyHash: string;
  readonly name: string | null;
  readonly createdAt: number;
}

/** What the hub itself vouches for about a sender; never taken from text. */
export interface Attestation {
  readonly verified: boolean;
  readonly authorized: boolean;
}

/** A message, in the names of the wire. One object per message, shared by all who hear it. */
export interface Message {
  readonly id: number;
  readonly from: string;
  readonly to: string;
  readonly text: string;
  /** ISO 8601 UTC. */
  readonly at: string;
  readonly kind?: Kind;
  readonly reply_to?: number;
  readonly sender: Attestation;
}

/** A message as one listener gets it. `redelivered` means "you may have seen this". */
export interface Heard {
  readonly message: Message;
  readonly redelivered: boolean;
}

/** Messages for a seat that it will never get, said out loud. */
export interface Gap {
  readonly reason: 'rotated' | 'rewound';
  /** Upper bound; null when the store was rolled back and nobody can know. */
  readonly missed_at_most: number | null;
  /** The oldest message still held, null when none is. */
  readonly oldest: number | null;
}

/** A place in a channel's order. The tag tells this history from a rolled-back one. */
export interface Position {
  readonly id: number;
  readonly tag: string;
}

/** What a read of a mailbox gives: everything after `after` up to `cursor`. */
export interface Slice {
  readonly heard: readonly Heard[];
  readonly after: Position;
  readonly cursor: Position;
  readonly more: boolean;
  readonly gap: Gap | null;
}

/** What a listener brings along: nothing, a place, or one of the two words. */
export type Since =
  | { readonly at: 'bare' }
  | { readonly at: 'start' }
  | { readonly at: 'latest' }
  | { readonly at: 'position'; readonly id: number; readonly tag: string | null };

/** A live session as the gate sees it. */
export interface Session {
  readonly channelId: string;
  readonly callsign: string;
  readonly hash: string;
  readonly sender: Attestation;
  /** Nobody has asked about it in this call: whoever goes by it shows this with the first step. */
  readonly recalled?: Recollection;
}

/**
 * Ways in which a message comes to a member by itself: it listens now; a webhook for its callsign is armed. A way that
 * wakes agents otherwise is another name here.
 */
export const REACHES = ['listen', 'webhook'] as const;
export type Reach = (typeof REACHES)[number];

export interface RosterEntry {
  readonly callsign: string;
  readonly presence: Presence;
  readonly joined_at: string;
  readonly last_seen_at: string;
  readonly verified: boolean;
  readonly authorized: boolean;
  /** Empty: only its mailbox. */
  readonly reach: readonly Reach[];
  readonly status?: string;
}

export interface Receipt {
  readonly callsign: string;
  readonly state: ReceiptState;
  /** When that state was reached, ISO 8601; null when the hub no longer knows. */
  readonly at: string | null;
}

export const EVENT_TYPES = ['channel_created', 'join', 'leave', 'message', 'kick', 'pause', 'resume', 'rotate', 'close'] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** One line of a transcript. Which fields it has depends on its type and the channel's retention. */
export interface TranscriptEvent {
  readonly seq: number;
  readonly at: string;
  readonly type: EventType;
  readonly callsign?: string;
  readonly reason?: string;
  readonly id?: number;
  readonly from?: string;
  readonly to?: string;
  readonly bytes?: number;
  readonly text?: string;
  readonly reply_to?: number;
  readonly sender?: Attestation;
}

/** A value now or later; the hot path stays free of needless promises. */
export type Eventually<T> = T | Promise<T>;
