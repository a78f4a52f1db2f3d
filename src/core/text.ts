/**
 * Text safety: what a peer's words may contain (docs/protocol.md, area TEXT).
 *
 * Characters that no reader sees, or that change how others are read, are how one agent smuggles words to another
 * past its human. They are removed and counted; everything visible survives byte for byte.
 */

// One test decides for nearly every message: ASCII and ordinary Unicode have none of these.
// C0 but tab and newline, DEL, C1, soft hyphen, Arabic letter mark, Hangul and Khmer fillers, zero-width and bidi
// controls, line and paragraph separators, invisible operators, BOM, interlinear marks, variation selectors, the controls of shorthand
// and of music, tags.
const SUSPECT =
  /[\0-\x08\x0B-\x1F\x7F-\x9F\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u2028-\u202E\u2060-\u206F\u3164\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFFB\u{1BCA0}-\u{1BCA3}\u{1D173}-\u{1D17A}\u{E0000}-\u{E0FFF}]/u;

const isVariationSelector = (code: number): boolean => (code >= 0xfe00 && code <= 0xfe0f) || (code >= 0xe0100 && code <= 0xe01ef);

/** Joiners and variation selectors mean something beside a non-ASCII character (emoji, Indic scripts, Persian). */
const joins = (code: number): boolean => code === 0x200c || code === 0x200d || isVariationSelector(code);

const ordinary = (char: string | undefined): boolean => char !== undefined && char.codePointAt(0)! > 0x7f && !SUSPECT.test(char);

export interface SafeText {
  readonly text: string;
  /** How many characters were removed or replaced; line ends that only changed form do not count. */
  readonly sanitized: number;
}

/** Removes control, bidi, zero-width and tag characters; turns CRLF, CR, U+2028 and U+2029 into LF. */
export const safeText = (raw: string): SafeText => {
  let sanitized = 0;
  let text = raw;
  if (!text.isWellFormed()) {
    const repaired = text.toWellFormed();
    for (let i = 0; i < text.length; i++) if (text[i] !== repaired[i]) sanitized++;
    text = repaired;
  }
  if (!SUSPECT.test(text)) return { text, sanitized };

  const chars = [...text.replace(/\r\n?|[\u2028\u2029]/g, '\n')];
  let out = '';
  let previous: string | undefined;
  for (let i = 0; i < chars.length; i++) {
    const char = chars[i]!;
    if (SUSPECT.test(char)) {
      // The keycap sequences (0-9 # *) are the one place where a selector follows ASCII and is seen.
      const keycap = char === '\uFE0F' && chars[i + 1] === '\u20E3';
      const kept = keycap || (joins(char.codePointAt(0)!) && (ordinary(previous) || ordinary(chars[i + 1])));
      if (!kept) {
        sanitized++;
        continue;
      }
    }
    out += char;
    previous = char;
  }
  return { text: out, sanitized };
};
