/** What `--help` says, and docs/cli.md: made from the command table and the table of operations. */
import { ENTRIES, entryNamed } from '../client/operations.ts';
import { optionsOf } from './arguments.ts';
import type { Command, Option } from './command.ts';
import { COMMANDS } from './commands.ts';
import { EXITS } from './exit.ts';
import { inShell } from './words.ts';

/** What a command does: its own sentence, or its operation's. */
export const summaryOf = (command: Command): string =>
  command.summary ?? inShell(entryNamed(command.operation ?? '')?.description ?? '', command);

/** A switch whose two sides are said: each is an option. */
const sidesOf = (name: string, help: string): string => help.replace(/\btrue:/g, `--${name}:`).replace(/\bfalse:/g, `--no-${name}:`);

/** Every option of a command, described in the words of the shell. */
export const optionsTold = (command: Command): [name: string, Option][] =>
  Object.entries(optionsOf(command)).map(([name, option]) => [
    name,
    { ...option, help: inShell(option.sides ? sidesOf(name, option.help) : option.help, command) },
  ]);

const firstSentence = (text: string): string => /^.*?[.:;](?= |$)/.exec(text)?.[0].replace(/[:;]$/, '.') ?? text;

const flagOf = (name: string, { short, value, sides }: Option): string =>
  `${short && short !== name ? `-${short}, ` : ''}${name.length === 1 ? '-' : '--'}${sides ? '[no-]' : ''}${name}${value ? ` ${value}` : ''}`;

const wrap = (text: string, indent: string, width = 100): string => {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent.length + line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join(`\n${indent}`);
};

const usageOf = ({ name, args }: Command): string => ['rogerthat', name, ...args].join(' ');

/** `rogerthat COMMAND --help`. */
export const commandHelp = (command: Command): string => {
  const rows = optionsTold(command).map(([name, option]) => [flagOf(name, option), option.help] as const);
  const width = Math.min(28, Math.max(...rows.map(([flag]) => flag.length)));
  const options = rows.map(([flag, help]) => {
    const indent = ' '.repeat(width + 4);
    return `  ${flag.length > width ? `${flag}\n${indent}` : `${flag.padEnd(width)}  `}${wrap(help, indent)}`;
  });
  return [
    `Usage: ${usageOf(command)} [OPTIONS]`,
    '',
    wrap(summaryOf(command), ''),
    '',
    'Options:',
    ...options,
    '',
    'Examples:',
    ...command.examples.map((example) => `  ${example}`),
    '',
  ].join('\n');
};

/** The commands, for `rogerthat --help`. */
export const commandsHelp = (): string => {
  const width = 40;
  const indent = ' '.repeat(width + 4);
  return [
    'Commands of an agent (each has --help):',
    ...COMMANDS.map((command) => {
      const usage = usageOf(command);
      const name = usage.length > width ? `  ${usage}\n${indent}` : `  ${usage.padEnd(width)}  `;
      return `${name}${wrap(firstSentence(summaryOf(command)), indent, 120)}`;
    }),
    '',
  ].join('\n');
};

const cell = (text: string): string => text.replaceAll('|', '\\|');

/** What only a program asks for, or an operator. */
const withoutCommand = (): string[] =>
  Object.keys(ENTRIES)
    .filter((name) => COMMANDS.every(({ operation }) => operation !== name))
    .map((name) => `\`${name}\``);

/** The generated part of docs/cli.md. */
export const cliReference = (): string =>
  [
    '## Exit codes',
    '',
    '| code | meaning |',
    '|---|---|',
    ...Object.values(EXITS).map(([code, meaning]) => `| ${code} | ${meaning} |`),
    '',
    'The hub itself (`rogerthat` without a command) has those of [configuration](configuration.md#exit-codes).',
    '',
    '## Commands',
    '',
    `Operations without a command: ${withoutCommand().join(', ')}. They are calls of [the API](api.md).`,
    '',
    ...COMMANDS.flatMap((command) => [
      `### ${command.name}`,
      '',
      `\`${usageOf(command)}\``,
      '',
      summaryOf(command),
      '',
      '| option | what |',
      '|---|---|',
      ...optionsTold(command).map(([name, option]) => `| \`${cell(flagOf(name, option))}\` | ${cell(option.help)} |`),
      '',
      '```console',
      ...command.examples.map((example) => `$ ${example}`),
      '```',
      '',
    ]),
  ].join('\n');
