/**
 * Judges a whole history after its drain. A time-out of a sender is unknown and not failed: what it sent may be heard
 * or not. What was acknowledged is owed to every seat it is for.
 */
import type { HistoryEvent, SeenGap, SeenMessage } from './history.ts';

export type ViolationKind =
  /** Acknowledged, and neither heard nor announced as missed. */
  | 'lost'
  /** Heard, and never sent, or not to this seat, or not in these words. */
  | 'phantom'
  /** Heard again without `redelivered`. */
  | 'unflagged'
  /** Not in ascending order of ids. */
  | 'order'
  /** One idempotency key, or one body, with more than one id. */
  | 'two-ids'
  /** One id for two bodies. */
  | 'id-reused'
  /** More were missed than a gap admits. */
  | 'gap-too-small';

export interface Violation {
  readonly kind: ViolationKind;
  readonly what: string;
}

export interface Figures {
  /** Bodies that were acknowledged. */
  readonly acked: number;
  /** Bodies that were tried and never acknowledged. */
  readonly unknown: number;
  /** First receipts, over all seats. */
  readonly received: number;
  /** Acknowledged, for a seat, missed and announced. */
  readonly announced: number;
  readonly lost: number;
  /** Of those received, how many came as "you may have seen this": an answer before was lost. */
  readonly recovered: number;
  /** Heard again with `redelivered`. */
  readonly flagged: number;
  readonly unflagged: number;
}

export interface Verdict {
  readonly figures: Figures;
  readonly violations: readonly Violation[];
}

interface Body {
  readonly channel: string;
  readonly from: string;
  readonly to: string;
  readonly body: string;
  readonly key: string;
  /** Position in the history of the first try. */
  readonly at: number;
  id: number | null;
}

interface ToldGap {
  readonly gap: SeenGap;
  /** Ids it covers: more than `after`, less than `before`. */
  readonly after: number;
  readonly before: number;
  /** Position in the history: it covers nothing that was said later. */
  readonly at: number;
}

interface Seat {
  readonly channel: string;
  readonly callsign: string;
  readonly joinedAt: number;
  /** By what was said: after a store was rolled back, an id may come again for other words. */
  readonly heard: Set<Body>;
  highest: number;
  readonly gaps: ToldGap[];
}

const isFor = (body: { from: string; to: string }, callsign: string): boolean =>
  body.to === 'all' ? body.from !== callsign : body.to === callsign;

const covers = ({ after, before, at }: ToldGap, body: Body): boolean => body.id! > after && body.id! < before && body.at < at;

class Judge {
  readonly violations: Violation[] = [];
  readonly bodies = new Map<string, Body>();
  readonly #keys = new Map<string, Body>();
  readonly #ids = new Map<string, Body>();
  readonly seats = new Map<string, Seat>();
  received = 0;
  recovered = 0;
  flagged = 0;

  violate(kind: ViolationKind, what: string): void {
    this.violations.push({ kind, what });
  }

  read(events: readonly HistoryEvent[]): void {
    events.forEach((event, at) => {
      const { channel } = event;
      if (event.type === 'joined') {
        const { callsign } = event;
        const seat = { channel, callsign, joinedAt: at, heard: new Set<Body>(), highest: 0, gaps: [] };
        if (!this.seats.has(`${channel} ${callsign}`)) this.seats.set(`${channel} ${callsign}`, seat);
      } else if (event.type === 'tried') {
        if (this.bodies.has(event.body)) return;
        const body: Body = { ...event, at, id: null };
        this.bodies.set(event.body, body);
        this.#keys.set(`${channel} ${event.from} ${event.key}`, body);
      } else if (event.type === 'acknowledged') {
        const body = this.#keys.get(`${channel} ${event.from} ${event.key}`);
        if (body) this.#name(body, event.id, `the acknowledgement of key ${event.key}`);
        else this.violate('phantom', `acknowledged a key that was never used: ${event.key}`);
      } else this.#hear(event, at);
    });
  }

  /** Somebody says that this body has this id. */
  #name(body: Body, id: number, who: string): void {
    if (body.id !== null && body.id !== id) this.violate('two-ids', `"${body.body}" was ${body.id} and is ${id} in ${who}`);
    body.id ??= id;
    const known = this.#ids.get(`${body.channel} ${id}`);
    if (known && known !== body) this.violate('id-reused', `${body.channel} ${id} was "${known.body}" and is "${body.body}"`);
    else this.#ids.set(`${body.channel} ${id}`, body);
  }

  #hear(event: Extract<HistoryEvent, { type: 'heard' }>, at: number): void {
    const seat = this.seats.get(`${event.channel} ${event.callsign}`);
    if (!seat) {
      this.violate('phantom', `${event.callsign} heard without having joined`);
      return;
    }
    const who = `${seat.channel} ${seat.callsign}`;
    let last = 0;
    // The store was rolled back, and says so: ids begin again from there.
    if (event.gap?.reason === 'rewound') seat.highest = Math.min(seat.highest, event.after);
    for (const message of event.messages) {
      if (message.id <= last) this.violate('order', `${who} heard ${message.id} after ${last} in one answer`);
      last = message.id;
      this.#receive(seat, message, who);
    }
    if (event.gap) {
      const { gap } = event;
      // What is told as rewound has no end that anybody knows: ids beyond the cursor are lost as well.
      const before = Math.min(gap.oldest ?? event.cursor + 1, event.messages[0]?.id ?? Number.POSITIVE_INFINITY);
      seat.gaps.push({ gap, at, after: event.after, before: gap.reason === 'rewound' ? Number.POSITIVE_INFINITY : before });
    }
  }

  #receive(seat: Seat, message: SeenMessage, who: string): void {
    const body = this.bodies.get(message.text);
    if (!body || body.channel !== seat.channel || body.from !== message.from || body.to !== message.to || !isFor(body, seat.callsign)) {
      this.violate('phantom', `${who} heard ${JSON.stringify(message)}`);
      return;
    }
    this.#name(body, message.id, `what ${who} heard`);
    if (seat.heard.has(body)) {
      if (message.redelivered) this.flagged++;
      else this.violate('unflagged', `${who} heard ${message.id} again`);
      return;
    }
    this.received++;
    if (message.redelivered) this.recovered++;
    seat.heard.add(body);
    if (message.id < seat.highest) this.violate('order', `${who} heard ${message.id} only after ${seat.highest}`);
    seat.highest = Math.max(seat.highest, message.id);
  }

  /** After everything was read: who is owed what. */
  settle(acknowledged: ReadonlySet<Body>): { lost: number; announced: number } {
    let lost = 0;
    let announced = 0;
    for (const seat of this.seats.values()) {
      const missed: Body[] = [];
      for (const body of acknowledged) {
        if (body.channel !== seat.channel || body.at < seat.joinedAt || !isFor(body, seat.callsign) || seat.heard.has(body)) continue;
        if (seat.gaps.some((gap) => covers(gap, body))) {
          announced++;
          missed.push(body);
        } else {
          lost++;
          this.violate('lost', `${seat.channel} ${seat.callsign} never heard ${body.id} "${body.body.slice(0, 40)}"`);
        }
      }
      for (const told of seat.gaps) {
        const most = told.gap.missed_at_most;
        const really = missed.filter((body) => covers(told, body)).length;
        if (most !== null && really > most) {
          this.violate('gap-too-small', `${seat.channel} ${seat.callsign} missed ${really} and was told of ${most} at most`);
        }
      }
    }
    return { lost, announced };
  }
}

/** Judges a history. */
export const check = (events: readonly HistoryEvent[]): Verdict => {
  const judge = new Judge();
  judge.read(events);
  const acknowledgedKeys = new Set(
    events.flatMap((event) => (event.type === 'acknowledged' ? [`${event.channel} ${event.from} ${event.key}`] : [])),
  );
  const all = [...judge.bodies.values()];
  const acknowledged = new Set(all.filter((body) => acknowledgedKeys.has(`${body.channel} ${body.from} ${body.key}`)));
  const { lost, announced } = judge.settle(acknowledged);
  return {
    figures: {
      acked: acknowledged.size,
      unknown: all.length - acknowledged.size,
      received: judge.received,
      announced,
      lost,
      recovered: judge.recovered,
      flagged: judge.flagged,
      unflagged: judge.violations.filter(({ kind }) => kind === 'unflagged').length,
    },
    violations: judge.violations,
  };
};

/** The one line that every run prints. */
export const figuresLine = (name: string, seed: number, { figures }: Verdict): string =>
  `${name} (seed ${seed}): ${figures.acked} acknowledged, ${figures.unknown} unknown, ${figures.received} received (${figures.recovered} after a lost answer), ` +
  `${figures.announced} announced as missed, ${figures.lost} lost, ${figures.flagged} repeated with a flag, ${figures.unflagged} without`;
