/** Changes of a channel's token that commands of this home are making: others of it that are refused meanwhile wait for the new one. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { pause } from '../client/backoff.ts';
import type { Profiles } from './profiles.ts';
import { beganAt, runs } from './sightings.ts';
import { filesIn, readPrivately, stateDirectory, writePrivately } from './state.ts';

interface Place {
  readonly hub: string;
  readonly channelId: string;
}

interface Change extends Place {
  readonly pid: number;
  readonly began: string | null;
}

/** Between two looks at what another command is doing, ms. */
const LOOK_MS = 50;

const folderIn = (env: NodeJS.ProcessEnv): string => join(stateDirectory(env), 'changes');

/**
 * Changes the token of a channel and remembers what it became, both in `change`.
 * @throws what the change throws
 */
export const changingToken = async <T>(env: NodeJS.ProcessEnv, place: Place, change: () => Promise<T>): Promise<T> => {
  const note = join(folderIn(env), `${process.pid}.json`);
  try {
    writePrivately(note, { pid: process.pid, began: beganAt(process.pid), ...place });
  } catch {
    // Where nothing can be written the change itself says so, when it is made.
    return change();
  }
  try {
    return await change();
  } finally {
    rmSync(note, { force: true });
  }
};

const isChanging = (env: NodeJS.ProcessEnv, { hub, channelId }: Place): boolean =>
  filesIn(folderIn(env)).some((path) => {
    const change = readPrivately(path) as Change | null;
    if (change === null || runs(change)) return change?.hub === hub && change.channelId === channelId;
    rmSync(path, { force: true });
    return false;
  });

/**
 * Tells of a refused token the one to show in its place: another of the channel that this home knows, or is about to; each is told
 * once, since what the hub refused stays refused. The signal ends the waiting.
 */
export const tokenAfter = (
  { env, profiles, signal }: { readonly env: NodeJS.ProcessEnv; readonly profiles: Profiles; readonly signal: AbortSignal },
  { hub, channelId }: Place,
): ((refused: string | undefined) => Promise<string | undefined>) => {
  const spent = new Set<string | undefined>();
  return async (refused) => {
    spent.add(refused);
    for (;;) {
      // Asked first: a change that has ended by then is remembered.
      const changing = isChanging(env, { hub, channelId });
      const seats = profiles.seats().filter((one) => one.hub === hub && one.channelId === channelId);
      const tokens = [profiles.channel(hub, channelId)?.joinToken, ...seats.map(({ token }) => token)];
      const other = tokens.find((token) => token !== undefined && !spent.has(token));
      if (other !== undefined || !changing || signal.aborted) return other;
      await pause(LOOK_MS, signal).catch(() => {});
    }
  };
};
