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
import type { AnswerLimits } from './mailbox.ts';
import type { Heard, Message, Position, RosterEntry, Session, Since, Slice } from './types.ts';
import { Waiter, type Waiters, type Wake } from './waiters.ts';

/** How a transport says that the caller went away. Every AbortSignal is one. */
export interface Cancel {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
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
  /** 1 to `messagesPerAnswer`. */
  readonly limit: number;
  readonly timeoutMs: number;
}

/** What listening needs of the hub. */
export interface Ear {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly waiters: Waiters;
}

const answerLimits = (ear: Ear, messages: number): AnswerLimits => ({ messages, bytes: ear.limits.sizes.answerBytes });

const lastWord = (wake: Wake): StreamItem => {
  if (wake.type === 'ended') return { type: 'end', why: 'removed', error: wake.error };
  return { type: 'end', why: wake.type === 'superseded' ? 'superseded' : 'shutdown', error: null };
};

const NOTHING: Delivery = { handed: () => {}, unsure: () => {} };

const nothingAfter = (from: Position): Slice => ({ heard: [], after: from, cursor: from, more: false, gap: null });

const withStatuses = (slice: Slice, statuses: readonly Message[]): Slice => {
  if (statuses.length === 0) return slice;
  const heard: Heard[] = [...slice.heard, ...statuses.map((message) => ({ message, redelivered: false }))];
  return { ...slice, heard: heard.sort((a, b) => a.message.id - b.message.id) };
};

/** Runs `use` with a waiter of this session parked. */
const parked = async <T>(ear: Ear, session: Session, signal: Cancel | undefined, use: (waiter: Waiter) => Promise<T>): Promise<T> => {
  const waiter = new Waiter(session.channelId, session.callsign, session.hash);
  const abort = (): void => waiter.wake({ type: 'aborted' });
  signal?.addEventListener('abort', abort);
  ear.waiters.park(waiter, ear.limits.sizes.parked);
  ear.engine.park(session.channelId, session.callsign);
  try {
    if (signal?.aborted) abort();
    return await use(waiter);
  } catch (error) {
    waiter.settle(() => false);
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
    ear.waiters.unpark(waiter);
    ear.engine.unpark(session.channelId, session.callsign);
  }
};

const deliveryOf = (ear: Ear, waiter: Waiter, session: Session, slice: Slice, statuses: readonly Message[]): Delivery => {
  // What left the ring before this read is before the first message of the answer, and only its gap tells of it.
  const first = slice.heard[0]?.message.id ?? Number.POSITIVE_INFINITY;
  const carried = (message: Message): boolean =>
    message.kind === 'status' ? statuses.includes(message) : first <= message.id && message.id <= slice.cursor.id;
  return {
    handed() {
      ear.engine.handed(session.channelId, session.callsign, slice);
      waiter.settle(carried);
    },
    unsure() {
      waiter.settle(() => false);
    },
  };
};

/**
 * Waits until there is something for this session, or its time is up.
 * @throws HubError when the session ends while it waits
 */
export const hear = (ear: Ear, session: Session, request: ListenRequest, signal?: Cancel): Promise<Answer> =>
  parked(ear, session, signal, async (waiter) => {
    const { engine, clock } = ear;
    const { channelId, callsign } = session;
    const from = await engine.arrive(channelId, callsign, request.since);
    const ask = {
      channelId,
      callsign,
      from: from.id,
      bare: request.since.at === 'bare',
      rewoundTold: false,
      limits: answerLimits(ear, request.limit),
    };
    let final = request.timeoutMs <= 0;
    let last: 'superseded' | 'shutdown' | null = null;
    let stopTimer: (() => void) | null = null;
    try {
      for (;;) {
        const slice = last === null ? await engine.read({ ...ask, final }) : null;
        const { statuses } = waiter;
        if (slice || statuses.length > 0 || last !== null) {
          waiter.statuses = [];
          const found = slice ?? nothingAfter(from);
          const whole = withStatuses(found, statuses);
          return {
            ...whole,
            timedOut: final && whole.heard.length === 0,
            superseded: last === 'superseded',
            ended: last === 'shutdown' ? 'shutdown' : null,
            delivery: deliveryOf(ear, waiter, session, found, statuses),
          };
        }
        waiter.settle(() => false);
        stopTimer ??= clock.after(request.timeoutMs, () => waiter.wake({ type: 'time' }));
        const wake = await waiter.wait();
        if (wake.type === 'time') final = true;
        else if (wake.type === 'superseded' || wake.type === 'shutdown') last = wake.type;
        else if (wake.type === 'ended') throw wake.error;
        else if (wake.type === 'aborted') throw new HubError('bad_request', 'The client went away.');
      }
    } finally {
      stopTimer?.();
    }
  });

/**
 * Hears a mailbox until the listener goes: what waits, then each message as it comes. What was yielded and handed
 * over counts as a bare listen's answer would; a reconnect with `since` is the evidence.
 */
export async function* hearOn(ear: Ear, session: Session, since: Since, signal: Cancel): AsyncGenerator<StreamItem, void, undefined> {
  const { engine } = ear;
  const { channelId, callsign } = session;
  const waiter = new Waiter(channelId, callsign, session.hash);
  const abort = (): void => waiter.wake({ type: 'aborted' });
  signal.addEventListener('abort', abort);
  ear.waiters.park(waiter, ear.limits.sizes.parked);
  engine.park(channelId, callsign);
  try {
    let from = await engine.arrive(channelId, callsign, since);
    let bare = since.at === 'bare';
    let rewoundTold = false;
    while (!signal.aborted) {
      const slice = await engine.read({
        channelId,
        callsign,
        from: from.id,
        bare,
        final: false,
        rewoundTold,
        limits: answerLimits(ear, 100),
      });
      const { statuses } = waiter;
      if (slice || statuses.length > 0) {
        waiter.statuses = [];
        const found = slice ?? nothingAfter(from);
        const delivery = deliveryOf(ear, waiter, session, found, statuses);
        waiter.busy = true;
        yield { type: 'messages', answer: { ...withStatuses(found, statuses), timedOut: false, superseded: false, ended: null, delivery } };
        waiter.busy = false;
        from = found.cursor;
        bare = false;
        rewoundTold ||= found.gap?.reason === 'rewound';
        continue;
      }
      waiter.settle(() => false);
      const wake = await waiter.wait();
      if (wake.type === 'mail') continue;
      if (wake.type === 'aborted') return;
      yield lastWord(wake);
      return;
    }
  } finally {
    waiter.settle(() => false);
    signal.removeEventListener('abort', abort);
    ear.waiters.unpark(waiter);
    engine.unpark(channelId, callsign);
  }
}

/** Watches a channel without a seat: every message from now (or `since`) on, and the roster when it changes. */
export async function* watch(ear: Ear, channelId: string, since: Since, signal: Cancel): AsyncGenerator<StreamItem, void, undefined> {
  const { engine } = ear;
  const waiter = new Waiter(channelId, null, null);
  const abort = (): void => waiter.wake({ type: 'aborted' });
  signal.addEventListener('abort', abort);
  ear.waiters.park(waiter, Number.POSITIVE_INFINITY);
  try {
    let from: Since = since.at === 'bare' ? { at: 'latest' } : since;
    waiter.rosterChanged = true;
    while (!signal.aborted) {
      if (waiter.rosterChanged) {
        waiter.rosterChanged = false;
        yield { type: 'roster', roster: await engine.roster(channelId) };
      }
      const slice = await engine.observe(channelId, from, answerLimits(ear, 100));
      const { statuses } = waiter;
      waiter.statuses = [];
      from = { at: 'position', id: slice.cursor.id, tag: slice.cursor.tag };
      const whole = withStatuses(slice, statuses);
      if (whole.heard.length > 0 || whole.gap) {
        yield { type: 'messages', answer: { ...whole, timedOut: false, superseded: false, ended: null, delivery: NOTHING } };
        if (whole.more) continue;
      }
      const wake = await waiter.wait();
      if (wake.type === 'mail') continue;
      if (wake.type === 'aborted') return;
      yield lastWord(wake);
      return;
    }
  } finally {
    signal.removeEventListener('abort', abort);
    ear.waiters.unpark(waiter);
  }
}
