/** What must be so when every call is answered and only parked listens are left. */
import type { Client, Listen } from './clients.ts';
import { type Ledger, rule, type SeatFacts } from './ledger.ts';
import type { Room } from './room.ts';

/** Who is asleep has nothing to hear: R-LISTEN-3, R-LISTEN-20. */
export const checkSleepers = (room: Room, clients: readonly Client[]): void => {
  const { ledger, state, tap } = room;
  for (const client of clients) {
    const { callsign, listens } = client;
    const facts = ledger.seat(callsign);
    const seat = state.seats.get(callsign);
    rule(
      'R-LISTEN-21',
      (seat?.parked ?? 0) === listens.size,
      () => `${seat?.parked} listens of ${callsign} are parked, not ${listens.size}`,
    );
    rule('R-LISTEN-23', listens.size <= room.setting.parked, () => `${listens.size} listens of ${callsign} are parked`);
    for (const listen of listens) {
      listen.asleep = true;
      const from = tap.starts.get(listen.since);
      rule('R-LISTEN-3', from !== undefined, () => `a listen of ${callsign} sleeps, and its evidence never arrived`);
      const stubborn = listen.since.at === 'bare' && seat!.explicit;
      const mail = stubborn ? news(ledger, facts, room, listen) : waiting(ledger, facts, room, from!);
      rule('R-LISTEN-3', mail.length === 0, () => `a listen of ${callsign} from ${from} sleeps beside ${mail.join(', ')}`);
    }
  }
};

/**
 * What wakes a bare listen of an explicit session when it has been given the same three times: news (R-LISTEN-12). What
 * it has not confirmed comes first, so where that fills an answer no news gets in, and it sleeps until it confirms.
 */
const news = (ledger: Ledger, facts: SeatFacts, { state, setting }: Room, { limit }: Listen): number[] => {
  const { confirmed, sent } = state.seats.get(facts.callsign)!;
  const unconfirmed = state.ring.messages.filter(({ id }) => {
    const said = ledger.byId.get(id);
    return id > confirmed && (said === undefined || ledger.isFor(said, facts) !== 'no');
  });
  const bytes = unconfirmed.reduce((sum, { text }) => sum + 256 + 2 * Buffer.byteLength(text), 0);
  if (unconfirmed.length > limit || bytes > setting.answerBytes) return [];
  return ledger.sure(facts, sent, Number.POSITIVE_INFINITY);
};

/** What a listen that starts at `from` has to answer with: messages, or what only a gap can tell of. */
const waiting = (ledger: Ledger, facts: SeatFacts, room: Room, from: number): number[] => {
  if (from > 0) return ledger.sure(facts, from, Number.POSITIVE_INFINITY);
  // `since=0` is about the ring, and about what was never confirmed.
  const { ring, seats } = room.state;
  return ledger.sure(facts, 0, Number.POSITIVE_INFINITY).filter((id) => id > ring.floor || id > seats.get(facts.callsign)!.confirmed);
};

/** The ring holds the last messages that fit, in order, and all of them: R-LIMIT-5 and the table above it. */
export const checkRing = (room: Room): void => {
  const { ledger, setting } = room;
  const { ring, ringOnDisk } = room.state;
  if (ringOnDisk) return;
  const ids = ring.messages.map(({ id }) => id);
  const bytes = ring.messages.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  const what = (): string => `the ring holds ${ids.join(', ')} (${bytes} bytes), floor ${ring.floor}`;
  rule(
    'R-SEND-18',
    ids.every((id, i) => id > (ids[i - 1] ?? ring.floor)),
    what,
  );
  rule('R-LIMIT-5', ids.length <= 1 || (ids.length <= setting.ringMessages && bytes <= setting.ringBytes), what);
  const kept = [...ledger.byId].filter(([, said]) => said.storedAt !== null && said.kind === 'message' && said.id! > room.textsFrom);
  const missing = kept.filter(([id]) => id > (ids[0] ?? 0) && !ids.includes(id));
  rule('R-SEND-7', missing.length === 0, () => `${what()}, without ${missing.map(([id]) => id).join(', ')}`);
  const gone = kept.filter(([id]) => id < (ids[0] ?? Number.POSITIVE_INFINITY)).sort(([a], [b]) => b - a)[0];
  if (!gone) return;
  const fits = ids.length < setting.ringMessages && bytes + Buffer.byteLength(gone[1].text) <= setting.ringBytes;
  rule('R-LIMIT-5', !fits, () => `${what()}, and ${gone[0]} would fit`);
};
