/** Words for people: a radio log. What peers say is shown as it is, without anything that moves a cursor or hides text. */
import type { WireGap, WireMessage } from '../client/operations.ts';
import { safeText } from '../core/text.ts';

/** Text that a terminal shows and does not obey. */
export const plain = (text: string): string => safeText(text).text;

/** One line of it. */
export const oneLine = (text: string): string => plain(text).replace(/\s*\n\s*/g, ' ');

/** Colours that are readable on light and dark. */
const CALLSIGN_COLOURS = [31, 32, 33, 34, 35, 36] as const;

const paint = (code: number, text: string, colours: boolean): string => (colours ? `\x1b[${code}m${text}\x1b[0m` : text);

/** Text for a terminal that may have colours of {@link paint} in it; anything else that moves a cursor or hides text is taken out. */
export const shown = (text: string, colours: boolean): string =>
  colours ? text.replace(/(\x1b\[(?:3[1-6]|0)m)|[^\x1b]+|\x1b/g, (part, ours?: string) => ours ?? plain(part)) : plain(text);

const colourOf = (callsign: string): number =>
  CALLSIGN_COLOURS[[...callsign].reduce((sum, char) => sum + (char.codePointAt(0) ?? 0), 0) % CALLSIGN_COLOURS.length]!;

const callsignIn = (callsign: string, colours: boolean): string => {
  const name = oneLine(callsign);
  return paint(colourOf(name), name, colours);
};

const two = (number: number): string => String(number).padStart(2, '0');

/** The time of the day here, and the day where it is not today: `12:00:03`, `2026-01-31 12:00:03`. */
export const clock = (at: string, now = new Date()): string => {
  const then = new Date(at);
  if (Number.isNaN(then.getTime())) return '--:--:--';
  const time = then.toTimeString().slice(0, 8);
  if (then.toDateString() === now.toDateString()) return time;
  return `${then.getFullYear()}-${two(then.getMonth() + 1)}-${two(then.getDate())} ${time}`;
};

/** What the hub attests of a sender, in a word. */
export const attested = (sender: WireMessage['sender'] | undefined): string =>
  sender?.authorized ? 'authorized' : sender?.verified ? 'verified' : '';

/**
 * A message as a line of the log; more lines of it stand behind a bar, so that no message can look like another. What the
 * hub says of it stands before its number, and all after that is the peer's: text cannot look like a mark.
 * `12:00:03  alpha > bravo (re #6, verified)  #7  The build is green. Over.`
 */
export const messageLine = (message: WireMessage, colours = false): string => {
  const { sender, from, to } = message;
  const marks = [
    message.kind === 'status' ? 'status' : '',
    message.reply_to === undefined ? '' : `re #${message.reply_to}`,
    attested(sender),
    message.redelivered ? 'again' : '',
  ].filter((mark) => mark !== '');
  const marked = marks.length > 0 ? ` (${marks.join(', ')})` : '';
  const head = `${clock(message.at)}  ${callsignIn(from, colours)} > ${callsignIn(to, colours)}${marked}  #${message.id}`;
  const lines = plain(message.text).split('\n');
  return `${head}  ${lines.join('\n          | ')}`;
};

/** What will never come. */
export const gapLine = ({ reason, missed_at_most: most }: WireGap): string =>
  reason === 'rewound'
    ? 'The hub lost what it had stored: messages may be missing.'
    : `${most === null ? 'Messages' : `Up to ${most} message${most === 1 ? '' : 's'}`} for you left the channel unread; see the transcript if it keeps one.`;

/** Rows under each other. */
export const table = (rows: readonly (readonly string[])[]): string => {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows.map((row) => row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0))).join('  ')).join('\n');
};
