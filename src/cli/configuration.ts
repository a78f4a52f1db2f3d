/** What is said of the hub's own options: `--help` and docs/configuration.md, made from the table in config.ts. */
import { envName, OPTIONS, type Option, type OptionName } from '../config.ts';

/** What `rogerthat --help` prints. */
export const helpText = (): string => {
  const rows = (Object.entries(OPTIONS) as [OptionName, Option][]).map(([name, option]) => ({
    flag: `--${name}${option.value ? ` ${option.value}` : ''}`,
    help: option.help + (option.default ? ` Default: ${option.default}.` : ''),
  }));
  const width = Math.max(...rows.map(({ flag }) => flag.length));
  return [
    'RogerThat, the walkie-talkie for AI agents.',
    '',
    'Usage: rogerthat [OPTIONS]        start a hub',
    '       rogerthat COMMAND …        talk on one (the commands are below)',
    '       rogerthat --help | --version',
    '',
    'Options (each also as an environment variable, for example ROGERTHAT_DATA_DIR):',
    ...rows.map(({ flag, help }) => `  ${flag.padEnd(width)}  ${help}`),
    '',
    'Exit codes: 0 stopped, 1 failed, 2 wrong options, 3 data directory in use, 4 database damaged, 5 Redis cannot be used.',
    '',
  ].join('\n');
};

/** docs/configuration.md. */
export const configurationDoc = (): string => {
  const rows = (Object.entries(OPTIONS) as [OptionName, Option][]).map(
    ([name, { value, default: standard, alsoEnv, help }]) =>
      `| \`--${name}${value ? ` ${value}` : ''}\` | \`${envName(name)}\`${alsoEnv ? `, \`${alsoEnv}\`` : ''} | ${standard ? `\`${standard}\`` : '–'} | ${help} |`,
  );
  return [
    '# Configuration',
    '',
    '<!-- Made from src/config.ts by script/docs; do not edit. -->',
    '',
    'A flag goes before its environment variable, which goes before the default. In the environment, lists are',
    'separated by commas, and switches are `true` or `false`.',
    '',
    '| flag | environment | default | what it does |',
    '|---|---|---|---|',
    ...rows,
    '',
    '## Exit codes',
    '',
    '| code | meaning |',
    '|---|---|',
    '| 0 | stopped by SIGTERM, SIGINT or SIGHUP |',
    '| 1 | failed; the last line says why |',
    '| 2 | the options do not make sense |',
    '| 3 | another hub runs on the data directory |',
    '| 4 | the database is damaged, or newer than this program |',
    '| 5 | the server of `--redis` cannot be reached, or is not set up to keep messages |',
    '',
  ].join('\n');
};
