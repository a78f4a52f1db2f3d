/** Composition: a hub, its transports and its pages behind one guard. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { isBand } from './core/bands.ts';
import { HubError } from './core/errors.ts';
import type { Hub } from './core/hub.ts';
import { hashSecret } from './core/ids.ts';
import { connectInfo } from './discovery/connect.ts';
import type { HubFacts } from './discovery/facts.ts';
import { DISCOVERY_PATHS, mountDiscovery } from './discovery/routes.ts';
import type { Log } from './log.ts';
import { errorFacts } from './log.ts';
import { createMetrics, METRICS_TYPE, type Metrics } from './metrics.ts';
import { admitAdmin, admitToHub, knowsHub } from './operations/admit.ts';
import { operations } from './operations/index.ts';
import type { Services } from './operations/operation.ts';
import { mountSite, SITE_PATHS } from './site/routes.ts';
import { createA2a, writeA2aRefusal } from './transports/a2a/endpoint.ts';
import { A2A_VERSION } from './transports/a2a/protocol.ts';
import { mustBeRead, problem, problemHeaders, writeProblem } from './transports/answer.ts';
import { createGuard, hostIsKnown } from './transports/guard.ts';
import { API_HEADERS } from './transports/heads.ts';
import { mayEnter } from './transports/line.ts';
import { createMcp, writeMcpRefusal } from './transports/mcp/endpoint.ts';
import { INSTRUCTIONS } from './transports/mcp/instructions.ts';
import { performIn } from './transports/mcp/perform.ts';
import { LEGACY, MODERN } from './transports/mcp/protocol.ts';
import { Tasks } from './transports/mcp/tasks.ts';
import { createTools } from './transports/mcp/tools.ts';
import { vouchIn } from './transports/mcp/vouch.ts';
import { wrongMethod } from './transports/methods.ts';
import { addressOf, proxiesOf } from './transports/proxies.ts';
import { bearerOf, createRest, type RequestFacts } from './transports/rest.ts';

export interface AppOptions {
  readonly hub: Hub;
  readonly log: Log;
  /** The hub token; null when none is asked for. */
  readonly token: string | null;
  /** The admin token; null when the hub has no operator's side. */
  readonly adminToken: string | null;
  readonly origin: string | null;
  readonly allowHosts: readonly string[];
  readonly trustProxies: readonly string[];
  readonly version: string;
  /** Where it listens. */
  readonly port: () => number;
}

/** What Hono's handlers see of the request. */
interface Bindings {
  readonly facts: RequestFacts;
}

/** The health of the process, the documents, and what is not there: everything that is no operation. */
const buildPages = (options: AppOptions, services: Services, facts: HubFacts, metrics: Metrics | null): Hono<{ Bindings: Bindings }> => {
  const { hub } = options;
  const pages = new Hono<{ Bindings: Bindings }>();
  pages.get('/healthz', (c) => c.json({ ok: true, version: options.version }, 200, API_HEADERS));
  pages.get('/readyz', (c) => {
    const trouble = hub.closed ? 'The hub is going down.' : hub.engine.health();
    return c.json({ ready: trouble === null, ...(trouble === null ? {} : { trouble }) }, trouble === null ? 200 : 503, API_HEADERS);
  });
  pages.get('/metrics', async (c) => {
    await admitAdmin(hub, services, { bearer: bearerOf(c.req.header('authorization')), address: c.env.facts.address });
    return c.text((await metrics?.write()) ?? '', 200, { ...API_HEADERS, 'Content-Type': METRICS_TYPE });
  });
  const index = mountDiscovery(pages, facts);
  mountSite(pages, { hubToken: options.token !== null, admin: options.adminToken !== null, index });
  // Clients that meet a 401 look for OAuth here and show their user the body of what they find.
  const noOAuth = "This hub does not use OAuth. Send its token as a header: --header 'Authorization: Bearer TOKEN'.";
  for (const path of ['/register', '/authorize', '/token']) pages.all(path, (c) => c.text(noOAuth, 404));
  pages.get('/.well-known/:name{(?:oauth|openid)-.+}', (c) => c.text(noOAuth, 404));
  const refuse = (error: HubError, { origin, requestId }: RequestFacts): Response =>
    Response.json(problem(error, origin, requestId), { status: error.status, headers: problemHeaders(error) });
  for (const path of [...SITE_PATHS, '/healthz', '/readyz', '/metrics', ...DISCOVERY_PATHS]) {
    pages.all(path, (c) => refuse(wrongMethod('GET, HEAD'), c.env.facts));
  }
  pages.notFound((c) => refuse(new HubError('not_found', 'No call, page or document of this hub has that path.'), c.env.facts));
  pages.onError((error, c) => {
    if (error instanceof HubError) return refuse(error, c.env.facts);
    options.log.error('bug', { request_id: c.env.facts.requestId, ...errorFacts(error) });
    return refuse(new HubError('internal'), c.env.facts);
  });
  return pages;
};

/** What is wrong with an address below an endpoint that is nobody's. Told as JSON-RPC: the clients that post there show nothing else. */
const misspeltIn = (target: string): HubError | undefined => {
  const [path = ''] = target.split('?', 1);
  const [, endpoint] = /^(\/mcp|\/a2a)\/[^/]*\/?$/.exec(path) ?? [];
  if (endpoint === undefined || DISCOVERY_PATHS.includes(path)) return undefined;
  const hint = `Write it as you were given it: an id looks like quiet-otter-3a8f19. ${endpoint} without one serves every channel.`;
  return new HubError('not_found', 'No channel has an id like the one in that address.', { hint });
};

/** Whether a target is written as a URL parser would write it: pages are found by what the parser makes of it. */
const isPlain = (target: string): boolean => {
  try {
    return new URL(target, 'http://localhost').pathname === target.split('?', 1)[0];
  } catch {
    return false;
  }
};

/** On a hub with a token, the MCP endpoint asks for it, or for the channel's on that channel's own address. */
const admitToMcp = async (
  hub: Hub,
  services: Services,
  bearer: string | undefined,
  channelId: string | undefined,
  { address }: RequestFacts,
): Promise<void> => {
  if (bearer !== undefined && channelId !== undefined && !isBand(channelId)) await hub.channelFor(channelId, bearer, address);
  else await admitToHub(hub, services, { bearer, address });
};

/** What is done with every call that was answered: counted for the operator, and at the level debug logged. */
const recorder = (log: Log, metrics: Metrics | null): Services['record'] => {
  const count = metrics?.record ?? null;
  if (log.level !== 'debug') return count;
  return (operation, transport, code, micros, requestId) => {
    count?.(operation, transport, code, micros, requestId);
    log.debug('operation', { operation, transport, code, micros, request_id: requestId });
  };
};

/** The address of a hub, for links, where nobody said how they reached it. */
export const ownOrigin = ({ origin, port }: Pick<AppOptions, 'origin' | 'port'>): string => origin ?? `http://127.0.0.1:${port()}`;

/** Answers every request of a hub. */
export const createApp = (options: AppOptions): RequestListener => {
  const { hub, log } = options;
  // Nobody could read them without an admin token.
  const metrics = options.adminToken === null ? null : createMetrics(hub, options.version);
  const services: Services = {
    hubTokenHash: options.token === null ? null : hashSecret(options.token),
    adminTokenHash: options.adminToken === null ? null : hashSecret(options.adminToken),
    connect: connectInfo,
    record: recorder(log, metrics),
  };
  const guard = createGuard(options, options.port);
  const onBug = (error: unknown, requestId: string): void => log.error('bug', { request_id: requestId, ...errorFacts(error) });
  const rest = createRest(hub, services, operations, onBug);
  const perform = performIn(hub, services);
  const vouch = vouchIn(hub);
  const tools = createTools(perform, hub.clock, operations, hub.engine.notes, vouch, hub.limits.sizes);
  const mcp = createMcp({
    clock: hub.clock,
    notes: hub.engine.notes,
    tools,
    tasks: new Tasks(perform, hub.clock, operations, hub.engine.notes, vouch),
    instructions: INSTRUCTIONS,
    server: { name: 'rogerthat', title: 'RogerThat', version: options.version },
    bodyBytes: hub.limits.sizes.bodyBytes,
    // With no promise for those it knows: every call comes along here.
    admit: (bearer, channelId, facts) => (knowsHub(services, { bearer }) ? undefined : admitToMcp(hub, services, bearer, channelId, facts)),
    onBug,
  });
  const a2a = createA2a(hub, services, operations, onBug);
  const described: HubFacts = {
    version: options.version,
    mode: hub.mode,
    limits: hub.limits,
    operations,
    tools: tools.map(({ definition }) => definition.name),
    mcpVersions: [...MODERN, ...LEGACY],
    a2aVersion: A2A_VERSION,
  };
  const pages = buildPages(options, services, described, metrics);
  const isProxy = proxiesOf(options.trustProxies);
  const run = Math.random().toString(36).slice(2, 8);
  let requests = 0;

  /** Refuses in the words of the endpoint that was called. */
  const refuse = (request: IncomingMessage, response: ServerResponse, told: HubError, facts: RequestFacts): void => {
    if (/^\/mcp(?:[/?]|$)/.test(request.url ?? '')) writeMcpRefusal(response, told);
    else if (/^\/a2a(?:[/?]|$)/.test(request.url ?? '')) writeA2aRefusal(response, told);
    else writeProblem(response, told, hostIsKnown(told) ? facts.origin : ownOrigin(options), facts.requestId);
  };

  return (request: IncomingMessage, response: ServerResponse) => {
    const facts: RequestFacts = {
      address: addressOf(request, isProxy),
      origin: options.origin ?? `http://${request.headers.host}`,
      requestId: `${run}-${++requests}`,
    };
    try {
      if (!mayEnter(request, response, hub.limits.sizes.pipelined)) return;
      guard(request);
    } catch (error) {
      refuse(request, response, error instanceof HubError ? error : new HubError('internal'), facts);
      return;
    }
    if (rest(request, response, facts) || mcp(request, response, facts) || a2a(request, response, facts)) return;
    const misspelt = request.method === 'POST' && misspeltIn(request.url ?? '');
    if (misspelt) {
      refuse(request, response, misspelt, facts);
      return;
    }
    if (!isPlain(request.url ?? '')) {
      writeProblem(response, new HubError('not_found'), facts.origin, facts.requestId);
      return;
    }
    mustBeRead(response);
    void getRequestListener((asked) => pages.fetch(asked, { facts }), { overrideGlobalObjects: false })(request, response);
  };
};
