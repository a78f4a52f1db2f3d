/** What a bridge keeps between its runs; whoever starts it says where. */
import type { SeatState } from '../client/seat.ts';

/** A seat and the hub it is at. */
export interface KeptSeat extends SeatState {
  readonly hub: string;
}

/** What may change of a seat while it is held. */
export type SeatChanges = Partial<Pick<KeptSeat, 'sessionId' | 'cursor' | 'token'>> & {
  /** The agent session that has it. */
  readonly owner?: string;
};

export interface Memory {
  /** The seat of a session that was joined before. */
  seatOf(sessionId: string): KeptSeat | undefined;
  /** Every seat at a hub. */
  seats(hub: string): KeptSeat[];
  /** The one seat of an agent session that its client names; undefined where there is none, or more than one. */
  seatOfOwner(owner: string): KeptSeat | undefined;
  /** @param owner the agent session that joined, where its client tells one */
  keep(hub: string, state: SeatState, owner: string | undefined): void;
  /** What changed of a seat, whoever's it is; the rest of what is kept stays as it is by now. */
  change(seat: Pick<KeptSeat, 'hub' | 'channelId' | 'callsign'>, changes: SeatChanges): void;
  drop(hub: string, state: SeatState): void;
}

/** A message that waits for its hub. */
export interface Waiting {
  readonly name: string;
  readonly hub: string;
  readonly channelId: string;
  readonly callsign: string;
  /** Wall clock, ms. */
  readonly at: number;
  /** The fields of `send`, with the key under which it is sent once. */
  readonly input: Readonly<Record<string, unknown>> & { readonly to: string; readonly idempotency_key: string };
  /** Why the hub did not take it; it is not sent any more, and the agent is still to be told. */
  readonly refused?: string | undefined;
}

/** Messages on the disk: one that was put is there after any crash. */
export interface Outbox {
  /** In the order they were put. */
  list(): Waiting[];
  /** Resolves nothing: when it returns, the message is synced to the disk. */
  put(message: Omit<Waiting, 'name'>): void;
  refuse(message: Waiting, why: string): void;
  remove(message: Waiting): void;
}
