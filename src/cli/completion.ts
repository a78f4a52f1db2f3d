/** `rogerthat completion SHELL`: a script made from the command table. */
import type { Command, Option } from './command.ts';
import { COMMANDS } from './commands.ts';
import type { Context } from './context.ts';
import { CliError } from './exit.ts';
import { optionsTold, summaryOf } from './help.ts';

/** Its options, and the other side of those that have one. */
const optionsShown = (command: Command): [name: string, Option][] =>
  optionsTold(command).flatMap(([name, option]): [string, Option][] =>
    option.sides
      ? [
          [name, option],
          [`no-${name}`, option],
        ]
      : [[name, option]],
  );

const flagsOf = (command: Command): string[] => optionsShown(command).map(([name]) => `${name.length === 1 ? '-' : '--'}${name}`);

/** Words that may stand for the first argument of the command. */
const choicesOf = ({ choices = [] }: Command): readonly string[] => choices;

const bash = (): string => `# bash completion of rogerthat
_rogerthat() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${COMMANDS.map(({ name }) => name).join(' ')}" -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]} $previous" in
${COMMANDS.flatMap((command) =>
  optionsTold(command)
    .filter(([, { values }]) => values)
    .map(
      ([name, { values = [] }]) =>
        `    "${command.name} --${name}") COMPREPLY=($(compgen -W "${values.join(' ')}" -- "$current")); return ;;`,
    ),
).join('\n')}
    *" --jsonl") COMPREPLY=($(compgen -f -- "$current")); return ;;
    *" --exec") COMPREPLY=($(compgen -c -- "$current")); return ;;
  esac
  case "\${COMP_WORDS[1]}" in
${COMMANDS.map((command) => `    ${command.name}) COMPREPLY=($(compgen -W "${[...choicesOf(command), ...flagsOf(command)].join(' ')}" -- "$current")) ;;`).join('\n')}
  esac
}
complete -F _rogerthat rogerthat rogerrat
`;

const quoted = (text: string): string => text.replaceAll("'", "'\\''");
const brief = (text: string): string => quoted(text.replace(/[[\]:]/g, ' ').slice(0, 80));

const zsh = (): string => `#compdef rogerthat rogerrat
_rogerthat() {
  if (( CURRENT == 2 )); then
    local -a commands=(
${COMMANDS.map((command) => `      '${command.name}:${brief(summaryOf(command))}'`).join('\n')}
    )
    _describe command commands
    return
  fi
  case $words[2] in
${COMMANDS.map((command) => {
  const options = optionsShown(command).map(([name, { help, value, values }]) => {
    const action = values
      ? `:${name}:(${values.join(' ')})`
      : value === undefined
        ? ''
        : `:${name}:${value === 'FILE' ? '_files' : value === 'CMD' ? '_command_names' : ' '}`;
    return `'${name.length === 1 ? '-' : '--'}${name}[${brief(help)}]${action}'`;
  });
  const choices = choicesOf(command);
  return `    ${command.name}) _arguments -s : ${[...options, ...(choices.length > 0 ? [`'2:choice:(${choices.join(' ')})'`] : [])].join(' ')} ;;`;
}).join('\n')}
  esac
}
compdef _rogerthat rogerthat rogerrat
`;

/** What may stand for a value that is a path. */
const PATHS: ReadonlySet<string> = new Set(['FILE', 'CMD', 'DIR', 'PLACE', 'PROGRAM']);

const fish = (): string =>
  [
    '# fish completion of rogerthat',
    ...['rogerthat', 'rogerrat'].flatMap((program) => [
      `complete -c ${program} -f`,
      ...COMMANDS.flatMap((command) => [
        `complete -c ${program} -n __fish_use_subcommand -a ${command.name} -d '${brief(summaryOf(command))}'`,
        ...choicesOf(command).map((choice) => `complete -c ${program} -n '__fish_seen_subcommand_from ${command.name}' -a ${choice}`),
        ...optionsShown(command).map(
          ([name, { help, value, values }]) =>
            `complete -c ${program} -n '__fish_seen_subcommand_from ${command.name}' ${name.length === 1 ? `-s ${name}` : `-l ${name}`}${
              value === undefined ? '' : PATHS.has(value) ? ' -r -F' : ' -x'
            }${values ? ` -a '${values.join(' ')}'` : ''} -d '${brief(help)}'`,
        ),
      ]),
    ]),
    '',
  ].join('\n');

export const run = async (context: Context): Promise<void> => {
  const [shell = ''] = context.typed.args;
  const scripts: Readonly<Record<string, () => string>> = { bash, zsh, fish };
  const script = Object.hasOwn(scripts, shell) ? scripts[shell] : undefined;
  if (!script) throw new CliError('usage', 'There is completion for bash, zsh and fish.', 'Usage: rogerthat completion bash|zsh|fish');
  await context.out(script().trimEnd());
};
