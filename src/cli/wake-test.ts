/** `rogerthat wake-test [CLIENT]`: sends a real message to agents that sleep, and tells how long until each showed that it is awake. */
import { randomBytes } from 'node:crypto';
import { isPassingAtHub, pause } from '../client/backoff.ts';
import { HubClient } from '../client/client.ts';
import { ClientError, HubProblem } from '../client/errors.ts';
import { joinSeat, type Seat } from '../client/seat.ts';
import { WOKEN_CLIENTS, type WokenClient } from './config/names.ts';
import type { Context } from './context.ts';
import { CliError } from './exit.ts';
import { absent, type Measured, measure, type Reply, unknown } from './waking/measure.ts';
import { type Target, targetsOf } from './waking/targets.ts';
import { jsonOf, toldOf } from './waking/words.ts';

const CALLSIGN = 'wake-test';
const PATIENCE_S = 120;
/** Between two attempts to hear answers, in ms. */
const AGAIN_MS = 1000;

/** Takes a seat to speak from. Where identities are asked for, a callsign stays with one: it gets another each time. */
const seatOn = async (http: HubClient, { channelId, token }: Target, signal: AbortSignal): Promise<Seat> => {
  try {
    return (await joinSeat(http, { callsign: CALLSIGN, channelId, token }, {}, { signal })).seat;
  } catch (error) {
    if (!(error instanceof HubProblem) || error.code !== 'identity_required') throw error;
    const callsign = `${CALLSIGN}-${randomBytes(3).toString('hex')}`;
    return (await joinSeat(http, { callsign, channelId, token, new_identity: true }, {}, { signal })).seat;
  }
};

/** Hears what is said to the seat, until the signal; tells whoever waits for a callsign. */
const answersOf = (seat: Seat, signal: AbortSignal): Reply => {
  const waiting = new Map<string, () => void>();
  const hear = async (): Promise<void> => {
    for (let since = seat.state.cursor; ; ) {
      try {
        const { value } = await seat.ask('listen', { since }, { signal });
        since = value.cursor;
        for (const { from, to } of value.messages) if (to === seat.state.callsign) waiting.get(from)?.();
        if (value.superseded || value.ended) await pause(AGAIN_MS, signal);
      } catch (error) {
        if (signal.aborted || !isPassingAtHub(error)) return;
        await pause(AGAIN_MS, signal);
      }
    }
  };
  hear().catch(() => {});
  return (callsign, ended) =>
    new Promise((resolve) => {
      waiting.set(callsign, resolve);
      ended.addEventListener('abort', () => waiting.delete(callsign), { once: true });
    });
};

/** Measures the agents of one channel, all at once. @throws HubProblem, LinkError */
const measureOn = async (targets: readonly [Target, ...Target[]], patienceMs: number, signal: AbortSignal): Promise<Measured[]> => {
  const http = new HubClient(targets[0].hub);
  const seat = await seatOn(http, targets[0], signal);
  const over = new AbortController();
  try {
    const { roster } = await http.call('roster', {}, seat.shown, { signal });
    const replied = answersOf(seat, AbortSignal.any([signal, over.signal]));
    return await Promise.all(
      targets.map((target) =>
        roster.some(({ callsign }) => callsign === target.callsign) ? measure(seat, target, patienceMs, replied, signal) : absent(target),
      ),
    );
  } finally {
    over.abort();
    await http.call('leave', {}, seat.shown).catch(() => {});
    http.close();
  }
};

export const run = async (context: Context): Promise<void> => {
  const [client] = context.typed.args;
  if (client !== undefined && !(WOKEN_CLIENTS as readonly string[]).includes(client)) {
    throw new CliError('usage', `The client is one of ${WOKEN_CLIENTS.join(', ')}.`);
  }
  const typed = context.option('wait') ?? String(PATIENCE_S);
  if (!/^[1-9][0-9]{0,4}$/.test(typed)) throw new CliError('usage', '--wait is a number of seconds, at least 1.');
  const patience = Number(typed);
  const channels = new Map<string, [Target, ...Target[]]>();
  for (const target of targetsOf(context, (client as WokenClient | undefined) ?? null)) {
    const name = `${target.hub} ${target.channelId}`;
    channels.get(name)?.push(target) ?? channels.set(name, [target]);
  }
  const measured = await Promise.all(
    [...channels.values()].map(async (targets) => {
      try {
        return await measureOn(targets, patience * 1000, context.signal);
      } catch (error) {
        // One channel that is gone does not keep the others from being measured.
        if (channels.size === 1 || !(error instanceof ClientError)) throw error;
        return targets.map((target) => unknown(target, `${error.code}: ${error.detail}`));
      }
    }),
  );
  const all = measured.flat();
  await context.out(context.json ? jsonOf(all, patience) : toldOf(all, patience));
  const sleepers = all.filter(({ outcome }) => outcome !== 'woke').map(({ callsign }) => callsign);
  if (sleepers.length > 0) throw new CliError('nothing', `Not known to be awake: ${sleepers.join(', ')}.`);
};
