/** What a command works with: what was typed, where it prints, whose seat it speaks from. */
import { readFileSync } from 'node:fs';
import { HubClient } from '../client/client.ts';
import type { ClientError } from '../client/errors.ts';
import { Seat, type SeatState } from '../client/seat.ts';
import { isBand } from '../core/band-names.ts';
import type { Typed } from './arguments.ts';
import type { Command } from './command.ts';
import { CliError } from './exit.ts';
import { Profiles, type SeatProfile } from './profiles.ts';
import { plain, shown } from './radio.ts';

/** The hub of who names none. */
export const DEFAULT_HUB = 'http://127.0.0.1:7424';

/** Whoever reads our output has gone. */
export class OutputClosed extends Error {}

/** How a write fails when nobody reads any more, which is no failure of the command. */
const GONE: ReadonlySet<string | undefined> = new Set(['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED']);

/** The one spelling of a hub's URL; null for what is none. */
const spelled = (text: string): string | null => {
  try {
    const { protocol, origin, pathname } = new URL(text);
    return /^https?:$/.test(protocol) ? origin + pathname.replace(/\/+$/, '') : null;
  } catch {
    return null;
  }
};

const hubUrl = (text: string): string => {
  const hub = spelled(text);
  if (hub === null) throw new CliError('usage', 'The hub must be a URL like http://127.0.0.1:7424.');
  return hub;
};

/** The hub of a program that somebody else starts, by what it is told, or by itself; as it stands there when it is no URL. */
export const hubOf = (told: string | undefined, env: NodeJS.ProcessEnv): string => {
  const hub = told || env['ROGERTHAT_HUB'] || DEFAULT_HUB;
  return spelled(hub) ?? hub;
};

export class Context {
  readonly command: Command;
  readonly typed: Typed;
  readonly env: NodeJS.ProcessEnv;
  /** Ends with SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  readonly profiles: Profiles;
  #stdin: string | null = null;

  constructor(command: Command, typed: Typed, env: NodeJS.ProcessEnv, signal: AbortSignal) {
    this.command = command;
    this.typed = typed;
    this.env = env;
    this.signal = signal;
    this.profiles = new Profiles(env);
  }

  get json(): boolean {
    return this.typed.options['json'] === true;
  }

  /** Colours are for people. */
  get colours(): boolean {
    return process.stdout.isTTY === true && !this.env['NO_COLOR'] && this.env['TERM'] !== 'dumb';
  }

  /** An option, or the variable that stands for it. */
  option(name: string, variable?: string): string | undefined {
    const value = this.typed.options[name];
    if (typeof value === 'string') return value;
    return (variable && this.env[variable]) || undefined;
  }

  /** An option that may be `-`, since arguments can be seen by other users. @throws CliError usage */
  secret(name: string, value = this.option(name)): string | undefined {
    // A variable of a script that nobody set.
    if (this.option(name) === '') throw new CliError('usage', `--${name} is empty.`);
    if (value !== '-') return value;
    const line = this.stdin().split('\n', 1)[0]?.trim();
    if (!line) throw new CliError('usage', `--${name} - reads standard input, and that was empty.`);
    return line;
  }

  /** All of standard input. */
  stdin(): string {
    this.#stdin ??= readFileSync(0, 'utf8');
    return this.#stdin;
  }

  /** The callsign that was named, as a join spells it. */
  get #callsign(): string | undefined {
    return this.option('as', 'ROGERTHAT_CALLSIGN')?.trim().toLowerCase();
  }

  /** The hub that was named; undefined when none was. */
  get hub(): string | undefined {
    const hub = this.option('hub', 'ROGERTHAT_HUB');
    return hub === undefined ? undefined : hubUrl(hub);
  }

  get hubOrDefault(): string {
    return this.hub ?? DEFAULT_HUB;
  }

  /** The hub that was named, or the one that a file names. */
  hubAt(named: string | undefined): string {
    return this.hub ?? (named === undefined ? DEFAULT_HUB : hubUrl(named));
  }

  /**
   * Prints, and resolves when it was taken. Of what is for people, nothing is left that a terminal obeys but our own colours.
   * @throws OutputClosed, CliError failed
   */
  out(text: string): Promise<void> {
    return this.write(`${this.json ? text : shown(text, this.colours)}\n`);
  }

  /** {@link out}, for programs and without a line end. */
  write(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      process.stdout.write(text, (error: NodeJS.ErrnoException | null | undefined) => {
        if (!error) resolve();
        else if (GONE.has(error.code)) reject(new OutputClosed());
        else reject(new CliError('failed', `Standard output cannot be written: ${error.message}`));
      });
    });
  }

  /** Tells whoever watches how it goes; on standard error. */
  note(text: string): void {
    process.stderr.write(`rogerthat: ${plain(text)}\n`);
  }

  readonly trouble = (error: ClientError, ms: number): void => {
    this.note(`${error.detail} Trying again in ${(ms / 1000).toFixed(1)} s.`);
  };

  /**
   * The token that opens a channel: the one that was typed, the one that is remembered, the one of the environment. A band
   * asks for what the hub asks for.
   */
  token(channelId: string, remembered?: string): string | undefined {
    return this.secret('token') ?? remembered ?? (isBand(channelId) ? this.#hubToken : this.env['ROGERTHAT_CHANNEL_TOKEN'] || undefined);
  }

  get #hubToken(): string | undefined {
    return this.env['ROGERTHAT_TOKEN'] || undefined;
  }

  /** A client for what needs no channel: it shows the hub's own token, where there is one. */
  client(hub: string): HubClient {
    return new HubClient(hub, this.secret('token') ?? this.#hubToken);
  }

  #seatProfile(): SeatProfile {
    return this.profiles.seat({
      hub: this.hub,
      channel: this.option('channel', 'ROGERTHAT_CHANNEL'),
      callsign: this.#callsign,
    });
  }

  /** The seat that speaks; what changes of it is remembered. @throws CliError noSeat */
  seat(): { readonly seat: Seat; readonly profile: SeatProfile } {
    const profile = this.#seatProfile();
    const { hub, owner: _, ...state } = profile;
    const token = this.token(state.channelId, state.token);
    // Whoever types a token has one that is newer than what is remembered, and means no other.
    const typed = token === undefined || this.option('token') === undefined ? {} : { token };
    const seat = new Seat(
      new HubClient(hub),
      { ...state, token },
      {
        changed: ({ sessionId, cursor }: SeatState) => this.profiles.changeSeat(profile, { sessionId, cursor, ...typed }),
        ...(this.option('token') === undefined
          ? { token: async ({ token }: SeatState) => (await import('./changes.ts')).tokenAfter(this, profile)(token) }
          : {}),
        rejoined: ({ callsign }) => {
          // The next command shows at once what opened the channel.
          if (seat.state.token !== token) this.profiles.changeSeat(profile, { token: seat.state.token });
          this.note(`The session of ${callsign} was over; joined again.`);
        },
        retry: this.trouble,
      },
    );
    return { seat, profile };
  }

  /** A channel to look at: the one that was named with its token, or that of the seat. @throws CliError noSeat */
  channel(): { readonly client: HubClient; readonly hub: string; readonly channelId: string; readonly token: string | undefined } {
    const channelId = this.option('channel', 'ROGERTHAT_CHANNEL');
    if (channelId !== undefined) {
      const own = this.profiles.matching({ hub: this.hub, channel: channelId, callsign: this.#callsign });
      // Any seat sees what there is to see.
      const seats = own.length > 0 ? own : this.profiles.seats().filter((one) => one.channelId === channelId);
      const known = [...seats, ...this.profiles.channels().filter((one) => one.channelId === channelId)];
      const hubs = new Set(this.hub === undefined ? known.map((one) => one.hub) : [this.hub]);
      if (hubs.size > 1) {
        // A band, which every hub may have.
        const choices = [...hubs].map((hub) => `  --channel ${channelId} --hub ${hub}`);
        throw new CliError(
          'noSeat',
          `${channelId} is known here at ${hubs.size} hubs; say which one:\n${choices.join('\n')}`,
          'For a whole shell: export ROGERTHAT_HUB=…',
        );
      }
      const [hub = DEFAULT_HUB] = hubs;
      const seat = seats.find((one) => one.hub === hub);
      // Without any token it may be a public band.
      const token = this.token(channelId, seat?.token ?? this.profiles.channel(hub, channelId)?.joinToken);
      return { client: new HubClient(hub), hub, channelId, token };
    }
    const seats = this.profiles.matching({ hub: this.hub, callsign: this.#callsign });
    const [first] = seats;
    // Several seats on one channel see the same of it.
    const same = first && seats.every((one) => one.channelId === first.channelId && one.hub === first.hub);
    const profile = same ? first : this.#seatProfile();
    const token = this.token(profile.channelId, profile.token);
    return { client: new HubClient(profile.hub), hub: profile.hub, channelId: profile.channelId, token };
  }

  /** A channel to manage: the one that was named, or the only one that was made here. @throws CliError noSeat */
  owned(): ReturnType<Context['channel']> {
    const channelId = this.option('channel', 'ROGERTHAT_CHANNEL');
    const made = this.profiles
      .channels()
      .filter((one) => one.ownerToken !== undefined && (this.hub === undefined || one.hub === this.hub))
      .filter((one) => channelId === undefined || one.channelId === channelId);
    const open = made.filter((one) => !one.closed);
    // There is little to manage on one that was closed.
    const here = open.length > 0 ? open : made;
    if (here.length > 1) {
      const choices = here.map((one) => `  --channel ${one.channelId}`);
      throw new CliError('noSeat', `${here.length} channels were made here; say which one:\n${choices.join('\n')}`);
    }
    const [own] = here;
    const id = own?.channelId ?? channelId;
    const hub = own?.hub ?? this.hubOrDefault;
    // A variable has the join token, which opens nothing here.
    const token = this.secret('token') ?? own?.ownerToken;
    if (id === undefined || token === undefined) {
      throw new CliError('noSeat', 'No channel was made here.', 'Name one with --channel, and its owner token with --token.');
    }
    return { client: new HubClient(hub), hub, channelId: id, token };
  }
}
