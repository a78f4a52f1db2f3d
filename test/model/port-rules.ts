/** What each call of the engine's port may do to a mailbox, and what must come of it. */

import type { ClaimedSeat, Read, SeatClaim } from '../../src/core/engine.ts';
import type { Unready } from '../../src/core/mailbox.ts';
import type { Eventually, Position, Since, Slice } from '../../src/core/types.ts';
import type { ChannelState } from '../../src/engines/local/state.ts';
import type { Job } from '../../src/engines/local/store.ts';
import { type Ledger, rule, type SeatFacts } from './ledger.ts';

/** The engine's memory at the moment of a call. */
export interface Moment {
  readonly ledger: Ledger;
  readonly state: ChannelState;
  readonly uptime: number;
}

/** What left the ring when nothing had carried it and no evidence spoke for it can be confirmed by nothing later. */
const noteUnseen = ({ ledger, state }: Moment, facts: SeatFacts): void => {
  if (state.ringOnDisk) return;
  for (const id of ledger.sure(facts, facts.mayConfirm, state.ring.floor)) if (!facts.carried.has(id)) facts.unseen.add(id);
};

/** How far evidence reaches: nothing may be confirmed beyond it. Null: it is none. */
const reach = (moment: Moment, facts: SeatFacts, since: Since): number | null => {
  const { ledger, state, uptime } = moment;
  if (since.at === 'bare') {
    if (facts.explicit) return null;
    if (facts.rewound === 'told') facts.rewound = 'no';
    // The contract's weak point: the kernel took the answer, so a client without evidence counts as having it.
    for (const { after, cursor } of facts.onTheWay) facts.excused.push({ after, upTo: cursor, why: 'bare-handed' });
    facts.onTheWay = [];
    return facts.mayHand;
  }
  if (!facts.explicit) facts.explicitAt = uptime;
  facts.explicit = true;
  if (ledger.foreign.has(since)) {
    facts.rewound = 'owed';
    if (since.at === 'position' && since.tag !== null) facts.again = Math.max(facts.again, Math.min(since.id, state.ring.head));
    return null;
  }
  if (since.at === 'start') return null;
  if (facts.rewound === 'told') facts.rewound = 'no';
  if (since.at === 'position') return since.id;
  facts.excused.push({ after: 0, upTo: state.ring.head, why: 'latest' });
  return state.ring.head;
};

/** Evidence arrives, with a listen or by itself. */
export const arrived = (moment: Moment, callsign: string, since: Since, call: () => Position): Position => {
  const facts = moment.ledger.seat(callsign);
  const { ring } = moment.state;
  noteUnseen(moment, facts);
  const seat = moment.state.seats.get(callsign);
  const before = seat ? { confirmed: seat.confirmed, handed: seat.handed } : { confirmed: 0, handed: 0 };
  const wasExplicit = facts.explicit;
  // What is refused, since the session is over by now, was no evidence.
  const from = call();
  const upTo = reach(moment, facts, since);
  if (upTo !== null) facts.mayConfirm = Math.max(facts.mayConfirm, Math.min(upTo, ring.head));
  const now = moment.state.seats.get(callsign)!;
  const detail = (): string => `${callsign} ${JSON.stringify(since)}: confirmed ${before.confirmed} → ${now.confirmed}`;
  if (since.at === 'bare') {
    const expected = wasExplicit ? before.confirmed : before.handed;
    rule(wasExplicit ? 'R-LISTEN-12' : 'R-LISTEN-11', now.confirmed === expected, detail);
    rule('R-LISTEN-11', from.id === now.confirmed, () => `a bare listen of ${callsign} starts at ${from.id}, not at ${now.confirmed}`);
  } else if (upTo === null) {
    const clause = since.at === 'start' ? 'R-LISTEN-10' : 'R-LISTEN-18';
    rule(clause, now.confirmed === before.confirmed, detail);
  } else rule('R-LISTEN-8', now.confirmed === Math.max(before.confirmed, upTo), detail);
  rule('R-LISTEN-8', now.confirmed <= facts.mayConfirm, () => `${detail()}, but evidence reaches to ${facts.mayConfirm}`);
  rule('R-LISTEN-9', now.explicit === facts.explicit, () => `the session of ${callsign} is${now.explicit ? '' : ' not'} explicit`);
  return from;
};

/** The bytes of an answer were accepted by a live socket. */
export const handedOver = ({ ledger, state }: Moment, callsign: string, slice: Slice, call: () => void): void => {
  const facts = ledger.seat(callsign);
  const seat = state.seats.get(callsign)!;
  const before = seat.handed;
  call();
  const end = slice.cursor.id;
  rule('R-LISTEN-2', seat.handed <= Math.max(before, end), () => `handed of ${callsign} is ${seat.handed} after an answer up to ${end}`);
  // One that begins beyond what was handed over before would leave a hole.
  const joins = slice.after.id <= before;
  rule('R-LISTEN-2', !joins || seat.handed >= end, () => `handed of ${callsign} stays at ${seat.handed} after an answer up to ${end}`);
  facts.mayHand = Math.max(facts.mayHand, facts.mayConfirm, end);
  if (slice.gap?.reason === 'rewound' && facts.rewound === 'owed') facts.rewound = 'told';
};

/** A slice, and what was known of the seat when it was cut. */
type Found = Pick<Slice, 'gap' | 'after' | 'cursor'> &
  Pick<SeatFacts, 'rewound' | 'mayConfirm'> & {
    readonly confirmed: number;
    /** The hub does not remember whom the messages up to here were for. */
    readonly forgotten: number;
  };

/**
 * After which id a gap may count. Exactly from where the answer starts, as long as the hub remembers who was written
 * to; a restart makes it forget, and then it counts from the position that was on disk, or all there ever was when the
 * client asks from further back than it has confirmed.
 */
const countsFrom = (facts: SeatFacts, found: Found): number => {
  const after = found.after.id;
  if (after >= found.forgotten) return after;
  return after < found.confirmed ? 0 : Math.min(after, facts.restored.confirmed);
};

/** What a gap must and may count, and when there must be one: R-LISTEN-16 to R-LISTEN-19. */
const checkGap = (ledger: Ledger, facts: SeatFacts, found: Found): void => {
  const { gap } = found;
  const after = found.after.id;
  const cursor = found.cursor.id;
  const what = `gap ${JSON.stringify(gap)} for ${facts.callsign} in (${after}, ${cursor}]`;
  rule('R-LISTEN-18', (found.rewound === 'no') === (gap?.reason !== 'rewound'), () => `${what}, rewound: ${found.rewound}`);
  if (gap?.reason !== 'rotated') return;
  const floor = gap.oldest === null ? cursor : gap.oldest - 1;
  // `since=0` asks for the ring as it is; only what was never confirmed is missing from it.
  const surely = ledger.sure(facts, after === 0 ? found.mayConfirm : after, floor);
  rule('R-LISTEN-16', gap.missed_at_most! >= surely.length, () => `${what}, but it surely misses ${surely.join(', ')}`);
  const from = countsFrom(facts, found);
  const possible = ledger.possible(facts, from, floor);
  rule('R-LISTEN-17', gap.missed_at_most! <= possible, () => `${what}, but at most ${possible} were for it after ${from}`);
};

/** A read of a mailbox: what it gives out counts as sent, and is flagged when it was given out before. */
export const given = (moment: Moment, read: Read, call: () => Eventually<Slice | Unready>): Eventually<Slice | Unready> => {
  const { ledger, state } = moment;
  const { callsign } = read;
  const facts = ledger.seat(callsign);
  const seat = state.seats.get(callsign);
  const before = seat?.sent ?? 0;
  const number = ledger.tick();
  const { rewound, mayConfirm } = facts;
  const result = call();
  const sent = seat?.sent ?? 0;
  const { floor, head, goneFloor: forgotten } = state.ring;
  const confirmed = seat?.confirmed ?? 0;

  const check = (found: Slice | Unready): Slice | Unready => {
    facts.reading.delete(number);
    const slice = typeof found === 'string' ? null : found;
    const end = Math.max(before, slice?.cursor.id ?? 0);
    rule('LISTEN', sent === end, () => `sent of ${callsign} went from ${before} to ${sent} with an answer up to ${slice?.cursor.id}`);
    for (const { message, redelivered } of slice?.heard ?? []) {
      const { id } = message;
      const earlier = facts.carried.get(id);
      const given = (earlier !== undefined && earlier < number) || [...facts.reading].some(([other, upTo]) => other < number && id <= upTo);
      const what = `${callsign} is given ${id} ${redelivered ? 'flagged, and never was before' : 'again without a flag'}`;
      if (redelivered) rule('R-LISTEN-13', given || id <= Math.max(facts.mayConfirm, facts.unanswered, facts.again), () => what);
      else rule('R-LISTEN-13', earlier === undefined || earlier > number, () => what);
      facts.carried.set(id, Math.min(earlier ?? number, number));
    }
    if (!slice) return found;
    ledger.moments.set(slice.cursor, { confirmed, head });
    checkGap(ledger, facts, { ...slice, rewound, mayConfirm, confirmed, forgotten });
    const { after, cursor, heard, gap } = slice;
    const missing = ledger
      .sure(facts, Math.max(after.id, floor), cursor.id)
      .filter((id) => !heard.some(({ message }) => message.id === id));
    rule(
      'R-LISTEN-6',
      missing.length === 0,
      () => `skipped silently: ${missing.join(', ')}, asked by ${callsign} from ${after.id} to ${cursor.id}`,
    );
    const gone = gap ? [] : ledger.sure(facts, after.id === 0 ? mayConfirm : after.id, floor);
    rule('R-LISTEN-16', gone.length === 0, () => `no gap for ${callsign} after ${after.id}, and the ring lost ${gone.join(', ')}`);
    return slice;
  };
  if (!(result instanceof Promise)) return check(result);
  facts.reading.set(number, sent);
  return result.then(check, (error) => {
    facts.reading.delete(number);
    facts.unanswered = Math.max(facts.unanswered, sent);
    throw error;
  });
};

/** A seat is claimed: R-JOIN-7 to R-JOIN-14. `judge` looks at the answer when it comes. */
export const claimed = (moment: Moment, claim: SeatClaim, job: Job): { undo: () => void; judge: (told: ClaimedSeat) => void } => {
  const { ledger, state, uptime } = moment;
  const { callsign } = claim;
  const facts = ledger.seat(callsign);
  const wasExplicit = facts.explicit;
  const known = state.seats.get(callsign);
  const before = { session: known?.session?.hash ?? null, first: (known?.joinedAfter ?? null) === null, direct: known?.direct ?? 0 };
  const stood = known?.confirmed ?? state.ring.head;
  const back = job();
  const undo = (): void => {
    back();
    facts.explicit = wasExplicit;
  };
  const seat = state.seats.get(callsign);
  if (!seat) return { undo, judge: () => {} };
  const { ring } = state;
  const { head } = ring;
  const { confirmed } = seat;
  if (seat.session?.hash !== before.session) facts.explicit = false;
  if (before.first && before.direct === 0) {
    rule('R-JOIN-7', confirmed === head, () => `a first join of ${callsign} starts at ${confirmed}, not at ${head}`);
    facts.mayConfirm = Math.max(facts.mayConfirm, head);
    facts.mayHand = Math.max(facts.mayHand, head);
  } else rule('R-JOIN-9', confirmed === stood, () => `join moved confirmed of ${callsign} from ${stood} to ${confirmed}`);
  const turned = seat.explicit && !facts.explicit;
  if (turned) facts.explicitAt = uptime;
  facts.explicit = seat.explicit;

  const { rewound, mayConfirm } = facts;
  const waiting = ring.messages.map(({ id }) => id).filter((id) => id > confirmed);
  const handed = waiting.filter((id) => id <= seat.handed);
  const mine = (id: number, how: 'yes' | 'maybe'): boolean => {
    const said = ledger.byId.get(id);
    return how === 'yes' ? said !== undefined && ledger.isFor(said, facts) === 'yes' : !said || ledger.isFor(said, facts) !== 'no';
  };
  const surely = waiting.filter((id) => mine(id, 'yes')).length;
  const judge = (told: ClaimedSeat): void => {
    const ids = told.unconfirmed.map(({ message }) => message.id);
    const detail = (): string => `${callsign} joins: unconfirmed ${ids.join(', ')}, pending ${told.pending}; waiting ${waiting.join(', ')}`;
    rule('R-JOIN-10', told.cursor.id === confirmed, detail);
    const first = handed.filter((id) => mine(id, 'yes') && id <= (ids[ids.length - 1] ?? 0));
    rule('R-JOIN-11', ids.every((id) => handed.includes(id)) && first.every((id) => ids.includes(id)), detail);
    rule('R-JOIN-11', turned || wasExplicit || handed.every((id) => ids.includes(id) || !mine(id, 'yes')), detail);
    rule('R-JOIN-13', !turned || handed.filter((id) => mine(id, 'maybe')).length > ids.length, detail);
    const total = ids.length + told.pending;
    rule('R-JOIN-12', surely <= total && total <= waiting.filter((id) => mine(id, 'maybe')).length, detail);
    checkGap(ledger, facts, {
      gap: told.gap,
      after: told.cursor,
      cursor: { id: head, tag: '' },
      rewound,
      mayConfirm,
      confirmed,
      forgotten: ring.goneFloor,
    });
    ledger.moments.set(told.cursor, { confirmed, head });
  };
  return { undo, judge };
};
