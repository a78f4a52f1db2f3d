/**
 * `POST /mcp` and `POST /mcp/:channel_id`: every revision of the Model Context Protocol on one endpoint.
 *
 * A request is classified by its own envelope, answered as JSON or, where it may take long and the client takes one,
 * as an event stream of its own. Closing that stream cancels the call.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { BANDS } from '../../core/bands.ts';
import type { Clock } from '../../core/clock.ts';
import { HubError } from '../../core/errors.ts';
import type { Notes } from '../../core/notes.ts';
import type { Eventually } from '../../core/types.ts';
import { encodeJson } from '../../operations/wire.ts';
import { endWith, writeJson, writePiece } from '../answer.ts';
import { readValue } from '../body.ts';
import { goneSignal } from '../gone.ts';
import { API_HEADERS } from '../heads.ts';
import { type Id, RpcError, rpcError, rpcResult } from '../jsonrpc.ts';
import { wrongMethod } from '../methods.ts';
import { bearerOf, type RequestFacts, single } from '../rest.ts';
import { beginEvents, sse } from './events.ts';
import {
  acceptsEvents,
  checkLegacy,
  checkModern,
  declaresTasks,
  isModern,
  progressTokenOf,
  RPC,
  type RpcMessage,
  readMessage,
} from './protocol.ts';
import { refusalOf } from './render.ts';
import { type McpSession, McpSessions, SessionOver } from './sessions.ts';
import { createSpeaker, type SpeakerOptions } from './speaker.ts';
import type { ToolContext } from './tools.ts';

export interface McpOptions extends SpeakerOptions {
  readonly clock: Clock;
  /** Where sessions of the older revisions are kept. */
  readonly notes: Notes;
  readonly bodyBytes: number;
  /** Whether a request may come in at all; throws HubError unauthorized. */
  admit(bearer: string | undefined, channelId: string | undefined, facts: RequestFacts): Eventually<void>;
  /** Told of errors that are nobody's fault but ours. */
  onBug(error: unknown, requestId: string): void;
}

/** One HTTP request and its answer. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly facts: RequestFacts;
  /** From `/mcp/:channel_id`. */
  readonly channelId: string | undefined;
}

export type McpHandler = (request: IncomingMessage, response: ServerResponse, facts: RequestFacts) => boolean;

/** A channel id ends with its hexadecimal digits or is a band, so other documents may stand below `/mcp/`. */
const PATH = new RegExp(`^/mcp(?:/([a-z0-9-]{1,73}-[0-9a-f]{6}|${Object.keys(BANDS).join('|')}))?/?$`);

/** Writes a refusal of the HTTP request as JSON-RPC, which is what clients of this endpoint show. */
export const writeMcpRefusal = (response: ServerResponse, error: HubError): void => {
  const { status, code } = error;
  const kind = code === 'invalid_json' ? RPC.parse : status >= 500 ? RPC.internal : RPC.invalidRequest;
  const { message, data } = refusalOf(error);
  const refused = new RpcError(status, kind, message, data);
  for (const [name, value] of Object.entries(error.options.headers ?? {})) response.setHeader(name, value);
  // No WWW-Authenticate with a 401: it would send clients looking for an OAuth server that is not there.
  if (error.options.retryAfter !== undefined) response.setHeader('Retry-After', error.options.retryAfter);
  writeJson(response, error.status, rpcError(null, refused));
};

/** Makes the MCP transport: a handler that answers `/mcp` and `/mcp/:channel_id`, and says false to any other path. */
export const createMcp = (options: McpOptions): McpHandler & { readonly sessions: McpSessions } => {
  const sessions = new McpSessions(options.clock, options.notes);
  const speaker = createSpeaker(options);

  /** The session that a legacy request names. @throws RpcError when it is unknown: the client then begins a new one */
  const sessionFor = async (id: string): Promise<McpSession> => {
    const session = await sessions.find(id);
    if (!session) throw sessionOver();
    return session;
  };

  const cancel = (session: McpSession | null, message: RpcMessage): void => {
    if (message.method !== 'notifications/cancelled') return;
    // A call that was answered is not under way any more, so a late cancel finds nothing.
    session?.calls?.get(message.params['requestId'] as Id)?.abort();
  };

  const answer = async (exchange: Exchange): Promise<void> => {
    const { request, response, facts, channelId } = exchange;
    if (!/^application\/json\s*(?:;|$)/i.test(request.headers['content-type'] ?? ''))
      throw new HubError('unsupported_media_type', 'The body must be application/json.');
    const bearer = bearerOf(request.headers.authorization);
    const admitted = options.admit(bearer, channelId, facts);
    if (admitted) await admitted;
    const body = await readValue(request, options.bodyBytes);
    if (body === undefined) throw new HubError('invalid_json', 'The body is empty.');
    const message = readMessage(body);
    if (!message) {
      response.writeHead(202, API_HEADERS).end();
      return;
    }
    const modern = isModern(request.headers, message);
    const { id } = message;
    try {
      if (modern && id !== null) checkModern(request.headers, message);
      if (!modern) checkLegacy(request.headers);
      const sessionId = modern || message.method === 'initialize' ? undefined : single(request.headers['mcp-session-id']);
      const session = sessionId === undefined ? null : await sessionFor(sessionId);
      if (id === null) {
        cancel(session, message);
        response.writeHead(202, API_HEADERS).end();
        return;
      }
      // It may have gone away meanwhile, and nobody would tell of that any more.
      if (response.destroyed) return;
      await serve(exchange, bearer, { ...message, id }, modern, session);
    } catch (caught) {
      const error = caught instanceof SessionOver ? sessionOver() : caught;
      // The store is away: refused as any other request is.
      if (error instanceof HubError && !response.headersSent) throw error;
      if (!(error instanceof RpcError)) options.onBug(error, facts.requestId);
      if (response.destroyed) return;
      const told = error instanceof RpcError ? error : new RpcError(500, RPC.internal, 'The hub failed. Try again.');
      if (response.headersSent) endWith(response, sse(rpcError(id, told)));
      else writeJson(response, told.status, rpcError(id, told));
    }
  };

  const serve = async (
    { request, response, facts, channelId }: Exchange,
    bearer: string | undefined,
    message: RpcMessage & { readonly id: Id },
    modern: boolean,
    session: McpSession | null,
  ): Promise<void> => {
    const call = goneSignal(response);
    if (session) session.calls = (session.calls ?? new Map()).set(message.id, call);
    const token = progressTokenOf(message);
    const tasks = modern && options.tasks !== null && declaresTasks(message);
    const streams = speaker.toolOf(message)?.slow(tasks) === true && acceptsEvents(request.headers);
    const progress = (value: number, total?: number, text?: string): void => {
      if (token === null || !streams || response.destroyed) return;
      const params = {
        progressToken: token,
        progress: value,
        ...(total === undefined ? {} : { total }),
        ...(text === undefined ? {} : { message: text }),
      };
      void writePiece(response, sse(encodeJson({ jsonrpc: '2.0', method: 'notifications/progress', params })));
    };
    const context: ToolContext = {
      facts,
      bearer,
      channelId,
      session,
      tasks,
      patient: streams && token !== null,
      signal: call,
      progress,
    };
    const told = token === null ? null : (count: number): void => progress(count, undefined, 'listening');
    const stop = streams ? beginEvents(response, options.clock, told) : () => {};
    try {
      const { result, delivery } = await speaker.answer(message, context, modern);
      if (!modern && message.method === 'initialize') response.setHeader('Mcp-Session-Id', await sessions.open());
      if (call.aborted) {
        // Nobody reads this answer, even where the connection is alive: no mail may count as handed over.
        delivery?.unsure();
        hangUp(response);
        return;
      }
      const text = rpcResult(message.id, result);
      if (response.headersSent) endWith(response, sse(text), delivery);
      else writeJson(response, 200, text, delivery);
    } catch (error) {
      if (!call.aborted || error instanceof RpcError) throw error;
      hangUp(response);
    } finally {
      stop();
      // Another call of a careless client may have taken the id over meanwhile.
      if (session?.calls?.get(message.id) === call) session.calls.delete(message.id);
      if (session?.calls?.size === 0) session.calls = null;
    }
  };

  const handle: McpHandler = (request, response, facts) => {
    const url = request.url ?? '';
    const match = PATH.exec(url.includes('?') ? url.slice(0, url.indexOf('?')) : url);
    if (!match) return false;
    const fail = (error: unknown): void => {
      if (!(error instanceof HubError)) options.onBug(error, facts.requestId);
      if (response.headersSent) response.destroy();
      else writeMcpRefusal(response, error instanceof HubError ? error : new HubError('internal'));
    };
    if (request.method === 'DELETE') {
      const id = request.headers['mcp-session-id'];
      if (typeof id !== 'string') fail(wrongMethod('POST'));
      else sessions.close(id).then((closed) => void response.writeHead(closed ? 204 : 404, API_HEADERS).end(), fail);
    } else if (request.method !== 'POST') fail(wrongMethod('POST'));
    else
      answer({ request, response, facts, channelId: match[1] }).catch((error: unknown) => {
        if (error instanceof RpcError) writeJson(response, error.status, rpcError(error.id, error));
        else fail(error);
      });
    return true;
  };
  return Object.assign(handle, { sessions });
};

const sessionOver = (): RpcError => new RpcError(404, RPC.invalidRequest, 'The session is over; initialize again.');

/** Ends the answer to a cancelled call: nothing more is said about it. */
const hangUp = (response: ServerResponse): void => {
  if (response.destroyed) return;
  if (!response.headersSent) response.writeHead(202, API_HEADERS);
  response.end();
};
