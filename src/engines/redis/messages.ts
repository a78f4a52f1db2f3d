/** Messages of the Redis engine: appending, reading mailboxes, receipts. The rules run in the store (see lua/). */
import { isBand } from '../../core/bands.ts';
import type { Appended, Arrival, Draft, Read, Recipient } from '../../core/engine.ts';
import { HubError } from '../../core/errors.ts';
import { type GuardName, guardError } from '../../core/guards.ts';
import { sha256 } from '../../core/ids.ts';
import { type AnswerLimits, type Mailbox, receiptFor, type Unready } from '../../core/mailbox.ts';
import { tooFast } from '../../core/rates.ts';
import type { Recollection } from '../../core/recalling.ts';
import { notOnBand } from '../../core/refusing.ts';
import { newRing } from '../../core/ring.ts';
import type {
  Eventually,
  Gap,
  Heard,
  Message,
  Position,
  Presence as Present,
  Receipt,
  Since,
  Slice,
  TranscriptEvent,
} from '../../core/types.ts';
import { type Answer, type Argument, type Book, refuseWith } from './book.ts';
import type { Channels } from './channels.ts';
import type { Hints } from './hints.ts';
import { pairsOf } from './lua/prelude.ts';
import type { Outbox } from './outbox.ts';
import type { Presence } from './presence.ts';
import { openMessage } from './seal.ts';
import type { Seats } from './seats.ts';

refuseWith('guard', ([guard, most, seconds, to]) => guardError(guard as GuardName, Number(most), Number(seconds), to ?? ''));
refuseWith('invalid_to band', notOnBand);

/** How a place is told to a script: word, id, tag. */
const sinceArgs = (since: Since): [string, number, string] =>
  since.at === 'position' ? [since.at, since.id, since.tag ?? ''] : [since.at, 0, ''];

const positionOf = (answer: Answer): Position => ({ id: answer[0] as number, tag: answer[1] as string });

export const gapOf = (reply: Answer): Gap | null => {
  if (reply.length === 0) return null;
  const [reason, missed, oldest] = reply as ['rotated' | 'rewound', number, number];
  return { reason, missed_at_most: missed < 0 ? null : missed, oldest: oldest < 0 ? null : oldest };
};

const isoOf = (wall: string | number): string => new Date(Number(wall)).toISOString();

/** An entry of a transcript's stream. */
export const eventOf = ([name, fields]: readonly [string, readonly string[]]): TranscriptEvent => ({
  seq: Number.parseInt(name, 10),
  at: isoOf(fields[3]!),
  type: fields[1] as TranscriptEvent['type'],
  ...JSON.parse(fields[5]!),
});

/** Marks of a seat as `mailbox.ts` has them. */
const marksOf = (reply: Answer): number[] => (reply as string[]).flatMap((mark) => mark.split(' ').map(Number));

/** What a script looks at before it goes by a caller from memory; nothing when the caller was asked about. */
const shownArgs = (recalled: Recollection | null): Argument[] =>
  recalled ? [recalled.sessionHash, recalled.tokenHash, recalled.sender.verified, recalled.sender.authorized] : ['', '', '', ''];

export class Messages {
  readonly #book: Book;
  readonly #channels: Channels;
  readonly #seats: Seats;
  readonly #presence: Presence;
  readonly #hints: Hints;
  readonly #outbox: Outbox;
  /** Places from which the store has just said that there is nothing to read, by seat: see {@link read}. */
  readonly #nothing = new Map<string, { sessionHash: string; from: number; head: number; turns: number }>();
  /** The limits of the guards as the script takes them; empty when there are none. */
  readonly #guards: string;

  constructor(book: Book, channels: Channels, seats: Seats, presence: Presence, hints: Hints, outbox: Outbox) {
    this.#book = book;
    this.#channels = channels;
    this.#seats = seats;
    this.#presence = presence;
    this.#hints = hints;
    this.#outbox = outbox;
    const { callsignMessages, channelMessages, identicalMessages, replyHops } = book.limits.guards;
    const most = [callsignMessages, channelMessages, identicalMessages, replyHops];
    const text = most.map((limit) => (limit === Number.POSITIVE_INFINITY ? '1e18' : limit));
    this.#guards = most.some((limit) => limit !== Number.POSITIVE_INFINITY) ? text.join(' ') : '';
  }

  async append(draft: Draft): Promise<Appended> {
    const { channelId, from, to, text, kind, replyTo, sender, key, allowance, recalled } = draft;
    const keep = this.#channels.retention(channelId) ?? (await this.#channels.find(channelId))?.retention ?? 'none';
    this.#presence.tell(channelId);
    const { sizes } = this.#book.limits;
    const bytes = Buffer.byteLength(text);
    const at = isoOf(this.#book.clock.now());
    const reply = replyTo === null ? {} : { reply_to: replyTo };
    const fields = { ...(kind === 'status' ? { kind } : {}), ...reply, sender };
    const kept = keep === 'full' ? { text } : { sealed: this.#book.seal.close(text) };
    // The pieces of the JSON after the id, which the script puts in front.
    const body = `,${JSON.stringify({ from, to, ...kept, at, ...fields }).slice(1)}`;
    const meta = keep === 'none' || kind === 'status' ? '' : `,${JSON.stringify({ from, to, bytes, ...reply, sender }).slice(1, -1)}`;
    const plain = kind === 'status' ? this.#book.seal.close(text) : keep === 'full' || keep === 'prompts' ? JSON.stringify(text) : '';
    const rate = allowance && [allowance.key, allowance.rate.burst, 1000 / allowance.rate.perSecond];
    const step = this.#book.sure(
      'append',
      channelId,
      ...[from, to, kind, body, meta, plain, bytes, key?.hash ?? '', key?.content ?? ''],
      ...[sizes.ringMessages, sizes.ringBytes, sizes.mailboxes, sizes.recipients, isBand(channelId)],
      ...[this.#guards, replyTo ?? '', this.#guards === '' ? '' : sha256(text)],
      ...shownArgs(recalled),
      ...(rate ?? ['', '', '']),
      sizes.idempotencyKeys,
    );
    const answer = (await this.#seats.show(recalled, step)) as Answer;
    if (allowance && answer[0] === 'slow') throw tooFast(allowance, { remaining: 0, retryAfterMs: Number(answer[1]) });
    const [id, wall, duplicate, count, owed] = answer as [number, string, number, number, number];
    if (owed > 0) this.#outbox.tell(channelId);
    if (duplicate === 0) this.#hints.note(channelId, id);
    const recipients: Recipient[] = [];
    for (let i = 5; i < answer.length; i += 2) recipients.push({ callsign: answer[i] as string, presence: answer[i + 1] as Present });
    const message: Message = duplicate === 1 ? { id, from, to, text, at: isoOf(wall), sender } : { id, from, to, text, at, ...fields };
    return { message, recipients, recipientCount: count, duplicate: duplicate === 1 };
  }

  async arrive(channelId: string, callsign: string, since: Since, arrival: Arrival): Promise<Position> {
    const { sessionHash, waits, recalled } = arrival;
    const name = `${channelId} ${callsign}`;
    this.#nothing.delete(name);
    const ready = this.#hints.ensure(channelId);
    if (ready) await ready;
    const turns = this.#hints.turns(channelId);
    const until = waits ? this.#presence.until() : '';
    const shown = recalled ? shownArgs(recalled) : [sessionHash, '', '', ''];
    const { id: newest, tag: run } = this.#hints.newest(channelId);
    const args = [callsign, ...sinceArgs(since), until, ...shown, recalled !== null, newest, run];
    // Nobody has shown the place yet that this names.
    const step = since.at === 'latest' ? this.#book.sure('arrive', channelId, ...args) : this.#book.run('arrive', channelId, ...args);
    const answer = await this.#seats.show(recalled, step);
    const [id, tag, head, turnover, empty] = answer as [number, string, number, number, number];
    this.#hints.begin(channelId, head, turnover);
    if (empty === 1) {
      this.#nothing.set(name, { sessionHash, from: id, head, turns });
      if (until !== '') this.#presence.marked(channelId, callsign, until);
    }
    return { id, tag };
  }

  /**
   * Whoever has just arrived at the end of the ring knows from {@link arrive} that there is nothing to read: what was
   * appended since then wakes it, so that a listen that waits is one round trip. Unless a session began or ended meanwhile:
   * that may have been told before it was parked.
   */
  read(read: Read): Eventually<Slice | Unready> {
    const name = `${read.channelId} ${read.callsign}`;
    const nothing = this.#nothing.get(name);
    if (nothing) {
      this.#nothing.delete(name);
      const mine = nothing.sessionHash === read.sessionHash && nothing.from === read.from;
      if (!read.final && mine && this.#hints.nothingAfter(read.channelId, nothing.head, nothing.turns)) return 'nothing';
    }
    return this.#read(read);
  }

  /** It reads no more: what its arrival found is let go. */
  unpark(channelId: string, callsign: string): void {
    this.#nothing.delete(`${channelId} ${callsign}`);
  }

  async #read({ channelId, callsign, sessionHash, from, tag, bare, final, rewoundTold, limits }: Read): Promise<Slice | Unready> {
    const { id: newest, tag: run } = this.#hints.newest(channelId);
    const args = [callsign, from, bare, final, rewoundTold, limits.messages, limits.bytes, tag, sessionHash, newest, run];
    try {
      const answer = await this.#book.sure('read', channelId, ...args);
      return answer === 'nothing' || answer === 'held' ? answer : this.#slice(answer as Answer);
    } catch (error) {
      if (final || (error as { code?: string }).code !== 'storage_unavailable') throw error;
      // Whoever is parked waits on, and is woken again when the store is back.
      this.#hints.again(channelId, from);
      return 'away';
    }
  }

  #slice(answer: Answer): Slice {
    const [after, afterTag, cursor, cursorTag, more, gap] = answer as [number, string, number, string, number, Answer];
    const heard: Heard[] = [];
    for (let i = 6; i < answer.length; i += 2)
      heard.push({ message: this.#message(answer[i + 1] as string), redelivered: answer[i] === 1 });
    return { heard, after: { id: after, tag: afterTag }, cursor: { id: cursor, tag: cursorTag }, more: more === 1, gap: gapOf(gap) };
  }

  /** A script forgets the ring of another seal before it reads it, so every message here can be opened. */
  #message(json: string): Message {
    const message = openMessage(this.#book.seal, json);
    if (message === null) throw new HubError('storage_unavailable', 'The seal of the store changed.', { retryAfter: 1 });
    return message;
  }

  handed(channelId: string, callsign: string, slice: Slice): void {
    const { after, cursor, gap } = slice;
    // Whoever was answered is parked no more: one step tells both.
    const seen = this.#presence.takeEnd(channelId, callsign);
    this.#book.tell('handed', channelId, callsign, after.id, cursor.id, gap?.reason === 'rewound', '', seen ?? '');
  }

  async acknowledge(channelId: string, callsign: string, since: Since): Promise<Position> {
    return positionOf((await this.#book.sure('acknowledge', channelId, callsign, ...sinceArgs(since))) as Answer);
  }

  async observe(channelId: string, tokenHash: string, since: Since, limits: AnswerLimits): Promise<Slice | 'away'> {
    const ready = this.#hints.ensure(channelId, true);
    if (ready) await ready;
    try {
      const args = [...sinceArgs(since), limits.messages, limits.bytes, tokenHash];
      const [turnover, found] = (await this.#book.sure('observe', channelId, ...args)) as [number, Answer];
      const slice = this.#slice(found);
      this.#hints.begin(channelId, slice.cursor.id, turnover);
      return slice;
    } catch (error) {
      if (since.at !== 'position' || since.tag === null || (error as { code?: string }).code !== 'storage_unavailable') throw error;
      // Whoever watches from a place that was given out watches on, as whoever is parked does.
      this.#hints.again(channelId, since.id);
      return 'away';
    }
  }

  async history(channelId: string, n: number): Promise<readonly Message[]> {
    const found = (await this.#book.sure('history', channelId, n)) as string[];
    return found.reverse().map((json) => this.#message(json));
  }

  async receipts(channelId: string, id: number): Promise<{ message: Message | null; receipts: Receipt[] } | undefined> {
    const [head, floor, json, from, ...rest] = (await this.#book.sure('receipts', channelId, id)) as [
      number,
      number,
      string,
      string,
      ...Answer,
    ];
    if (id < 1 || id > head) return undefined;
    if (from === '') return { message: null, receipts: [] };
    const message = json === '' ? null : this.#message(json);
    const ring = { ...newRing(), head, floor };
    const found: { n: number; receipt: Receipt }[] = [];
    for (let i = 0; i < rest.length; i += 3) {
      const kept = JSON.parse(rest[i] as string) as Mailbox & { n: number };
      const box = {
        ...kept,
        lost: pairsOf(kept.lost),
        confirmedAt: marksOf(rest[i + 1] as Answer),
        handedAt: marksOf(rest[i + 2] as Answer),
      };
      const { state, at } = receiptFor(box, ring, id);
      const since = state === 'queued' && message ? message.at : at === null ? null : isoOf(at);
      found.push({ n: kept.n, receipt: { callsign: kept.callsign, state, at: since } });
    }
    return { message, receipts: found.sort((a, b) => a.n - b.n).map(({ receipt }) => receipt) };
  }

  async transcript(channelId: string, after: number, limit: number): Promise<readonly TranscriptEvent[]> {
    return ((await this.#book.sure('transcript', channelId, after, limit)) as [string, string[]][]).map(eventOf);
  }
}
