/** From typed words to the fields of an operation. What a value may be is the hub's to say; here only its kind is known. */
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { entryNamed, type Field } from '../client/operations.ts';
import { COMMON, type Command, type Option, TOKENS } from './command.ts';
import { CliError } from './exit.ts';
import { fieldsOf, optionName } from './fields.ts';

export interface Typed {
  readonly args: readonly string[];
  /** Fields of the operation, under its own names. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
}

/** Fields that are worth a letter. */
const SHORT: Readonly<Record<string, string>> = { n: 'n' };

const optionOf = (field: string, { type, description, takes, values, default: standard }: Field): Option => ({
  type: type === 'boolean' ? 'boolean' : 'string',
  ...(type === 'boolean' ? {} : { value: values ? values.join('|') : type === 'integer' ? 'N' : 'TEXT' }),
  ...(type === 'boolean' && /\bfalse:/.test(description) ? { sides: true } : {}),
  ...(values ? { values } : {}),
  ...(SHORT[field] ? { short: SHORT[field] } : {}),
  // A switch is off until it is typed.
  help: [
    description,
    takes === undefined ? '' : `A ${takes}.`,
    standard === undefined || type === 'boolean' ? '' : `Default: ${String(standard)}.`,
  ]
    .filter((part) => part !== '')
    .join(' '),
});

/** The option for the token, where the command takes one: which token it is follows from its operation. */
const tokenOf = (command: Command): Readonly<Record<string, Option>> => {
  if (command.on === 'machine') return {};
  const scope = command.operation === undefined ? undefined : entryNamed(command.operation)?.scope;
  return { token: TOKENS[scope === 'open' ? 'hub' : scope === 'owner' ? 'owner' : 'channel'] };
};

/** Every option of a command: its operation's fields, its own, the common ones. Its own words replace common ones. */
export const optionsOf = (command: Command): Readonly<Record<string, Option>> => ({
  ...Object.fromEntries(fieldsOf(command).map(([name, field]) => [optionName(name), optionOf(name, field)])),
  ...command.options,
  ...COMMON[command.on],
  ...tokenOf(command),
  ...command.options,
});

/** `--ban=false` as `--no-ban`, and `--ban=true` as `--ban`. */
const withoutValues = (words: readonly string[], options: Readonly<Record<string, Option>>): string[] => {
  const end = words.indexOf('--');
  return words.map((word, i) => {
    const [, name = '', value] = (end < 0 || i < end ? /^--([a-z-]+)=(true|false)$/.exec(word) : null) ?? [];
    if (!Object.hasOwn(options, name) || options[name]?.type !== 'boolean') return word;
    return value === 'true' ? `--${name}` : `--no-${name}`;
  });
};

const least = (args: readonly string[]): number => args.filter((arg) => !arg.startsWith('[')).length;
const most = (args: readonly string[]): number => (args.some((arg) => arg.endsWith('…')) ? Number.POSITIVE_INFINITY : args.length);

/** @throws CliError usage */
export const parseCommand = (command: Command, words: readonly string[]): Typed => {
  const options = optionsOf(command);
  const config: NonNullable<ParseArgsConfig['options']> = {};
  for (const [name, { type, short }] of Object.entries(options)) config[name] = { type, ...(short ? { short } : {}) };
  let parsed: { values: Record<string, unknown>; positionals: string[] };
  try {
    parsed = parseArgs({
      args: withoutValues(words, options),
      options: config,
      strict: true,
      allowPositionals: true,
      allowNegative: true,
    });
  } catch (error) {
    throw new CliError('usage', (error as Error).message, `See "rogerthat ${command.name} --help".`);
  }
  const { values, positionals } = parsed;
  const usage = `Usage: rogerthat ${[command.name, ...command.args].join(' ')}`;
  // A message may come through a pipe.
  const needed = command.args.includes('MESSAGE…') ? 1 : least(command.args);
  if (values['help'] !== true && positionals.length < needed) throw new CliError('usage', 'An argument is missing.', usage);
  if (positionals.length > most(command.args)) throw new CliError('usage', 'There is an argument too many.', usage);
  const fields: Record<string, unknown> = {};
  for (const [name, { type }] of fieldsOf(command)) {
    const value = values[optionName(name)];
    if (value === undefined) continue;
    fields[name] = type !== 'string' && typeof value === 'string' && /^-?[0-9]{1,15}$/.test(value) ? Number(value) : value;
  }
  return { args: positionals, fields, options: values as Typed['options'] };
};
