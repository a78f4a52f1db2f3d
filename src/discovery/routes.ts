/** The documents that a stranger finds, mounted on the app: one table, one way to serve. */
import type { Context, Hono } from 'hono';
import { sha256 } from '../core/ids.ts';
import { isKnown } from '../operations/etag.ts';
import { agentCard, aiCatalog, mcpJson, serverCard } from './cards.ts';
import { type Document, type Facts, type HubFacts, JSON_TYPE, MARKDOWN, pretty } from './facts.ts';
import { indexOf, infoOf, robotsText } from './info.ts';
import { llmsText } from './llms.ts';
import { openApi } from './openapi.ts';

const json = (path: string, make: (facts: Facts) => object, type = JSON_TYPE): Document => ({
  path,
  type,
  write: (facts) => pretty(make(facts)),
});

/** Every document but the index, which shares its address with a page. */
const DOCUMENTS: readonly Document[] = [
  { path: '/llms.txt', type: MARKDOWN, write: llmsText },
  { path: '/robots.txt', type: 'text/plain; charset=utf-8', write: robotsText },
  json('/openapi.json', openApi),
  json('/api/v1/info', infoOf),
  json('/mcp/server-card', serverCard, 'application/mcp-server-card+json'),
  json('/.well-known/mcp.json', mcpJson),
  json('/.well-known/agent-card.json', agentCard),
  // The name of the card before A2A 0.3.
  json('/.well-known/agent.json', agentCard),
  json('/.well-known/ai-catalog.json', aiCatalog, 'application/ai-catalog+json'),
];

const INDEX = json('/', indexOf);

/** The card of one channel, where a client looks that was given the channel's own A2A address. It tells nobody whether there is such a channel. */
const CHANNEL_CARD = '/a2a/:channel_id{[a-z0-9-]{1,80}}/.well-known/agent-card.json';

/** What is routed here, for whoever answers wrong methods. */
export const DISCOVERY_PATHS: readonly string[] = [...DOCUMENTS.map(({ path }) => path), CHANNEL_CARD];

/** One hub has few addresses, but a client chooses how it writes their letters. */
const ORIGINS_KEPT = 8;

interface Written {
  readonly body: string;
  readonly tag: string;
}

const written = (body: string): Written => ({ body, tag: `"${sha256(body).slice(0, 32)}"` });

/** Documents may be kept for minutes, by anybody: they hold nothing that is anybody's. */
const serve = (c: Context, type: string, { body, tag }: Written, headers: Readonly<Record<string, string>> = {}): Response => {
  const common = { 'Cache-Control': 'public, max-age=300', ETag: tag, 'X-Content-Type-Options': 'nosniff', ...headers };
  if (isKnown(c.req.header('if-none-match'), tag)) return new Response(null, { status: 304, headers: common });
  return new Response(body, { headers: { ...common, 'Content-Type': type, 'Content-Length': String(Buffer.byteLength(body)) } });
};

interface Bindings {
  readonly facts: { readonly origin: string };
}

/**
 * Mounts the documents.
 * @returns the index for programs, for whoever serves a page to people at the same address
 */
export const mountDiscovery = <B extends Bindings>(
  app: Hono<{ Bindings: B }>,
  hub: HubFacts,
): ((c: Context<{ Bindings: B }>) => Response) => {
  const origins = new Map<string, Map<string, Written>>();
  const find = (document: Document, origin: string): Written => {
    let known = origins.get(origin);
    if (!known) {
      if (origins.size >= ORIGINS_KEPT) origins.clear();
      known = new Map();
      origins.set(origin, known);
    }
    let found = known.get(document.path);
    if (!found) {
      found = written(document.write({ ...hub, origin }));
      known.set(document.path, found);
    }
    return found;
  };
  for (const document of DOCUMENTS) app.get(document.path, (c) => serve(c, document.type, find(document, c.env.facts.origin)));
  app.get(CHANNEL_CARD, (c) => {
    const facts = { ...hub, origin: c.env.facts.origin };
    return serve(c, JSON_TYPE, written(pretty(agentCard(facts, c.req.param('channel_id') ?? ''))));
  });
  return (c) =>
    serve(c, JSON_TYPE, find(INDEX, c.env.facts.origin), { Link: '</llms.txt>; rel="alternate"; type="text/markdown"', Vary: 'Accept' });
};
