/** `rogerthat history`: what was said last, whoever it was for. */
import type { Input } from '../client/operations.ts';
import type { Context } from './context.ts';
import { messageLine } from './radio.ts';

export const run = async (context: Context): Promise<void> => {
  const { client, ...shown } = context.channel();
  const { value, text } = await client.ask('history', context.typed.fields as Input<'history'>, shown, { signal: context.signal });
  if (context.json) return context.out(text);
  if (value.messages.length > 0) await context.out(value.messages.map((message) => messageLine(message, context.colours)).join('\n'));
  else context.note('Nothing has been said, or nothing of it is held.');
};
