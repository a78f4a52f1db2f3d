/** `rogerthat guards` and `set-guards`: what keeps the agents of a channel from talking in circles, for its owner. */
import type { Input, Output } from '../client/operations.ts';
import type { Context } from './context.ts';
import { oneLine, table } from './radio.ts';

const told = ({ channel_id: id, factor, limits, messages, tripped }: Output<'guards'>): string =>
  [
    oneLine(`${id}: ${messages} message${messages === 1 ? '' : 's'} in the hour under way; limits times ${factor}.`),
    table(Object.entries(limits).map(([name, most]) => ['', name.replaceAll('_', ' '), most === null ? 'no limit' : String(most)])),
    ...(tripped.length === 0 ? ['Nobody was stopped.'] : ['Stopped since the last reset:']),
    ...tripped.map(({ guard, callsign, at, times }) =>
      oneLine(`  ${callsign} by ${guard}, ${times} time${times === 1 ? '' : 's'}, last at ${at}`),
    ),
  ].join('\n');

export const run = async (context: Context): Promise<void> => {
  const { client, hub: _, ...shown } = context.owned();
  const { signal } = context;
  const asked =
    context.command.name === 'guards'
      ? client.ask('guards', {}, shown, { signal })
      : client.ask('set_guards', context.typed.fields as Input<'set_guards'>, shown, { signal });
  const { value, text } = await asked;
  await context.out(context.json ? text : told(value));
};
