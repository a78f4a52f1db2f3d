/** Running an executable for a message. No shell sees the message; the executable gets it as data. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { Backoff, pause } from '../client/backoff.ts';
import type { WireMessage } from '../client/operations.ts';
import type { Seat } from '../client/seat.ts';
import type { Context } from './context.ts';
import { CliError } from './exit.ts';

/** Variables of ours that open something. */
const SECRETS: ReadonlySet<string> = new Set([
  ...['ROGERTHAT_TOKEN', 'ROGERTHAT_CHANNEL_TOKEN', 'ROGERTHAT_OWNER_PASSWORD', 'ROGERTHAT_IDENTITY_KEY'],
  ...['ROGERTHAT_ADMIN_TOKEN', 'ROGERRAT_ADMIN_TOKEN', 'ROGERTHAT_SECRET_KEY', 'ROGERTHAT_REDIS'],
]);

/** What the executable finds in its environment, as text. No token is among it. */
const variablesOf = (context: Context, { client, state }: Seat, message: WireMessage): NodeJS.ProcessEnv => {
  return {
    ...Object.fromEntries(Object.entries(context.env).filter(([name]) => !SECRETS.has(name))),
    ROGERTHAT_HUB: client.hub,
    ROGERTHAT_CHANNEL: state.channelId,
    ROGERTHAT_CALLSIGN: state.callsign,
    ROGERTHAT_ID: String(message.id),
    ROGERTHAT_FROM: message.from,
    ROGERTHAT_TO: message.to,
    ROGERTHAT_TEXT: message.text,
    ROGERTHAT_AT: message.at,
    ROGERTHAT_KIND: message.kind ?? 'message',
    ROGERTHAT_REPLY_TO: message.reply_to === undefined ? '' : String(message.reply_to),
    ROGERTHAT_REDELIVERED: String(message.redelivered === true),
    ROGERTHAT_VERIFIED: String(message.sender.verified),
    ROGERTHAT_AUTHORIZED: String(message.sender.authorized),
  };
};

/** No shell takes the command apart. */
const EXECUTABLE = '--exec takes one executable, without arguments: put them into a script.';

export class Runner {
  readonly #context: Context;
  readonly #seat: Seat;
  readonly #command: string;
  readonly #tries: number;

  constructor(context: Context, seat: Seat, command: string, tries: number) {
    this.#context = context;
    this.#seat = seat;
    this.#command = command;
    this.#tries = tries;
  }

  /** @returns how it ended; null when well */
  #once(message: WireMessage): Promise<string | null> {
    return new Promise((resolve, reject) => {
      const unstarted = (error: unknown): void =>
        reject(new CliError('command', `${this.#command} cannot be started: ${(error as Error).message}`, EXECUTABLE));
      let child: ChildProcessByStdio<Writable, null, null>;
      try {
        child = spawn(this.#command, [], {
          shell: false,
          stdio: ['pipe', 'inherit', 'inherit'],
          env: variablesOf(this.#context, this.#seat, message),
        });
      } catch (error) {
        // Some of what the system says Node throws at once: a path below a file, a script of Windows.
        unstarted(error);
        return;
      }
      child.once('error', unstarted);
      child.once('close', (code, signal) => resolve(code === 0 ? null : signal ? `was ended by ${signal}` : `ended with ${code}`));
      // It need not read.
      child.stdin.on('error', () => {});
      child.stdin.end(`${JSON.stringify(message)}\n`);
    });
  }

  /**
   * Runs it until it succeeds.
   * @throws CliError command when it failed too often, or cannot be started
   */
  async run(message: WireMessage): Promise<void> {
    const backoff = new Backoff();
    for (;;) {
      const trouble = await this.#once(message);
      if (trouble === null) return;
      const sentence = `${this.#command} ${trouble} for message #${message.id}.`;
      const ms = backoff.next();
      if (backoff.failures >= this.#tries) {
        throw new CliError('command', sentence, `It was tried ${this.#tries} times; the message is not confirmed and comes again.`);
      }
      this.#context.note(`${sentence} Trying again in ${(ms / 1000).toFixed(1)} s.`);
      await pause(ms, this.#context.signal);
    }
  }
}
