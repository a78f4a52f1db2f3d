/** Who may ask, for what, and how: hosts, origins, methods, paths, headers. R-REQ-1 to R-REQ-7, R-REQ-14 to R-REQ-18. */
import { beforeAll, describe, expect, test } from 'vitest';
import { CutOff, exchange } from '../harness/exchange.ts';
import { follow } from '../harness/follow.ts';
import {
  ask,
  bytesOf,
  expectApiHeaders,
  expectProblem,
  expectUnharmed,
  get,
  openTarget,
  proper,
  type Target,
} from '../harness/intruder.ts';
import { call } from '../harness/rest.ts';

let target: Target;
beforeAll(async () => {
  target = await openTarget(['--allow-host', 'hub.internal']);
});

const roster = (): string => `${target.channel.path}/roster`;
/** The headers of a proper call without its Host. */
const hostless = (): string[] => proper(target).slice(1);

describe('R-REQ-1, R-REQ-2: hosts', () => {
  test.each<[name: string, line: string, hosts: () => string[], status: number]>([
    ['its own address', 'HTTP/1.1', () => [target.host], 200],
    ['localhost', 'HTTP/1.1', () => [`localhost:${target.hub.port}`], 200],
    ['::1', 'HTTP/1.1', () => [`[::1]:${target.hub.port}`], 200],
    ['in capitals', 'HTTP/1.1', () => [`LOCALHOST:${target.hub.port}`], 200],
    ['an allowed name', 'HTTP/1.1', () => ['hub.internal'], 200],
    ['another name', 'HTTP/1.1', () => ['attacker.example'], 403],
    ['another name with the port', 'HTTP/1.1', () => [`attacker.example:${target.hub.port}`], 403],
    ['a name that begins like ours', 'HTTP/1.1', () => [`localhost.attacker.example:${target.hub.port}`], 403],
    ['ours as somebody else’s user', 'HTTP/1.1', () => [`${target.host}@attacker.example`], 403],
    ['our address without the port', 'HTTP/1.1', () => ['127.0.0.1'], 403],
    ['our address with another port', 'HTTP/1.1', () => ['127.0.0.1:1'], 403],
    ['another spelling of our address', 'HTTP/1.1', () => [`2130706433:${target.hub.port}`], 403],
    ['an empty one', 'HTTP/1.1', () => [''], 403],
    ['none', 'HTTP/1.1', () => [], 403],
    ['none in HTTP/1.0', 'HTTP/1.0', () => [], 403],
    ['two, ours first', 'HTTP/1.1', () => [target.host, 'attacker.example'], 403],
    ['two, ours last', 'HTTP/1.1', () => ['attacker.example', target.host], 403],
    ['ours twice', 'HTTP/1.1', () => [target.host, target.host], 403],
  ])('%s', async (_, version, hosts, status) => {
    const lines = [`GET ${roster()} ${version}`, ...hosts().map((host) => `Host: ${host}`), ...hostless()];
    const answer = await ask(target, lines);
    if (status === 200) expect(answer.status).toBe(200);
    else {
      expectProblem(target, answer, status, 'host_not_allowed');
      expect(answer.body).not.toContain('attacker');
    }
  });

  test.each(['http://attacker.example', 'http://attacker.example:80', 'https://x', 'ftp:'])('an absolute target: %s', async (origin) => {
    const answer = await ask(target, [`GET ${origin}${roster()} HTTP/1.1`, ...proper(target)]);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expectProblem(target, answer, answer.status);
  });

  test.each(['/', '/healthz', '/readyz', '/llms.txt', '/docs/errors', '/nothing'])('on every route: %s', async (path) => {
    expectProblem(target, await ask(target, [`GET ${path} HTTP/1.1`, 'Host: attacker.example', ...hostless()]), 403, 'host_not_allowed');
  });
});

describe('R-REQ-3, R-REQ-4, R-REQ-5: pages of others', () => {
  const navigation = ['Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: document'];
  test.each<[name: string, headers: () => string[], path: () => string, refused: boolean]>([
    ['no Origin', () => [], roster, false],
    ['its own Origin', () => [`Origin: http://${target.host}`], roster, false],
    ['a foreign Origin', () => ['Origin: https://attacker.example'], roster, true],
    ['Origin: null', () => ['Origin: null'], roster, true],
    ['an empty Origin', () => ['Origin:'], roster, true],
    ['its own under another port', () => ['Origin: http://127.0.0.1:1'], roster, true],
    ['two Origins', () => [`Origin: http://${target.host}`, 'Origin: https://attacker.example'], roster, true],
    ['Sec-Fetch-Site: same-origin', () => ['Sec-Fetch-Site: same-origin'], roster, false],
    ['Sec-Fetch-Site: none', () => ['Sec-Fetch-Site: none'], roster, false],
    ['Sec-Fetch-Site: cross-site', () => ['Sec-Fetch-Site: cross-site'], roster, true],
    ['Sec-Fetch-Site: same-site', () => ['Sec-Fetch-Site: same-site'], roster, true],
    ['a navigation to the API', () => ['Sec-Fetch-Site: cross-site', ...navigation], roster, true],
    ['a navigation to a page', () => ['Sec-Fetch-Site: cross-site', ...navigation], () => '/', false],
    ['an image of a page', () => ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: no-cors', 'Sec-Fetch-Dest: image'], () => '/', true],
    ['a frame of a page', () => ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: iframe'], () => '/', true],
  ])('%s', async (_, headers, path, refused) => {
    const answer = await get(target, path(), ...headers());
    if (refused) expectProblem(target, answer, 403, 'origin_not_allowed');
    else expect(answer.status).toBe(200);
    expect(Object.keys(answer.headers).join()).not.toContain('access-control');
  });

  test('a preflight gets no leave', async () => {
    const headers = ['Access-Control-Request-Method: POST', 'Access-Control-Request-Headers: authorization'];
    const lines = [`OPTIONS ${target.channel.path}/send HTTP/1.1`, ...proper(target), ...headers];
    expectProblem(target, await ask(target, [...lines, 'Origin: https://attacker.example']), 403, 'origin_not_allowed');
    expectProblem(target, await ask(target, lines), 405, 'method_not_allowed');
  });
});

describe('R-REQ-6, R-REQ-7: methods', () => {
  const ROUTES = [
    ['/send', 'POST'],
    ['/join', 'POST'],
    ['/ack', 'POST'],
    ['/leave', 'POST'],
    ['/listen', 'GET'],
    ['/wait', 'GET'],
    ['/stream', 'GET'],
    ['/roster', 'GET'],
    ['/history', 'GET'],
    ['/messages/1', 'GET'],
    ['/transcript', 'GET'],
  ] as const;
  const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'PURGE'];
  test.each(ROUTES)('%s takes %s only, and says so', async (path, allowed) => {
    for (const method of METHODS.filter((name) => name !== allowed)) {
      const answer = await ask(target, [`${method} ${target.channel.path}${path} HTTP/1.1`, ...proper(target)]);
      expectProblem(target, answer, 405, method === 'HEAD' ? undefined : 'method_not_allowed');
      expect(answer.headers['allow']).toContain(allowed);
    }
  });

  test('a method in small letters, and none that there ever was', async () => {
    for (const method of ['get', 'GeT', 'FROBNICATE', 'GET,POST', '']) {
      const answer = await ask(target, [`${method} ${roster()} HTTP/1.1`, ...proper(target)]);
      expectProblem(target, answer, answer.status);
      expect([400, 405]).toContain(answer.status);
    }
  });

  test('a wrong method on a page is 405, too', async () => {
    for (const path of ['/healthz', '/readyz', '/llms.txt', '/', '/docs/errors']) {
      const answer = await ask(target, [`POST ${path} HTTP/1.1`, ...proper(target), 'Content-Length: 0']);
      expectProblem(target, answer, 405, 'method_not_allowed');
      expect(answer.headers['allow']).toContain('GET');
    }
  });
});

describe('R-ERR-11: paths', () => {
  const P = '/api/channels';
  test.each([
    ...['//api/channels', `/${P}`, `${P}/`, '/api//channels', '/api/./channels/x/roster', `${P}/../../etc/passwd`],
    ...[
      '/api',
      '/api/',
      '/API/CHANNELS',
      '/..',
      '/%2e%2e/%2e%2e/etc/passwd',
      '/api%2fchannels',
      `${P}%00`,
      '/\\..\\..',
      '/.env',
      '/.git/HEAD',
    ],
  ])('%s is not there', async (path) => {
    const answer = await get(target, path);
    expectProblem(target, answer, answer.status);
    expect([400, 404, 405]).toContain(answer.status);
  });

  test.each([
    ...[
      'nobody-here-000000',
      '..',
      '%2e%2e',
      '%00',
      'a%2fb',
      'a%00b',
      '%20',
      "'",
      '%27%20OR%201=1--',
      '__proto__',
      'constructor',
      '%F0%9F%A6%A6',
    ],
    'x'.repeat(5_000),
  ])('a channel that is not there: %s', async (id) => {
    expectProblem(target, await get(target, `${P}/${id}/roster`), 401, 'unauthorized');
  });

  test.each(['%', '%zz', '%ff', '%c0%af', '%ed%a0%80'])('R-REQ-14: a broken escape in the path and in the query: %s', async (broken) => {
    expectProblem(target, await get(target, `${P}/${broken}/roster`), 400, 'bad_request');
    expectProblem(target, await get(target, `${target.channel.path}/history?n=${broken}`), 400, 'bad_request');
  });
});

describe('R-REQ-14, R-REQ-15: queries', () => {
  test.each(['n=5&n=5', 'n=5&%6e=6', 'n=5&n', '&n=1&&n=2'])('a parameter twice: %s', async (query) => {
    expectProblem(target, await get(target, `${target.channel.path}/history?${query}`), 400, 'bad_request');
  });

  test.each([
    ...[
      'token',
      'access_token',
      'join_token',
      'owner_token',
      'session_id',
      'identity_key',
      'owner_password',
      'password',
      'Authorization',
      'TOKEN',
      'admin_token',
      'x-channel-token',
      'api_key',
      'secret',
      'auth',
    ],
  ])('a secret in the URL, right or wrong: %s', async (name) => {
    for (const value of [target.channel.token, 'wrong', '']) {
      for (const path of [`${target.channel.path}/history`, '/', '/api/channels', '/nothing']) {
        expectProblem(target, await get(target, `${path}?n=1&${name}=${value}`), 400, 'secret_in_url');
      }
    }
  });

  test('a secret under any other name', async () => {
    for (const secret of target.secrets.filter((one) => one.startsWith('rt_'))) {
      expectProblem(target, await get(target, `/api/channels?q=${secret}`), 400, 'secret_in_url');
    }
  });
});

describe('R-REQ-18: bytes that are not a request', () => {
  test.each<[name: string, lines: () => string[]]>([
    ['nothing but words', () => ['hello, is this the hub?']],
    ['another protocol', () => ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03']],
    ['HTTP/3.0', () => [`GET ${roster()} HTTP/3.0`, ...proper(target)]],
    ['a header without a colon', () => [`GET ${roster()} HTTP/1.1`, ...proper(target), 'Colonless']],
    ['a folded header', () => [`GET ${roster()} HTTP/1.1`, ...proper(target), 'X-Folded: a', '\tb: c']],
    ['a NUL in a header', () => [`GET ${roster()} HTTP/1.1`, ...proper(target), 'X-Nul: a\0b']],
    ['a space before the colon', () => [`GET ${roster()} HTTP/1.1`, ...proper(target), 'Content-Length : 0']],
    ['two lengths', () => [`POST ${target.channel.path}/send HTTP/1.1`, ...proper(target), 'Content-Length: 2', 'Content-Length: 3']],
    [
      'a length and chunks',
      () => [`POST ${target.channel.path}/send HTTP/1.1`, ...proper(target), 'Content-Length: 2', 'Transfer-Encoding: chunked'],
    ],
    ['a negative length', () => [`POST ${target.channel.path}/send HTTP/1.1`, ...proper(target), 'Content-Length: -1']],
    ['a chunk of no size', () => [`POST ${target.channel.path}/send HTTP/1.1`, ...proper(target), 'Transfer-Encoding: chunked', '', 'zz']],
    ['an encoding nobody knows', () => [`POST ${target.channel.path}/send HTTP/1.1`, ...proper(target), 'Transfer-Encoding: rot13']],
    ['an expectation nobody knows', () => [`GET ${roster()} HTTP/1.1`, ...proper(target), 'Expect: miracles']],
    ['headers of 17 KiB', () => [`GET ${roster()} HTTP/1.1`, ...proper(target), `X-Large: ${'x'.repeat(17 * 1024)}`]],
    ['a URL of 17 KiB', () => [`GET ${roster()}?${'x'.repeat(17 * 1024)} HTTP/1.1`, ...proper(target)]],
    ['3,000 headers', () => [`GET ${roster()} HTTP/1.1`, ...proper(target), ...Array.from({ length: 3_000 }, (_, i) => `X-${i}: ${i}`)]],
  ])('%s is a 4xx', async (_, lines) => {
    const answer = await ask(target, lines());
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expectProblem(target, answer, answer.status);
  });

  test('clients that begin a request and go away, by the hundred', async () => {
    const whole = Buffer.from(
      bytesOf([`POST ${target.channel.path}/send HTTP/1.1`, ...proper(target), 'Content-Length: 40'], '{"to":"bravo",'),
    );
    const begun = Array.from({ length: 200 }, (_, i) => follow(target.hub.url, whole.toString('latin1', 0, 1 + ((i * 7) % whole.length))));
    expect((await call(target.hub.url, { path: '/healthz' })).status).toBe(200);
    for (const client of begun) client.destroy();
    await Promise.all(begun.map(({ closed }) => closed));
    expect((await call(target.hub.url, { path: '/healthz' })).status).toBe(200);
  });

  test('CONNECT and an upgrade get no tunnel', async () => {
    await expect(exchange(target.hub.port, bytesOf(['CONNECT attacker.example:443 HTTP/1.1', ...proper(target)]))).rejects.toThrow(CutOff);
    const answer = await get(target, roster(), 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13');
    expect(answer.status).not.toBe(101);
  });
});

test('R-REQ-5, R-REQ-16: good answers have the same headers', async () => {
  for (const path of [
    roster(),
    `${target.channel.path}/history`,
    `${target.channel.path}/listen?timeout=0`,
    `${target.channel.path}/transcript`,
  ]) {
    const answer = await get(target, path);
    expect(answer.status).toBe(200);
    expectApiHeaders(answer);
  }
});

test('none of it moved anything or left a secret in the log', async () => {
  await expectUnharmed(target);
});
