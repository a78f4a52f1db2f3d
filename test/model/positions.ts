/** Where the positions of all seats are, where they were, and that only what may move has moved. */
import type { Seat } from '../../src/core/seats.ts';
import type { ChannelState } from '../../src/engines/local/state.ts';
import { type Ledger, rule } from './ledger.ts';

/** `confirmed`, `handed`, `sent`. */
export type Positions = readonly [confirmed: number, handed: number, sent: number];

export const positionsOf = (seat: Seat): Positions => [seat.confirmed, seat.handed, seat.sent];

export type Field = 'confirmed' | 'handed' | 'sent';
export const FIELDS: readonly Field[] = ['confirmed', 'handed', 'sent'];

export interface PositionsOptions {
  readonly peek: () => ChannelState | undefined;
  readonly ledger: Ledger;
  /** Monotonic ms. */
  readonly uptime: () => number;
}

export class PositionsWatch {
  /** Positions as they were, by seat and time: [uptime, positions]. */
  readonly trail = new Map<string, (readonly [number, Positions])[]>();
  readonly #options: PositionsOptions;
  #last: Map<string, Positions>;

  constructor(options: PositionsOptions) {
    this.#options = options;
    this.#last = this.#now();
    this.#remember();
  }

  #now(): Map<string, Positions> {
    const seats = this.#options.peek()?.seats ?? new Map<string, Seat>();
    return new Map([...seats].map(([callsign, seat]) => [callsign, positionsOf(seat)]));
  }

  #remember(): void {
    const uptime = this.#options.uptime();
    for (const [callsign, positions] of this.#last) {
      const trail = this.trail.get(callsign) ?? [];
      const before = trail[trail.length - 1]?.[1];
      if (!before?.every((position, i) => position === positions[i])) trail.push([uptime, positions]);
      this.trail.set(callsign, trail);
    }
  }

  /** Takes them as they are: a change was undone. */
  reset(): void {
    this.#last = this.#now();
  }

  /** Since the last look only these positions of this seat have moved, none of them down, and all are in order. */
  check(what: string, mover: string | null, may: readonly Field[]): void {
    const state = this.#options.peek();
    if (!state) return;
    const now = this.#now();
    let changed = now.size !== this.#last.size;
    for (const [callsign, positions] of now) {
      const before = this.#last.get(callsign) ?? this.#begins(callsign, positions);
      FIELDS.forEach((field, i) => {
        if (positions[i] === before[i]) return;
        changed = true;
        const detail = (): string => `${what} moved ${field} of ${callsign} from ${before[i]} to ${positions[i]}`;
        rule('R-LISTEN-8', positions[i]! > before[i]!, detail);
        rule('R-SEND-19', callsign === mover && may.includes(field), detail);
      });
      const [confirmed, handed, sent] = positions;
      const inOrder = confirmed <= handed && handed <= sent && sent <= state.ring.head;
      rule('LISTEN', inOrder, () => `positions of ${callsign} after ${what}: ${positions.join(' ≤ ')} ≤ head ${state.ring.head}`);
    }
    if (!changed) return;
    this.#last = now;
    this.#remember();
  }

  /** A mailbox is made for who is written to before it joins; it begins at the head. */
  #begins(callsign: string, positions: Positions): Positions {
    const facts = this.#options.ledger.seat(callsign);
    facts.mayConfirm = Math.max(facts.mayConfirm, positions[0]);
    const missed = this.#options.ledger.sure(facts, 0, positions[2]);
    rule('R-JOIN-8', missed.length === 0, () => `the mailbox of ${callsign} begins at ${positions[2]}, after ${missed.join(', ')}`);
    return positions;
  }
}
