/** What a hub must still know after it was stopped or killed: R-RET-6 to R-RET-12. */
import type { ChannelState } from '../../src/engines/local/state.ts';
import { type Ledger, rule, type SeatFacts } from './ledger.ts';
import { type Positions, positionsOf } from './positions.ts';

export interface Start {
  readonly ledger: Ledger;
  readonly state: ChannelState;
  /** What must at least be on disk: all there was, or what was there a second before the kill. */
  readonly positions: ReadonlyMap<string, Positions>;
  /** It was stopped, not killed. */
  readonly clean: boolean;
  /** Monotonic ms; what was known before this is on disk. */
  readonly before: number;
}

/** How far a seat must count as sent: under `full` nothing that was answered may be forgotten (R-RET-10). */
const answeredUpTo = (facts: SeatFacts): number => Math.max(0, ...facts.emitted.keys());

const checkSeat = (start: Start, facts: SeatFacts): void => {
  const { ledger, state, positions, clean, before } = start;
  const { callsign } = facts;
  const seat = state.seats.get(callsign);
  const written = [...ledger.byId.values()].some((said) => said.to === callsign && said.kind === 'message' && said.storedAt !== null);
  rule('R-RET-8', seat !== undefined || (facts.joinDone === null && !written), () => `the mailbox of ${callsign} is gone`);
  if (!seat) return;
  rule('R-RET-8', facts.joinDone === null || seat.joinedAfter !== null, () => `the join of ${callsign} is gone`);
  const now = positionsOf(seat);
  const least = positions.get(callsign);
  const detail = (): string => `positions of ${callsign} were ${least?.join(', ')}, and after the start they are ${now.join(', ')}`;
  if (least) rule('R-RET-8', clean ? now.join() === least.join() : now.every((position, i) => position >= least[i]!), detail);
  rule('R-LISTEN-2', now[0] <= facts.mayConfirm && now[1] <= Math.max(facts.mayConfirm, facts.mayHand), detail);
  if (state.channel.retention === 'full') {
    const answered = answeredUpTo(facts);
    rule('R-RET-10', seat.sent >= answered, () => `${callsign} was answered up to ${answered}, and sent is ${seat.sent}`);
  }
  const keeps = facts.explicit && (clean || (least !== undefined && facts.explicitAt <= before));
  rule('R-LISTEN-9', !keeps || seat.explicit || seat.session === null, () => `the session of ${callsign} was explicit before the start`);
  rule('R-LISTEN-9', facts.explicit || !clean || !seat.explicit, () => `the session of ${callsign} became explicit by the start`);
  // Within the second that a kill may cost, the disk is right.
  facts.explicit = seat.explicit;
  facts.rewound = seat.rewound;
  facts.again = 0;
  const { confirmed, head } = facts.restored;
  facts.restored = { confirmed: seat.confirmed < head ? Math.min(confirmed, seat.confirmed) : seat.confirmed, head: state.ring.head };
};

/** A hub has started again on the same disk. */
export const afterStart = (start: Start): void => {
  const { ledger, state, clean } = start;
  const newest = Math.max(0, ...[...ledger.byId].filter(([, said]) => said.storedAt !== null).map(([id]) => id));
  rule('R-RET-6', state.ring.head >= newest, () => `message ${newest} was answered, and the head is ${state.ring.head}`);
  for (const facts of ledger.seats.values()) {
    checkSeat(start, facts);
    for (const upTo of facts.reading.values()) facts.unanswered = Math.max(facts.unanswered, upTo);
    facts.reading.clear();
    if (!clean) facts.receipts.clear();
  }
};
