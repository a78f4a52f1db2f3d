/** Reading what a request brought: bodies and query strings, with clear refusals. */
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { HubError } from '../core/errors.ts';
import { sizeText } from '../core/wording.ts';

/** Content types whose body is read as JSON: what curl -d sends, too. */
const JSON_TYPES = new Set(['application/json', 'application/x-www-form-urlencoded', 'text/plain']);
const CHARSETS = new Set(['utf-8', 'utf8', 'us-ascii']);

const typeVerdicts = new Map<string, HubError | null>();

const judgeType = (header: string): HubError | null => {
  const [type = '', ...parameters] = header.split(';').map((part) => part.trim().toLowerCase());
  if (!JSON_TYPES.has(type)) return new HubError('unsupported_media_type', `The Content-Type is none of ${[...JSON_TYPES].join(', ')}.`);
  for (const parameter of parameters) {
    const charset = /^charset="?([^"]*)"?$/.exec(parameter)?.[1];
    if (charset !== undefined && !CHARSETS.has(charset)) return new HubError('unsupported_media_type', 'The body must be UTF-8.');
  }
  return null;
};

/** @throws HubError unsupported_media_type */
const checkType = (request: IncomingMessage): void => {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new HubError('unsupported_media_type', 'The body must not be compressed.');
  }
  const header = request.headers['content-type'];
  if (header === undefined) return;
  let verdict = typeVerdicts.get(header);
  if (verdict === undefined) {
    verdict = judgeType(header);
    if (typeVerdicts.size < 100) typeVerdicts.set(header, verdict);
  }
  if (verdict) throw verdict;
};

/** So much more than it may have a body is read and dropped: who is still writing would see a reset instead of the answer. */
const DROPPED_BYTES = 8 * 1024 * 1024;

/**
 * Reads a whole body.
 * @throws HubError body_too_large, of one that is far too large as soon as it is known; bad_request when the client goes away in between
 */
const readBytes = (request: IncomingMessage, most: number): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const tooLarge = (headers = {}): HubError =>
      new HubError('body_too_large', `A body may have at most ${most} bytes.`, { hint: `Send at most ${sizeText(most)}.`, headers });
    const refuseNow = (): void => {
      request.removeAllListeners('data');
      request.resume();
      reject(tooLarge({ Connection: 'close' }));
    };
    if (Number(request.headers['content-length'] ?? 0) > most + DROPPED_BYTES) {
      refuseNow();
      return;
    }
    let chunks: Buffer[] | null = null;
    let only: Buffer | null = null;
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > most + DROPPED_BYTES) refuseNow();
      else if (size > most) chunks = only = null;
      else if (only === null) only = chunk;
      else {
        chunks ??= [only];
        chunks.push(chunk);
      }
    });
    request.once('end', () => (size > most ? reject(tooLarge()) : resolve(chunks ? Buffer.concat(chunks) : (only ?? Buffer.alloc(0)))));
    const cutOff = (): void => {
      if (!request.complete) reject(new HubError('bad_request', 'The body was cut off.'));
    };
    request.once('error', cutOff);
    request.once('close', cutOff);
  });

/**
 * Reads a body as JSON; undefined when it is empty.
 * @throws HubError unsupported_media_type, body_too_large, invalid_json
 */
export const readValue = async (request: IncomingMessage, most: number): Promise<unknown> => {
  checkType(request);
  const bytes = await readBytes(request, most);
  if (bytes.length === 0) return undefined;
  if (!isUtf8(bytes)) throw new HubError('invalid_json', 'The body is not UTF-8.');
  try {
    return JSON.parse(bytes.toString());
  } catch {
    throw new HubError('invalid_json');
  }
};

/**
 * Reads a body as one JSON object. An empty body is an object without fields.
 * @throws HubError unsupported_media_type, body_too_large, invalid_json, invalid_body
 */
export const readJson = async (request: IncomingMessage, most: number): Promise<Record<string, unknown>> => {
  const value = await readValue(request, most);
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new HubError('invalid_body', 'The body must be one JSON object.');
  return value as Record<string, unknown>;
};

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new HubError('bad_request', 'The query has a broken percent escape.');
  }
};

/**
 * Reads a query string; numbers in it are still text.
 * @throws HubError bad_request for a parameter that is given twice or badly escaped
 */
export const readQuery = (query: string): Record<string, unknown> => {
  const fields: Record<string, unknown> = {};
  const escaped = query.includes('%') || query.includes('+');
  for (let at = 0; at < query.length; ) {
    const and = query.indexOf('&', at);
    const end = and < 0 ? query.length : and;
    const start = at;
    at = end + 1;
    if (start === end) continue;
    const equals = query.indexOf('=', start);
    const split = equals < 0 || equals > end ? end : equals;
    let name = query.slice(start, split);
    let value = query.slice(split + 1, Math.max(end, split + 1));
    if (escaped) [name, value] = [decode(name), decode(value)];
    if (Object.hasOwn(fields, name)) throw new HubError('bad_request', 'A query parameter is given twice.');
    // A field like any other, which no operation has; assigned, it would be the object's prototype.
    if (name === '__proto__') Object.defineProperty(fields, name, { value, enumerable: true });
    else fields[name] = value;
  }
  return fields;
};
