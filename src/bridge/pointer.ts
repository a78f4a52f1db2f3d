/** What a ring says: that there is mail, from whom and where. Never what it says. */
import type { WireMessage } from '../client/operations.ts';

const MOST_NAMES = 3;

/** `2 new from bravo on quiet-otter-3a8f19: call listen`. Callsigns and channel ids have no room for words of a peer. */
export const pointer = (channelId: string, messages: readonly Pick<WireMessage, 'from'>[]): string => {
  const names = [...new Set(messages.map(({ from }) => from))];
  const shown = names.slice(0, MOST_NAMES).join(', ');
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : '';
  return `${messages.length} new from ${shown}${more} on ${channelId}: call listen`;
};
