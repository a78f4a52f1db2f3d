/** Printing what was heard. */
import type { HeardAnswer, WireGap, WireMessage } from '../client/operations.ts';
import type { Context } from './context.ts';
import { gapLine, messageLine } from './radio.ts';

/** Messages as a log, or as one JSON object a line. A gap is told beside them. */
export const printMessages = async (context: Context, messages: readonly WireMessage[], gap: WireGap | null): Promise<void> => {
  if (gap) context.note(gapLine(gap));
  if (messages.length === 0) return;
  const line = context.json
    ? (message: WireMessage) => JSON.stringify(message)
    : (message: WireMessage) => messageLine(message, context.colours);
  await context.out(messages.map(line).join('\n'));
};

/** A whole answer: as the hub wrote it, or as a log. */
export const printAnswer = async (context: Context, answer: HeardAnswer, text: string): Promise<void> => {
  if (context.json) return context.out(text);
  await printMessages(context, answer.messages, answer.gap);
  if (answer.more) context.note('There is more: listen again.');
  if (answer.messages.length === 0 && !answer.gap) context.note('No mail came in time.');
};
