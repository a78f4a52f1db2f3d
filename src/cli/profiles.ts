/**
 * What `join` and `create` remember, so that the next command needs no arguments: a file for each seat and each channel.
 * Two agents in one home have a seat each and never write the same file; which one is meant is never guessed.
 */
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { SeatChanges } from '../bridge/memory.ts';
import type { SeatState } from '../client/seat.ts';
import { CliError } from './exit.ts';
import { locked } from './locked.ts';
import { filesIn, readPrivately, stateDirectory, writePrivately } from './state.ts';

export interface SeatProfile extends SeatState {
  readonly hub: string;
  /** The agent session that joined, where its client tells one. */
  readonly owner?: string | undefined;
}

export interface ChannelProfile {
  readonly hub: string;
  readonly channelId: string;
  readonly joinToken?: string | undefined;
  readonly ownerToken?: string | undefined;
  /** It was closed; what it kept can still be read, and erased. */
  readonly closed?: true | undefined;
}

/** Variables by which clients name the session that runs a command. */
const OWNERS = ['ROGERTHAT_SESSION_OWNER', 'CODEX_THREAD_ID', 'CLAUDE_CODE_SESSION_ID'] as const;

/** The agent session this command runs in; undefined where the client does not say. */
export const ownerIn = (env: NodeJS.ProcessEnv): string | undefined => {
  const name = OWNERS.find((one) => env[one]);
  return name && `${name}:${env[name]}`;
};

const fileName = (hub: string, ...names: string[]): string => {
  const hash = createHash('sha256')
    .update([hub, ...names].join('\0'))
    .digest('hex')
    .slice(0, 8);
  return `${[...names.map((name) => name.replace(/[^a-z0-9_-]/gi, '_').slice(0, 60)), hash].join('.')}.json`;
};

export interface Wanted {
  readonly hub?: string | undefined;
  readonly channel?: string | undefined;
  readonly callsign?: string | undefined;
}

export class Profiles {
  readonly #seats: string;
  readonly #channels: string;
  readonly #identities: string;
  readonly #owner: string | undefined;

  constructor(env: NodeJS.ProcessEnv) {
    const directory = stateDirectory(env);
    this.#seats = join(directory, 'seats');
    this.#channels = join(directory, 'channels');
    this.#identities = join(directory, 'identities');
    this.#owner = ownerIn(env);
  }

  /** @param owner the agent session whose seat it is; default: the one this command runs in */
  keepSeat(hub: string, state: SeatState, owner: string | undefined = this.#owner): void {
    const path = join(this.#seats, fileName(hub, state.channelId, state.callsign));
    locked(path, () => writePrivately(path, { hub, ...state, owner: owner ?? readPrivately(path)?.['owner'] }));
  }

  /**
   * Remembers what changed of a seat, and leaves the rest as it is in the file by now: others write there too. A seat that was
   * given up stays given up.
   */
  changeSeat({ hub, channelId, callsign }: Pick<SeatProfile, 'hub' | 'channelId' | 'callsign'>, changes: SeatChanges): void {
    const path = join(this.#seats, fileName(hub, channelId, callsign));
    locked(path, () => {
      const known = readPrivately(path);
      if (known) writePrivately(path, { ...known, ...changes });
    });
  }

  /** Gives a seat up. Its identity key stays: nobody else has it, and without it nobody takes the callsign again. */
  dropSeat({ hub, channelId, callsign, identityKey }: SeatProfile): void {
    const file = fileName(hub, channelId, callsign);
    if (identityKey !== undefined) writePrivately(join(this.#identities, file), { identityKey });
    const path = join(this.#seats, file);
    locked(path, () => rmSync(path, { force: true }));
  }

  /** The identity key of a seat that was given up. */
  identityKey(hub: string, channelId: string, callsign: string): string | undefined {
    return readPrivately(join(this.#identities, fileName(hub, channelId, callsign)))?.['identityKey'] as string | undefined;
  }

  keepChannel(channel: ChannelProfile): void {
    const known = this.channel(channel.hub, channel.channelId);
    writePrivately(join(this.#channels, fileName(channel.hub, channel.channelId)), { ...known, ...channel });
  }

  /** The channel was closed: every seat on it is gone, and when it was erased, what opens it as well. */
  closeChannel(hub: string, channelId: string, erased: boolean): void {
    for (const seat of this.seats()) if (seat.hub === hub && seat.channelId === channelId) this.dropSeat(seat);
    if (erased) rmSync(join(this.#channels, fileName(hub, channelId)), { force: true });
    else if (this.channel(hub, channelId)) this.keepChannel({ hub, channelId, closed: true });
  }

  /** The channel has another join token; our seats there take themselves back with it. */
  retoken(hub: string, channelId: string, joinToken: string): void {
    this.keepChannel({ hub, channelId, joinToken });
    for (const seat of this.seats()) {
      if (seat.hub === hub && seat.channelId === channelId) this.changeSeat(seat, { token: joinToken });
    }
  }

  channel(hub: string, channelId: string): ChannelProfile | null {
    return readPrivately(join(this.#channels, fileName(hub, channelId))) as ChannelProfile | null;
  }

  channels(): ChannelProfile[] {
    return filesIn(this.#channels).flatMap((path) => (readPrivately(path) as ChannelProfile | null) ?? []);
  }

  /** Every seat that this user holds. */
  seats(): SeatProfile[] {
    return filesIn(this.#seats).flatMap((path) => {
      const seat = readPrivately(path) as SeatProfile | null;
      return seat && typeof seat.sessionId === 'string' ? [seat] : [];
    });
  }

  /** The seats that fit, without those of another agent session when none was named. */
  matching({ hub, channel, callsign }: Wanted): SeatProfile[] {
    const named = this.seats().filter(
      (seat) =>
        (hub === undefined || seat.hub === hub) &&
        (channel === undefined || seat.channelId === channel) &&
        (callsign === undefined || seat.callsign === callsign),
    );
    if (callsign !== undefined || this.#owner === undefined) return named;
    const own = named.filter(({ owner }) => owner === this.#owner);
    return own.length > 0 ? own : named.filter(({ owner }) => owner === undefined);
  }

  /** The one seat that is meant. @throws CliError noSeat, with the choices when there are several */
  seat(wanted: Wanted): SeatProfile {
    const [first, ...others] = this.matching(wanted);
    if (first === undefined) {
      const words = [
        wanted.callsign && `as ${wanted.callsign}`,
        wanted.channel && `on ${wanted.channel}`,
        wanted.hub && `at ${wanted.hub}`,
      ];
      const which = words.filter((word) => word).join(' ');
      const elsewhere = this.seats().map(({ callsign, channelId }) => `${callsign} on ${channelId}`);
      throw new CliError(
        'noSeat',
        which === '' ? 'You have not joined a channel here.' : `Nobody joined ${which} here.`,
        elsewhere.length > 0
          ? `Joined here: ${elsewhere.join(', ')}. Name one with --as and --channel, or join.`
          : 'First: rogerthat join CHANNEL CALLSIGN --token TOKEN',
      );
    }
    if (others.length === 0) return first;
    const several = [first, ...others];
    const hubs = new Set(several.map(({ hub }) => hub)).size > 1;
    const choices = several.map(
      ({ hub, channelId, callsign }) => `  --channel ${channelId} --as ${callsign}${hubs ? ` --hub ${hub}` : ''}`,
    );
    throw new CliError(
      'noSeat',
      `${several.length} seats are joined here; say which one speaks:\n${choices.join('\n')}`,
      `For a whole shell: export ROGERTHAT_CALLSIGN=… (and ROGERTHAT_CHANNEL=…${hubs ? ', ROGERTHAT_HUB=…' : ''})`,
    );
  }
}
