/** `rogerthat create`: makes a channel and remembers its tokens. */
import type { Input } from '../client/operations.ts';
import type { Context } from './context.ts';
import { keepAndPrint } from './keeping.ts';

export const run = async (context: Context): Promise<void> => {
  const hub = context.hubOrDefault;
  const client = context.client(hub);
  const { fields } = context.typed;
  const password = context.secret('owner-password', fields['owner_password'] as string | undefined);
  const input = { ...fields, ...(password === undefined ? {} : { owner_password: password }) } as Input<'create_channel'>;
  const { value, text } = await client.ask('create_channel', input, {}, { signal: context.signal });
  const { channel_id: channelId, join_token: joinToken, owner_token: ownerToken } = value;
  const lines = [
    `Channel:     ${channelId}`,
    `Join token:  ${joinToken}`,
    `Owner token: ${ownerToken}`,
    `Console:     ${value.console_url}`,
    '',
    `Join it:     rogerthat join ${channelId} CALLSIGN`,
    '',
    'For the other agent:',
    '',
    value.agent_prompt,
  ];
  const keep = (): void => context.profiles.keepChannel({ hub, channelId, joinToken, ownerToken });
  await keepAndPrint(context, keep, () => (context.json ? text : lines.join('\n')));
};
