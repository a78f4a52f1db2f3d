/** An MCP entry that starts `rogerthat mcp`, as docs/waking-agents.md has it, and not what `install` puts in. */
import { readPrivately } from '../state.ts';
import { textsIn } from './hook-command.ts';

export interface BridgeEntry {
  /** Undefined: the one that it takes by itself. */
  readonly hub: string | undefined;
  /** Whether it begins turns of an agent of this client. */
  readonly rings: boolean;
}

const PROGRAM = /(?:^|[/\\])(?:rogerthat|rogerrat)(?:@[^/\\]*|\.cmd)?$|cli\.js$/;

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

const membersOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

/** Reads an entry; null when it starts no bridge. */
export const bridgeIn = (entry: unknown, client: string): BridgeEntry | null => {
  const outer = membersOf(entry);
  // Cline has it one level deeper, and opencode has the words in one list.
  const { command, args, env, environment } = { ...outer, ...membersOf(outer['transport']) };
  const words = textsIn([command, args]);
  const at = words.indexOf('mcp');
  if (at < 1 || !PROGRAM.test(words[at - 1] ?? '')) return null;
  const typed = (name: string): string | undefined => {
    const own = words.findIndex((word) => word === `--${name}` || word.startsWith(`--${name}=`));
    return own < 0 ? undefined : words[own] === `--${name}` ? words[own + 1] : words[own]?.slice(name.length + 3);
  };
  const file = readPrivately(typed('config') ?? '');
  const option = (name: string): string | undefined => typed(name) ?? textOf(file?.[name]);
  const hub = typed('hub') ?? textOf(membersOf(env ?? environment)['ROGERTHAT_HUB']) ?? option('hub');
  const wakeable = client === 'codex' || (client === 'opencode' && option('opencode') !== undefined);
  const ring = option('ring') ?? 'auto';
  return { hub, rings: wakeable && (ring === 'auto' || ring === client) };
};
