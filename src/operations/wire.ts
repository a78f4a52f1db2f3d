/** Domain facts in the shape of the wire, and the one answer that is worth a faster encoder. */
import type { z } from 'zod';
import type { Answer } from '../core/listening.ts';
import type { Heard, Message } from '../core/types.ts';
import { cursorText, type heardAnswer } from './schemas.ts';

type WireMessage = Message & { redelivered?: true };

export const wireMessage = ({ message, redelivered }: Heard): WireMessage => (redelivered ? { ...message, redelivered: true } : message);

type HeardAnswer = z.output<typeof heardAnswer>;

/** The answer to a listen or a wait. */
export const wireAnswer = (answer: Answer): HeardAnswer => {
  const told: HeardAnswer = {
    messages: answer.heard.map(wireMessage),
    cursor: cursorText(answer.cursor),
    after: cursorText(answer.after),
    timed_out: answer.timedOut,
    more: answer.more,
    gap: answer.gap,
  };
  if (answer.superseded) told.superseded = true;
  if (answer.ended) told.ended = answer.ended;
  return told;
};

/** JSON that also a reader of lines can take: U+2028 and U+2029 never stand in it raw. */
export const encodeJson = (value: unknown): string => {
  const text = JSON.stringify(value);
  return /[\u2028\u2029]/.test(text) ? text.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029') : text;
};

let encodedMessage: object | null = null;
let encodedText = '';

/** A message is encoded once for all who hear it, and they hear it one after the other. */
const encodeMessage = (message: object): string => {
  if (message !== encodedMessage) {
    encodedText = encodeJson(message);
    encodedMessage = message;
  }
  return encodedText;
};

/** {@link encodeJson} of a {@link wireAnswer}, byte for byte. Cursors have no characters that JSON would escape. */
export const encodeAnswer = (answer: HeardAnswer): string => {
  const { messages, cursor, after, timed_out, more, gap } = answer;
  let text = '{"messages":[';
  for (let i = 0; i < messages.length; i++) text += (i > 0 ? ',' : '') + encodeMessage(messages[i]!);
  text += `],"cursor":"${cursor}","after":"${after}","timed_out":${timed_out},"more":${more},"gap":${gap ? encodeJson(gap) : 'null'}`;
  if (answer.superseded) text += ',"superseded":true';
  if (answer.ended) text += `,"ended":"${answer.ended}"`;
  return `${text}}`;
};
