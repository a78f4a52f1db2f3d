/** A hub for tests of what it says of itself. */
import { ENGINES } from '../harness/engines.ts';
import { Room, type RoomOptions } from '../harness/room.ts';
import { rest } from '../harness/transports/rest.ts';

export const openHub = (options: RoomOptions = {}): Promise<Room> => Room.open(rest, ENGINES[0]!, options);

/** Paths of documents that are the same for everybody, with their content types. */
export const DOCUMENTS: Readonly<Record<string, string>> = {
  '/llms.txt': 'text/markdown; charset=utf-8',
  '/robots.txt': 'text/plain; charset=utf-8',
  '/docs/errors': 'text/markdown; charset=utf-8',
  '/docs/errors.md': 'text/markdown; charset=utf-8',
  '/docs/api': 'text/markdown; charset=utf-8',
  '/docs/api.md': 'text/markdown; charset=utf-8',
  '/openapi.json': 'application/json',
  '/api/v1/info': 'application/json',
  '/mcp/server-card': 'application/mcp-server-card+json',
  '/.well-known/mcp.json': 'application/json',
  '/.well-known/agent-card.json': 'application/json',
  '/.well-known/agent.json': 'application/json',
  '/.well-known/ai-catalog.json': 'application/ai-catalog+json',
  '/a2a/quiet-otter-3a8f19/.well-known/agent-card.json': 'application/json',
};

/** A document as JSON. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into documents of every shape
export const read = async (room: Room, path: string, headers: Record<string, string> = {}): Promise<any> => {
  const reply = await room.http.ask('GET', path, { headers });
  if (reply.status !== 200) throw new Error(`${path} answered ${reply.status}`);
  return reply.json();
};
