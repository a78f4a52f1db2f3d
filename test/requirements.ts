/**
 * The manifest: every behaviour that the product promises, and the clauses of docs/protocol.md that promise it. Tests
 * cite the ids (`verifies('join:idempotent', …)`); test/house/requirements.test.ts fails on an id that no test cites, on
 * a clause that does not exist, and on a clause that neither a requirement nor a test file listed here proves.
 */
import { ADMIN } from './requirements/admin.ts';
import { BANDS } from './requirements/bands.ts';
import { BRIDGE } from './requirements/bridge.ts';
import { CHANNEL_LIFE } from './requirements/channel-life.ts';
import { CHANNELS } from './requirements/channels.ts';
import { CLI } from './requirements/cli.ts';
import { GAPS } from './requirements/gaps.ts';
import { GUARDS } from './requirements/guards.ts';
import { HINTS } from './requirements/hints.ts';
import { JOIN } from './requirements/join.ts';
import { LIMITS } from './requirements/limits.ts';
import { LISTEN } from './requirements/listen.ts';
import { OWNER } from './requirements/owner.ts';
import { RECEIPTS } from './requirements/receipts.ts';
import { REQUESTS } from './requirements/requests.ts';
import type { Requirement } from './requirements/requirement.ts';
import { RETENTION } from './requirements/retention.ts';
import { RUN } from './requirements/run.ts';
import { SEND } from './requirements/send.ts';
import { STREAMS } from './requirements/streams.ts';
import { TRUST } from './requirements/trust.ts';
import { WEBHOOKS } from './requirements/webhooks.ts';

export const REQUIREMENTS = {
  ...CHANNELS,
  ...JOIN,
  ...HINTS,
  ...TRUST,
  ...SEND,
  ...RECEIPTS,
  ...LISTEN,
  ...GAPS,
  ...STREAMS,
  ...CHANNEL_LIFE,
  ...OWNER,
  ...BANDS,
  ...GUARDS,
  ...REQUESTS,
  ...LIMITS,
  ...RETENTION,
  ...RUN,
  ...WEBHOOKS,
  ...CLI,
  ...ADMIN,
  ...BRIDGE,
} as const satisfies Record<string, Requirement>;

export type RequirementId = keyof typeof REQUIREMENTS;
export type { Requirement };

/** Clauses that other suites prove: the test file that does, which names the clause. */
export const PROVED_ELSEWHERE: Readonly<Record<string, string>> = {
  'R-LISTEN-28': 'test/redis/ended.test.ts',
  'R-STREAM-12': 'test/redis/ended.test.ts',
  'R-MCP-1': 'test/mcp/wire.test.ts',
  'R-MCP-2': 'test/mcp/wire.test.ts',
  'R-MCP-3': 'test/mcp/wire.test.ts',
  'R-MCP-4': 'test/mcp/wire.test.ts',
  'R-MCP-5': 'test/mcp/tools.test.ts',
  'R-MCP-6': 'test/mcp/tools.test.ts',
  'R-MCP-7': 'test/mcp/state.test.ts',
  'R-MCP-8': 'test/mcp/framing.test.ts',
  'R-MCP-9': 'test/mcp/framing.test.ts',
  'R-MCP-10': 'test/mcp/listening.test.ts',
  'R-MCP-11': 'test/mcp/listening.test.ts',
  'R-MCP-12': 'test/mcp/tasks.test.ts',
  'R-MCP-13': 'test/mcp/cancel.test.ts',
  'R-MCP-14': 'test/mcp/state.test.ts',
  'R-A2A-1': 'test/a2a/wire.test.ts',
  'R-A2A-2': 'test/a2a/wire.test.ts',
  'R-A2A-3': 'test/a2a/wire.test.ts',
  'R-A2A-4': 'test/a2a/tasks.test.ts',
  'R-A2A-5': 'test/a2a/tasks.test.ts',
  'R-A2A-6': 'test/a2a/tasks.test.ts',
  'R-A2A-7': 'test/a2a/tasks.test.ts',
  'R-A2A-8': 'test/a2a/tasks.test.ts',
  'R-A2A-9': 'test/a2a/tasks.test.ts',
  'R-A2A-10': 'test/a2a/tasks.test.ts',
  'R-A2A-11': 'test/a2a/tasks.test.ts',
  'R-A2A-12': 'test/a2a/wire.test.ts',
  'R-A2A-13': 'test/a2a/wire.test.ts',
  'R-DISC-1': 'test/discovery/documents.test.ts',
  'R-DISC-2': 'test/discovery/llms.test.ts',
  'R-DISC-3': 'test/discovery/openapi.test.ts',
  'R-DISC-4': 'test/discovery/documents.test.ts',
  'R-DISC-5': 'test/discovery/documents.test.ts',
  'R-DISC-6': 'test/discovery/documents.test.ts',
  'R-DISC-7': 'test/discovery/documents.test.ts',
  'R-DISC-8': 'test/discovery/documents.test.ts',
  'R-DISC-9': 'test/discovery/documents.test.ts',
  'R-DISC-10': 'test/discovery/documents.test.ts',
  'R-DISC-11': 'test/discovery/metrics.test.ts',
  'R-DISC-12': 'test/discovery/manual.test.ts',
  'R-DISC-13': 'test/site/manual.test.ts',
  'R-SITE-1': 'test/site/pages.test.ts',
  'R-SITE-2': 'test/site/landing.test.ts',
  'R-SITE-3': 'test/site/pages.test.ts',
  'R-SITE-4': 'test/site/landing.test.ts',
  'R-SITE-5': 'test/site/landing.test.ts',
  'R-SITE-6': 'test/site/landing.test.ts',
  'R-SITE-7': 'test/site/landing.test.ts',
  'R-SITE-8': 'test/site/landing.test.ts',
  'R-SITE-9': 'test/site/landing.test.ts',
  'R-SITE-10': 'test/site/console.test.ts',
  'R-SITE-11': 'test/site/console.test.ts',
  'R-SITE-12': 'test/site/console.test.ts',
  'R-SITE-13': 'test/site/console.test.ts',
  'R-SITE-14': 'test/site/console.test.ts',
  'R-SITE-15': 'test/site/console.test.ts',
  'R-SITE-16': 'test/site/console.test.ts',
  'R-SITE-17': 'test/site/line.test.ts',
  'R-SITE-18': 'test/site/hostile.test.ts',
  'R-SITE-19': 'test/site/long.test.ts',
  'R-SITE-20': 'test/site/owner.test.ts',
  'R-SITE-21': 'test/site/unread.test.ts',
  'R-ADMIN-1': 'test/site/pages.test.ts',
  'R-ADMIN-9': 'test/site/admin.test.ts',
  'R-MCP-15': 'test/mcp/hooked.test.ts',
  'R-MCP-16': 'test/redis/mcp.test.ts',
};
