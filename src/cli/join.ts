/** `rogerthat join`: takes a seat and remembers it. */
import { HubClient } from '../client/client.ts';
import type { Input } from '../client/operations.ts';
import { joinSeat } from '../client/seat.ts';
import type { Context } from './context.ts';
import { gapLine, messageLine, oneLine, plain } from './radio.ts';

export const run = async (context: Context): Promise<void> => {
  const { args, fields } = context.typed;
  const [channelId = '', typed = ''] = args;
  const callsign = typed.trim().toLowerCase();
  const { profiles } = context;
  const hub = context.hub ?? profiles.channels().find((one) => one.channelId === channelId)?.hub ?? context.hubOrDefault;
  const before = profiles.seats().find((one) => one.hub === hub && one.channelId === channelId && one.callsign === callsign);
  const token = context.token(channelId, profiles.channel(hub, channelId)?.joinToken ?? before?.token);
  const password = context.secret(
    'owner-password',
    (fields['owner_password'] as string | undefined) ?? context.env['ROGERTHAT_OWNER_PASSWORD'],
  );
  const identity = context.secret(
    'identity-key',
    (fields['identity_key'] as string | undefined) ??
      context.env['ROGERTHAT_IDENTITY_KEY'] ??
      before?.identityKey ??
      profiles.identityKey(hub, channelId, callsign),
  );
  const input = {
    ...fields,
    callsign,
    ...(password ? { owner_password: password } : {}),
    ...(identity && fields['new_identity'] !== true ? { identity_key: identity } : {}),
  } as Input<'join'>;
  const { seat, answered } = await joinSeat(new HubClient(hub), { ...input, channelId, token }, {}, { signal: context.signal });
  const { value, text } = answered;
  // What was printed and not confirmed yet is not printed again.
  profiles.keepSeat(hub, before ? { ...seat.state, cursor: before.cursor } : seat.state);
  if (context.json) return context.out(text);
  const others = value.roster.filter((one) => one.callsign !== value.callsign).map((one) => `${one.callsign} (${one.presence})`);
  const lines = [
    `${value.resumed ? 'Back on' : 'Joined'} ${oneLine(value.channel_id)} as ${oneLine(value.callsign)}; posture ${value.trust_posture}.`,
    `On the air: ${others.length > 0 ? oneLine(others.join(', ')) : 'nobody else'}.`,
    ...(value.history.length > 0 ? ['Said last:', ...value.history.map((message) => messageLine(message, context.colours))] : []),
    ...(value.gap ? [gapLine(value.gap)] : []),
    `Mail: ${value.pending} waiting, ${value.unconfirmed.length} handed over and not confirmed. Next: rogerthat listen`,
    ...(value.identity ? [`Identity: ${value.identity.identity_id}; its key is remembered here, also after you leave`] : []),
    '',
    plain(value.instructions),
  ];
  await context.out(lines.join('\n'));
};
