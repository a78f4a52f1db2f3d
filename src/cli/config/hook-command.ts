/** The commands of our hooks, as they stand in the settings of a client: whose they are, what they run, and for which hub. */
import { isAbsolute } from 'node:path';

/** What a hook of ours runs. */
export interface HookCommand {
  /** The files that have to be there for it. */
  readonly files: readonly string[];
  /** Undefined: the one that a hook takes by itself. */
  readonly hub: string | undefined;
  /** The option with which its user has it wait, with the space before it; empty without one. */
  readonly wait: string;
}

/** Texts of a value, as they are. */
export const textsIn = (value: unknown): string[] =>
  typeof value === 'string' ? [value] : typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];

/** The words of a command line, those in quotes too. */
const wordsIn = (line: string): string[] =>
  [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, bare]) => quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '');

/** The command of a hook of ours in an item, wherever its program was when it was installed; null when there is none. */
export const hookCommandIn = (client: string, item: unknown): HookCommand | null => {
  const pattern = new RegExp(`^(.*(?:rogerthat|rogerrat|cli\\.js"?)) hook ${client}((?: --(?:hub|wait)[ =]\\S+)*)(?:"|$)`);
  for (const text of textsIn(item)) {
    const [, program, options = ''] = pattern.exec(text) ?? [];
    if (program === undefined) continue;
    return {
      files: wordsIn(program).filter((word) => isAbsolute(word)),
      hub: / --hub[ =]"?([^\s"]+)/.exec(options)?.[1],
      wait: / --wait[ =]\S+/.exec(options)?.[0] ?? '',
    };
  }
  return null;
};

/** Whether something is a hook of ours. */
export const runsHook =
  (client: string): ((item: unknown) => boolean) =>
  (item) =>
    hookCommandIn(client, item) !== null;

/** A value with each of its texts changed. */
const withTexts = (value: unknown, change: (text: string) => string): unknown =>
  typeof value === 'string'
    ? change(value)
    : Array.isArray(value)
      ? value.map((one) => withTexts(one, change))
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withTexts(one, change)]))
        : value;

/** What is put in for a command, with the time to wait that the user gave the one that is there. */
export const keepsWait =
  (client: string, command: string): ((value: unknown, present: unknown) => unknown) =>
  (value, present) => {
    const wait = hookCommandIn(client, present)?.wait ?? '';
    return withTexts(value, (text) => (text === command ? command + wait : text));
  };

/** What is there, with another command in the place of ours, and else as its user has it. */
export const keepsAll =
  (client: string, command: string): ((value: unknown, present: unknown) => unknown) =>
  (_, present) =>
    withTexts(present, (text) => {
      const ours = hookCommandIn(client, text);
      return ours === null ? text : command + ours.wait;
    });
