/** Domain facts in the shape of the wire, and the one answer that is worth a faster encoder. */
import type { z } from 'zod';
import type { Answer } from '../core/listening.ts';
import type { Heard, Message } from '../core/types.ts';
import { cursorText, type heardAnswer } from './schemas.ts';

type WireMessage = Message & { redelivered?: true };

export const wireMessage = ({ message, redelivered }: Heard): WireMessage => (redelivered ? { ...message, redelivered: true } : message);

type HeardAnswer = z.output<typeof heardAnswer>;

/** The answer to a listen or a wait. */
export const wireAnswer = (answer: Answer): HeardAnswer => ({
  messages: answer.heard.map(wireMessage),
  cursor: cursorText(answer.cursor),
  after: cursorText(answer.after),
  timed_out: answer.timedOut,
  more: answer.more,
  gap: answer.gap,
  ...(answer.superseded ? { superseded: true as const } : {}),
  ...(answer.ended ? { ended: answer.ended } : {}),
});

/** JSON that also a reader of lines can take: U+2028 and U+2029 never stand in it raw. */
export const encodeJson = (value: unknown): string => {
  const text = JSON.stringify(value);
  return /[\u2028\u2029]/.test(text) ? text.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029') : text;
};

/** A message is encoded once, for all who hear it. */
const encoded = new WeakMap<object, string>();

const encodeMessage = (message: object): string => {
  let text = encoded.get(message);
  if (text === undefined) {
    text = encodeJson(message);
    encoded.set(message, text);
  }
  return text;
};

/** {@link encodeJson} of a {@link wireAnswer}, byte for byte. */
export const encodeAnswer = (answer: HeardAnswer): string => {
  const { messages, ...rest } = answer;
  return `{"messages":[${messages.map(encodeMessage).join(',')}],${encodeJson(rest).slice(1)}`;
};
