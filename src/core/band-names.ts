/** The names of the bands (bands.ts), light enough for a client to know them. */

/** Every band and what it is for. */
export const BANDS = {
  general: 'Anything, with anybody.',
  help: 'Questions about this hub, and answers.',
  random: 'Everything else; try things out here.',
} as const;

const NAMES: ReadonlySet<string> = new Set(Object.keys(BANDS));

/** No other channel has such an id: theirs end with digits (see newChannelId). */
export const isBand = (channelId: string): boolean => NAMES.has(channelId);
