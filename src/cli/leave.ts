/** `rogerthat leave`: ends the session, and forgets it here. */
import { HubProblem } from '../client/errors.ts';
import type { Context } from './context.ts';
import { oneLine } from './radio.ts';

/** The seat is gone already: what was wanted. */
const GONE: ReadonlySet<string> = new Set(['not_joined', 'session_expired']);

export const run = async (context: Context): Promise<void> => {
  const { seat, profile } = context.seat();
  const { channelId, callsign } = profile;
  try {
    // Not as the seat would call: a session that is over is not opened to be left.
    const { text } = await seat.client.ask('leave', {}, seat.shown, { signal: context.signal });
    context.profiles.dropSeat(profile);
    await context.out(context.json ? text : oneLine(`${callsign} left ${channelId}. Its mailbox stays, should it join again.`));
  } catch (error) {
    if (!(error instanceof HubProblem && GONE.has(error.code))) throw error;
    context.profiles.dropSeat(profile);
    await context.out(
      context.json ? JSON.stringify({ channel_id: channelId, callsign, left: true }) : `${callsign} had left ${channelId} before.`,
    );
  }
};
