/** `rogerthat bands`: the public channels of the hub. */
import type { Context } from './context.ts';
import { oneLine, table } from './radio.ts';

export const run = async (context: Context): Promise<void> => {
  const { value, text } = await context.client(context.hubOrDefault).ask('bands', {}, {}, { signal: context.signal });
  if (context.json) return context.out(text);
  if (value.bands.length === 0) return context.out('This hub has no public bands.');
  const rows = value.bands.map(({ channel_id: id, about, paused, members, listening }) =>
    [id, `${members} on the air`, `${listening} listening${paused ? ', paused' : ''}`, about].map(oneLine),
  );
  await context.out(table(rows));
};
