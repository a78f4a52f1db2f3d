/**
 * The rules of a mailbox: what a seat has been given, what it has proved to have, and what it must be told.
 *
 * Four positions, `confirmed ≤ handed ≤ sent ≤ head`:
 *   - `sent`      an answer up to here was put together for this seat: it *may* have seen it;
 *   - `handed`    the bytes of such an answer were accepted by a live socket: it has *probably* seen it;
 *   - `confirmed` the seat gave evidence (a `since`, an `ack`, or the next bare listen): it *has* seen it.
 * A repeat of anything up to `sent` is flagged; nothing after `confirmed` is ever dropped without a {@link Gap}.
 *
 * Pure functions over one mutable record, so that an engine can run each as a single atomic step. The local engine
 * calls them; an engine that keeps mailboxes elsewhere restates them there and passes the same suite.
 */
import { type Gone, indexAfter, inHistory, positionOf, type Ring } from './ring.ts';
import type { Gap, Heard, Message, ReceiptState, Since, Slice } from './types.ts';

export interface Mailbox {
  readonly callsign: string;
  confirmed: number;
  handed: number;
  sent: number;
  /** This session has given a `since`; from then on only evidence confirms. */
  explicit: boolean;
  /** Answers in a row that repeated unconfirmed messages without new evidence. */
  repeats: number;
  /** Broadcasts after this id are for it; null until its first join: until then only direct messages are. */
  joinedAfter: number | null;
  /** The ring's `broadcasts` at that moment. */
  broadcastsBefore: number;
  /** Broadcasts of its own since; they are not for it. */
  own: number;
  /** Direct messages to it, ever. */
  direct: number;
  /** How many messages for it lie at or before `confirmed`. With the counters above, gaps are counted exactly. */
  seen: number;
  /** The store was rolled back behind what this seat may have heard: owed to be said, said, or not so. */
  rewound: 'no' | 'owed' | 'told';
  /** Up to here it heard another history, by its own word: it may have seen these. In memory only; whoever goes on says it anew. */
  again: number;
  /** Ranges of ids [from, to] that left the ring before this seat could have seen them. */
  lost: [from: number, to: number][];
  /** When `handed` and `confirmed` came to which id: [id, wall ms, id, wall ms, …]; bounded, for receipts. */
  readonly handedAt: number[];
  readonly confirmedAt: number[];
}

/** Repeats of unconfirmed messages that cut a bare listen short; after these it waits its full time. */
const FREE_REPEATS = 3;
/** At least so many marks are remembered; they are dropped by half as many, since each drop moves all the others. */
const MARKS_KEPT = 64;
const LOST_KEPT = 16;

/** A mailbox for a callsign that nobody has joined as: it begins at the head and gets direct messages only. */
export const newMailbox = (callsign: string, ring: Ring): Mailbox => ({
  callsign,
  confirmed: ring.head,
  handed: ring.head,
  sent: ring.head,
  explicit: false,
  repeats: 0,
  joinedAfter: null,
  broadcastsBefore: 0,
  own: 0,
  direct: 0,
  seen: 0,
  rewound: 'no',
  again: 0,
  lost: [],
  handedAt: [],
  confirmedAt: [],
});

/** A first join: broadcasts are for it from here on. Direct messages that waited stay. */
export const openToBroadcasts = (box: Mailbox, ring: Ring): void => {
  box.joinedAfter = ring.head;
  box.broadcastsBefore = ring.broadcasts;
};

/** Whether a message is this mailbox's to hear. */
export const isFor = (box: Mailbox, message: Gone): boolean =>
  message.to === 'all'
    ? box.joinedAfter !== null && message.id > box.joinedAfter && message.from !== box.callsign
    : message.to === box.callsign;

/** Messages for it in the ring after `id`. */
const countAfter = (box: Mailbox, ring: Ring, id: number): number => {
  let count = 0;
  for (let i = indexAfter(ring, id); i < ring.messages.length; i++) if (isFor(box, ring.messages[i]!)) count++;
  return count;
};

/** Messages for it that ever were, in the ring or gone. */
const addressed = (box: Mailbox, ring: Ring): number =>
  box.direct + (box.joinedAfter === null ? 0 : ring.broadcasts - box.broadcastsBefore - box.own);

/**
 * Messages for it after `id` that have left the ring: exactly as far back as the ring remembers who they were for, and
 * for what lies before an upper bound, given that `known` of them lie at or before `id`.
 */
const leftAfter = (box: Mailbox, ring: Ring, id: number, known: number): number => {
  const from = Math.max(id, ring.goneFloor);
  let remembered = 0;
  for (let i = ring.gone.length - 1; i >= 0 && ring.gone[i]!.id > from; i--) if (isFor(box, ring.gone[i]!)) remembered++;
  const older = addressed(box, ring) - countAfter(box, ring, ring.floor) - remembered - known;
  return remembered + Math.max(0, Math.min(older, from - id));
};

const mark = (marks: number[], id: number, now: number): void => {
  marks.push(id, now);
  if (marks.length > 3 * MARKS_KEPT) marks.splice(0, MARKS_KEPT);
};

/** Remembers which ids this seat can no longer get, so that no later evidence turns them into `confirmed`. */
const noteLost = (box: Mailbox, first: number, upTo: number): void => {
  if (first > upTo) return;
  const last = box.lost[box.lost.length - 1];
  if (last && first <= last[1] + 1) last[1] = Math.max(last[1], upTo);
  else box.lost.push([first, upTo]);
  if (box.lost.length > LOST_KEPT) box.lost.shift();
};

/** Whether a message that it was never given left the ring since it was last told so. */
const lostSince = (box: Mailbox, ring: Ring): boolean => {
  const known = Math.max(box.sent, box.lost[box.lost.length - 1]?.[1] ?? 0);
  return ring.gone.some((gone) => gone.id > known && isFor(box, gone));
};

/** Moves `confirmed` up to `id`, never down and never past the head. */
export const confirm = (box: Mailbox, ring: Ring, id: number, now: number): void => {
  const to = Math.min(id, ring.head);
  if (to <= box.confirmed) return;
  noteLost(box, box.sent + 1, Math.min(to, ring.floor));
  const left = to < ring.floor ? leftAfter(box, ring, to, box.seen) : 0;
  box.seen = addressed(box, ring) - countAfter(box, ring, Math.max(to, ring.floor)) - left;
  box.confirmed = to;
  mark(box.confirmedAt, to, now);
  if (box.handed < to) {
    box.handed = to;
    mark(box.handedAt, to, now);
  }
  if (box.sent < to) box.sent = to;
  box.repeats = 0;
};

/** The bytes of this answer were accepted by a live socket. */
export const handOver = (box: Mailbox, slice: Slice, now: number): void => {
  const after = slice.after.id;
  const to = slice.cursor.id;
  if (slice.gap?.reason === 'rewound' && box.rewound === 'owed') box.rewound = 'told';
  // An answer that began beyond `handed` would leave a hole that nobody has proved anything about.
  if (after > box.handed || to <= box.handed || to > box.sent) return;
  box.handed = to;
  mark(box.handedAt, to, now);
};

/** A listen arrives, or a stream or a wait: takes its evidence and says where its answer starts. */
export const arrive = (box: Mailbox, ring: Ring, since: Since, now: number): number => {
  if (since.at === 'bare') {
    if (!box.explicit) {
      confirm(box, ring, box.handed, now);
      if (box.rewound === 'told') box.rewound = 'no';
    }
    return box.confirmed;
  }
  box.explicit = true;
  if (since.at === 'start') return 0;
  if (since.at === 'position' && !inHistory(ring, since.id, since.tag)) {
    box.rewound = 'owed';
    if (since.tag !== null) box.again = Math.max(box.again, Math.min(since.id, ring.head));
    return box.confirmed;
  }
  if (box.rewound === 'told') box.rewound = 'no';
  box.repeats = 0;
  const from = since.at === 'latest' ? ring.head : since.id;
  confirm(box, ring, from, now);
  return from;
};

/** The answer to "what have I missed for good?", seen from `from`. Null when nothing. */
const gapAfter = (box: Mailbox, ring: Ring, from: number, rewoundTold: boolean): Gap | null => {
  const oldest = ring.messages[0]?.id ?? null;
  if (box.rewound !== 'no' && !rewoundTold) return { reason: 'rewound', missed_at_most: null, oldest };
  // `since=0` asks for the ring as it is; what it has not confirmed before is still owed an announcement.
  const start = from === 0 ? box.confirmed : from;
  if (start >= ring.floor) return null;
  const missed = leftAfter(box, ring, start, start < box.confirmed ? 0 : box.seen);
  return missed > 0 ? { reason: 'rotated', missed_at_most: missed, oldest } : null;
};

/** What one answer may hold. */
export interface AnswerLimits {
  readonly messages: number;
  readonly bytes: number;
}

/** Room a message takes beside its text: names, numbers and punctuation of its JSON. */
const ENVELOPE_BYTES = 256;
/** JSON may write a byte of text as two (quotes, newlines). Six for control characters, which {@link safeText} removed. */
export const cost = (message: Message): number => ENVELOPE_BYTES + 2 * Buffer.byteLength(message.text);

/** Everything for this mailbox after `from`, flagged where it may have been seen. Moves nothing. */
export const peek = (box: Mailbox, ring: Ring, from: number, limits: AnswerLimits, rewoundTold = false): Slice => {
  const heard: Heard[] = [];
  let bytes = 0;
  let end = Math.max(from, ring.head);
  let more = false;
  for (let i = indexAfter(ring, from); i < ring.messages.length; i++) {
    const message = ring.messages[i]!;
    if (!isFor(box, message)) continue;
    const size = cost(message);
    if (heard.length > 0 && (heard.length >= limits.messages || bytes + size > limits.bytes)) {
      more = true;
      end = heard[heard.length - 1]!.message.id;
      break;
    }
    bytes += size;
    heard.push({ message, redelivered: message.id <= Math.max(box.sent, box.again) });
  }
  return { heard, after: positionOf(ring, from), cursor: positionOf(ring, end), more, gap: gapAfter(box, ring, from, rewoundTold) };
};

/** How a read was asked for. */
export interface Ask {
  /** Where the answer starts, from {@link arrive}. */
  readonly from: number;
  /** The listen gave no `since`. */
  readonly bare: boolean;
  /** Its time is up: answer with what there is. */
  readonly final: boolean;
  /** This stream has told already that the store was rolled back; what leaves the ring meanwhile is told each time. */
  readonly rewoundTold: boolean;
  readonly limits: AnswerLimits;
}

/**
 * What a read gives a listener that had better wait on: `nothing` is there, or only what is `held` back from it, or the
 * store is `away`, and nobody knows whether it may hear anything.
 */
export type Unready = 'nothing' | 'held' | 'away';

/**
 * Reads a mailbox for an answer, or says that the listener had better wait on. What it returns counts as `sent` from
 * here on, whatever becomes of the answer.
 */
export const take = (box: Mailbox, ring: Ring, ask: Ask): Slice | Unready => {
  const slice = peek(box, ring, ask.from, ask.limits, ask.rewoundTold);
  const empty = slice.heard.length === 0 && slice.gap === null;
  if (!ask.final) {
    if (empty) return 'nothing';
    const fresh = slice.heard.some((heard) => !heard.redelivered) || (slice.gap !== null && lostSince(box, ring));
    // An agent that never gives evidence would otherwise be answered at once with the same messages for ever.
    if (!fresh && ask.bare && box.explicit && box.repeats >= FREE_REPEATS) return 'held';
  }
  if (ask.bare && box.explicit && !empty && slice.heard.every((heard) => heard.redelivered)) box.repeats++;
  if (slice.gap) noteLost(box, box.handed + 1, ring.floor);
  if (slice.cursor.id > box.sent) box.sent = slice.cursor.id;
  return slice;
};

const timeOf = (marks: readonly number[], id: number): number | null => {
  // The first mark at or past the id is when it was reached, if the marks go back to before it.
  for (let i = 0; i < marks.length; i += 2) if (marks[i]! >= id) return i > 0 || marks.length < 2 * MARKS_KEPT ? marks[i + 1]! : null;
  return null;
};

/** How far a message has come for this mailbox, and since when (wall ms; null when no longer known). */
export const receiptFor = (box: Mailbox, ring: Ring, id: number): { state: ReceiptState; at: number | null } => {
  if (box.lost.some(([from, to]) => from <= id && id <= to)) return { state: 'expired', at: null };
  if (id <= box.confirmed) return { state: 'confirmed', at: timeOf(box.confirmedAt, id) };
  if (id <= box.handed) return { state: 'delivered', at: timeOf(box.handedAt, id) };
  return { state: id <= ring.floor ? 'expired' : 'queued', at: null };
};

/** What a join tells: what was handed over and never confirmed, how much more waits, and what is lost. Moves nothing. */
export interface Standing {
  readonly cursor: Slice['cursor'];
  readonly unconfirmed: readonly Heard[];
  readonly pending: number;
  readonly gap: Gap | null;
}

export const standing = (box: Mailbox, ring: Ring, limits: AnswerLimits): Standing => {
  const all = peek(box, ring, box.confirmed, { messages: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY });
  const unconfirmed: Heard[] = [];
  let bytes = 0;
  let pending = 0;
  for (const heard of all.heard) {
    if (heard.message.id > box.handed) {
      pending++;
      continue;
    }
    bytes += cost(heard.message);
    if (unconfirmed.length > 0 && (unconfirmed.length >= limits.messages || bytes > limits.bytes)) {
      // What does not fit was not shown, so a bare listen must not confirm it.
      box.explicit = true;
      pending++;
    } else unconfirmed.push({ message: heard.message, redelivered: true });
  }
  return { cursor: all.after, unconfirmed, pending, gap: all.gap };
};
