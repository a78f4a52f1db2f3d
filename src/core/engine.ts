/**
 * The port between the product and where it keeps things.
 *
 * An engine stores channels, seats and messages, and tells every other hub process what was said. Its contract:
 *
 *   - **Each method is one atomic step.** What must not be torn apart is one method; the core never reads and then
 *     writes. Two processes may call any two methods at once.
 *   - **Stored before told.** `append` resolves when the message is as durable as its channel promises; nobody hears
 *     it before that. What was resolved survives the death of the process.
 *   - **Wake-ups are hints.** `onAppended` reports what no call from here has appended; a report may be late, doubled or
 *     lost. A listener parks first and reads then, so a hint can wake it for nothing but never leave it asleep
 *     beside mail.
 *   - **Values are facts of the product**, not rows. Rules for mailboxes are in `mailbox.ts`; an engine runs them.
 *   - Failures are HubErrors: `storage_unavailable` when it cannot store now, `hub_full` when a size of `limits.ts`
 *     is reached. A call that failed may be made again.
 *   - Sessions slide: every method that takes a session's callsign as the doer counts as a sign of life.
 *
 * Methods that can answer at once may do so without a promise.
 */
import type { Trip } from './guards.ts';
import type { Rate } from './limits.ts';
import type { AnswerLimits, Ask, Standing, Unready } from './mailbox.ts';
import type { Notes } from './notes.ts';
import type { Outbox } from './outbox.ts';
import type { Allowance } from './rates.ts';
import type { Recalled, Recollection } from './recalling.ts';
import type {
  Attestation,
  Channel,
  Eventually,
  Identity,
  Kind,
  Message,
  Position,
  Presence,
  Receipt,
  RosterEntry,
  Session,
  Since,
  Slice,
  TranscriptEvent,
} from './types.ts';

/** A claim to a callsign: what `join` asks for in one atomic step. */
export interface SeatClaim {
  readonly channelId: string;
  readonly callsign: string;
  /** Hash of the join token that was shown, or of what stands for one on a band. A live session belongs to it. */
  readonly tokenHash: string;
  /** The session to begin, if the seat has no live one of this token. */
  readonly nonce: string;
  readonly sessionHash: string;
  /** The identity that was shown, or that of `newIdentity`. */
  readonly identityId: string | null;
  /** An identity to make along with the seat; made only when the seat is given. */
  readonly newIdentity: Identity | null;
  /** The right owner password was given with this claim. */
  readonly authorized: boolean;
  /**
   * `exclusive`: while a session of another token lives, the seat is taken, for who shows no secret that would make
   * them the same. `resume`: so, and no session is begun either (`not_joined`).
   */
  readonly terms: 'any' | 'exclusive' | 'resume';
  /** How much of what is unconfirmed may be shown. */
  readonly limits: AnswerLimits;
}

export interface ClaimedSeat extends Standing {
  readonly session: Session;
  /** When the session ends unless somebody calls, ms of the wall clock. */
  readonly expiresAt: number;
  /** Nonce of the session in force: the claimed one, or that of the session taken up again. */
  readonly nonce: string;
  readonly resumed: boolean;
}

/** What became of a session id. */
export type SessionState =
  | { readonly state: 'live'; readonly session: Session }
  | { readonly state: 'expired' }
  /** Ended by an owner's step; remembered as long as an expired one. */
  | { readonly state: 'kicked' | 'rotated' | 'closed' }
  | { readonly state: 'unknown' };

export interface Draft {
  readonly channelId: string;
  readonly from: string;
  readonly to: string;
  readonly text: string;
  readonly kind: Kind;
  readonly replyTo: number | null;
  readonly sender: Attestation;
  /** Hash of the Idempotency-Key, and of what was sent with it; null without a key. */
  readonly key: { readonly hash: string; readonly content: string } | null;
  /** One call is taken from it first; null where nobody counts. */
  readonly allowance: Allowance | null;
  /** The sender's session, where the hub goes by it from memory: then it is looked at before anything else. */
  readonly recalled: Recollection | null;
}

/** How a listener arrives. */
export interface Arrival {
  readonly sessionHash: string;
  /** It waits when there is nothing for it. */
  readonly waits: boolean;
  /** Its session, where the hub goes by it from memory. */
  readonly recalled: Recollection | null;
}

export interface Recipient {
  readonly callsign: string;
  /** Just before this message was announced. */
  readonly presence: Presence;
}

export interface Appended {
  readonly message: Message;
  /** Members it is for, at most the listed number; a direct message has exactly one, joined or not. */
  readonly recipients: readonly Recipient[];
  readonly recipientCount: number;
  /** The key was used before with the same content: nothing was appended. */
  readonly duplicate: boolean;
}

/** A listener's read of its mailbox. */
export interface Read extends Ask {
  readonly channelId: string;
  readonly callsign: string;
  /** Of the session that hears. */
  readonly sessionHash: string;
  /** The tag of `from`: a store that was rolled back meanwhile knows by it that the place is not what it was. */
  readonly tag: string;
}

/** Counts of a channel, for `channel_info` and the operator; never content. */
export interface ChannelCounts {
  readonly members: number;
  readonly listening: number;
  readonly messages: number;
  readonly head: number;
}

/** What a kick did. */
export interface Kicked {
  /** It was on the roster. */
  readonly kicked: boolean;
  /** From now on it is refused. */
  readonly banned: boolean;
}

/** How the guards of a channel stand. */
export interface GuardReport {
  readonly factor: number;
  /** Messages of the channel in the hour under way. */
  readonly messages: number;
  /** Who was stopped since the last reset, the newest last. */
  readonly trips: readonly Trip[];
}

/** What an operator sees of a channel; never content. */
export interface ChannelFacts extends ChannelCounts {
  readonly channel: Channel;
  /** Wall clock, ms: the last sign of life of anybody on it. */
  readonly lastActiveAt: number;
  /** How many trips its guards remember. */
  readonly tripped: number;
}

export interface RateAnswer {
  readonly allowed: boolean;
  /** Calls left at this instant. */
  readonly remaining: number;
  /** Until the next call is allowed; 0 when one is. */
  readonly retryAfterMs: number;
}

/** With what webhooks need, in outbox.ts. */
export interface Engine extends Outbox {
  /** What transports remember for all hubs of a store. */
  readonly notes: Notes;
  /** Tells of messages in a ring that no call from here has answered for. Set once, before the first call. */
  onAppended(hear: (channelId: string, message: Message) => void): void;
  /**
   * Tells that other processes began or ended a session of this callsign, or (null) sessions of the channel: a hint, on
   * which whoever is parked there reads again. Set once, before the first call.
   */
  onTurned(hear: (channelId: string, callsign: string | null) => void): void;
  /** Null when all is well, else a sentence for the operator. */
  health(): string | null;
  /** Writes what is not yet written and lets go of everything. No method may be called after it. */
  close(): Promise<void>;

  // Channels
  /** @throws HubError hub_full */
  createChannel(channel: Channel): Promise<void>;
  /**
   * Makes the channel of a band unless it is there. It takes no place from others and is never swept; its seats are,
   * once they have had no session for `bandSeatMs`, or for `bandBoundSeatMs` when bound.
   */
  openBand(channel: Channel): Promise<void>;
  channel(channelId: string): Eventually<Channel | undefined>;
  counts(channelId: string): Eventually<ChannelCounts>;
  /** Of channels that somebody made; bands are not among them. */
  channelCount(): Eventually<number>;
  /** Live sessions of all channels, for the operator; may be a sweep late. */
  sessionCount(): Eventually<number>;
  /** Every channel, for the operator. Looks at all of them, so it is no call for a hot path; reads no text from disk. */
  survey(): Eventually<readonly ChannelFacts[]>;

  // Owners. Each step is written, with its event in the transcript, before it resolves; a power failure takes none back.
  /**
   * Closes a channel: its sessions end as `closed`, its seats, mailboxes and ring are forgotten. What it kept can be
   * read until it is swept; with `erase` nothing is left, and the channel is as one that never was.
   */
  closeChannel(channelId: string, erase: boolean): Promise<void>;
  /** Gives a channel another join token. Its sessions end as `rotated`; seats, mailboxes and bindings stay. */
  rotateToken(channelId: string, joinTokenHash: string): Promise<void>;
  /**
   * Ends the session of a callsign as `kicked` and takes the seat off the roster; its mailbox stays.
   * @param ban true: the callsign, and the identity its seat is bound to, are refused from now on; false: no longer; null: as before
   * @throws HubError hub_full when the channel has as many bans as it may have mailboxes; storage_unavailable
   */
  kick(channelId: string, callsign: string, ban: boolean | null): Promise<Kicked>;
  /** From the call on nothing is appended (`channel_paused`), or again. Says nothing when it is so already. */
  pause(channelId: string, paused: boolean): Promise<void>;
  guards(channelId: string): Eventually<GuardReport>;
  /** Sets the factor of the guards, which is kept, and with `reset` forgets what they counted and whom they stopped. */
  setGuards(channelId: string, factor: number | null, reset: boolean): Promise<void>;

  // Identities
  createIdentity(identity: Identity): Promise<void>;
  identity(keyHash: string): Eventually<Identity | undefined>;

  // Seats
  /**
   * Gives the seat of a callsign to a joiner. A live session of the same token is taken up again, however many ask at
   * once; else a new one begins and the mailbox goes on where it stood. Moves no position.
   * @throws HubError unauthorized when the token is not the channel's any more; callsign_taken when the seat is bound to another identity, or an exclusive claim finds it held; not_joined when a claim to resume finds no live session; kicked when the callsign or the identity is banned; hub_full
   */
  claimSeat(claim: SeatClaim): Promise<ClaimedSeat>;
  /** What a session id (by its hash) is worth now. `live` counts as a sign of life. */
  session(channelId: string, sessionHash: string): Eventually<SessionState>;
  /** A caller as it was when it last called here, from memory. An engine whose `session` answers at once has no use for it. */
  recall?(channelId: string, sessionHash: string): Recalled | undefined;
  /** Ends a session; the mailbox stays. Returns false when it was not live. */
  leave(channelId: string, sessionHash: string): Promise<boolean>;
  roster(channelId: string): Eventually<readonly RosterEntry[]>;
  /** A listener of this callsign is parked here: the seat is `listening` and does not expire. */
  park(channelId: string, callsign: string): void;
  unpark(channelId: string, callsign: string): void;

  // Messages
  /**
   * Gives a message the next id of its channel, puts it into the ring, remembers its key, writes what the retention
   * mode keeps, and tells the other processes. A mailbox is made for a direct message's callsign that has none,
   * except on a band (`invalid_to`).
   * The guards of `guards.ts` are asked first, in the same step; a repeat of a key is none of their business.
   * @throws HubError rate_limited, idempotency_conflict, channel_paused, budget_spent, loop_suspected, hub_full, storage_unavailable (it may be heard all the same where only the last step failed: repeat it with its key)
   * @throws OutdatedError when what was recalled of the sender is no longer so
   */
  append(draft: Draft): Promise<Appended>;
  /**
   * A listen arrives with its evidence; where its answer starts.
   * @throws OutdatedError when what was recalled of the listener is no longer so
   * @throws HubError as {@link read} does
   */
  arrive(channelId: string, callsign: string, since: Since, arrival: Arrival): Eventually<Position>;
  /**
   * What the mailbox has for a listener, or that it had better wait. Returned messages count as sent, durably.
   * @throws HubError not_joined, session_expired, kicked, unauthorized (closed, or another token): the session is not live
   */
  read(read: Read): Eventually<Slice | Unready>;
  /** An answer's bytes were accepted by a live socket. */
  handed(channelId: string, callsign: string, slice: Slice): void;
  /** Evidence without listening; `start` is none, and changes nothing. Returns the position confirmed from now on. */
  acknowledge(channelId: string, callsign: string, since: Since): Eventually<Position>;
  /**
   * Every message after `from`, for whoever watches without a seat, or `away` (see Unready). Moves nothing.
   * @param tokenHash of the join token that let the watcher in
   * @throws HubError unauthorized when the channel is closed, or has another join token by now
   */
  observe(channelId: string, tokenHash: string, from: Since, limits: AnswerLimits): Eventually<Slice | 'away'>;
  /** The last `n` messages, oldest first. */
  history(channelId: string, n: number): Eventually<readonly Message[]>;
  /**
   * A message by id and how far it has come. Without `message` when it left the ring, with the receipts that are
   * still known; undefined when the id was never issued.
   */
  receipts(channelId: string, id: number): Eventually<{ message: Message | null; receipts: readonly Receipt[] } | undefined>;

  /** Transcript events after `seq`, oldest first, at most `limit`. */
  transcript(channelId: string, after: number, limit: number): Eventually<readonly TranscriptEvent[]>;

  /** Takes one call from a rate's allowance, or gives one back. `key` names who is counted. */
  spend(key: string, rate: Rate, calls?: 1 | -1): Eventually<RateAnswer>;
  /** Expires sessions, forgets old keys and tombstones, removes idle channels. Returns the ids of those removed. */
  sweep(): Promise<readonly string[]>;
}
