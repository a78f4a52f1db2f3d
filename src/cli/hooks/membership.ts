/**
 * Which seats belong to an agent session. Two sessions in one directory are two agents: a seat is theirs whose client
 * named it when they joined, or whose bridge is the only one of that client there. Anything else is nobody's.
 */
import type { Profiles, SeatProfile } from '../profiles.ts';
import { type Sighting, sightings } from '../sightings.ts';
import { dialectOf, type HookEvent } from './events.ts';

/** The bridge of the session, where there is no doubt which it is. */
export const bridgeOf = ({ client, owner, directory }: HookEvent, env: NodeJS.ProcessEnv): Sighting | undefined => {
  const running = sightings(env);
  const own = running.find((one) => owner !== undefined && one.owner === owner);
  if (own) return own;
  const { called } = dialectOf(client);
  const here = running.filter((one) => one.directory === directory && one.client !== null && called.test(one.client));
  const [only, other] = here;
  // Its session has a name by now, and it is not this one's.
  return other === undefined && only?.owner === null ? only : undefined;
};

export const seatsOf = (event: HookEvent, profiles: Profiles, env: NodeJS.ProcessEnv): SeatProfile[] => {
  const all = profiles.seats();
  const owned = all.filter(({ owner }) => event.owner !== undefined && owner === event.owner);
  if (owned.length > 0) return owned;
  const bridge = bridgeOf(event, env);
  if (!bridge) return [];
  return all.filter((seat) =>
    bridge.seats.some((one) => one.hub === seat.hub && one.channelId === seat.channelId && one.callsign === seat.callsign),
  );
};
