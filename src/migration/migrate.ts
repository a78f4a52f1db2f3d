/**
 * Moves everything that a hub keeps from one place to another, while no hub runs on either. All of it or nothing: the source is read and
 * never written, and no hub opens the target before what is in it was read back and found the same.
 */
import { type Clock, systemClock } from '../core/clock.ts';
import type { Limits } from '../core/limits.ts';
import { MoveError, type StoreRecord, UnsureMoveError } from '../core/moving.ts';
import type { Vault } from '../courier/vault.ts';
import { openSource, openTarget, type Place, vaultOfSource, vaultOfTarget } from './places.ts';
import { Secrets } from './secrets.ts';
import { type Counts, Tally } from './tally.ts';

/** Records that are written together. */
const AT_ONCE = 500;

export interface Migration {
  readonly from: Place;
  readonly to: Place;
  readonly secretKey: string | null;
  readonly limits: Limits;
  /** Gives up, and leaves everything as it was. */
  readonly signal: AbortSignal;
}

export interface Moved {
  readonly counts: Counts;
  /** Deliveries of webhooks that are still to be made. */
  readonly owed: number;
  /** Webhooks whose secret could not be opened: the hub will disable them. */
  readonly unreadable: readonly string[];
}

/** A clock that stands still: what is read back is then what was written. */
const stopped = (clock: Clock): Clock => {
  const [now, uptime] = [clock.now(), clock.uptime()];
  return { now: () => now, uptime: () => uptime, after: (ms, fn) => clock.after(ms, fn) };
};

/** Writes in pieces what comes one by one. */
async function* pieces(records: AsyncIterable<StoreRecord>): AsyncGenerator<StoreRecord[]> {
  let piece: StoreRecord[] = [];
  for await (const record of records) {
    piece.push(record);
    if (piece.length < AT_ONCE) continue;
    yield piece;
    piece = [];
  }
  yield piece;
}

/**
 * @throws MoveError with a sentence for the operator; what opening a store throws; HubError storage_unavailable when a store went away. The
 *   source is as it was, and the target as empty as it was or closed to hubs; UnsureMoveError when the target may be complete.
 */
export const migrate = async ({ from, to, secretKey, limits, signal }: Migration): Promise<Moved> => {
  const clock = stopped(systemClock);
  const source = await openSource(from, clock);
  try {
    const target = await openTarget(to, clock, limits);
    try {
      let vault: Vault | null = null;
      const secrets = new Secrets(vaultOfSource(from, secretKey), () => (vault ??= vaultOfTarget(to, secretKey)));
      const written = new Tally();
      for await (const piece of pieces(source.records())) {
        signal.throwIfAborted();
        const carried = piece.map((record) => secrets.carry(record));
        for (const record of carried) written.add(record);
        await target.put(carried);
      }
      const found = new Tally();
      for await (const record of target.records()) found.add(record);
      signal.throwIfAborted();
      const { kinds, same } = written.differsFrom(found);
      if (!same) {
        const which = kinds.map((kind) => `${kind}: ${written.counts[kind]} written, ${found.counts[kind]} found`).join('; ');
        throw new MoveError(`What was read back is not what was written (${which || 'the same number, other contents'}).`);
      }
      await target.finish();
      return { counts: found.counts, owed: found.owed, unreadable: secrets.unreadable };
    } catch (error) {
      if (!(error instanceof UnsureMoveError)) await target.abandon().catch(() => {});
      throw error;
    }
  } finally {
    await source.close();
  }
};
