/** What the owner of a channel may do to it. The engine makes each step atomic; whoever waits is told at once. */
import { isBand } from './bands.ts';
import type { Engine, GuardReport, Kicked } from './engine.ts';
import { HubError } from './errors.ts';
import { newSecret, sha256 } from './ids.ts';
import { bannedError, closedError, rotatedError } from './refusing.ts';
import type { Channel, Eventually } from './types.ts';
import type { Waiters } from './waiters.ts';

/** What owning needs of the hub. */
interface Desk {
  readonly engine: Engine;
  readonly waiters: Waiters;
}

/** What to show instead of a wrong token, where the owner's is asked for. */
export const OWNER_ASKED = 'Send the owner token of the channel as "Authorization: Bearer OWNER_TOKEN"; whoever made the channel has it.';

/** @throws HubError bad_request */
const refuseBand = (channelId: string, detail: string): void => {
  if (isBand(channelId)) throw new HubError('bad_request', detail, { hint: 'Pause it, or kick who disturbs it.' });
};

export class Owner {
  readonly #desk: Desk;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  /**
   * Closes a channel. Its transcript, if it keeps one, can be read with the join token until it is removed.
   * @param erase also what it kept, at once
   * @throws HubError storage_unavailable
   */
  async close({ id: channelId }: Channel, erase: boolean): Promise<void> {
    refuseBand(channelId, 'A band is not closed; start the hub with --no-bands to have none.');
    const { engine, waiters } = this.#desk;
    await waiters.ending(channelId, null, engine.closeChannel(channelId, erase));
    waiters.endChannel(channelId, { type: 'ended', error: closedError() });
  }

  /** Makes another join token, which is shown once; the old one is worth nothing from now on. @throws HubError storage_unavailable */
  async rotate({ id: channelId }: Channel): Promise<string> {
    refuseBand(channelId, 'A band has no join token.');
    const joinToken = newSecret('join');
    const { engine, waiters } = this.#desk;
    await waiters.ending(channelId, null, engine.rotateToken(channelId, sha256(joinToken)));
    waiters.endChannel(channelId, { type: 'ended', error: rotatedError() });
    return joinToken;
  }

  /**
   * Removes a callsign from the channel.
   * @param ban true also keeps it and its identity out; false lets it in again; null leaves that as it was
   * @throws HubError hub_full, storage_unavailable
   */
  async kick({ id: channelId }: Channel, callsign: string, ban: boolean | null): Promise<Kicked> {
    const { engine, waiters } = this.#desk;
    const done = await waiters.ending(channelId, callsign, engine.kick(channelId, callsign, ban));
    if (!done.kicked) return done;
    waiters.endSeat(channelId, callsign, { type: 'ended', error: done.banned ? bannedError() : new HubError('kicked') });
    waiters.announceRoster(channelId);
    return done;
  }

  /** Lets nobody send until {@link resume}; listening goes on. @throws HubError storage_unavailable */
  pause({ id }: Channel): Promise<void> {
    return this.#desk.engine.pause(id, true);
  }

  /** How the guards of a channel stand. */
  guards({ id }: Channel): Eventually<GuardReport> {
    return this.#desk.engine.guards(id);
  }

  /**
   * Lets more be said before the guards stop it, and less again.
   * @param factor what the limits are multiplied by from now on; null: as before
   * @param reset begin to count anew, and forget who was stopped
   * @throws HubError storage_unavailable
   */
  async setGuards({ id }: Channel, factor: number | null, reset: boolean): Promise<GuardReport> {
    await this.#desk.engine.setGuards(id, factor, reset);
    return this.#desk.engine.guards(id);
  }

  /** @throws HubError storage_unavailable */
  resume({ id }: Channel): Promise<void> {
    return this.#desk.engine.pause(id, false);
  }
}
