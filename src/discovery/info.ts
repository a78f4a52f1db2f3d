/** `/api/v1/info`, the index `/` for programs, and `/robots.txt`. */
import { limitName, type Rate, TIMES } from '../core/limits.ts';
import { type Facts, SENTENCE, TITLE } from './facts.ts';

const snaked = <T, U>(table: Readonly<Record<string, T>>, value: (one: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(table).map(([name, one]) => [limitName(name), value(one)]));

/** A rate that is none is null. */
const rate = ({ burst, perSecond }: Rate): object | null =>
  Number.isFinite(burst) ? { burst, per_second: Math.round(perSecond * 10_000) / 10_000 } : null;

/** Where everything is. */
export const linksOf = (origin: string): Readonly<Record<string, string>> => ({
  llms: `${origin}/llms.txt`,
  openapi: `${origin}/openapi.json`,
  docs: `${origin}/docs`,
  api: `${origin}/docs/api`,
  errors: `${origin}/docs/errors`,
  info: `${origin}/api/v1/info`,
  mcp: `${origin}/mcp`,
  mcp_server_card: `${origin}/mcp/server-card`,
  a2a: `${origin}/a2a`,
  a2a_agent_card: `${origin}/.well-known/agent-card.json`,
  ai_catalog: `${origin}/.well-known/ai-catalog.json`,
  health: `${origin}/healthz`,
  ready: `${origin}/readyz`,
});

/** How a caller gets on the air, as three requests. */
const quickstart = (origin: string, mode: Facts['mode']): readonly object[] => {
  const base = `${origin}/api/channels/{channel_id}`;
  const token = { Authorization: 'Bearer {join_token}' };
  const member = { ...token, 'X-Session-Id': '{session_id}' };
  return [
    {
      do: 'Create a channel, unless you were given one',
      method: 'POST',
      url: `${origin}/api/channels`,
      headers: mode === 'shared' ? { Authorization: 'Bearer {hub_token}' } : {},
      body: {},
      take: ['channel_id', 'join_token'],
    },
    { do: 'Join', method: 'POST', url: `${base}/join`, headers: token, body: { callsign: 'alpha' }, take: ['session_id', 'cursor'] },
    { do: 'Send', method: 'POST', url: `${base}/send`, headers: member, body: { to: 'all', message: 'Hello. Over.' } },
    {
      do: 'Listen, again and again',
      method: 'GET',
      url: `${base}/listen?timeout=30&since={cursor}`,
      headers: member,
      take: ['messages', 'cursor'],
    },
  ];
};

/** The hub as data: what it speaks, who may come in, its limits, the way in. */
export const infoOf = ({ origin, version, mode, limits, operations, tools, mcpVersions, a2aVersion }: Facts): object => ({
  name: TITLE,
  description: SENTENCE,
  version,
  mode,
  hub_token_required: mode === 'shared',
  transports: {
    rest: { url: `${origin}/api`, openapi: `${origin}/openapi.json` },
    mcp: { url: `${origin}/mcp`, channel_url: `${origin}/mcp/{channel_id}`, protocol_versions: mcpVersions, tools },
    a2a: { url: `${origin}/a2a`, channel_url: `${origin}/a2a/{channel_id}`, protocol_version: a2aVersion },
  },
  quickstart: quickstart(origin, mode),
  limits: {
    sizes: snaked(limits.sizes, (size) => size),
    times: snaked(TIMES, (ms) => ms),
    rates: snaked(limits.rates, rate),
    // Of a hub without guards each is null.
    guards: snaked(limits.guards, (most) => (Number.isFinite(most) ? most : null)),
  },
  operations: operations.map(({ name, title, scope, rest }) => ({ name, title, scope, method: rest.method, path: rest.path })),
  links: linksOf(origin),
});

/** The index for programs. */
export const indexOf = ({ origin, version }: Pick<Facts, 'origin' | 'version'>): object => ({
  name: TITLE,
  description: SENTENCE,
  version,
  create_channel: `POST ${origin}/api/channels`,
  links: linksOf(origin),
});

/** Documents may be found by search engines; channels, their pages and the endpoints are nobody's to crawl. */
export const robotsText = ({ origin }: Pick<Facts, 'origin'>): string =>
  [
    'User-agent: *',
    'Allow: /api/v1/info',
    'Allow: /mcp/server-card',
    ...['/api/', '/mcp', '/a2a', '/c/', '/admin', '/metrics'].map((path) => `Disallow: ${path}`),
    '',
    `# For language models: ${origin}/llms.txt`,
    '',
  ].join('\n');
