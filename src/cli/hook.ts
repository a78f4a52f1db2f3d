/** `rogerthat hook CLIENT`: begins a turn of an agent that has mail. Whatever goes wrong, its client goes on undisturbed. */
import { readFileSync } from 'node:fs';
import { HOOK_CLIENTS, type HookClient } from './config/names.ts';
import type { Context } from './context.ts';
import { CliError } from './exit.ts';
import { endingAfter } from './hooks/ending.ts';
import { type HookEvent, type Reply, readEvent, replyTo, SILENT } from './hooks/events.ts';
import { Rung, takeWaiting } from './hooks/guards.ts';
import { bridgeOf, seatsOf } from './hooks/membership.ts';
import { type Mail, mailNow, nameOf, waitForMail } from './hooks/waiting.ts';
import type { SeatProfile } from './profiles.ts';
import { clientIn } from './reader.ts';
import { runs } from './sightings.ts';

/** Seconds that a client's prompt may be held up by its hook. */
const PATIENCE_S = 20;
/** As long as a client lets a hook run. */
const SESSION_S = 86_400;
/** A hub that does not answer holds nobody up. */
const LOOK_MS = 5_000;

const readInput = (): Readonly<Record<string, unknown>> => {
  try {
    const value: unknown = JSON.parse(readFileSync(0, 'utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
};

/** The client, to end with it: the one it names, or whoever started this. */
const clientRuns = (env: NodeJS.ProcessEnv): (() => boolean) => {
  const client = clientIn(env);
  const parent = process.ppid;
  return () => (client === null || runs(client)) && process.ppid === parent;
};

const remember = (context: Context, { joining, owner }: HookEvent): void => {
  if (!joining || owner === undefined) return;
  const { profiles } = context;
  if (joining.type === 'joined') {
    const { type: _, ...state } = joining;
    const { channelId, callsign } = state;
    const known = profiles.seats().find((one) => one.channelId === channelId && one.callsign === callsign);
    const hub = context.hub ?? known?.hub ?? profiles.channels().find((one) => one.channelId === channelId)?.hub ?? context.hubOrDefault;
    const token = state.token ?? known?.token ?? profiles.channel(hub, channelId)?.joinToken;
    profiles.keepSeat(hub, { ...state, token, identityKey: state.identityKey ?? known?.identityKey }, owner);
    return;
  }
  const own = profiles.seats().filter((one) => one.owner === owner);
  const left = own.length === 1 ? own : own.filter(({ sessionId }) => sessionId === joining.sessionId);
  for (const seat of left) profiles.dropSeat(seat);
};

const waitSeconds = (context: Context, event: HookEvent): number => {
  const typed = context.option('wait');
  if (typed !== undefined) {
    if (!/^[0-9]{1,6}$/.test(typed)) throw new CliError('usage', '--wait is a number of seconds.');
    return Number(typed);
  }
  if (event.background) return SESSION_S;
  // What a bridge rings needs nobody who waits.
  const bridge = bridgeOf(event, context.env);
  return bridge?.owner?.startsWith('CODEX_THREAD_ID:') ? 0 : PATIENCE_S;
};

/** Mail that is there now, of the first seat that has any. */
const look = async (context: Context, seats: readonly SeatProfile[], wanted: (mail: Mail) => boolean): Promise<Mail | null> => {
  const ending = endingAfter(LOOK_MS, context.signal);
  try {
    for (const seat of seats) {
      const mail = await mailNow(seat, context.profiles, ending.signal).catch(() => null);
      if (mail && wanted(mail)) return mail;
    }
    return null;
  } finally {
    ending.forget();
  }
};

const answer = async (context: Context, event: HookEvent): Promise<Reply> => {
  const { profiles, env } = context;
  remember(context, event);
  if (event.moment !== 'idle' && event.moment !== 'prompt') return SILENT;
  const seats = (): SeatProfile[] => seatsOf(event, profiles, env);
  const here = seats();
  if (here.length === 0) return SILENT;
  if (event.moment === 'prompt') {
    const mail = await look(context, here, () => true);
    return mail ? replyTo(event, mail.text) : SILENT;
  }
  // Seats of a session without a name are one bridge's, and so one session's.
  const session = event.owner ?? here.map(nameOf).join(' ');
  const rung = new Rung(env, session);
  if (event.fresh) rung.forget();
  const dueIn = ({ seat, through }: Mail): number | null => rung.dueIn(seat, through);
  const seconds = waitSeconds(context, event);
  const free = seconds === 0 ? () => {} : takeWaiting(env, session);
  if (!free) return SILENT;
  const ending = endingAfter(seconds * 1000, context.signal);
  try {
    const mail =
      seconds === 0
        ? await look(context, here, (mail) => dueIn(mail) === 0)
        : await waitForMail({
            seats,
            profiles,
            signal: ending.signal,
            // A turn that is held up gains nothing from a hub that is away.
            outlasts: event.background,
            dueIn,
            wantedStill: clientRuns(env),
          });
    if (!mail) return SILENT;
    rung.note(mail.seat, mail.through);
    return replyTo(event, mail.text);
  } finally {
    ending.forget();
    free();
  }
};

/** @returns the exit code, which is a part of the answer */
export const run = async (context: Context): Promise<number> => {
  const [name = ''] = context.typed.args;
  if (!(HOOK_CLIENTS as readonly string[]).includes(name)) throw new CliError('usage', `The client is one of ${HOOK_CLIENTS.join(', ')}.`);
  const event = readEvent(name as HookClient, readInput(), context.env, process.cwd());
  const reply = await answer(context, event);
  if (reply.stderr !== undefined) process.stderr.write(reply.stderr);
  if (reply.stdout !== undefined) await context.write(reply.stdout);
  return reply.exit;
};
