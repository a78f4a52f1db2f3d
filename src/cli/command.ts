/** What a command is, and the options that several of them share. */
export interface Option {
  readonly type: 'string' | 'boolean';
  /** What stands for the value in the help. */
  readonly value?: string;
  readonly short?: string;
  readonly values?: readonly string[];
  /** `--no-NAME` says something else than leaving it out. */
  readonly sides?: true;
  readonly help: string;
}

export interface Command {
  readonly name: string;
  /** What it does, where no operation says it. */
  readonly summary?: string;
  /** Its fields become options, and its description the help. */
  readonly operation?: string;
  /** Fields that are not options, since an argument or the program gives them. */
  readonly without?: readonly string[];
  /** Arguments as the usage line shows them: `TO`, `MESSAGE…`, `[CLIENT]`. */
  readonly args: readonly string[];
  /** What may stand for its first argument. */
  readonly choices?: readonly string[];
  readonly options?: Readonly<Record<string, Option>>;
  /** Which of the common options it takes: those of a hub, of a channel, or of a seat on it. */
  readonly on: 'hub' | 'channel' | 'seat' | 'machine';
  /** One or two lines that are typed like this. */
  readonly examples: readonly string[];
}

/** Which token a command shows. What another program may have put into a variable is never taken for another kind. */
export const TOKENS: Readonly<Record<'hub' | 'channel' | 'owner', Option>> = {
  hub: {
    type: 'string',
    value: 'TOKEN',
    help: 'The token of a hub that asks for one; "-" reads it from standard input. Also ROGERTHAT_TOKEN.',
  },
  channel: {
    type: 'string',
    value: 'TOKEN',
    help: 'The join token of the channel; "-" reads it from standard input. Default: the one that is remembered, or ROGERTHAT_CHANNEL_TOKEN.',
  },
  owner: {
    type: 'string',
    value: 'TOKEN',
    help: 'The owner token of the channel; "-" reads it from standard input. Default: the one that create remembered.',
  },
};

/** @param known what a command knows of hubs when none is named */
const hub = (known: string): Readonly<Record<string, Option>> => ({
  hub: { type: 'string', value: 'URL', help: `The hub. Default: ROGERTHAT_HUB, ${known}, or http://127.0.0.1:7424.` },
  token: TOKENS.channel,
  json: { type: 'boolean', help: 'Print what the hub answered, as JSON.' },
});

const JOINED = hub('the one you joined');

const CHANNEL: Readonly<Record<string, Option>> = {
  channel: { type: 'string', value: 'ID', help: 'The channel, when you are on more than one. Also ROGERTHAT_CHANNEL.' },
};

const SEAT: Readonly<Record<string, Option>> = {
  as: { type: 'string', value: 'CALLSIGN', help: 'Your callsign, when more than one joined here. Also ROGERTHAT_CALLSIGN.' },
};

const HELP: Readonly<Record<string, Option>> = { help: { type: 'boolean', short: 'h', help: 'Show this help.' } };

/** Options that several commands share. */
export const COMMON: Readonly<Record<Command['on'], Readonly<Record<string, Option>>>> = {
  machine: HELP,
  hub: { ...hub('that of a channel made here'), ...HELP },
  channel: { ...CHANNEL, ...SEAT, ...JOINED, ...HELP },
  seat: { ...CHANNEL, ...SEAT, ...JOINED, ...HELP },
};
