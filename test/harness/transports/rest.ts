/** The hub behind real sockets on 127.0.0.1, called as docs/protocol.md says. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { z } from 'zod';
import { createApp } from '../../../src/app.ts';
import type { Log } from '../../../src/log.ts';
import { expectDescribed } from '../described.ts';
import { ndjsonEvents, sseEvents } from './events.ts';
import { HttpClient, type Reply } from './http.ts';
import { type Call, CallError, CutError, type Named, type Setup, type StreamEvent, type Transport, type Wire } from './wire.ts';

/** The routes as the protocol writes them, on purpose not taken from the source. */
const ROUTES: Readonly<Record<string, readonly [method: 'GET' | 'POST' | 'DELETE', path: string, status?: number]>> = {
  create_channel: ['POST', '/api/channels', 201],
  bands: ['GET', '/api/bands'],
  create_identity: ['POST', '/api/identities', 201],
  channel_info: ['GET', '/api/channels/:channel_id'],
  join: ['POST', '/api/channels/:channel_id/join'],
  send: ['POST', '/api/channels/:channel_id/send'],
  listen: ['GET', '/api/channels/:channel_id/listen'],
  wait: ['GET', '/api/channels/:channel_id/wait'],
  stream: ['GET', '/api/channels/:channel_id/stream'],
  ack: ['POST', '/api/channels/:channel_id/ack'],
  roster: ['GET', '/api/channels/:channel_id/roster'],
  history: ['GET', '/api/channels/:channel_id/history'],
  message: ['GET', '/api/channels/:channel_id/messages/:id'],
  leave: ['POST', '/api/channels/:channel_id/leave'],
  transcript: ['GET', '/api/channels/:channel_id/transcript'],
  close_channel: ['DELETE', '/api/channels/:channel_id'],
  rotate_token: ['POST', '/api/channels/:channel_id/rotate-token'],
  kick: ['POST', '/api/channels/:channel_id/kick'],
  pause: ['POST', '/api/channels/:channel_id/pause'],
  guards: ['GET', '/api/channels/:channel_id/guards'],
  set_guards: ['POST', '/api/channels/:channel_id/guards'],
  resume: ['POST', '/api/channels/:channel_id/resume'],
  create_webhook: ['POST', '/api/channels/:channel_id/webhooks', 201],
  webhooks: ['GET', '/api/channels/:channel_id/webhooks'],
  delete_webhook: ['DELETE', '/api/channels/:channel_id/webhooks/:webhook_id'],
  test_webhook: ['POST', '/api/channels/:channel_id/webhooks/:webhook_id/test'],
  webhook_deliveries: ['GET', '/api/channels/:channel_id/webhooks/:webhook_id/deliveries'],
  admin_overview: ['GET', '/api/admin/overview'],
  admin_channels: ['GET', '/api/admin/channels'],
  admin_channel: ['GET', '/api/admin/channels/:channel_id'],
  admin_close_channel: ['DELETE', '/api/admin/channels/:channel_id'],
};

/** Fields that travel as headers. */
const HEADERS: Readonly<Record<string, string>> = { idempotency_key: 'Idempotency-Key', last_event_id: 'Last-Event-ID' };

/** Asks the test's own server to let the connection die just before the answer. */
const CUT = 'x-test-cut';
/** What was heard, as REST or a tool says it. */
const ANSWER = /\\?"messages\\?":/;

interface Prepared {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string | undefined;
  readonly status: number;
}

/** Makes the request of a call. */
export const prepare = (name: string, { proofs, input, cut }: Call): Prepared => {
  const route = ROUTES[name];
  if (!route) throw new Error(`there is no route for ${name}`);
  const [method, pattern, status = 200] = route;
  const headers: Record<string, string> = {};
  const bearer = proofs.hubToken ?? proofs.token;
  if (bearer !== undefined) headers['Authorization'] = `Bearer ${bearer}`;
  if (proofs.hubToken !== undefined && proofs.token !== undefined) headers['X-Channel-Token'] = proofs.token;
  if (proofs.sessionId !== undefined) headers['X-Session-Id'] = proofs.sessionId;
  if (proofs.address !== undefined) headers['X-Forwarded-For'] = proofs.address;
  if (cut) headers[CUT] = '1';
  const fields: Record<string, unknown> = {};
  let path = pattern.replace(':channel_id', encodeURIComponent(proofs.channelId ?? ''));
  for (const [field, value] of Object.entries(input)) {
    const header = HEADERS[field];
    if (value === undefined) continue;
    if (header) headers[header] = String(value);
    else if (path.includes(`:${field}`)) path = path.replace(`:${field}`, encodeURIComponent(String(value)));
    else fields[field] = value;
  }
  if (method !== 'GET') {
    headers['Content-Type'] = 'application/json';
    return { method, path, headers, body: JSON.stringify(fields), status };
  }
  const query = new URLSearchParams(Object.entries(fields).map(([field, value]): [string, string] => [field, String(value)])).toString();
  return { method, path: query === '' ? path : `${path}?${query}`, headers, body: undefined, status };
};

const cutting =
  (app: RequestListener): RequestListener =>
  (request, response) => {
    if (request.headers[CUT] !== undefined) {
      // A wait writes spaces before its answer, and an event stream comments.
      for (const name of ['write', 'end'] as const) {
        const write = response[name].bind(response) as (...all: unknown[]) => boolean & typeof response;
        response[name] = (...all: unknown[]) => {
          if (name === 'end' || ANSWER.test(String(all[0]))) response.socket?.destroy();
          return write(...all);
        };
      }
    }
    app(request, response);
  };

const refusal = (operation: string, reply: Reply): CallError => {
  if (!reply.headers['content-type']?.startsWith('application/problem+json')) {
    throw new Error(`a ${reply.status} that is no problem document: ${reply.text.slice(0, 200)}`);
  }
  const problem = reply.json();
  if (problem['status'] !== reply.status) throw new Error('the problem and the response have different statuses');
  expectDescribed(operation, problem);
  return new CallError(problem, reply.headers);
};

export class RestWire implements Wire {
  readonly http: HttpClient;
  readonly origin: string;
  readonly server: Server;

  constructor(server: Server) {
    this.server = server;
    const { port } = server.address() as AddressInfo;
    this.http = new HttpClient(port);
    this.origin = `http://127.0.0.1:${port}`;
  }

  async call<O extends z.ZodType>(op: Named<O>, call: Call): Promise<z.output<O>> {
    const { method, path, headers, body, status } = prepare(op.name, call);
    let reply: Reply;
    try {
      reply = await this.http.ask(method, path, { headers, body, signal: call.signal });
    } catch (error) {
      if (call.cut) throw new CutError();
      throw error;
    }
    if (call.cut) throw new Error('the answer was not cut');
    if (reply.status >= 400) throw refusal(op.name, reply);
    if (reply.status !== status) throw new Error(`${op.name} answered ${reply.status}`);
    const value = reply.json();
    // A wait has sent its status long before it knows.
    if (op.name === 'wait' && 'code' in value) {
      expectDescribed(op.name, value);
      throw new CallError(value, reply.headers);
    }
    return value as z.output<O>;
  }

  async *stream(call: Call, form: 'sse' | 'ndjson'): AsyncGenerator<StreamEvent, void, undefined> {
    const { method, path, headers } = prepare('stream', call);
    const type = form === 'sse' ? 'text/event-stream' : 'application/x-ndjson';
    const response = await this.http.open(method, path, { headers: { ...headers, Accept: type }, signal: call.signal });
    response.setEncoding('utf8');
    if (response.statusCode !== 200) {
      let text = '';
      for await (const piece of response) text += piece;
      const problem = JSON.parse(text) as Record<string, unknown>;
      expectDescribed('stream', problem);
      throw new CallError(problem, {});
    }
    if (response.headers['content-type'] !== type) throw new Error(`the stream is ${response.headers['content-type']}`);
    yield* form === 'sse' ? sseEvents(response) : ndjsonEvents(response);
  }

  async close(): Promise<void> {
    this.http.close();
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await closed;
  }
}

export const rest: Transport = {
  name: 'rest',
  offers: ['http', 'rest', 'ack', 'admin', 'bands', 'identities', 'info', 'owner', 'receipts', 'stream', 'transcript', 'wait', 'webhooks'],
  async open({ hub, token, adminToken, trustProxies, origin, allowHosts, trouble }: Setup) {
    let port = 0;
    const log: Log = { level: 'error', error: (event, facts) => trouble({ event, ...facts }), info: () => {}, debug: () => {} };
    const app = createApp({ hub, log, token, adminToken, origin, allowHosts, trustProxies, version: 'test', port: () => port });
    const server = createServer({ keepAliveTimeout: 75_000 }, cutting(app));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
    return new RestWire(server);
  },
};
