/** `rogerthat transcript`: what the channel kept. */
import { pieces } from '../client/http.ts';
import type { Input, Output, WireMessage } from '../client/operations.ts';
import type { Context } from './context.ts';
import { attested, clock, messageLine, oneLine } from './radio.ts';

type Event = Output<'transcript'>['events'][number];

const factText = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));

const lineOf = (event: Event, colours: boolean): string => {
  const { type, at } = event;
  if (type === 'message') {
    const message = event as unknown as WireMessage & { bytes: number };
    return messageLine({ ...message, text: message.text ?? `(${message.bytes} bytes, not kept)` }, colours);
  }
  const facts = Object.entries(event)
    .filter(([name]) => !['seq', 'at', 'type'].includes(name))
    .map(([name, value]) => (name === 'sender' ? attested(value as unknown as WireMessage['sender']) : `${name} ${factText(value)}`));
  return `${clock(at)}  ${oneLine([type, ...facts.filter((fact) => fact !== '')].join(', '))}`;
};

export const run = async (context: Context): Promise<void> => {
  const { client, ...shown } = context.channel();
  const input = context.typed.fields as Input<'transcript'>;
  const { signal } = context;
  if (context.json) {
    // As long as it is: nothing of it is held.
    const body = await client.open('transcript', input, shown, { signal });
    let text = '';
    for await (const piece of pieces(body, signal)) {
      if (text !== '') await context.write(text);
      text = piece;
    }
    return context.out(text.trimEnd());
  }
  for await (const line of client.lines('transcript', input, shown, { signal }))
    await context.out(lineOf(JSON.parse(line) as Event, context.colours));
};
