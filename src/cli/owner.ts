/** `rogerthat close`, `rotate-token`, `kick`, `pause`, `resume`: what the owner token of a channel opens. */
import type { Input, ValueName } from '../client/operations.ts';
import { changingToken } from './changes.ts';
import type { Context } from './context.ts';
import { keepAndPrint } from './keeping.ts';
import { oneLine } from './radio.ts';

interface Answers {
  readonly join_token?: string;
  readonly kicked?: boolean;
  readonly banned?: boolean;
  readonly erased?: boolean;
}

const sentenceOf = (name: string, channelId: string, callsign: string, { kicked, banned, erased, join_token: token }: Answers): string => {
  if (name === 'kick')
    return `${callsign} ${kicked ? 'was removed from' : 'was not on'} ${channelId}${banned ? ' and is banned' : ' and may join again'}.`;
  if (name === 'rotate-token') return `The join token of ${channelId} is now: ${token}`;
  if (name === 'close') {
    return erased
      ? `${channelId} is closed, and all that it kept is erased.`
      : `${channelId} is closed. What it kept can be read with "rogerthat transcript --channel ${channelId}" until the hub removes it; "rogerthat close --channel ${channelId} --erase" removes it now.`;
  }
  return `${channelId} is ${name === 'pause' ? 'paused' : 'open again'}.`;
};

export const run = async (context: Context): Promise<void> => {
  const { name, operation = name } = context.command;
  const { args, fields } = context.typed;
  const { client, hub, ...shown } = context.owned();
  const [callsign = ''] = args;
  const input = { ...fields, ...(args.length > 0 ? { callsign } : {}) } as Input<ValueName>;
  const manage = async (): Promise<void> => {
    const { value, text } = await client.ask(operation as ValueName, input, shown, { signal: context.signal });
    const answers = value as Answers;
    const keep = (): void => {
      if (name === 'close') context.profiles.closeChannel(hub, shown.channelId, fields['erase'] === true);
      if (name === 'rotate-token' && answers.join_token) context.profiles.retoken(hub, shown.channelId, answers.join_token);
    };
    await keepAndPrint(context, keep, () => (context.json ? text : oneLine(sentenceOf(name, shown.channelId, callsign, answers))));
  };
  if (name === 'rotate-token') await changingToken(context.env, { hub, channelId: shown.channelId }, manage);
  else await manage();
};
