/**
 * What operations and errors say in the language of HTTP, said in that of the shell. They are written once, for everybody;
 * here their routes become commands, their fields options, and their headers what a command takes instead.
 */
import { entryNamed } from '../client/operations.ts';
import type { Command } from './command.ts';
import { COMMANDS } from './commands.ts';
import { fieldsOf, optionName } from './fields.ts';

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Routes as hints write them, with the command that takes them. */
const ROUTES: readonly (readonly [route: string, command: string])[] = COMMANDS.flatMap(({ name, args, operation }) => {
  const entry = operation === undefined ? undefined : entryNamed(operation);
  return entry ? [[`${entry.method} ${entry.path}`, `"${['rogerthat', name, ...args].join(' ')}"`] as const] : [];
});

/** Names of fields that no sentence has as a word. */
const FIELDS: readonly string[] = [...new Set(COMMANDS.flatMap((command) => fieldsOf(command).map(([name]) => name)))];

const option = (field: string): string => `--${optionName(field)}`;

/**
 * Puts a text of an operation, or the hint of an error, into the words of the shell.
 * @param command whose help it is, or which met the error
 */
export const inShell = (text: string, command?: Command): string => {
  let said = text;
  for (const [route, words] of ROUTES) {
    said = said.replace(new RegExp(`${escaped(route)}(?![\\w/-])`, 'g'), words);
  }
  said = said
    // What another wire is told in the same breath.
    .replace(/[;,(] ?(?:to join )?over MCP,? [^.;)]*\)?/g, '')
    .replace(
      /\b([Ss])end (?:(it|the [a-z ]+) as )?"Authorization: Bearer ([A-Z_]+|…)"/g,
      (_, s: string, what: string | undefined, token: string) =>
        `${s === 'S' ? 'Give' : 'give'} ${what ?? 'it'} with --token ${token === '…' ? 'TOKEN' : token}`,
    )
    .replace(/"Authorization: Bearer ([A-Z_]+)"/g, '--token $1')
    .replace(
      /\b([Ss])end it as (?=(?:the header )?"?(?:X-Channel-Token|Idempotency-Key)\b)/g,
      (_, s: string) => `${s === 'S' ? 'Give' : 'give'} it with `,
    )
    .replace(/(?:the header )?"?X-Channel-Token\b"?/g, '--token TOKEN')
    .replace(/(?:the header )?"?Idempotency-Key\b"?/g, '--idempotency-key')
    .replace(/\bchannel_id and token\b/g, 'the id of the channel and its token')
    .replace(/\bchannel_id\b/g, 'the id of the channel');
  for (const field of FIELDS) {
    const name = escaped(field);
    said = said
      .replace(new RegExp(`"${name}": ?true`, 'g'), option(field))
      .replace(new RegExp(`"${name}": ?false`, 'g'), `--no-${optionName(field)}`)
      .replace(new RegExp(`"${name}": ?"([^"]*)"`, 'g'), `${option(field)} $1`);
    if (field.includes('_')) said = said.replace(new RegExp(`"${name}"|\\b${name}\\b`, 'g'), option(field));
  }
  for (const [field] of command ? fieldsOf(command) : []) {
    const name = escaped(field);
    said = said.replace(new RegExp(`"${name}"`, 'g'), option(field)).replace(new RegExp(`\\b${name}=(\\w+)`, 'g'), `${option(field)} $1`);
  }
  return said;
};
