/** A text with the searched words marked. */

/** Cuts a text where the words stand; every second piece is a find. */
const cut = (text: string, words: readonly string[]): string[] => {
  const escaped = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return text.split(new RegExp(`(${escaped.join('|')})`, 'gi'));
};

export const Highlighted = ({ text, words }: { readonly text: string; readonly words: readonly string[] }) => {
  if (words.length === 0) return <>{text}</>;
  return <>{cut(text, words).map((piece, i) => (i % 2 === 1 ? <mark key={i}>{piece}</mark> : piece))}</>;
};
