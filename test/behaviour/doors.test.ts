/** Which requests are looked at at all: hosts, origins, methods, secrets in URLs. */
import { expect } from 'vitest';
import type { Reply } from '../harness/transports/http.ts';
import { verifies } from '../harness/verifies.ts';

const PATHS = ['/', '/healthz', '/llms.txt', '/api/channels', '/api/nothing', '/nothing'];

const refusedAs = (reply: Reply, status: number, code: string, what: string): void => {
  expect(reply.status, what).toBe(status);
  expect(reply.headers['content-type'], what).toBe('application/problem+json');
  expect(reply.json(), what).toMatchObject({ code, status });
};

verifies('request:hosts', async (room) => {
  const { port } = room.http;
  for (const path of PATHS) {
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`, `LOCALHOST:${port}`]) {
      const reply = await room.http.ask('GET', path, { headers: { Host: host } });
      expect(reply.status, `${host}${path}`).not.toBe(403);
    }
    for (const host of [
      `evil.example:${port}`,
      'evil.example',
      'localhost',
      `localhost:${port + 1}`,
      `127.0.0.2:${port}`,
      `localhost.evil.example:${port}`,
    ]) {
      refusedAs(await room.http.ask('GET', path, { headers: { Host: host } }), 403, 'host_not_allowed', `${host}${path}`);
    }
  }
  const posted = await room.http.ask('POST', '/api/channels', { headers: { Host: `evil.example:${port}` }, body: '{}' });
  refusedAs(posted, 403, 'host_not_allowed', 'POST');
  expect(await room.engine.channelCount()).toBe(0);
});

verifies(
  'request:own-hosts',
  { origin: 'https://hub.example', allowHosts: ['other.example', 'third.example:8080', '[2001:db8::1]'] },
  async (room) => {
    const { port } = room.http;
    const status = async (headers: Record<string, string>): Promise<number> => (await room.http.ask('GET', '/healthz', { headers })).status;
    const own = ['hub.example', 'other.example', `other.example:${port}`, 'third.example:8080', `127.0.0.1:${port}`];
    for (const host of [...own, '[2001:db8::1]', `[2001:db8::1]:${port}`]) {
      expect(await status({ Host: host }), host).toBe(200);
    }
    for (const host of ['hub.example:81', 'third.example', 'evil.example']) expect(await status({ Host: host }), host).toBe(403);
    expect(await status({ Host: 'hub.example', Origin: 'https://hub.example' })).toBe(200);
    expect(await status({ Host: 'hub.example', Origin: 'http://hub.example' })).toBe(403);
  },
);

verifies('request:one-host', async (room) => {
  const { port } = room.http;
  const own = `127.0.0.1:${port}`;
  const status = async (head: string): Promise<number> => {
    const reply = await room.http.raw(`${head}Connection: close\r\n\r\n`);
    return Number(/^HTTP\/1\.1 ([0-9]{3})/.exec(reply)?.[1]);
  };
  expect(await status(`GET /healthz HTTP/1.1\r\nHost: ${own}\r\n`)).toBe(200);
  for (const head of [
    'GET /healthz HTTP/1.1\r\n',
    'GET /healthz HTTP/1.0\r\n',
    `GET /healthz HTTP/1.1\r\nHost: ${own}\r\nHost: evil.example\r\n`,
    `GET /healthz HTTP/1.1\r\nHost: evil.example\r\nHost: ${own}\r\n`,
    `GET http://evil.example/healthz HTTP/1.1\r\nHost: ${own}\r\n`,
    `GET http://evil.example:${port}/api/channels HTTP/1.1\r\nHost: ${own}\r\n`,
    `GET //evil.example/healthz HTTP/1.1\r\nHost: evil.example\r\n`,
  ]) {
    const got = await status(head);
    expect(got, head).toBeGreaterThanOrEqual(400);
    expect(got, head).toBeLessThan(500);
  }
});

verifies('request:origins', async (room) => {
  const { port } = room.http;
  for (const path of PATHS) {
    for (const origin of [
      'https://evil.example',
      'null',
      `http://localhost:${port + 1}`,
      `https://127.0.0.1:${port}`,
      'http://localhost',
      'file://',
    ]) {
      refusedAs(await room.http.ask('GET', path, { headers: { Origin: origin } }), 403, 'origin_not_allowed', `${origin} ${path}`);
    }
    for (const origin of [`http://127.0.0.1:${port}`, `http://localhost:${port}`]) {
      expect((await room.http.ask('GET', path, { headers: { Origin: origin } })).status).not.toBe(403);
    }
  }
  const posted = await room.http.ask('POST', '/api/channels', {
    headers: { Origin: 'https://evil.example', 'Content-Type': 'text/plain' },
    body: '{}',
  });
  refusedAs(posted, 403, 'origin_not_allowed', 'POST');
  expect(await room.engine.channelCount()).toBe(0);
});

verifies('request:fetch-site', async (room) => {
  const navigation = { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };
  for (const site of ['cross-site', 'same-site']) {
    for (const path of PATHS) {
      refusedAs(await room.http.ask('GET', path, { headers: { 'Sec-Fetch-Site': site } }), 403, 'origin_not_allowed', `${site} ${path}`);
    }
    const headers = { 'Sec-Fetch-Site': site, ...navigation };
    expect((await room.http.ask('GET', '/', { headers })).status).toBe(200);
    refusedAs(await room.http.ask('GET', '/api/channels/x', { headers }), 403, 'origin_not_allowed', 'a link into the API');
    refusedAs(await room.http.ask('POST', '/api/channels', { headers, body: '{}' }), 403, 'origin_not_allowed', 'a form');
    refusedAs(
      await room.http.ask('GET', '/', { headers: { ...headers, 'Sec-Fetch-Dest': 'iframe' } }),
      403,
      'origin_not_allowed',
      'a frame',
    );
  }
  for (const site of ['same-origin', 'none']) {
    expect((await room.http.ask('POST', '/api/channels', { headers: { 'Sec-Fetch-Site': site }, body: '{}' })).status).toBe(201);
  }
});

verifies('request:no-cors', async (room) => {
  const { port } = room.http;
  const preflight = {
    Origin: 'https://evil.example',
    'Access-Control-Request-Method': 'POST',
    'Access-Control-Request-Private-Network': 'true',
  };
  const replies = [
    await room.http.ask('OPTIONS', '/api/channels', { headers: preflight }),
    await room.http.ask('OPTIONS', '/api/channels', { headers: { ...preflight, Origin: `http://127.0.0.1:${port}` } }),
    await room.http.ask('POST', '/api/channels', { headers: { Origin: `http://127.0.0.1:${port}` }, body: '{}' }),
    await room.http.ask('GET', '/', { headers: { Origin: `http://127.0.0.1:${port}` } }),
    await room.http.ask('GET', '/nothing', {}),
  ];
  for (const { headers } of replies) expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
  expect(replies[0]!.status).toBe(403);
});

verifies('request:methods', async (room) => {
  const [channel, alpha] = await room.talk({}, 'alpha');
  const base = `/api/channels/${channel.id}`;
  const headers = { Authorization: `Bearer ${channel.created.join_token}`, 'X-Session-Id': alpha.sessionId };
  const routes: Record<string, string> = {
    '/api/channels': 'POST',
    '/api/identities': 'POST',
    [`${base}`]: 'GET',
    [`${base}/messages/1`]: 'GET',
  };
  for (const verb of ['join', 'send', 'ack', 'leave']) routes[`${base}/${verb}`] = 'POST';
  for (const verb of ['listen', 'wait', 'stream', 'roster', 'history', 'transcript']) routes[`${base}/${verb}`] = 'GET';
  for (const [path, right] of Object.entries(routes)) {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].filter((one) => one !== right)) {
      if (method === 'DELETE' && path === base) continue;
      const reply = await room.http.ask(method, path, { headers });
      refusedAs(reply, 405, 'method_not_allowed', `${method} ${path}`);
      expect(reply.headers['allow']?.split(', ')).toContain(right);
      expect(reply.headers['allow']?.split(', ')).not.toContain(method);
    }
  }
});

verifies('request:head', async (room) => {
  const [channel, alpha, bravo] = await room.talk({}, 'alpha', 'bravo');
  await alpha.say('one');
  const headers = { Authorization: `Bearer ${channel.created.join_token}`, 'X-Session-Id': bravo.sessionId };
  for (const verb of ['listen', 'wait', 'stream']) {
    for (const query of ['', '?since=1', '?timeout=60']) {
      const reply = await room.http.ask('HEAD', `/api/channels/${channel.id}/${verb}${query}`, { headers });
      expect(reply.status).toBe(405);
      expect(reply.headers['allow']).toBe('GET');
    }
  }
  expect(room.hub.waiters.count).toBe(0);
  expect(await bravo.rejoin()).toMatchObject({ pending: 1, unconfirmed: [], cursor: bravo.joined.cursor });
});

verifies('request:twice', async (room) => {
  const [channel, alpha] = await room.talk({}, 'alpha');
  const headers = { Authorization: `Bearer ${channel.created.join_token}`, 'X-Session-Id': alpha.sessionId };
  for (const query of ['timeout=0&timeout=1', 'since=0&since=0', 'limit=1&timeout=0&limit=1', 'n=1&n=1', 'timeout=0&t%69meout=0']) {
    const reply = await room.http.ask('GET', `/api/channels/${channel.id}/listen?${query}`, { headers });
    expect(reply.status, query).toBe(400);
  }
});

verifies('request:secret-in-url', async (room) => {
  const [channel, alpha] = await room.talk({}, 'alpha');
  const token = channel.created.join_token;
  const headers = { Authorization: `Bearer ${token}`, 'X-Session-Id': alpha.sessionId };
  const queries = ['token', 'join_token', 'session_id', 'identity_key', 'owner_password', 'key', 'password', 'access_token'].flatMap(
    (name) => [`${name}=wrong`, `${name}=${token}`, `timeout=0&${name}=x`],
  );
  for (const query of [...queries, `x=${token}`, `since=${alpha.sessionId}`, 'TOKEN=x']) {
    for (const [method, path] of [
      ['GET', `/api/channels/${channel.id}/listen`],
      ['POST', `/api/channels/${channel.id}/send`],
      ['GET', '/'],
    ] as const) {
      refusedAs(await room.http.ask(method, `${path}?${query}`, { headers }), 400, 'secret_in_url', `${method} ${path}?${query}`);
    }
  }
});

verifies('request:not-found', async (room) => {
  const channel = await room.channel();
  const headers = { Authorization: `Bearer ${channel.created.join_token}` };
  for (const path of [
    '/api',
    '/api/',
    '/api/channels/',
    '/api/nothing',
    `/api/channels/${channel.id}/nothing`,
    `/api/channels/${channel.id}/join/x`,
    '/x',
  ]) {
    for (const method of ['GET', 'POST']) refusedAs(await room.http.ask(method, path, { headers }), 404, 'not_found', `${method} ${path}`);
  }
});
