/**
 * What is known to have happened, from outside: what was said, what came of it, and what each seat may have seen.
 * Order is kept in ticks, so that of two things it is known which came first, or that nobody can know.
 */
import type { Message, Position, Since } from '../../src/core/types.ts';

/** A rule of the protocol does not hold. The first word of its text is the clause. */
export class Broken extends Error {
  readonly clause: string;

  constructor(clause: string, what: string) {
    super(`${clause}: ${what}`);
    this.clause = clause;
  }
}

/** @throws Broken unless `holds` */
export const rule = (clause: string, holds: boolean, what: () => string): void => {
  if (!holds) throw new Broken(clause, what());
};

/** Something that a client said once, however often its send was made. */
export interface Said {
  readonly text: string;
  readonly from: string;
  readonly to: string;
  readonly kind: 'message' | 'status';
  readonly key: string | null;
  readonly beganAt: number;
  /** The tick at which a send of it first resolved. */
  storedAt: number | null;
  /** Sends of it that are under way, and ones whose hub died meanwhile. */
  open: number;
  unknown: number;
  /** Wherever it was first seen. */
  id: number | null;
}

/** An answer that left the hub for a seat. */
export interface Emission {
  readonly ids: readonly number[];
  /** Ids of statuses; they are in no mailbox. */
  readonly statuses: readonly number[];
  readonly after: number;
  readonly cursor: number;
  readonly at: number;
  handed: boolean;
  got: boolean;
}

interface Range {
  /** Ids after this one … */
  readonly after: number;
  /** … up to this one. */
  readonly upTo: number;
}

/** The excuses of the contract for a message that a seat never got; delivery.test.ts says what they are. */
export type Excuse = 'bare-handed' | 'latest';

const within = (ranges: readonly Range[], id: number): boolean => ranges.some(({ after, upTo }) => after < id && id <= upTo);

/** What is known of one seat. */
export class SeatFacts {
  readonly callsign: string;
  /** Ticks: the first join was tried, the first join was answered. Between them nobody knows what is for it. */
  joinBegan: number | null = null;
  joinDone: number | null = null;
  /** Ids that reads of its mailbox have given out, whatever became of the answers, with the number of the first. */
  readonly carried = new Map<number, number>();
  /** Reads that have not answered yet, and how far they moved `sent`. */
  readonly reading = new Map<number, number>();
  /** Ids in answers, with the tick of the first; those that once stood there without a flag. */
  readonly emitted = new Map<number, number>();
  readonly plain = new Set<number>();
  /** Ids in answers that a live socket accepted. */
  readonly accepted = new Set<number>();
  readonly received = new Set<number>();
  readonly announced: Range[] = [];
  readonly excused: (Range & { readonly why: Excuse })[] = [];
  /** Answers that a live socket accepted and the client does not have. */
  onTheWay: Emission[] = [];
  /** No position may be beyond these: nothing that happened speaks for more. */
  mayConfirm = 0;
  mayHand = 0;
  /** The session has given a `since`. */
  explicit = false;
  explicitAt = 0;
  /** Whether this seat is owed a `rewound` gap, or has been told. */
  rewound: 'no' | 'owed' | 'told' = 'no';
  /** Up to here it said that it had heard another history. */
  again = 0;
  /** Ids that left the ring when no answer had carried them and no evidence spoke for them. */
  readonly unseen = new Set<number>();
  /** The rank of the last receipt by id, and when it was known. */
  readonly receipts = new Map<number, { readonly rank: number; readonly at: number }>();
  /** What was confirmed when the hub last started, and the head at that time. */
  restored: { confirmed: number; head: number } = { confirmed: 0, head: 0 };
  /** Reads that never answered moved `sent` up to here. */
  unanswered = 0;

  constructor(callsign: string) {
    this.callsign = callsign;
  }

  wasAnnounced(id: number): boolean {
    return within(this.announced, id);
  }

  excuseFor(id: number): Excuse | null {
    return this.excused.find(({ after, upTo }) => after < id && id <= upTo)?.why ?? null;
  }

  /** A live socket took the bytes of an answer. */
  take(emission: Emission): void {
    emission.handed = true;
    for (const id of [...emission.ids, ...emission.statuses]) this.accepted.add(id);
    if (!emission.got) this.onTheWay.push(emission);
  }

  /** The client read an answer. */
  receive(emission: Emission): void {
    emission.got = true;
    for (const id of emission.ids) this.received.add(id);
    this.onTheWay = this.onTheWay.filter((other) => other !== emission);
  }
}

export class Ledger {
  #tick = 0;
  readonly said: Said[] = [];
  readonly byId = new Map<number, Said>();
  readonly #byText = new Map<string, Said>();
  readonly seats = new Map<string, SeatFacts>();
  /** Places that are not of this store. */
  readonly foreign = new WeakSet<Since>();
  /** How the mailbox stood when an answer was cut, by the cursor of the answer. */
  readonly moments = new WeakMap<Position, { readonly confirmed: number; readonly head: number }>();

  tick(): number {
    return ++this.#tick;
  }

  seat(callsign: string): SeatFacts {
    let facts = this.seats.get(callsign);
    if (!facts) {
      facts = new SeatFacts(callsign);
      this.seats.set(callsign, facts);
    }
    return facts;
  }

  say(from: string, to: string, kind: Said['kind'], key: string | null, padding: number): Said {
    const text = `#${this.said.length}`.padEnd(padding, '.');
    const said: Said = { text, from, to, kind, key, beganAt: this.tick(), storedAt: null, open: 0, unknown: 0, id: null };
    this.said.push(said);
    this.#byText.set(text, said);
    return said;
  }

  /** One of ours, under the one id it may have. */
  identify(message: Message): Said {
    const said = this.#byText.get(message.text);
    if (!said) throw new Broken('R-SEND-7', `phantom: message ${message.id} was never sent: ${JSON.stringify(message)}`);
    rule('R-TEXT-5', said.from === message.from && said.to === message.to, () => `message ${message.id} has another from or to`);
    rule('R-SEND-7', said.storedAt !== null || said.open > 0 || said.unknown > 0, () => `message ${message.id} was refused, and is there`);
    this.issue(said, message.id);
    return said;
  }

  /** Notes the id of something said. */
  issue(said: Said, id: number): void {
    if (said.id === null) {
      const other = this.byId.get(id);
      rule('R-RET-12', other === undefined, () => `id ${id} was given to "${other?.text}" and to "${said.text}"`);
      said.id = id;
      this.byId.set(id, said);
    }
    rule('R-SEND-11', said.id === id, () => `"${said.text}" (key ${said.key}) has the ids ${said.id} and ${id}`);
  }

  /** Whether something said is for a seat; `maybe` where it was sent while the seat first joined, or the hub died. */
  isFor(said: Said, facts: SeatFacts): 'yes' | 'maybe' | 'no' {
    if (said.kind === 'status' || (said.storedAt === null && said.open + said.unknown === 0)) return 'no';
    const stored = said.storedAt !== null;
    if (said.to !== 'all') return said.to !== facts.callsign ? 'no' : stored ? 'yes' : 'maybe';
    if (said.from === facts.callsign || facts.joinBegan === null) return 'no';
    if (facts.joinDone !== null && said.beganAt > facts.joinDone) return stored ? 'yes' : 'maybe';
    return said.storedAt !== null && said.storedAt < facts.joinBegan ? 'no' : 'maybe';
  }

  /** Ids of what is surely for a seat, after one id and up to another, ascending. */
  sure(facts: SeatFacts, after: number, upTo: number): number[] {
    const ids: number[] = [];
    for (const [id, said] of this.byId) if (after < id && id <= upTo && this.isFor(said, facts) === 'yes') ids.push(id);
    return ids.sort((a, b) => a - b);
  }

  /** How many there may be for a seat, after one id and up to another. */
  possible(facts: SeatFacts, after: number, upTo: number): number {
    let count = 0;
    for (const said of this.said) {
      if (this.isFor(said, facts) === 'no') continue;
      // What nobody has heard of may have any id.
      if (said.id === null ? said.storedAt === null : after < said.id && said.id <= upTo) count++;
    }
    return count;
  }
}
