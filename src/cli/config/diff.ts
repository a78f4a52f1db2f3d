/** What changes in a file, line by line, without the lines around it: they may hold somebody's secrets. */

/** Larger pieces are shown as wholly changed. */
const MOST_CELLS = 4_000_000;

const common = (a: readonly string[], b: readonly string[]): number => {
  let count = 0;
  while (count < a.length && count < b.length && a[count] === b[count]) count++;
  return count;
};

type Line = readonly [sign: '-' | '+' | ' ', text: string];

/** The shortest way from one list of lines to the other, by the lengths of common subsequences. */
const steps = (a: readonly string[], b: readonly string[]): Line[] => {
  if (a.length * b.length > MOST_CELLS) return [...a.map((line): Line => ['-', line]), ...b.map((line): Line => ['+', line])];
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i]![j] = a[i] === b[j] ? lengths[i + 1]![j + 1]! + 1 : Math.max(lengths[i + 1]![j]!, lengths[i]![j + 1]!);
    }
  }
  const lines: Line[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push([' ', a[i++]!]);
      j++;
    } else if (j >= b.length || (i < a.length && lengths[i + 1]![j]! >= lengths[i]![j + 1]!)) lines.push(['-', a[i++]!]);
    else lines.push(['+', b[j++]!]);
  }
  return lines;
};

/** Tokens in what we write are not for the screen. */
const masked = (line: string): string => line.replace(/(Bearer )[^\s"'\\]+/g, '$1…');

const linesOf = (text: string): string[] => text.split(/\r?\n/);

/** The changed lines, each piece under the number of its first line. */
export const diff = (before: string, after: string): string => {
  const a = linesOf(before);
  const b = linesOf(after);
  const head = common(a, b);
  const tail = common(a.slice(head).reverse(), b.slice(head).reverse());
  const out: string[] = [];
  let line = head + 1;
  let open = false;
  for (const [sign, text] of steps(a.slice(head, a.length - tail), b.slice(head, b.length - tail))) {
    if (sign === ' ') open = false;
    else {
      if (!open) out.push(`@@ line ${line} @@`);
      open = true;
      out.push(`${sign}${masked(text)}`);
    }
    if (sign !== '-') line++;
  }
  return out.join('\n');
};
