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

/** Reads an entry; null when it starts no bridge. */
export const bridgeIn = (entry: unknown, client: string): BridgeEntry | null => {
  const words = textsIn(entry);
  const at = words.indexOf('mcp');
  if (at < 1 || !PROGRAM.test(words[at - 1] ?? '')) return null;
  const typed = (name: string): string | undefined => {
    const own = words.findIndex((word) => word === `--${name}` || word.startsWith(`--${name}=`));
    return own < 0 ? undefined : words[own] === `--${name}` ? words[own + 1] : words[own]?.slice(name.length + 3);
  };
  const file = readPrivately(typed('config') ?? '');
  const option = (name: string): string | undefined => typed(name) ?? (typeof file?.[name] === 'string' ? file[name] : undefined);
  const { env, environment } = (entry ?? {}) as Record<string, Record<string, string> | undefined>;
  const hub = option('hub') ?? (env ?? environment)?.['ROGERTHAT_HUB'];
  const wakeable = client === 'codex' || (client === 'opencode' && option('opencode') !== undefined);
  const ring = option('ring') ?? 'auto';
  return { hub: hub?.replace(/\/+$/, ''), rings: wakeable && (ring === 'auto' || ring === client) };
};
