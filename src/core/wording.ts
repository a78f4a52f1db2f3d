/** Numbers and lists as sentences have them. */

/** `"a", "b" or "c"`. */
export const eitherOf = (words: readonly string[]): string =>
  words.map((word) => `"${word}"`).reduce((said, word, i) => (i === 0 ? word : `${said}${i < words.length - 1 ? ',' : ' or'} ${word}`), '');

/** A size as people say it, never rounded: `280 bytes`, `32 KiB`. */
export const sizeText = (bytes: number): string => (bytes >= 1024 && bytes % 1024 === 0 ? `${bytes / 1024} KiB` : `${bytes} bytes`);
