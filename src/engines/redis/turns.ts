/**
 * Why sessions of a channel began or ended, as hints say it, and whom that concerns. Scripts and hubs have the words from
 * here.
 */
const WORDS = { joined: 'one', left: 'one', kicked: 'one', rotated: 'all', closed: 'all' } as const;

type Word = keyof typeof WORDS;

/** The step of a script that counts it and tells of it; `callsign` is how the script calls whom it concerns. */
export const turned = (...[word, callsign]: [Exclude<Word, 'rotated' | 'closed'>, string] | ['rotated' | 'closed']): string =>
  `turned('${word}', ${callsign ?? 'nil'})`;

/** Whose session it was; null: anybody's; undefined: a word that a hub of another version said. */
export const whoseTurn = (word: string, callsign: string): string | null | undefined => {
  if (!Object.hasOwn(WORDS, word)) return undefined;
  return WORDS[word as Word] === 'one' ? callsign : null;
};
