/** `rogerthat join`: takes a seat and remembers it. */
import { HubClient } from '../client/client.ts';
import type { Input, Joined } from '../client/operations.ts';
import { joinSeat } from '../client/seat.ts';
import type { Context } from './context.ts';
import { keepAndPrint } from './keeping.ts';
import { gapLine, messageLine, oneLine, plain } from './radio.ts';

/** The key of an identity is shown once: where it cannot be remembered, here. */
const identityLine = ({ identity_id: id, identity_key: key }: NonNullable<Joined['identity']>, kept: boolean): string =>
  kept
    ? `Identity: ${id}; its key is remembered here, also after you leave`
    : `Identity: ${id}; its key, to join again with --identity-key: ${key}`;

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
  const others = value.roster.filter((one) => one.callsign !== value.callsign).map((one) => `${one.callsign} (${one.presence})`);
  const linesOf = (kept: boolean): string[] => [
    `${value.resumed ? 'Back on' : 'Joined'} ${oneLine(value.channel_id)} as ${oneLine(value.callsign)}; posture ${value.trust_posture}.`,
    `On the air: ${others.length > 0 ? oneLine(others.join(', ')) : 'nobody else'}.`,
    ...(value.history.length > 0 ? ['Said last:', ...value.history.map((message) => messageLine(message, context.colours))] : []),
    ...(value.gap ? [gapLine(value.gap)] : []),
    `Mail: ${value.pending} waiting, ${value.unconfirmed.length} handed over and not confirmed. Next: rogerthat listen`,
    ...(value.identity ? [identityLine(value.identity, kept)] : []),
    '',
    plain(value.instructions),
  ];
  // What was printed and not confirmed yet is not printed again.
  const keep = (): void => profiles.keepSeat(hub, before ? { ...seat.state, cursor: before.cursor } : seat.state);
  await keepAndPrint(context, keep, (kept) => (context.json ? text : linesOf(kept).join('\n')));
};
