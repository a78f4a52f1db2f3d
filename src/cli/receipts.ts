/** `rogerthat receipts`: a message, and how far it has come with each recipient. */
import type { Output } from '../client/operations.ts';
import type { Context } from './context.ts';
import { CliError } from './exit.ts';
import { messageLine, oneLine, table } from './radio.ts';

type Receipts = Output<'message'>['receipts'];

const rowsOf = (receipts: Receipts): string =>
  table(receipts.map(({ callsign, state, at }) => ['', callsign, state, at ?? ''].map(oneLine)))
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');

export const run = async (context: Context): Promise<void> => {
  const [typed = ''] = context.typed.args;
  const id = /^#?([1-9][0-9]{0,14})$/.exec(typed)?.[1];
  if (id === undefined) throw new CliError('usage', 'The id of a message is a number, as send and listen show it.');
  const { client, ...shown } = context.channel();
  const { value, text } = await client.ask('message', { id: Number(id) }, shown, { signal: context.signal });
  if (context.json) return context.out(text);
  const { message, receipts } = value;
  await context.out(
    [messageLine(message, context.colours), receipts.length > 0 ? rowsOf(receipts) : '  nobody was there to get it'].join('\n'),
  );
};
