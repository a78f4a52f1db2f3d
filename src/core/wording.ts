/** Numbers, lists and guesses as sentences have them. */

/** `"a", "b" or "c"`. */
export const eitherOf = (words: readonly string[]): string =>
  words.map((word) => `"${word}"`).reduce((said, word, i) => (i === 0 ? word : `${said}${i < words.length - 1 ? ',' : ' or'} ${word}`), '');

/** A size as people say it, never rounded: `280 bytes`, `32 KiB`. */
export const sizeText = (bytes: number): string => (bytes >= 1024 && bytes % 1024 === 0 ? `${bytes / 1024} KiB` : `${bytes} bytes`);

/** Number of single-letter edits between two words. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
};

/** The known word that was probably meant; undefined when none is near. */
export const nearest = (word: string, known: readonly string[]): string | undefined => {
  if (word.length > 64) return undefined;
  const ranked = known.map((name) => ({ name, far: distance(word.toLowerCase(), name) })).sort((a, b) => a.far - b.far);
  const best = ranked[0];
  return best && best.far <= Math.max(2, best.name.length / 2) ? best.name : undefined;
};
