/** Waiting for mail of an agent session, without taking any of it. */
import { isFor, stillWaiting, Watcher } from '../../bridge/watcher.ts';
import { HubClient } from '../../client/client.ts';
import { HubProblem, LinkError } from '../../client/errors.ts';
import { Seat } from '../../client/seat.ts';
import { pointer } from '../../core/pointer.ts';
import type { Profiles, SeatProfile } from '../profiles.ts';

/** Seats are looked up again this often: an agent may join while its waiter waits. */
const LOOK_MS = 2_000;
/** A waiting agent is not a silent one: its session is kept alive. */
const ALIVE_MS = 600_000;

export interface Mail {
  readonly text: string;
  /** The seat, as guards name it. */
  readonly seat: string;
  readonly through: number;
}

export interface WaitingOptions {
  seats(): SeatProfile[];
  readonly profiles: Profiles;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
  /** Whether a hub that is away is waited for; otherwise the waiting ends when no hub of any seat is there. */
  readonly outlasts: boolean;
  /** Milliseconds until this mail may begin a turn; null when it shall not. */
  dueIn(mail: Mail): number | null;
  /** Whether whoever started this is still there. */
  wantedStill(): boolean;
}

export const nameOf = ({ hub, channelId, callsign }: SeatProfile): string => `${hub} ${channelId} ${callsign}`;

/** What a seat is held by. */
const heldBy = ({ sessionId, token }: SeatProfile): string => `${sessionId} ${token}`;

/** Where a seat is done; null when it is over. An expired session is renewed, one that was left is not. */
const confirmedOf = async (seat: Seat, signal: AbortSignal): Promise<number | null> => {
  const ask = async (): Promise<number> => {
    const { cursor } = await seat.client.call('ack', { id: 0 }, seat.shown, { signal });
    return Number.parseInt(cursor, 10) || 0;
  };
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof HubProblem) || error.passing) throw error;
    if (error.code !== 'session_expired') return null;
    await seat.rejoin({ signal });
    return ask();
  }
};

/**
 * A seat as it is remembered now. Others speak from it meanwhile and move its cursor: of all that may change, a hook writes
 * down no more than the session it renewed.
 */
const seatOf = ({ hub, owner: _, ...state }: SeatProfile, profiles: Profiles): Seat =>
  new Seat(new HubClient(hub), state, {
    rejoined: (joined) => profiles.changeSeat({ hub, ...state }, { sessionId: joined.session_id }),
  });

/** The mail that is there now. @throws HubProblem, LinkError */
export const mailNow = async (profile: SeatProfile, profiles: Profiles, signal: AbortSignal): Promise<Mail | null> => {
  const seat = seatOf(profile, profiles);
  const { channelId, callsign } = profile;
  const after = await confirmedOf(seat, signal);
  if (after === null) return null;
  const { messages } = await seat.client.call('history', { n: 100 }, seat.shown, { signal });
  const mine = messages.filter((message) => message.id > after && isFor(callsign, message)).map(({ id }) => id);
  const mail = await stillWaiting(seat, mine, signal);
  const through = mail.at(-1);
  return through === undefined ? null : { text: pointer(channelId, mail.length), seat: nameOf(profile), through };
};

/** Resolves with the first mail that is due; null when nobody waits any more. Never throws. */
export const waitForMail = async (options: WaitingOptions): Promise<Mail | null> => {
  const { profiles, signal } = options;
  const stop = new AbortController();
  const over = AbortSignal.any([signal, stop.signal]);
  const watched = new Map<string, AbortController>();
  /** Seats whose hub was not there when it was last asked. */
  const away = new Set<string>();
  /** Seats that are over, as they were then: an agent may take its seat again, with another session or another token. */
  const lost = new Map<string, string>();
  const isLost = (seat: SeatProfile): boolean => lost.get(nameOf(seat)) === heldBy(seat);
  return new Promise((resolve) => {
    const end = (mail: Mail | null): void => {
      clearInterval(timer);
      stop.abort();
      resolve(mail);
    };
    const watchSeat = async (profile: SeatProfile): Promise<void> => {
      const name = nameOf(profile);
      const own = new AbortController();
      watched.set(name, own);
      const seat = seatOf(profile, profiles);
      const ended = AbortSignal.any([over, own.signal]);
      let due: NodeJS.Timeout | undefined;
      try {
        const after = await confirmedOf(seat, ended);
        away.delete(name);
        if (after === null) {
          lost.set(name, heldBy(profile));
          return;
        }
        const watcher = new Watcher({
          seat,
          after,
          signal: ended,
          mail({ count, through }) {
            const mail = { text: pointer(profile.channelId, count), seat: name, through };
            const ms = options.dueIn(mail);
            if (ms === 0) end(mail);
            // By then it may have been heard: the next look finds out.
            else if (ms !== null) due ??= setTimeout(() => own.abort(), ms).unref();
          },
        });
        const alive = setInterval(() => void confirmedOf(seat, ended).catch(() => {}), ALIVE_MS);
        await watcher.run().finally(() => clearInterval(alive));
      } catch (error) {
        if (error instanceof LinkError && error.code === 'unreachable') away.add(name);
        if (!options.outlasts && options.seats().every((one) => away.has(nameOf(one)))) end(null);
      } finally {
        clearTimeout(due);
        // The next look tries again, and learns it when the seat is over.
        watched.delete(name);
      }
    };
    const look = (): void => {
      const seats = signal.aborted || !options.wantedStill() ? [] : options.seats();
      if (seats.length === 0) {
        end(null);
        return;
      }
      const names = new Set(seats.map(nameOf));
      for (const [name, own] of watched) {
        if (!names.has(name)) own.abort();
      }
      for (const seat of seats) if (!watched.has(nameOf(seat)) && !isLost(seat)) void watchSeat(seat);
    };
    const timer = setInterval(look, LOOK_MS);
    signal.addEventListener('abort', () => end(null), { once: true });
    look();
  });
};
