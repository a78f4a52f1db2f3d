/** Whether the hub lets a client in, asked as the client would ask, with the token that its entry holds. */
import { LinkError } from '../client/errors.ts';
import { Connections } from '../client/http.ts';
import type { Client } from './config/clients.ts';
import { textsIn } from './config/hook-command.ts';
import { DEFAULT_HUB } from './context.ts';

/** `asks`: none was shown, and the hub wants its token; `refuses`: another one was shown; `unknown`: the hub did not say. */
export type Door = 'open' | 'asks' | 'refuses' | 'unknown';

/** The address that an entry has: null without an entry, empty when it has none. */
export const addressIn = (entry: unknown): string | null => {
  const found = JSON.stringify(entry ?? null).match(/"(https?:\/\/[^"]+)"/)?.[1];
  return entry === undefined ? null : (found ?? '');
};

/** The token that an entry shows: undefined when it shows none, null when it names a place that only its client looks up. */
export const tokenIn = (entry: unknown): string | null | undefined => {
  for (const text of textsIn(entry)) {
    const [, token] = /^(?:Authorization: *)?Bearer +(\S+)$/i.exec(text) ?? [];
    if (token !== undefined) return /\$\{|\{\w+:/.test(token) ? null : token;
  }
  return /authorization|bearer/i.test(JSON.stringify(entry ?? null)) ? null : undefined;
};

/** A call that needs the hub's token where there is one, begins no session and changes nothing. */
const PING = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' });

/**
 * Asks at the MCP endpoint of a hub. A refusal counts as a wrong token for this address.
 * @param ms how long to wait for an answer
 * @throws the reason of `signal` when it aborts
 */
export const knock = async (hub: string, token: string | undefined, ms: number, signal: AbortSignal): Promise<Door> => {
  // No hub has such a one (R-RUN-15), and no header takes it.
  if (token !== undefined && !/^[!-~]+$/.test(token)) return 'refuses';
  const connections = new Connections();
  const patience = AbortSignal.timeout(ms);
  try {
    const { statusCode = 0 } = await connections.exchange({
      url: `${hub}/mcp`,
      method: 'POST',
      headers: {
        Accept: 'application/json, text/event-stream',
        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      },
      body: PING,
      silenceMs: ms,
      signal: AbortSignal.any([signal, patience]),
    });
    // Of a right token the hub asks no more: too many wrong ones from this address shut out none but those.
    if (statusCode === 401 || statusCode === 429) return token === undefined ? 'asks' : 'refuses';
    return statusCode === 200 ? 'open' : 'unknown';
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (error instanceof LinkError || patience.aborted) return 'unknown';
    throw error;
  } finally {
    connections.close();
  }
};

/** The command that sets a client up for a hub. */
export const installLine = (client: Client, hub: string, ...options: readonly string[]): string =>
  ['rogerthat install', client.name, ...options, ...(hub === DEFAULT_HUB ? [] : ['--hub', hub])].join(' ');

/** What is wrong at the door, and the command that mends it; null when nothing is. */
export const trouble = (door: Door, client: Client, hub: string): string | null => {
  if (door !== 'asks' && door !== 'refuses') return null;
  const what = door === 'asks' ? 'this hub asks for its token' : 'its token is refused';
  return `${what}: ${installLine(client, hub)} --token HUB_TOKEN`;
};
