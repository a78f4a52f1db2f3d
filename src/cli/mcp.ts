/** `rogerthat mcp`: the hub's tools for clients that start their MCP servers as programs. */
import type { Memory } from '../bridge/memory.ts';
import { RINGS, type Ring } from '../bridge/rings.ts';
import { runBridge } from '../bridge/run.ts';
import type { Context } from './context.ts';
import { CliError } from './exit.ts';
import { openOutbox } from './outbox.ts';
import { ownerIn, Profiles, type SeatProfile } from './profiles.ts';
import { noteSighting, removeSighting, sightings } from './sightings.ts';
import { readPrivately } from './state.ts';

/** Options that a file may give: a client may hide the environment, and arguments can be seen by other users. */
const KEYS = ['hub', 'token', 'ring', 'codex', 'opencode', 'profile-dir'] as const;

const fileOptions = (path: string | undefined): Readonly<Record<string, string>> => {
  if (path === undefined) return {};
  const read = readPrivately(path);
  if (!read) throw new CliError('usage', `The file ${path} is not there, or is not JSON.`);
  const wrong = Object.entries(read).find(([name, value]) => !(KEYS as readonly string[]).includes(name) || typeof value !== 'string');
  if (wrong) throw new CliError('usage', `${path}: "${wrong[0]}" is not an option with a text. Options: ${KEYS.join(', ')}.`);
  return read as Record<string, string>;
};

/** What this home cannot keep is kept until the bridge ends: a call that the hub carried out does not fail by it. */
type Keeping = (write: () => void) => void;

const keepingFor =
  (context: Context): Keeping =>
  (write) => {
    try {
      write();
    } catch (error) {
      context.note(`not remembered: ${error instanceof Error ? error.message : String(error)}`);
    }
  };

const memoryIn = (env: NodeJS.ProcessEnv, keeping: Keeping): Memory => {
  const profiles = new Profiles(env);
  const all = (): SeatProfile[] => profiles.seats();
  return {
    seatOf: (sessionId) => all().find((one) => one.sessionId === sessionId),
    seats: (hub) => all().filter((one) => one.hub === hub),
    seatOfOwner(owner) {
      const [seat, other] = all().filter((one) => one.owner === owner);
      return other === undefined ? seat : undefined;
    },
    keep: (hub, state, owner) => keeping(() => profiles.keepSeat(hub, state, owner)),
    change: (seat, changes) => keeping(() => profiles.changeSeat(seat, changes)),
    drop: (hub, state) => keeping(() => profiles.dropSeat({ hub, ...state })),
  };
};

export const run = async (context: Context): Promise<void> => {
  const file = fileOptions(context.option('config'));
  const option = (name: (typeof KEYS)[number]): string | undefined => context.option(name) ?? file[name];
  const ring = option('ring') ?? 'auto';
  if (!(RINGS as readonly string[]).includes(ring)) throw new CliError('usage', `--ring is one of ${RINGS.join(', ')}.`);
  const profiles = option('profile-dir');
  const env = profiles === undefined ? context.env : { ...context.env, ROGERTHAT_PROFILE_DIR: profiles };
  const directory = process.cwd();
  const keeping = keepingFor(context);
  // Those that were killed could not remove what they said of themselves.
  keeping(() => sightings(env));
  try {
    await runBridge({
      hub: context.hubAt(file['hub']),
      hubToken: context.secret('token', option('token')) ?? (env['ROGERTHAT_TOKEN'] || undefined),
      ring: ring as Ring,
      codex: option('codex') ?? 'codex',
      opencode: option('opencode'),
      directory,
      owner: ownerIn(env),
      memory: memoryIn(env, keeping),
      outbox: openOutbox(env),
      input: process.stdin,
      output: process.stdout,
      signal: context.signal,
      known: ({ client, owner, seats }) =>
        keeping(() =>
          noteSighting(env, {
            directory,
            client: client ?? null,
            owner: owner ?? null,
            seats: seats.map(({ hub, channelId, callsign }) => ({ hub, channelId, callsign })),
          }),
        ),
      note: (text) => context.note(text),
    });
  } finally {
    removeSighting(env);
  }
};
