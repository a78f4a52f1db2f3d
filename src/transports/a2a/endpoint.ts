/**
 * `POST /a2a/:channel_id` and `POST /a2a`: Agent2Agent 1.0, JSON-RPC binding. Every callsign of a channel can be spoken
 * to; the caller shows the channel's token and names its own callsign.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { HubError } from '../../core/errors.ts';
import type { Hub } from '../../core/hub.ts';
import { admitToHub } from '../../operations/admit.ts';
import type { AnyOperation, Proof, Services } from '../../operations/operation.ts';
import { writeJson } from '../answer.ts';
import { readValue } from '../body.ts';
import { goneSignal } from '../gone.ts';
import { type Id, JSON_RPC, RpcError, rpcError, rpcResult } from '../jsonrpc.ts';
import { wrongMethod } from '../methods.ts';
import { bearerOf, type RequestFacts, single } from '../rest.ts';
import { Line, stepsOf } from './line.ts';
import { run } from './methods.ts';
import { anywhere, parse } from './params.ts';
import { type A2aRequest, checkVersion, invalidParams, readRequest, refusal } from './protocol.ts';
import { readContextId, readTaskId } from './tasks.ts';

export type A2aHandler = (request: IncomingMessage, response: ServerResponse, facts: RequestFacts) => boolean;

const PATH = /^\/a2a(?:\/([a-z0-9-]{1,80}))?\/?$/;

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;

/** What a request says in its metadata of the channel it is for. */
const namedIn = ({ params }: A2aRequest): string[] => {
  const own = parse(anywhere, { metadata: fieldOf(fieldOf(params, 'message'), 'metadata') }).metadata;
  return [own?.channel_id, parse(anywhere, params).metadata?.channel_id].filter((id) => id !== undefined);
};

/** Where a request without a channel in its address names one: in its metadata, as its tenant, or by a task or context. */
const channelOf = (request: A2aRequest): string | undefined => {
  const { params } = request;
  const message = fieldOf(params, 'message');
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  return (
    namedIn(request)[0] ??
    parse(anywhere, params).tenant ??
    readTaskId(text(fieldOf(params, 'id') ?? fieldOf(message, 'taskId')))?.channelId ??
    readContextId(text(fieldOf(params, 'contextId') ?? fieldOf(message, 'contextId')))?.channelId
  );
};

const write = (response: ServerResponse, id: Id | null, error: RpcError, from?: HubError): void => {
  for (const [name, value] of Object.entries(from?.options.headers ?? {})) response.setHeader(name, value);
  if (from?.options.retryAfter !== undefined) response.setHeader('Retry-After', from.options.retryAfter);
  if (error.status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
  writeJson(response, error.status, rpcError(id, error, 'null'));
};

/** Writes a refusal of the HTTP request as JSON-RPC. */
export const writeA2aRefusal = (response: ServerResponse, error: HubError): void => write(response, null, refusal(error, true), error);

/**
 * Makes the A2A transport.
 * @param onBug told of errors that are nobody's fault but ours
 * @returns a handler that answers `/a2a` and `/a2a/:channel_id`, and says false to any other path
 */
export const createA2a = (
  hub: Hub,
  services: Services,
  operations: readonly AnyOperation[],
  onBug: (error: unknown, requestId: string) => void,
): A2aHandler => {
  const steps = stepsOf(operations);

  const answer = async (
    request: IncomingMessage,
    response: ServerResponse,
    facts: RequestFacts,
    place: string | undefined,
    query: string,
  ) => {
    const { headers } = request;
    if (!/^application\/json\s*(?:;|$)/i.test(headers['content-type'] ?? ''))
      throw new HubError('unsupported_media_type', 'The body must be application/json.');
    const bearer = bearerOf(headers.authorization);
    const body = await readValue(request, hub.limits.sizes.bodyBytes);
    if (body === undefined) throw new HubError('invalid_json', 'The body is empty.');
    const asked = readRequest(body);
    const gone = goneSignal(response);
    try {
      const channelId = place ?? channelOf(asked);
      if (channelId === undefined) {
        await admitToHub(hub, services, { bearer, address: facts.address });
        throw invalidParams('message.metadata.channel_id', 'is missing: name the channel there, or POST to /a2a/CHANNEL_ID');
      }
      const proof: Proof = {
        transport: 'a2a',
        ...facts,
        channelId,
        bearer,
        channelToken: single(headers['x-channel-token']),
      };
      const line = new Line(hub, services, steps, { ...proof, channelId });
      // Whoever has no token learns nothing, not even which methods there are.
      await line.held();
      checkVersion(single(headers['a2a-version']), query);
      // It would be heard by others than it is for.
      if (namedIn(asked).some((id) => id !== channelId))
        throw invalidParams('message.metadata.channel_id', 'is another channel than that of the address; leave one of them out');
      const result = await run(asked.method, { line, clock: hub.clock, params: asked.params, gone });
      if (!gone.aborted) writeJson(response, 200, rpcResult(asked.id, result));
    } catch (error) {
      if (response.destroyed || gone.aborted) return;
      if (error instanceof HubError) write(response, asked.id, refusal(error), error);
      else if (error instanceof RpcError) write(response, asked.id, error);
      else {
        onBug(error, facts.requestId);
        write(response, asked.id, new RpcError(500, JSON_RPC.internal, 'The hub failed. Try again.'));
      }
    }
  };

  return (request, response, facts) => {
    const url = request.url ?? '';
    const mark = url.indexOf('?');
    const match = PATH.exec(mark < 0 ? url : url.slice(0, mark));
    if (!match) return false;
    if (request.method !== 'POST') {
      writeA2aRefusal(response, wrongMethod('POST'));
      return true;
    }
    answer(request, response, facts, match[1], mark < 0 ? '' : url.slice(mark + 1)).catch((error: unknown) => {
      if (error instanceof RpcError) return write(response, error.id, error);
      if (!(error instanceof HubError)) onBug(error, facts.requestId);
      if (response.headersSent || response.destroyed) response.destroy();
      else writeA2aRefusal(response, error instanceof HubError ? error : new HubError('internal'));
    });
    return true;
  };
};
