/** `rogerthat tail`: watches the channel as it happens. */
import { watch } from '../client/watch.ts';
import { tokenAfter } from './changes.ts';
import type { Context } from './context.ts';
import { gapLine, messageLine, oneLine } from './radio.ts';

export const run = async (context: Context): Promise<void> => {
  const { client, hub, ...shown } = context.channel();
  const here = new Map<string, string>();
  let first = true;
  context.note(`Watching ${shown.channelId}.`);
  const events = watch(client, shown, {
    since: context.option('since'),
    signal: context.signal,
    onTrouble: context.trouble,
    ...(context.option('token') === undefined ? { token: tokenAfter(context, { hub, channelId: shown.channelId }) } : {}),
  });
  for await (const event of events) {
    if (context.json) await context.out(JSON.stringify(event));
    else if (event.type === 'message') await context.out(messageLine(event, context.colours));
    else if (event.type === 'gap') context.note(gapLine(event));
    else {
      const now = new Map(event.roster.map(({ callsign, presence }) => [callsign, presence]));
      const came = [...now.keys()].filter((callsign) => !here.has(callsign));
      const left = [...here.keys()].filter((callsign) => !now.has(callsign));
      if (first) context.note(`On the air: ${now.size > 0 ? [...now.keys()].map(oneLine).join(', ') : 'nobody'}.`);
      else {
        for (const callsign of came) await context.out(`          ${oneLine(callsign)} came on the air`);
        for (const callsign of left) await context.out(`          ${oneLine(callsign)} left`);
      }
      first = false;
      here.clear();
      for (const [callsign, presence] of now) here.set(callsign, presence);
    }
  }
};
