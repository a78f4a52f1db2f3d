/** Watching: hearing a whole channel without a seat, for as long as the token that let the watcher in is the channel's. */
import { HubError } from './errors.ts';
import {
  answerLimits,
  type Cancel,
  type Delivery,
  type Ear,
  lastWord,
  removed,
  type StreamItem,
  takeStatuses,
  withStatuses,
} from './listening.ts';
import { RosterLook } from './look.ts';
import type { Channel, RosterEntry, Since } from './types.ts';
import { Waiter } from './waiter.ts';

const NOTHING: Delivery = { handed: () => {}, unsure: () => {} };

/** What a look at a roster shows; or the store is away, which ends no watching. */
const rosterIn = async (look: RosterLook, { engine }: Ear, channelId: string): Promise<readonly RosterEntry[] | 'away'> => {
  try {
    return await look.see(() => engine.roster(channelId));
  } catch (error) {
    if (!(error instanceof HubError) || error.code !== 'storage_unavailable') throw error;
    return 'away';
  }
};

/** Watches a channel without a seat: every message from now (or `since`) on, and the roster when it changes. */
export async function* watch(ear: Ear, channel: Channel, since: Since, signal: Cancel): AsyncGenerator<StreamItem, void, undefined> {
  const { engine } = ear;
  const { id: channelId, joinTokenHash } = channel;
  const waiter = new Waiter(channelId, null, null);
  signal.addEventListener('abort', waiter);
  ear.waiters.park(waiter, Number.POSITIVE_INFINITY);
  try {
    let from: Since = since.at === 'bare' ? { at: 'latest' } : since;
    if (from.at === 'latest') {
      // "Now" is before the watcher has its first roster, so that nothing said after that is missed.
      const now = await engine.observe(channelId, joinTokenHash, from, answerLimits(ear, 100));
      if (now === 'away') throw new HubError('storage_unavailable');
      from = { at: 'position', id: now.cursor.id, tag: now.cursor.tag };
    }
    waiter.look = new RosterLook();
    while (!signal.aborted) {
      const look: RosterLook | null = waiter.look;
      waiter.look = null;
      const roster = look && (await rosterIn(look, ear, channelId));
      const before = waiter.statuses;
      // Last: what was read before it was still the watcher's to know.
      const slice = await engine.observe(channelId, joinTokenHash, from, answerLimits(ear, 100));
      // It is looked at with the next wake, which comes when the store is back.
      if (roster === 'away' || slice === 'away') waiter.look ??= look && new RosterLook();
      if (slice !== 'away') {
        if (roster && roster !== 'away') yield { type: 'roster', roster };
        const statuses = takeStatuses(waiter, slice, before);
        from = { at: 'position', id: slice.cursor.id, tag: slice.cursor.tag };
        const whole = withStatuses(slice, statuses, waiter, ear.waiters);
        if (whole.heard.length > 0 || whole.gap) {
          yield { type: 'messages', answer: { ...whole, timedOut: false, superseded: false, ended: null, delivery: NOTHING } };
          if (whole.more && !waiter.over) continue;
        }
      }
      const wake = await waiter.wait();
      if (wake.type === 'mail') continue;
      if (wake.type === 'aborted') return;
      yield lastWord(wake);
      return;
    }
  } catch (error) {
    yield removed(error);
  } finally {
    signal.removeEventListener('abort', waiter);
    ear.waiters.unpark(waiter);
  }
}
