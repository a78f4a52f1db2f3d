/** `rogerthat roster`: who is on the channel, and how they can be reached. */
import type { Context } from './context.ts';
import { attested, oneLine, table } from './radio.ts';

export const run = async (context: Context): Promise<void> => {
  const { client, ...shown } = context.channel();
  const { value, text } = await client.ask('roster', {}, shown, { signal: context.signal });
  if (context.json) return context.out(text);
  if (value.roster.length === 0) return context.out('Nobody has joined.');
  const rows = value.roster.map(({ callsign, presence, verified, authorized, status, last_seen_at: seen }) =>
    [
      callsign,
      presence,
      `seen ${seen}`,
      // The word says whose words follow: a status that reads "authorized" is no mark.
      [attested({ verified, authorized }), status === undefined ? '' : `says: ${status}`].filter(Boolean).join(' · '),
    ].map(oneLine),
  );
  await context.out(
    table(rows)
      .split('\n')
      .map((line) => line.trimEnd())
      .join('\n'),
  );
};
