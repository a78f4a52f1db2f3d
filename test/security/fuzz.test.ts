/**
 * Requests that nobody meant: each is answered with a 2xx, or with a 4xx that says what to do. Never a 500, never
 * silence, never a word in the log that opens anything (R-ERR-1, R-ERR-2, R-ERR-5, R-REQ-16).
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { operations } from '../../src/operations/index.ts';
import { CutOff, exchange, type RawAnswer } from '../harness/exchange.ts';
import { bytesOf, expectProblem, expectUnharmed, openTarget, proper, type Target, WORDS } from '../harness/intruder.ts';
import { type Random, random, seedOf } from '../harness/random.ts';

const REQUESTS = 500;

let target: Target;
beforeAll(async () => {
  target = await openTarget();
});
afterAll(() => expectUnharmed(target));

const FIELDS = [...new Set(operations.flatMap(({ input }) => Object.keys((input as { shape?: object }).shape ?? {})))];
const ODD = [
  '',
  ' ',
  '0',
  '-1',
  '1e999',
  'null',
  'true',
  '{}',
  '[]',
  '\u0000',
  '\u202e',
  '\ud83d\ude00',
  '%',
  '../',
  "' OR 1=1",
  '<script>',
  '{{7*7}}',
];
const ODD_JSON: readonly unknown[] = [
  ...ODD,
  null,
  true,
  0,
  -1,
  1.5,
  1e21,
  [],
  {},
  [[]],
  { a: 1 },
  'x'.repeat(3_000),
  WORDS,
  ['bravo'],
  'bravo',
  'all',
  7,
];
const HEADERS = [
  ...[
    'Content-Type: application/json',
    'Content-Type: text/xml',
    'Content-Encoding: gzip',
    'Accept: application/x-ndjson',
    'Accept: ,;q=x',
  ],
  ...['Origin: null', 'Sec-Fetch-Site: cross-site', 'Idempotency-Key: ', 'Idempotency-Key: same', 'Last-Event-ID: x', 'X-Session-Id: x'],
  ...['X-Channel-Token: x', 'Authorization: Basic eDp4', 'X-Forwarded-For: 1.2.3.4', 'Range: bytes=0-1', 'If-None-Match: *', 'Cookie: a=b'],
  ...[
    'Expect: 100-continue',
    'Upgrade: h2c',
    'TE: trailers',
    'Content-Length: 5',
    'Transfer-Encoding: chunked',
    'X-HTTP-Method-Override: DELETE',
  ],
];
const METHODS = ['GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'FOO'];

const path = (own: Random, route: string): string => {
  const id = own.chance(0.8) ? target.channel.id : encodeURIComponent(own.pick(ODD));
  const made = route.replace('{channel_id}', id).replace('{id}', () => encodeURIComponent(own.pick([...ODD, '1'])));
  // A long wait that would be right has nothing wrong to say.
  const whole = /\/(?:wait|stream)$/.test(made) ? `${made}x` : made;
  if (own.chance(0.05))
    return whole
      .split('')
      .map((char) => (own.chance(0.1) ? String.fromCharCode(own.int(33, 126)) : char))
      .join('');
  const query = Array.from({ length: own.int(0, 2) }, () => `${own.pick(FIELDS)}=${encodeURIComponent(own.pick(ODD))}`);
  if (whole.endsWith('/listen')) query.push('timeout=0');
  return query.length > 0 ? `${whole}?${query.join('&')}` : whole;
};

const body = (own: Random): string => {
  const kind = own.int(0, 9);
  if (kind === 0) return '';
  if (kind === 1) return own.pick(ODD);
  const fields = Array.from({ length: own.int(0, 3) }, () => [own.pick(FIELDS), own.pick(ODD_JSON)] as const);
  const text = JSON.stringify(Object.fromEntries(fields));
  return kind === 2 ? text.slice(0, own.int(0, text.length)) : text;
};

/** Leaving, or joining as somebody, would be somebody's right: it would only make the rest dull. */
const isHarmless = (bytes: string): boolean =>
  !/^POST \S+\/(?:leave|join)/.test(bytes) && !/^POST \/api\/(?:channels|identities)[? ]/.test(bytes);

const request = (own: Random): Buffer => {
  const { rest } = own.pick(operations);
  const method = own.chance(0.8) ? rest.method : own.pick(METHODS);
  const lines = [`${method} ${path(own, rest.path)} HTTP/1.1`];
  const given = proper(target).filter((line) => !own.chance(0.1) || line.startsWith('Connection'));
  const extra = own.chance(0.5) ? [] : [own.pick(HEADERS), own.pick(HEADERS)];
  const text = own.chance(0.6) ? body(own) : '';
  const length = text === '' ? [] : [`Content-Length: ${Buffer.byteLength(text)}`];
  const bytes = Buffer.from(bytesOf([...lines, ...given, ...extra, ...length], text));
  if (own.chance(0.05)) for (let i = own.int(1, 5); i > 0; i--) bytes[own.int(0, bytes.length - 1)] = own.int(0, 255);
  return bytes;
};

const expectAnswer = (answer: RawAnswer): void => {
  if (answer.status >= 200 && answer.status < 300) return;
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(answer.status).toBeLessThan(500);
  expectProblem(target, answer, answer.status);
};

test(`${REQUESTS} random requests are answered with a 2xx or a 4xx that says why`, async () => {
  const own = random(seedOf(71));
  const statuses = new Map<number, number>();
  for (let done = 0; done < REQUESTS; ) {
    const bytes = request(own);
    const text = bytes.toString('latin1');
    if (!isHarmless(text)) continue;
    done++;
    try {
      // Whoever asks has said all: what is waited for in vain is a body that was promised, and its end ends the wait.
      const answer = await exchange(target.hub.port, bytes, { bodiless: text.startsWith('HEAD '), half: true });
      expectAnswer(answer);
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    } catch (error) {
      // A request that ends too early has nobody to answer.
      if (error instanceof CutOff && error.bytes.length === 0) statuses.set(0, (statuses.get(0) ?? 0) + 1);
      else throw new Error(`seed ${own.seed}, request ${done}: ${JSON.stringify(text.slice(0, 600))}`, { cause: error });
    }
  }
  const sorted = [...statuses].sort(([a], [b]) => a - b).map(([status, n]) => `${n} × ${status || 'no answer'}`);
  console.log(`${REQUESTS} random requests (seed ${own.seed}): ${sorted.join(', ')}`);
  expect(statuses.get(0) ?? 0).toBeLessThan(REQUESTS / 20);
});

test('200 pieces of noise end in a 400 or in nothing', async () => {
  const own = random(seedOf(72));
  for (let i = 0; i < 200; i++) {
    const noise = Buffer.from(Array.from({ length: own.int(1, 200) }, () => own.int(0, 255)));
    try {
      expectAnswer(await exchange(target.hub.port, Buffer.concat([noise, Buffer.from('\r\n\r\n')]), { half: true }));
    } catch (error) {
      if (!(error instanceof CutOff && error.bytes.length === 0)) throw error;
    }
  }
});
