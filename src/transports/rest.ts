/**
 * REST, made from the list of operations. A route gathers the proof and the fields and calls the gate; what comes
 * back is written in the form the operation names. Nothing about an operation is known here.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { HubError } from '../core/errors.ts';
import type { Hub } from '../core/hub.ts';
import { type AnyOperation, type Executed, execute, type Proof, type Services } from '../operations/operation.ts';
import { encodeJson } from '../operations/wire.ts';
import { problem, writeJson, writeProblem } from './answer.ts';
import { readJson, readQuery } from './body.ts';
import { goneSignal } from './gone.ts';
import { wrongMethod } from './methods.ts';
import { writeLate, writePages, writeStream } from './stream.ts';

/** An operation as a route: what can be worked out before any request comes. */
interface Route {
  readonly op: AnyOperation;
  readonly status: number;
  /** Input fields that are numbers; in a query they come as text. */
  readonly numbers: ReadonlySet<string>;
  /** Input fields that come as headers. */
  readonly headers: readonly (readonly [field: string, header: string])[];
}

/** A tree of path segments. */
interface Segment {
  readonly fixed: Map<string, Segment>;
  parameter: { readonly name: string; readonly next: Segment } | null;
  readonly methods: Map<string, Route>;
}

const newSegment = (): Segment => ({ fixed: new Map(), parameter: null, methods: new Map() });

const isNumber = (schema: unknown): boolean => {
  const { type, anyOf } = schema as { type?: string; anyOf?: unknown[] };
  return type === 'integer' || type === 'number' || (anyOf?.every(isNumber) ?? false);
};

const routeOf = (op: AnyOperation): Route => {
  const { properties = {} } = z.toJSONSchema(op.input, { io: 'input' }) as { properties?: Record<string, unknown> };
  return {
    op,
    status: op.rest.status ?? 200,
    numbers: new Set(Object.keys(properties).filter((field) => isNumber(properties[field]))),
    headers: Object.entries(op.rest.headers ?? {}).map(([field, header]) => [field, header.toLowerCase()]),
  };
};

const buildTree = (operations: readonly AnyOperation[]): Segment => {
  const root = newSegment();
  for (const op of operations) {
    let at = root;
    for (const part of op.rest.path.split('/').slice(1)) {
      if (part.startsWith('{')) {
        at.parameter ??= { name: part.slice(1, -1), next: newSegment() };
        at = at.parameter.next;
      } else {
        const next = at.fixed.get(part) ?? newSegment();
        at.fixed.set(part, next);
        at = next;
      }
    }
    at.methods.set(op.rest.method, routeOf(op));
  }
  return root;
};

interface Found {
  readonly segment: Segment;
  readonly parameters: Record<string, string>;
}

const decodePart = (part: string): string => {
  if (!part.includes('%')) return part;
  try {
    return decodeURIComponent(part);
  } catch {
    throw new HubError('bad_request', 'The path has a broken percent escape.');
  }
};

const find = (root: Segment, path: string): Found | null => {
  const parameters: Record<string, string> = {};
  let segment = root;
  for (let at = path.startsWith('/') ? 1 : 0; at <= path.length; ) {
    const slash = path.indexOf('/', at);
    const part = slash < 0 ? path.slice(at) : path.slice(at, slash);
    at = slash < 0 ? path.length + 1 : slash + 1;
    const fixed = segment.fixed.get(part);
    if (fixed) segment = fixed;
    else if (segment.parameter && part !== '') {
      parameters[segment.parameter.name] = decodePart(part);
      segment = segment.parameter.next;
    } else return null;
  }
  return segment.methods.size > 0 ? { segment, parameters } : null;
};

/** What a request looks like before it is known which operation it is for. */
export interface RequestFacts {
  readonly address: string;
  readonly origin: string;
  readonly requestId: string;
}

export type RestHandler = (request: IncomingMessage, response: ServerResponse, facts: RequestFacts) => boolean;

/** The token of an Authorization header. @throws HubError unauthorized when it is of another kind */
export const bearerOf = (header: string | undefined): string | undefined => {
  if (header === undefined) return undefined;
  if (/^Bearer [^\s]+$/.test(header)) return header.slice(7);
  const match = /^bearer +([^\s]+) *$/i.exec(header);
  if (!match) {
    throw new HubError('unauthorized', 'The Authorization header is not "Bearer TOKEN".', {
      hint: 'Send one token, as "Authorization: Bearer TOKEN".',
    });
  }
  return match[1];
};

/** The value of a header field of which only one makes sense. */
export const single = (header: string | string[] | undefined): string | undefined => (Array.isArray(header) ? header[0] : header);

/**
 * Makes the REST transport.
 * @param onBug told of errors that are nobody's fault but ours
 * @returns a handler that answers requests for operations, and says false to any other
 */
export const createRest = (
  hub: Hub,
  services: Services,
  operations: readonly AnyOperation[],
  onBug: (error: unknown, requestId: string) => void,
): RestHandler => {
  const root = buildTree(operations);

  const fail = (response: ServerResponse, error: unknown, facts: RequestFacts): void => {
    if (!(error instanceof HubError)) onBug(error, facts.requestId);
    if (response.destroyed) return;
    writeProblem(response, error instanceof HubError ? error : new HubError('internal'), facts.origin, facts.requestId);
  };

  /** All that was said, in one object: `input` from the body or the query, headers, the path. */
  const gather = (request: IncomingMessage, { op, numbers, headers }: Route, found: Found, input: Record<string, unknown>): void => {
    // Field by field: what comes as a header must not come in the body as well, under a name that is ours.
    for (const [field, header] of headers) {
      if (field in input)
        throw new HubError('unknown_field', `This operation has no field "${field}".`, { hint: `Send it as the header "${header}".` });
      const value = single(request.headers[header]);
      if (value !== undefined) input[field] = value;
    }
    for (const name in found.parameters) if (name !== 'channel_id') input[name] = found.parameters[name];
    if (op.rest.method !== 'GET') return;
    for (const field of numbers) {
      const value = input[field];
      if (typeof value === 'string' && /^-?[0-9]{1,15}$/.test(value)) input[field] = Number(value);
    }
  };

  const bodyOf = (request: IncomingMessage, query: string): Promise<Record<string, unknown>> => {
    if (query !== '') throw new HubError('bad_request', 'This operation takes its fields in the body, not in the query.');
    return readJson(request, hub.limits.sizes.bodyBytes);
  };

  const write = async (
    request: IncomingMessage,
    response: ServerResponse,
    { op }: Route,
    executed: Exclude<Executed, { answers: 'once' }>,
    facts: RequestFacts,
  ): Promise<void> => {
    if (executed.answers === 'stream') await writeStream(response, hub.clock, executed, request.headers.accept);
    else if (executed.answers === 'pages') await writePages(response, executed, request.headers.accept);
    else await writeLate(response, hub.clock, executed, op.encode ?? encodeJson, (error) => problem(error, facts.origin, facts.requestId));
  };

  /** No async function, as with {@link execute}: a parked listen would hold its frame. */
  const serve = (request: IncomingMessage, response: ServerResponse, found: Found, query: string, facts: RequestFacts): void => {
    const failed = (error: unknown): void => fail(response, error, facts);
    const answer = (route: Route, executed: Executed): void => {
      try {
        if (executed.answers === 'once')
          writeJson(response, route.status, (route.op.encode ?? encodeJson)(executed.value), executed.delivery);
        else write(request, response, route, executed, facts).catch(failed);
      } catch (error) {
        failed(error);
      }
    };
    const run = (route: Route, proof: Proof, input: Record<string, unknown>): void => {
      try {
        gather(request, route, found, input);
        const executed = execute(hub, services, route.op, proof, input, route.op.parks ? goneSignal(response) : undefined);
        if (executed instanceof Promise) executed.then((done) => answer(route, done), failed);
        else answer(route, executed);
      } catch (error) {
        failed(error);
      }
    };
    try {
      const route = found.segment.methods.get(request.method ?? '');
      if (!route) throw wrongMethod([...found.segment.methods.keys()].join(', '));
      const { headers } = request;
      const proof: Proof = {
        transport: 'rest',
        address: facts.address,
        origin: facts.origin,
        requestId: facts.requestId,
        channelId: found.parameters['channel_id'],
        bearer: bearerOf(headers.authorization),
        channelToken: single(headers['x-channel-token']),
        sessionId: single(headers['x-session-id']),
      };
      if (route.op.rest.method === 'GET') {
        // Unread, a body would keep Node from reading the connection, and from seeing that the client is gone.
        if (headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined) request.resume();
        run(route, proof, readQuery(query));
      } else bodyOf(request, query).then((input) => run(route, proof, input), failed);
    } catch (error) {
      failed(error);
    }
  };

  return (request, response, facts) => {
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    let found: Found | null;
    try {
      found = find(root, mark < 0 ? url : url.slice(0, mark));
    } catch (error) {
      fail(response, error, facts);
      return true;
    }
    if (!found) return false;
    serve(request, response, found, mark < 0 ? '' : url.slice(mark + 1), facts);
    return true;
  };
};
