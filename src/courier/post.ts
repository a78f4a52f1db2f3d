/**
 * One POST to a stranger's address: nothing is followed, nothing is kept, and it is over in ten seconds.
 *
 * Straight from node:http, because the connection's own `lookup` is the only place where the address that is checked
 * is the address that is connected to. No agent keeps a connection, and no proxy of the environment is used.
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { Clock } from '../core/clock.ts';
import { checkAddress, checkUrl, hostOf, isLiteral, RefusedError, type Resolve, resolveChecked } from './addresses.ts';

/** Connecting, sending, headers and body together. */
export const ATTEMPT_MS = 10_000;
/** What is read of an answer before the hub hangs up. */
const ANSWER_BYTES = 4096;

export interface Letter {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What became of it. `reason` is null for a 2xx whose answer came whole. */
export interface Outcome {
  readonly status: number | null;
  readonly reason: string | null;
}

export interface PostOptions {
  readonly allowPrivate: boolean;
  readonly resolve: Resolve;
  readonly clock: Clock;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the name does not resolve',
  ENODATA: 'the name does not resolve',
  EAI_AGAIN: 'the name does not resolve now',
  ETIMEOUT: 'the name does not resolve now',
  ESERVFAIL: 'the name does not resolve now',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  ETIMEDOUT: 'timed out',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
};

/** An error in plain words, without what it may carry. */
const reasonOf = (error: unknown): string => {
  if (error instanceof RefusedError) return error.message;
  const { code = '' } = error as NodeJS.ErrnoException;
  const known = REASONS[code];
  if (known) return known;
  if (code.startsWith('HPE_')) return 'the answer is not HTTP';
  if (/CERT|^ERR_TLS|^ERR_SSL|^EPROTO$|SELF_SIGNED|UNABLE_TO/.test(code))
    return 'TLS failed: the certificate or the protocol is not accepted';
  return 'the connection failed';
};

/** For a connection: resolves, checks, and hands on what was checked. */
const checkedLookup =
  ({ resolve, allowPrivate }: PostOptions): LookupFunction =>
  (hostname, { all }, callback) => {
    resolveChecked(hostname.replace(/\.+$/, ''), resolve, allowPrivate).then(
      (found) => (all ? callback(null, [...found]) : callback(null, found[0]!.address, found[0]!.family)),
      (error: unknown) => callback(error as NodeJS.ErrnoException, '', 0),
    );
  };

/**
 * Posts a letter and says how it went; never throws.
 * @param gone aborts it; then the outcome is worth nothing
 */
export const post = (letter: Letter, options: PostOptions, gone: AbortSignal): Promise<Outcome> =>
  new Promise((done) => {
    let stop = (): void => {};
    let hangUp = (): void => {};
    const finish = (outcome: Outcome): void => {
      stop();
      gone.removeEventListener('abort', abort);
      hangUp();
      done(outcome);
    };
    const abort = (): void => finish({ status: null, reason: 'aborted' });
    const fail = (error: unknown): void => finish({ status: null, reason: reasonOf(error) });
    try {
      const url = checkUrl(letter.url, options.allowPrivate);
      const secure = url.protocol === 'https:';
      const how: RequestOptions = {
        method: 'POST',
        headers: { ...letter.headers, 'Content-Length': Buffer.byteLength(letter.body), Connection: 'close' },
        agent: secure ? new HttpsAgent({ keepAlive: false }) : new HttpAgent({ keepAlive: false }),
        lookup: checkedLookup(options),
        maxHeaderSize: 16 * 1024,
      };
      const request = secure ? httpsRequest(url, how) : httpRequest(url, how);
      hangUp = () => request.destroy();
      stop = options.clock.after(ATTEMPT_MS, () => finish({ status: null, reason: 'timed out' }));
      gone.addEventListener('abort', abort);
      request.on('error', fail);
      // The check at creation and the one of the lookup are enough; this one is for whatever gets past both.
      request.on('socket', (socket) =>
        socket.once('connect', () => {
          try {
            checkAddress(socket.remoteAddress ?? '', options.allowPrivate);
          } catch (error) {
            fail(error);
          }
        }),
      );
      request.on('response', (response) => hear(response, finish));
      // A 101, for which nobody asked: without a listener Node hangs up and says nothing.
      request.on('upgrade', (response, socket) => {
        socket.destroy();
        hear(response, finish);
      });
      request.end(letter.body);
      if (gone.aborted) abort();
    } catch (error) {
      fail(error);
    }
  });

const hear = (response: IncomingMessage, finish: (outcome: Outcome) => void): void => {
  const status = response.statusCode ?? 0;
  if (status < 200 || status >= 300) {
    const reason = status >= 300 && status < 400 ? 'redirects are not followed' : `answered ${status}`;
    finish({ status, reason });
    return;
  }
  let read = 0;
  response.on('data', (bytes: Buffer) => {
    read += bytes.length;
    if (read > ANSWER_BYTES) finish({ status, reason: null });
  });
  response.on('end', () => finish({ status, reason: null }));
  response.on('error', (error) => finish({ status, reason: reasonOf(error) }));
  response.on('close', () => finish({ status, reason: 'connection reset' }));
};

/**
 * Looks at a URL, and at what its name resolves to now. A name that does not resolve now may do so later.
 * @throws RefusedError
 */
export const checkTarget = async (text: string, { allowPrivate, resolve, clock }: PostOptions): Promise<URL> => {
  const url = checkUrl(text, allowPrivate);
  if (isLiteral(hostOf(url))) return url;
  let stop = (): void => {};
  const late = new Promise<void>((resolve) => {
    stop = clock.after(ATTEMPT_MS / 2, resolve);
  });
  const look = resolveChecked(hostOf(url), resolve, allowPrivate).then(
    () => {},
    (error: unknown) => {
      if (error instanceof RefusedError) throw error;
    },
  );
  await Promise.race([look, late]).finally(() => stop());
  return url;
};
