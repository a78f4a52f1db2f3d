/** Whom a wake test is for: agents that joined from this home, and whoever is named on a channel. */
import { type HookClient, WOKEN_CLIENTS, type WokenClient } from '../config/names.ts';
import type { Context } from '../context.ts';
import { CliError } from '../exit.ts';
import { dialectOf, namedBy } from '../hooks/events.ts';
import type { SeatProfile } from '../profiles.ts';
import { type Sighting, sightings } from '../sightings.ts';

export interface Target {
  readonly hub: string;
  readonly channelId: string;
  readonly token: string | undefined;
  readonly callsign: string;
  /** Null where nothing tells. */
  readonly client: WokenClient | null;
}

const isHookClient = (client: WokenClient): client is HookClient => client !== 'opencode';

const says = (client: WokenClient, name: string): boolean => (isHookClient(client) ? dialectOf(client).called : /opencode/i).test(name);

/** Which client's agent holds a seat. */
const clientOf = (seat: SeatProfile, bridges: readonly Sighting[]): WokenClient | null => {
  const named = WOKEN_CLIENTS.find((client) => isHookClient(client) && namedBy(client, seat.owner));
  if (named) return named;
  const bridge = bridges.find(({ seats }) =>
    seats.some((one) => one.hub === seat.hub && one.channelId === seat.channelId && one.callsign === seat.callsign),
  );
  return WOKEN_CLIENTS.find((client) => bridge?.client != null && says(client, bridge.client)) ?? null;
};

/** The channel of callsigns that did not join from this home. @throws CliError usage, noSeat */
const elsewhere = (context: Context): Pick<Target, 'hub' | 'channelId' | 'token'> => {
  const named = context.option('channel', 'ROGERTHAT_CHANNEL');
  const known = context.profiles
    .channels()
    .filter((one) => (named === undefined || one.channelId === named) && (context.hub === undefined || one.hub === context.hub));
  const [only, other] = known;
  if (only && !other) return { hub: only.hub, channelId: only.channelId, token: context.token(only.channelId, only.joinToken) };
  if (named !== undefined) return { hub: context.hubOrDefault, channelId: named, token: context.token(named) };
  throw new CliError(
    'noSeat',
    'Nobody with that callsign joined from this home.',
    'Name the channel with --channel, and its token with --token.',
  );
};

/**
 * The agents that are meant.
 * @param client only its agents; null: of any client
 * @throws CliError usage, noSeat
 */
export const targetsOf = (context: Context, client: WokenClient | null): Target[] => {
  const channel = context.option('channel', 'ROGERTHAT_CHANNEL');
  const callsigns = [...new Set((context.option('to') ?? '').split(',').map((one) => one.trim().toLowerCase()))].filter(
    (one) => one !== '',
  );
  const bridges = sightings(context.env);
  const here = context.profiles
    .seats()
    .filter((one) => (channel === undefined || one.channelId === channel) && (context.hub === undefined || one.hub === context.hub))
    .filter((one) => callsigns.length === 0 || callsigns.includes(one.callsign))
    .map(
      (seat): Target => ({
        hub: seat.hub,
        channelId: seat.channelId,
        token: context.token(seat.channelId, seat.token),
        callsign: seat.callsign,
        client: clientOf(seat, bridges),
      }),
    )
    .filter((one) => client === null || one.client === client);
  const absent = callsigns.filter((callsign) => here.every((one) => one.callsign !== callsign));
  if (absent.length > 0) {
    const place = here[0] ?? elsewhere(context);
    const { hub, channelId, token } = place;
    return [...here, ...absent.map((callsign) => ({ hub, channelId, token, callsign, client }))];
  }
  if (here.length > 0) return here;
  throw new CliError(
    'noSeat',
    client === null ? 'No agent joined from this home.' : `No agent of ${client} joined from this home.`,
    'One that joined over MCP alone leaves no trace here: name it with --channel, --to and --token.',
  );
};
