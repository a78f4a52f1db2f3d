/**
 * Hearing: how a listen, a wait and a stream stand by until there is mail, and what they answer.
 *
 * Park, then read: the waiter stands in the index before the mailbox is looked at, so a message that comes in
 * between wakes it, and a wake-up for nothing costs one more look.
 */
import type { Clock } from './clock.ts';
import type { Engine } from './engine.ts';
import { HubError } from './errors.ts';
import type { Limits } from './limits.ts';
import type { AnswerLimits, Unready } from './mailbox.ts';
import { endsHearing } from './refusing.ts';
import type { Heard, Message, Position, RosterEntry, Session, Since, Slice } from './types.ts';
import { TIME, Waiter, type Wake } from './waiter.ts';
import type { Waiters } from './waiters.ts';

/** How a transport says that the caller went away. Every AbortSignal is one. */
export interface Cancel {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: { handleEvent(): void }): void;
  removeEventListener(type: 'abort', listener: { handleEvent(): void }): void;
}

/**
 * What a transport owes an answer after it wrote it. Exactly one of the two must be called, at once: a send waits
 * for it before it says `delivered`.
 */
export interface Delivery {
  /** The bytes were accepted by a live socket. */
  handed(): void;
  /** They were not, or not yet; `handed` may still follow when they are. */
  unsure(): void;
}

export interface Answer extends Slice {
  readonly timedOut: boolean;
  /** A fifth listen of this seat took its place. */
  readonly superseded: boolean;
  /** The hub is going down. */
  readonly ended: 'shutdown' | null;
  readonly delivery: Delivery;
}

export type StreamItem =
  | { readonly type: 'messages'; readonly answer: Answer }
  | { readonly type: 'roster'; readonly roster: readonly RosterEntry[] }
  | { readonly type: 'end'; readonly why: 'superseded' | 'shutdown' | 'removed'; readonly error: HubError | null };

export interface ListenRequest {
  readonly since: Since;
  /** 1 to `MESSAGES_PER_ANSWER`. */
  readonly limit: number;
  readonly timeoutMs: number;
  /** Bytes of messages in an answer, where fewer fit than the hub gives. */
  readonly bytes?: number | undefined;
}

/** What listening needs of the hub. */
export interface Ear {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly waiters: Waiters;
}

export const answerLimits = (ear: Ear, messages: number, bytes: number = Number.POSITIVE_INFINITY): AnswerLimits => ({
  messages,
  bytes: Math.min(ear.limits.sizes.answerBytes, bytes),
});

export const lastWord = (wake: Wake): StreamItem => {
  if (wake.type === 'ended') return { type: 'end', why: 'removed', error: wake.error };
  return { type: 'end', why: wake.type === 'superseded' ? 'superseded' : 'shutdown', error: null };
};

/** The last item for whom the engine refuses to hear on. @throws whatever else went wrong */
export const removed = (error: unknown): StreamItem => {
  if (!endsHearing(error)) throw error;
  return { type: 'end', why: 'removed', error };
};

const nothingAfter = (from: Position): Slice => ({ heard: [], after: from, cursor: from, more: false, gap: null });

/**
 * The statuses that go along with a slice: none from beyond it while messages from before them are still to come, so
 * that all is heard in order, and no id stands in an answer that skips something.
 * @param before those that were there when the slice was read: of what came since then nobody has looked whether the waiter may hear it
 */
export const takeStatuses = (waiter: Waiter, slice: Slice | null, before: readonly Message[]): readonly Message[] => {
  const all = waiter.statuses;
  if (all.length === 0) return all;
  const taken = before.filter(({ id }) => !slice?.more || id <= slice.cursor.id);
  waiter.statuses = all.filter((status) => !taken.includes(status));
  return taken;
};

/** @param waiter who is given them; of the listeners of a seat one hears a status plain */
export const withStatuses = (slice: Slice, statuses: readonly Message[], waiter: Waiter, waiters: Waiters): Slice => {
  if (statuses.length === 0) return slice;
  const heard: Heard[] = [...slice.heard, ...statuses.map((message) => ({ message, redelivered: waiters.repeats(waiter, message) }))];
  return { ...slice, heard: heard.sort((a, b) => a.message.id - b.message.id) };
};

/** The slice, if there is one; a waiter from whom mail is held back is noted. */
const ready = (ear: Ear, waiter: Waiter, read: Slice | Unready): Slice | null => {
  if (read === 'held') ear.waiters.hold(waiter);
  return typeof read === 'string' ? null : read;
};

/** Nothing that woke this waiter was in an answer. */
const CARRIED_NONE = (): boolean => false;

/** The receipt for one answer. */
class Receipt implements Delivery {
  readonly #ear: Ear;
  readonly #waiter: Waiter;
  readonly #session: Session;
  readonly #slice: Slice;
  readonly #statuses: readonly Message[];

  constructor(ear: Ear, waiter: Waiter, session: Session, slice: Slice, statuses: readonly Message[]) {
    this.#ear = ear;
    this.#waiter = waiter;
    this.#session = session;
    this.#slice = slice;
    this.#statuses = statuses;
  }

  handed(): void {
    const { heard, cursor } = this.#slice;
    this.#ear.engine.handed(this.#session.channelId, this.#session.callsign, this.#slice);
    // What left the ring before this read is before the first message of the answer, and only its gap tells of it.
    const first = heard.length > 0 ? heard[0]!.message.id : Number.POSITIVE_INFINITY;
    this.#waiter.settle((message) =>
      message.kind === 'status' ? this.#statuses.includes(message) : first <= message.id && message.id <= cursor.id,
    );
  }

  unsure(): void {
    this.#waiter.settle(CARRIED_NONE);
  }
}

/** Why a listener that was not woken by mail stops, or null to look again. @throws HubError when there is no answer to give */
const stopOf = (wake: Wake): 'superseded' | 'shutdown' | null => {
  if (wake.type === 'ended') throw wake.error;
  if (wake.type === 'aborted') throw new HubError('bad_request', 'The client went away.');
  return wake.type === 'superseded' || wake.type === 'shutdown' ? wake.type : null;
};

/**
 * Waits until there is something for this session, or its time is up.
 *
 * One function and few objects: whatever a parked listener holds, the garbage collector carries along.
 * @throws HubError when the session ends while it waits
 */
export const hear = async (ear: Ear, session: Session, request: ListenRequest, signal?: Cancel): Promise<Answer> => {
  const { engine } = ear;
  const { channelId, callsign } = session;
  const waiter = new Waiter(channelId, callsign, session.hash);
  const arrival = { sessionHash: session.hash, waits: request.timeoutMs > 0, recalled: session.recalled ?? null };
  // Whom the hub goes by from memory takes nobody's place before the engine has looked.
  const looked = session.recalled ? await engine.arrive(channelId, callsign, request.since, arrival) : null;
  let stopTimer: (() => void) | null = null;
  try {
    signal?.addEventListener('abort', waiter);
    // A look takes nobody's place.
    ear.waiters.park(waiter, request.timeoutMs > 0 ? ear.limits.sizes.parked : Number.POSITIVE_INFINITY);
    // Whose channel is gone by now is refused, and stands nowhere.
    engine.park(channelId, callsign);
    if (signal?.aborted) waiter.handleEvent();
    const arrived = looked ?? engine.arrive(channelId, callsign, request.since, arrival);
    const from = arrived instanceof Promise ? await arrived : arrived;
    let final = request.timeoutMs <= 0;
    let stop: 'superseded' | 'shutdown' | null = null;
    for (;;) {
      let before = waiter.statuses;
      let slice: Slice | null = null;
      if (stop === null) {
        const bare = request.since.at === 'bare';
        const limits = answerLimits(ear, request.limit, request.bytes);
        const place = { from: from.id, tag: from.tag };
        const read = engine.read({ channelId, callsign, sessionHash: session.hash, ...place, bare, final, rewoundTold: false, limits });
        const found = read instanceof Promise ? await read : read;
        if (found === 'away') before = [];
        slice = ready(ear, waiter, found);
      }
      const statuses = takeStatuses(waiter, slice, before);
      if (slice || statuses.length > 0 || stop !== null) {
        const found = slice ?? nothingAfter(from);
        const { heard, after, cursor, more, gap } = withStatuses(found, statuses, waiter, ear.waiters);
        return {
          heard,
          after,
          cursor,
          more,
          gap,
          timedOut: final && heard.length === 0,
          superseded: stop === 'superseded',
          ended: stop === 'shutdown' ? 'shutdown' : null,
          delivery: new Receipt(ear, waiter, session, found, statuses),
        };
      }
      waiter.settle(CARRIED_NONE);
      stopTimer ??= ear.clock.after(request.timeoutMs, () => waiter.wake(TIME));
      const wake = await waiter.wait();
      if (wake.type === 'time') final = true;
      else if (wake.type !== 'mail') stop = stopOf(wake);
    }
  } catch (error) {
    waiter.settle(CARRIED_NONE);
    throw error;
  } finally {
    stopTimer?.();
    signal?.removeEventListener('abort', waiter);
    ear.waiters.unpark(waiter);
    engine.unpark(channelId, callsign);
  }
};

/**
 * Hears a mailbox until the listener goes: what waits, then each message as it comes. What was yielded and handed
 * over counts as a bare listen's answer would; a reconnect with `since` is the evidence.
 */
export async function* hearOn(ear: Ear, session: Session, since: Since, signal: Cancel): AsyncGenerator<StreamItem, void, undefined> {
  const { engine } = ear;
  const { channelId, callsign, hash: sessionHash } = session;
  const waiter = new Waiter(channelId, callsign, sessionHash);
  try {
    signal.addEventListener('abort', waiter);
    ear.waiters.park(waiter, ear.limits.sizes.parked);
    engine.park(channelId, callsign);
    let from = await engine.arrive(channelId, callsign, since, { sessionHash, waits: false, recalled: null });
    let bare = since.at === 'bare';
    let rewoundTold = false;
    while (!signal.aborted) {
      const before = waiter.statuses;
      const limits = answerLimits(ear, 100);
      const place = { from: from.id, tag: from.tag };
      const read = await engine.read({ channelId, callsign, sessionHash, ...place, bare, final: false, rewoundTold, limits });
      const slice = ready(ear, waiter, read);
      const statuses = takeStatuses(waiter, slice, read === 'away' ? [] : before);
      if (slice || statuses.length > 0) {
        const found = slice ?? nothingAfter(from);
        const delivery = new Receipt(ear, waiter, session, found, statuses);
        waiter.busy = true;
        yield {
          type: 'messages',
          answer: { ...withStatuses(found, statuses, waiter, ear.waiters), timedOut: false, superseded: false, ended: null, delivery },
        };
        waiter.busy = false;
        from = found.cursor;
        bare = false;
        rewoundTold ||= found.gap?.reason === 'rewound';
        // Whoever is always behind would never wait, and never be told.
        if (!waiter.over) continue;
      }
      waiter.settle(CARRIED_NONE);
      const wake = await waiter.wait();
      if (wake.type === 'mail') continue;
      if (wake.type === 'aborted') return;
      yield lastWord(wake);
      return;
    }
  } catch (error) {
    yield removed(error);
  } finally {
    waiter.settle(CARRIED_NONE);
    signal.removeEventListener('abort', waiter);
    ear.waiters.unpark(waiter);
    engine.unpark(channelId, callsign);
  }
}
