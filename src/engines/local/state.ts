/** What the local engine keeps in memory of a channel, and how it goes to rows and back. */

import { isBand } from '../../core/bands.ts';
import type { Clock } from '../../core/clock.ts';
import { type ChannelGuard, newChannelGuard, type SeatGuard } from '../../core/guards.ts';
import { BAND_GUARD_FACTOR } from '../../core/limits.ts';
import { newMailbox } from '../../core/mailbox.ts';
import { newRing, type Ring } from '../../core/ring.ts';
import type { Seat } from '../../core/seats.ts';
import type { Channel, Identity, Retention, TrustMode } from '../../core/types.ts';
import type { HookState } from './hook.ts';
import type { Dirty } from './journal.ts';
import type { Row } from './schema.ts';

export interface Tombstone {
  readonly state: 'expired' | 'kicked' | 'rotated' | 'closed';
  /** Monotonic ms after which it is forgotten. */
  readonly until: number;
}

/** A message accepted under an Idempotency-Key. */
export interface UsedKey {
  readonly content: string;
  readonly id: number;
  /** Wall ms. */
  readonly at: number;
  /** Pending until the message is stored. */
  readonly stored: Promise<void> | null;
}

/** A seat, and what stands for its rows once one of them has changed. */
export interface KeptSeat extends Seat {
  seatRow: Dirty | null;
  mailboxRow: Dirty | null;
  /** Null until it has said something. */
  guard: SeatGuard | null;
}

export interface ChannelState {
  readonly no: number;
  /** Replaced when the owner changes it. */
  channel: Channel;
  /** Nothing is appended: so from the call of an owner's step on, before it is stored. */
  halted: 'paused' | 'closed' | null;
  readonly ring: Ring;
  readonly seats: Map<string, KeptSeat>;
  /** Live sessions by hash. */
  readonly sessions: Map<string, KeptSeat>;
  readonly tombstones: Map<string, Tombstone>;
  /** By callsign and key hash. */
  readonly keys: Map<string, UsedKey>;
  /** Callsigns that the owner keeps out, each with the identity its seat was bound to. */
  readonly bans: Map<string, string | null>;
  readonly guard: ChannelGuard;
  /** Null when there are none: what a send looks at. */
  hooks: readonly HookState[] | null;
  /** The id last given out; ahead of `ring.head` while a message is being stored. */
  lastId: number;
  /** The last transcript event. */
  seq: number;
  /** Monotonic ms of the last sign of life. */
  touchedAt: number;
  /** Some of its rows were lost in a repair. */
  readonly salvaged: boolean;
  /** So many events were on disk when it was loaded. */
  eventsOnDisk: number;
  /** The ring's texts are still on disk only. */
  ringOnDisk: boolean;
  /** Stands for its row in `heads` once that has changed. */
  headRow: Dirty | null;
}

export const newState = (no: number, channel: Channel, clock: Clock, salvaged = false): ChannelState => ({
  no,
  channel,
  halted: null,
  ring: newRing(),
  seats: new Map(),
  sessions: new Map(),
  tombstones: new Map(),
  keys: new Map(),
  bans: new Map(),
  guard: newChannelGuard(isBand(channel.id) ? BAND_GUARD_FACTOR : 1),
  hooks: null,
  lastId: 0,
  seq: 0,
  touchedAt: clock.uptime(),
  salvaged,
  eventsOnDisk: 0,
  ringOnDisk: false,
  headRow: null,
});

export const newSeat = (callsign: string, state: ChannelState, clock: Clock): KeptSeat => ({
  ...newMailbox(callsign, state.ring),
  rewound: state.salvaged ? 'owed' : 'no',
  session: null,
  member: false,
  identityId: null,
  joinedAt: 0,
  seenAt: clock.uptime(),
  parked: 0,
  status: null,
  spoken: false,
  seatRow: null,
  mailboxRow: null,
  guard: null,
});

/** The monotonic instant of a wall time on disk; a wall clock that went back counts as "now". */
const uptimeOf = (wall: number, clock: Clock): number => clock.uptime() - Math.max(0, clock.now() - wall);
/** When that was or will be by the wall clock, ms. */
export const wallOf = (uptime: number, clock: Clock): number => Math.round(clock.now() - (clock.uptime() - uptime));

export const channelRow = ({ no, channel: c }: ChannelState): Row => [
  no,
  c.id,
  c.createdAt,
  c.retention,
  c.trustMode,
  Number(c.requireIdentity),
  c.sessionTtlMs,
  c.joinTokenHash,
  c.ownerTokenHash,
  c.ownerPasswordHash,
];

export const channelOf = (row: Row): Channel => ({
  id: row[1] as string,
  createdAt: row[2] as number,
  retention: row[3] as Retention,
  trustMode: row[4] as TrustMode,
  requireIdentity: row[5] === 1,
  sessionTtlMs: row[6] as number,
  joinTokenHash: row[7] as string,
  ownerTokenHash: row[8] as string,
  ownerPasswordHash: row[9] as string | null,
  paused: false,
  closedAt: null,
});

/** What the owner ordered, as it stands: a channel without a row is as it was made. */
export const orderRow = ({ no, channel, guard }: ChannelState): Row => [no, Number(channel.paused), channel.closedAt, String(guard.factor)];

export const applyOrderRow = (state: ChannelState, row: Row): void => {
  state.channel = { ...state.channel, paused: row[1] === 1, closedAt: row[2] as number | null };
  state.halted = haltOf(state.channel);
  state.guard.factor = Number(row[3]);
};

export const haltOf = ({ paused, closedAt }: Channel): ChannelState['halted'] => (closedAt !== null ? 'closed' : paused ? 'paused' : null);

export const headRow = (state: ChannelState, clock: Clock): Row => {
  const { ring } = state;
  const salvaged = Number(state.salvaged);
  return [state.no, ring.head, ring.broadcasts, state.seq, wallOf(state.touchedAt, clock), JSON.stringify(ring.runs), salvaged];
};

/** Fills in what a head row says. The texts of a ring are another matter: without them everything has rotated. */
export const applyHeadRow = (state: ChannelState, row: Row, clock: Clock): void => {
  const { ring } = state;
  ring.head = row[1] as number;
  ring.floor = ring.goneFloor = ring.head;
  ring.broadcasts = row[2] as number;
  state.lastId = ring.head;
  state.seq = row[3] as number;
  state.touchedAt = uptimeOf(row[4] as number, clock);
  ring.runs.push(...(JSON.parse(row[5] as string) as Ring['runs']));
};

export const seatRow = (no: number, s: Seat, clock: Clock): Row => [
  no,
  s.callsign,
  Number(s.member),
  s.identityId,
  s.joinedAt,
  wallOf(s.parked > 0 ? clock.uptime() : s.seenAt, clock),
  s.session?.hash ?? null,
  s.session?.nonce ?? null,
  s.session?.tokenHash ?? null,
  Number(s.session?.authorized ?? false),
];

export const applySeatRow = (seat: Seat, row: Row, clock: Clock): void => {
  seat.member = row[2] === 1;
  seat.identityId = row[3] as string | null;
  seat.joinedAt = row[4] as number;
  seat.seenAt = uptimeOf(row[5] as number, clock);
  if (row[6] === null) return;
  seat.session = {
    hash: row[6] as string,
    nonce: row[7] as string,
    tokenHash: row[8] as string,
    authorized: row[9] === 1,
    told: undefined,
  };
};

/** A mailbox, and the numbers of its channel as they stood: see {@link applyMailboxRow}. */
export const mailboxRow = ({ no, ring, seq }: ChannelState, s: Seat): Row => [
  no,
  s.callsign,
  s.confirmed,
  s.handed,
  s.sent,
  Number(s.explicit),
  s.repeats,
  s.joinedAfter,
  s.broadcastsBefore,
  s.own,
  s.direct,
  s.seen,
  s.rewound,
  s.lost.length === 0 ? '' : JSON.stringify(s.lost),
  Number(s.spoken),
  ring.head,
  ring.broadcasts,
  seq,
];

/** Fills in a mailbox; the channel's numbers are the highest that any of its rows knows. */
export const applyMailboxRow = (state: ChannelState, seat: Seat, row: Row): void => {
  const { ring } = state;
  ring.head = Math.max(ring.head, row[15] as number);
  ring.floor = ring.goneFloor = ring.head;
  ring.broadcasts = Math.max(ring.broadcasts, row[16] as number);
  state.lastId = ring.head;
  state.seq = Math.max(state.seq, row[17] as number);
  seat.confirmed = row[2] as number;
  seat.handed = row[3] as number;
  seat.sent = row[4] as number;
  seat.explicit = row[5] === 1;
  seat.repeats = row[6] as number;
  seat.joinedAfter = row[7] as number | null;
  seat.broadcastsBefore = row[8] as number;
  seat.own = row[9] as number;
  seat.direct = row[10] as number;
  seat.seen = row[11] as number;
  seat.rewound = row[12] as Seat['rewound'];
  seat.lost = row[13] === '' ? [] : (JSON.parse(row[13] as string) as Seat['lost']);
  seat.spoken = row[14] === 1;
};

export const tombstoneRow = (no: number, hash: string, stone: Tombstone, clock: Clock): Row => [
  no,
  hash,
  stone.state,
  wallOf(stone.until, clock),
];

export const tombstoneOf = (row: Row, clock: Clock): Tombstone => ({
  state: row[2] as Tombstone['state'],
  until: clock.uptime() + (row[3] as number) - clock.now(),
});

export const keyName = (callsign: string, hash: string): string => `${callsign} ${hash}`;

/** What a {@link keyName} was made of. */
export const namedBy = (name: string): [callsign: string, hash: string] => {
  const space = name.lastIndexOf(' ');
  return [name.slice(0, space), name.slice(space + 1)];
};

export const identityRow = (i: Identity): Row => [i.id, i.keyHash, i.name, i.createdAt];

export const identityOf = (row: Row): Identity => ({
  id: row[0] as string,
  keyHash: row[1] as string,
  name: row[2] as string | null,
  createdAt: row[3] as number,
});
