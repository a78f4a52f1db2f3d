/** A hub that listens: sockets, limits of Node itself, and an end that loses nothing. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, isIP, type Socket } from 'node:net';
import { createApp, ownOrigin } from './app.ts';
import type { Config } from './config.ts';
import { openBands } from './core/bands.ts';
import { systemClock } from './core/clock.ts';
import type { Engine } from './core/engine.ts';
import { HubError } from './core/errors.ts';
import { Hub } from './core/hub.ts';
import { Courier } from './courier/courier.ts';
import { openVault } from './courier/vault.ts';
import { openLocal } from './engines/local/index.ts';
import { createLog, errorFacts, type Log } from './log.ts';
import { problem, problemHeaders, writeProblem } from './transports/answer.ts';
import { Drain } from './transports/drain.ts';
import { mayEnter } from './transports/line.ts';

/** Parked requests are answered and sockets closed within this. */
const DRAIN_MS = 3_000;
/** So long a webhook under way has to end. */
const COURIER_MS = 2_000;

export interface RunningHub {
  readonly hub: Hub;
  readonly server: Server;
  /** Where it is called from this machine, or the origin that it was given; the guard answers to it. */
  readonly url: string;
  /** Answers who waits, takes no more, writes everything, lets go of the data directory. */
  close(): Promise<void>;
}

/** What Node itself refuses, before there is a request. */
const REFUSALS: Readonly<Record<string, readonly [status: string, detail: string]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'The headers are larger than 16 KiB.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'The request took too long to arrive.'],
};

/** A refused client has so long to read why: a connection that is closed with something unread is reset, and takes the answer along. */
const LINGER_MS = 1_000;

/** Whether a request on this connection waits for its answer. The field is Node's own, and no part of its documents. */
const isOwed = (socket: Socket & { _httpMessage?: ServerResponse | null }): boolean => socket._httpMessage?.req.complete === true;

/** Answers what is no request, and ends its connection. */
const refuse = (error: NodeJS.ErrnoException, socket: Socket, origin: string): void => {
  // Whoever waits for the answer to a request would take this one for it, and a connection that is half open takes what nobody gets.
  if (error.code === 'ECONNRESET' || !socket.writable || isOwed(socket)) {
    socket.destroy();
    return;
  }
  const [status, detail] = REFUSALS[error.code ?? ''] ?? ['400 Bad Request', 'The request is not HTTP/1.1.'];
  const told = new HubError('bad_request', detail);
  const body = JSON.stringify({ ...problem(told, origin, 'none'), status: Number.parseInt(status, 10) });
  const headers = { ...problemHeaders(told), 'Content-Length': Buffer.byteLength(body), Connection: 'close' };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.end(`HTTP/1.1 ${status}\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
};

/** Listening on all addresses; no place that anybody could call. */
const EVERYWHERE: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/** A URL that reaches the hub from this machine: the name it was given, or the address as the system writes it. */
const urlOf = (host: string, { address, port }: AddressInfo): string => {
  // A name stands for both families.
  if (EVERYWHERE.has(address)) return `http://${address === '::' ? 'localhost' : '127.0.0.1'}:${port}`;
  const name = isIP(host) === 0 ? host : address;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
};

/** Where the hub keeps everything. What only a fleet needs is loaded for a fleet. */
const openEngine = async ({ redis, durability, directory, limits, repair }: Config, report: (error: unknown) => void): Promise<Engine> => {
  if (redis === null) return openLocal({ directory, limits, report, repair });
  const { openRedis } = await import('./engines/redis/index.ts');
  return openRedis({ url: redis, durability, limits, report });
};

/** Limits of Node itself, for a server that strangers may reach. */
const SERVER_OPTIONS = {
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  // Longer than the 60 s of common proxies, so that it is the proxy that closes.
  keepAliveTimeout: 75_000,
  maxHeaderSize: 16 * 1024,
  connectionsCheckingInterval: 5_000,
  insecureHTTPParser: false,
  // The guard refuses it, and says why.
  requireHostHeader: false,
  noDelay: true,
} as const;

/** The server of a hub, and how it begins to listen: that resolves with where it does, or throws what the system says. */
const serverOf = (
  config: Config,
  hub: Hub,
  version: string,
  log: Log,
  drain: Drain,
): { readonly server: Server; listen(): Promise<AddressInfo> } => {
  let { port } = config;
  // The name that the operator told the hub to listen at is the hub's; addresses the guard knows by itself.
  const allowHosts = isIP(config.host) === 0 ? [...config.allowHosts, config.host] : config.allowHosts;
  const options = { ...config, allowHosts, hub, log, version, port: () => port };
  const server = createServer({ ...SERVER_OPTIONS, ServerResponse: drain.Response }, createApp(options));
  server.on('checkExpectation', (request, response) => {
    try {
      if (!mayEnter(request, response, config.limits.sizes.pipelined)) return;
      throw new HubError('bad_request', 'The hub meets no expectation but 100-continue.');
    } catch (error) {
      writeProblem(response, error as HubError, ownOrigin(options), 'none');
    }
  });
  server.on('clientError', (error, socket) => refuse(error as NodeJS.ErrnoException, socket as Socket, ownOrigin(options)));
  const listen = async (): Promise<AddressInfo> => {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(config.port, config.host, () => {
        server.off('error', reject);
        resolve();
      });
    });
    const bound = server.address() as AddressInfo;
    port = bound.port;
    return bound;
  };
  return { server, listen };
};

/**
 * Opens the data directory, or the store that it shares with others, and listens.
 * @throws DirectoryInUseError, DamagedDatabaseError, NewerDatabaseError, RedisUnfitError, BadKeyError, or what listening throws (a port in
 *   use); then everything is let go of again
 */
export const startHub = async (config: Config, version: string, log: Log = createLog(config.logLevel)): Promise<RunningHub> => {
  const report = (error: unknown): void => log.error('storage', errorFacts(error));
  const { redis, secretKey } = config;
  // Hubs that share a store must share the key of its webhooks; without one they take none.
  const sends = redis === null || secretKey !== null;
  const vault = sends ? openVault(redis === null ? config.directory : null, secretKey) : null;
  const engine = await openEngine(config, report);
  const courier =
    vault &&
    new Courier({
      ...{ outbox: engine, vault, version, clock: systemClock, allowPrivate: config.allowPrivateWebhooks },
      report: (error) => log.error('webhooks', errorFacts(error)),
    });
  const hub = new Hub({ engine, ...(courier ? { courier } : {}), limits: config.limits, mode: config.mode, bands: config.bands, report });
  const drain = new Drain();
  let server: Server;
  let bound: AddressInfo;
  try {
    if (hub.bands) await openBands(engine, hub.clock);
    const made = serverOf(config, hub, version, log, drain);
    await courier?.start();
    bound = await made.listen();
    server = made.server;
  } catch (error) {
    const trouble = engine.health();
    hub.close();
    await courier?.close(0);
    await engine.close();
    // A code for agents tells the operator nothing.
    throw trouble !== null && error instanceof HubError ? new Error(`The hub cannot start: ${trouble}`) : error;
  }
  let closing: Promise<void> | null = null;

  const close = async (): Promise<void> => {
    drain.begin();
    // From here on /readyz says so, and who waits is answered.
    hub.close();
    const delivered = courier?.close(COURIER_MS);
    await drain.end(server, DRAIN_MS);
    await delivered;
    await engine.close();
  };

  return {
    hub,
    server,
    url: config.origin ?? urlOf(config.host, bound),
    close: () => (closing ??= close()),
  };
};
