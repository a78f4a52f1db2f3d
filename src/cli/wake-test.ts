/** `rogerthat wake-test [CLIENT]`: sends a real message to an agent that sleeps, and tells how long until it had it. */
import { pause } from '../client/backoff.ts';
import { HubClient } from '../client/client.ts';
import { joinSeat } from '../client/seat.ts';
import type { Context } from './context.ts';
import { CliError } from './exit.ts';
import { HOOK_CLIENTS, type HookClient, namedBy } from './hooks/events.ts';
import { oneLine } from './radio.ts';

const CALLSIGN = 'wake-test';
const TEXT = 'Wake test: you were woken by this message. Listen on; no answer is needed.';
/** Between two looks at the receipt. */
const LOOK_MS = 50;
const PATIENCE_S = 120;

export const run = async (context: Context): Promise<void> => {
  const [client] = context.typed.args;
  if (client !== undefined && !(HOOK_CLIENTS as readonly string[]).includes(client)) {
    throw new CliError('usage', `The client is one of ${HOOK_CLIENTS.join(', ')}.`);
  }
  const typed = context.option('wait') ?? String(PATIENCE_S);
  if (!/^[1-9][0-9]{0,4}$/.test(typed)) throw new CliError('usage', '--wait is a number of seconds, at least 1.');
  const { hub, channelId, token, callsign } = context.seatOf((seat) => client === undefined || namedBy(client as HookClient, seat.owner));
  const { signal } = context;
  const http = new HubClient(hub);
  const { seat } = await joinSeat(http, { callsign: CALLSIGN, channelId, token: context.token(token) }, {}, { signal });
  try {
    const began = performance.now();
    const { value } = await seat.send({ to: callsign, message: TEXT }, { signal });
    const until = began + Number(typed) * 1000;
    for (let delivered: number | null = null; ; ) {
      const { receipts } = await http.call('message', { id: value.id }, seat.shown, { signal });
      const state = receipts.find((one) => one.callsign === callsign)?.state ?? 'queued';
      const ms = Math.round(performance.now() - began);
      if (state !== 'queued') delivered ??= ms;
      if (state === 'confirmed' || (delivered !== null && performance.now() > until)) {
        const confirmed = state === 'confirmed' ? ms : null;
        const sentence = `${callsign} had the message after ${delivered} ms${confirmed === null ? '; it has not shown that it read it' : ` and showed that it read it after ${confirmed} ms`}.`;
        return await context.out(
          context.json ? JSON.stringify({ callsign, delivered_ms: delivered, confirmed_ms: confirmed }) : oneLine(sentence),
        );
      }
      if (performance.now() > until) {
        throw new CliError(
          'nothing',
          `${callsign} did not wake within ${typed} seconds.`,
          'See "rogerthat doctor" for what wakes its client.',
        );
      }
      await pause(LOOK_MS, signal);
    }
  } finally {
    await http.call('leave', {}, seat.shown).catch(() => {});
  }
};
