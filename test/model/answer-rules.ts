/** What every answer of the hub must be, whoever gets it: to a listen, a join, a send and a question after receipts. */
import type { Joined } from '../../src/core/hub.ts';
import type { Answer } from '../../src/core/listening.ts';
import type { Sent } from '../../src/core/sending.ts';
import type { Gap, Heard, Receipt } from '../../src/core/types.ts';
import { type Emission, type Ledger, rule, type Said, type SeatFacts } from './ledger.ts';

/** What the rules need to know of a listen. */
export interface Asked {
  readonly beganAt: number;
  /** Where its answer starts; undefined until the engine has said so. */
  readonly from: number | undefined;
  readonly limit: number;
}

const checkHeard = (ledger: Ledger, facts: SeatFacts, asked: Asked, heard: readonly Heard[]): void => {
  let last = 0;
  for (const { message, redelivered } of heard) {
    const { id } = message;
    const said = ledger.identify(message);
    const what = `${facts.callsign} hears ${id} "${said.text.slice(0, 8)}"`;
    rule('R-SEND-18', id > last, () => `${what} after ${last}`);
    last = id;
    const addressed = said.to === 'all' ? said.from !== facts.callsign : said.to === facts.callsign;
    rule('R-SEND-3', addressed, () => `${what}, which is from ${said.from} to ${said.to}`);
    if (said.kind === 'status') {
      // Heard by who listens while it is sent, and by nobody later.
      rule('R-SEND-13', said.storedAt === null || asked.beganAt < said.storedAt, () => `${what}, an old status`);
      rule('R-LISTEN-22', redelivered || !facts.plain.has(id), () => `unflagged duplicate: ${what} again`);
      if (!redelivered) facts.plain.add(id);
      continue;
    }
    rule('R-JOIN-7', ledger.isFor(said, facts) !== 'no', () => `${what}, sent before it joined`);
    const first = facts.emitted.get(id);
    if (!redelivered) {
      // Of answers under way at once one may carry it plain, whichever is written first.
      const fresh = first === undefined || first > asked.beganAt;
      rule('R-LISTEN-13', fresh && !facts.plain.has(id), () => `unflagged duplicate: ${what} again`);
      facts.plain.add(id);
    }
    if (first === undefined) facts.emitted.set(id, ledger.tick());
  }
};

/** An answer to a listen has left the hub. */
export const checkAnswer = (ledger: Ledger, facts: SeatFacts, asked: Asked, answer: Answer): Emission => {
  const after = answer.after.id;
  const cursor = answer.cursor.id;
  checkHeard(ledger, facts, asked, answer.heard);
  const idsOf = (status: boolean): number[] =>
    answer.heard.filter(({ message }) => (message.kind === 'status') === status).map(({ message }) => message.id);
  const ids = idsOf(false);
  const what = (): string => `${facts.callsign} gets ${ids.join(', ')} in (${after}, ${cursor}] ${JSON.stringify(answer.gap)}`;
  rule('R-LISTEN-6', after === asked.from && ids.every((id) => after < id && id <= cursor), () => `${what()}, asked from ${asked.from}`);
  rule('R-LISTEN-5', ids.length <= asked.limit && (!answer.more || ids.length > 0), () => `${what()}, limit ${asked.limit}`);
  rule('R-LISTEN-15', !answer.timedOut || answer.heard.length === 0, what);
  rule('R-LISTEN-23', !answer.superseded || ids.length === 0, what);
  // What is surely for this seat is in the answer, or before what the ring holds, which the gap says.
  const floor = floorOf(answer.gap, cursor);
  const start = after === 0 ? Math.max(floor, facts.mayConfirm) : Math.max(after, floor);
  const missing = ledger.sure(facts, start, cursor).filter((id) => !ids.includes(id));
  rule('R-LISTEN-6', missing.length === 0, () => `skipped silently: ${missing.join(', ')}; ${what()}`);
  return { ids, statuses: idsOf(true), after, cursor, at: ledger.tick(), handed: false, got: false };
};

/** Everything up to here has left the ring, as far as a gap tells. */
export const floorOf = (gap: Gap | null, cursor: number): number => {
  if (gap === null) return 0;
  return gap.oldest === null ? cursor : gap.oldest - 1;
};

/** An answer to a join has left the hub. */
export const checkJoined = (ledger: Ledger, facts: SeatFacts, joined: Joined): Emission => {
  const { unconfirmed, cursor } = joined;
  rule(
    'R-JOIN-11',
    unconfirmed.every(({ redelivered }) => redelivered),
    () => `unconfirmed of ${facts.callsign} has no flag`,
  );
  checkHeard(ledger, facts, { beganAt: ledger.tick(), from: cursor.id, limit: Number.POSITIVE_INFINITY }, unconfirmed);
  const ids = unconfirmed.map(({ message }) => message.id);
  rule(
    'R-JOIN-11',
    ids.every((id) => facts.accepted.has(id)),
    () => `unconfirmed of ${facts.callsign}, and no socket took it: ${ids.join(', ')}`,
  );
  return { ids, statuses: [], after: cursor.id, cursor: ids[ids.length - 1] ?? cursor.id, at: ledger.tick(), handed: false, got: false };
};

/** What a send's answer says of its recipients. */
export const checkSent = (ledger: Ledger, said: Said, sent: Sent, parkedBefore: ReadonlySet<string>): void => {
  const { id } = sent.message;
  for (const { callsign, state } of sent.recipients) {
    const facts = ledger.seat(callsign);
    // A repeated send tells of what has come of the first one; then evidence counts too.
    const accepted = facts.accepted.has(id) || (sent.duplicate && id <= facts.mayConfirm);
    rule('R-SEND-8', state === 'queued' || accepted, () => `send says ${id} is ${state} to ${callsign}, and no live socket took it`);
    const known = said.kind === 'message' && !sent.duplicate && parkedBefore.has(callsign) && facts.accepted.has(id);
    rule('R-SEND-8', !known || state === 'delivered', () => `send says ${id} is ${state} to ${callsign}, whose parked listen had it`);
  }
};

const RANKS = { queued: 0, delivered: 1, confirmed: 2, expired: 3 } as const;

/** What the hub says of how far a message has come, asked at `beganAt`. */
export const checkReceipts = (ledger: Ledger, id: number, beganAt: number, inRing: boolean, receipts: readonly Receipt[]): void => {
  const said = ledger.byId.get(id);
  if (!said) return;
  for (const { callsign, state } of receipts) {
    const facts = ledger.seat(callsign);
    const what = (): string => `the receipt of ${id} for ${callsign} says ${state}`;
    rule('R-RCPT-1', ledger.isFor(said, facts) !== 'no', () => `${what()}, and it is not for it`);
    const taken = facts.accepted.has(id) || id <= facts.mayConfirm;
    rule('R-RCPT-4', state !== 'delivered' || taken, () => `${what()}, and no live socket took it`);
    rule('R-RCPT-2', state !== 'confirmed' || id <= facts.mayConfirm, () => `${what()}, without evidence`);
    const seen = state === 'delivered' || state === 'confirmed';
    rule('R-RCPT-5', !seen || !facts.unseen.has(id), () => `${what()}, and it left the ring before any answer carried it`);
    const rank = RANKS[state];
    const known = facts.receipts.get(id);
    // Of what it gave out and took for lost, the hub can learn later that it arrived.
    const learned = seen && facts.carried.has(id) && known?.rank === RANKS.expired;
    rule('R-RCPT-2', learned || !known || known.at > beganAt || rank >= known.rank, () => `${what()}, and said more before`);
    facts.receipts.set(id, { rank, at: ledger.tick() });
  }
  if (!inRing) return;
  for (const facts of ledger.seats.values()) {
    if (ledger.isFor(said, facts) !== 'yes') continue;
    const has = receipts.some(({ callsign }) => callsign === facts.callsign);
    rule('R-RCPT-1', has, () => `message ${id} has no receipt for ${facts.callsign}`);
  }
};
