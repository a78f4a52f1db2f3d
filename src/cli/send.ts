/** `rogerthat send`: says something, once, however often it has to be tried. */
import type { Input } from '../client/operations.ts';
import type { Context } from './context.ts';
import { CliError } from './exit.ts';
import { oneLine } from './radio.ts';

export const run = async (context: Context): Promise<void> => {
  const { args, fields } = context.typed;
  const [to = '', ...words] = args;
  const piped = words.length === 0 ? process.stdin.isTTY !== true : words.length === 1 && words[0] === '-';
  // The line end of the last line is the pipe's, not the message's.
  const message = piped ? context.stdin().replace(/\r?\n$/, '') : words.join(' ');
  if (message === '') throw new CliError('usage', 'There is no message.', 'Usage: rogerthat send TO MESSAGE…');
  const { seat } = context.seat();
  const { value, text } = await seat.send({ ...fields, to, message } as Input<'send'>, { signal: context.signal });
  if (context.json) return context.out(text);
  const { recipients, recipient_count: count } = value;
  const listed = recipients.map((one) => `${one.callsign} ${one.state}${one.state === 'queued' ? ` (${one.presence})` : ''}`);
  const more = count > listed.length ? `, and ${count - listed.length} more` : '';
  const notes = [
    value.duplicate ? ' Sent before; not sent again.' : '',
    value.sanitized ? ` ${value.sanitized} invisible characters were removed.` : '',
  ];
  await context.out(
    oneLine(`#${value.id} to ${value.to}: ${listed.length > 0 ? listed.join(', ') + more : 'nobody heard it'}.${notes.join('')}`),
  );
};
