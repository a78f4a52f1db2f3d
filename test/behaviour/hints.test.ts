/** What to do next: hints that are true for the very request, made from what refused it. */
import { expect } from 'vitest';
import { refused } from '../harness/refused.ts';
import { verifies } from '../harness/verifies.ts';

verifies('hint:session', async (room) => {
  const [channel, alpha] = await room.talk({}, 'alpha');
  // Without a session a call goes over REST in this suite, or over nothing.
  expect((await refused(channel.send('all', 'x'), 'not_joined')).hint).toContain('"X-Session-Id"');
  expect((await refused(alpha.showing({ sessionId: 'rt_session_nobody' }).send('all', 'x'), 'not_joined')).hint).toContain('session_id');
});

verifies('hint:values', { adminToken: 'the-admin-token-of-some-length' }, async (room) => {
  const [channel, alpha] = await room.talk({ retention: 'full' }, 'alpha');
  const cases: [() => Promise<unknown>, Parameters<typeof refused>[1], string][] = [
    [() => alpha.listen({ limit: 0 }), 'invalid_limit', 'Use a whole number from 1 to 100.'],
    [() => channel.transcript({ limit: 0 }), 'invalid_limit', 'Use a whole number from 1 to 1000000.'],
    [() => room.operator().channels({ limit: 501 }), 'invalid_limit', 'Use a whole number from 1 to 500.'],
    [() => room.operator().channels({ order: 'up' }), 'invalid_body', 'Use "ascending" or "descending".'],
    [() => channel.history(101), 'invalid_n', 'Use a whole number from 1 to 100.'],
    [() => room.anyone().createChannel({ session_ttl_seconds: 59 }), 'invalid_ttl', 'Use a whole number from 60 to 86400.'],
    [() => room.anyone().createChannel({ retention: 'all' }), 'invalid_retention', 'Use "none", "metadata", "prompts" or "full".'],
    [() => room.anyone().createChannel({ owner_password: 'short' }), 'invalid_body', 'Use text of 8 to 256 characters.'],
    [() => alpha.say('x', { reply_to: 'nine' }), 'invalid_body', 'Use a whole number of at least 1.'],
    [() => alpha.listen({ timeout: -1 }), 'invalid_timeout', 'Use whole seconds, for example timeout=30.'],
    [() => room.anyone().createChannel({ require_identity: 'yes' }), 'invalid_body', 'Use true or false.'],
  ];
  for (const [call, code, hint] of cases) expect((await refused(call(), code)).hint).toBe(hint);
  // The largest that a hint names is taken.
  await channel.transcript({ limit: 1_000_000 });
  await room.operator().channels({ limit: 500 });
});

verifies('hint:fields', async (room) => {
  const [channel, alpha] = await room.talk({}, 'alpha');
  const headers = { Authorization: `Bearer ${channel.created.join_token}`, 'X-Session-Id': alpha.sessionId };
  const base = `/api/channels/${channel.id}`;
  const send = async (fields: object, more: Record<string, string> = {}) =>
    (
      await room.http.ask('POST', `${base}/send`, {
        headers: { ...headers, ...more },
        body: JSON.stringify({ to: 'all', message: 'x', ...fields }),
      })
    ).json();
  const { hint } = await send({ colour: 'red' });
  expect(hint).toBe('It takes to, message, text, kind, reply_to, idempotency_key as the header "Idempotency-Key".');
  expect((await send({ idempotencykey: 'k' }))['hint']).toMatch(/^Did you mean "idempotency_key"\? .* as the header "Idempotency-Key"\.$/);
  // Doing what it says is taken.
  expect(await send({}, { 'Idempotency-Key': 'k' })).toHaveProperty('id');
  const { id } = await alpha.say('y');
  const one = await room.http.ask('GET', `${base}/messages/${id}?colour=red`, { headers });
  expect(one.json()).toMatchObject({ code: 'unknown_field', hint: 'It takes none.' });
  const joined = await room.http.ask('POST', `${base}/join`, { headers, body: '{"callsign":"bravo","idempotency_key":"k"}' });
  expect(joined.json()).toMatchObject({ code: 'unknown_field', hint: expect.not.stringContaining('Idempotency-Key') });
});

verifies('hint:sizes', { limits: 'message_bytes=100,body_bytes=2048' }, async (room) => {
  const [, alpha] = await room.talk({}, 'alpha');
  const status = await refused(alpha.say('x'.repeat(281), { kind: 'status' }), 'message_too_large');
  expect(status.hint).toBe('Send at most 280 bytes of UTF-8, or send it as a message.');
  const message = await refused(alpha.say('x'.repeat(101)), 'message_too_large');
  expect(message.hint).toBe('Send at most 100 bytes of UTF-8, split it, or send a path or link.');
});

verifies('hint:webhook-url', { allowPrivateWebhooks: false }, async (room) => {
  const channel = await room.channel();
  const hintFor = async (url: string) => (await refused(channel.createWebhook({ url }), 'invalid_url')).hint;
  expect(await hintFor('https://agent.example:9/')).toMatch(/port/);
  expect(await hintFor('http://127.0.0.1:8080/')).toMatch(/public address.*--allow-private-webhooks/);
  for (const url of ['agent.example', 'ftp://agent.example/', 'https://me:secret@agent.example/']) {
    expect(await hintFor(url)).toMatch(/http or https URL without a user name/);
  }
});

verifies('hint:owner', async (room) => {
  const [channel, alpha] = await room.talk({}, 'alpha');
  const wrong = [alpha, channel.showing({ token: 'wrong' }), channel.showing({ channelId: 'no-such-0000' })];
  for (const party of wrong) {
    for (const call of [() => party.close(), () => party.kick('alpha'), () => party.guards()]) {
      const { hint, detail } = await refused(call(), 'unauthorized');
      expect([detail, hint]).toEqual([expect.any(String), expect.stringContaining('OWNER_TOKEN')]);
    }
  }
  // Either token may do here.
  expect((await refused(channel.showing({ token: 'wrong' }).webhooks(), 'unauthorized')).hint).toMatch(/join token.*owner token/);
});

const HUB_TOKEN = 'a-hub-token-of-some-length';

verifies('hint:hub-token', { mode: 'shared', token: HUB_TOKEN, limits: 'wrong_token=3/1' }, async (room) => {
  const { id, created } = await room.channel();
  const alone = room.anyone({ channelId: id, hubToken: HUB_TOKEN });
  for (let i = 0; i < 5; i++) {
    const { detail, hint } = await refused(alone.join('alpha'), 'unauthorized');
    expect([detail, hint]).toEqual(['The channel token is missing.', expect.stringMatching(/"X-Channel-Token".*argument token/)]);
    expect(await refused(alone.pause(), 'unauthorized')).toMatchObject({
      detail: 'The owner token is missing.',
      hint: 'Send it as the header "X-Channel-Token", beside the token of the hub.',
    });
  }
  // Alike for a channel that is not there.
  expect((await refused(alone.showing({ channelId: 'no-such-0000' }).roster(), 'unauthorized')).detail).toBe(
    'The channel token is missing.',
  );
  await alone.showing({ token: created.join_token }).join('alpha');
  await alone.showing({ token: created.owner_token }).pause();
  // A wrong one is a wrong one.
  expect((await refused(alone.showing({ token: 'rt_join_x' }).roster(), 'unauthorized')).detail).not.toMatch(/missing/);
});

verifies('hint:wrong-hub-token', { mode: 'shared', token: HUB_TOKEN, limits: 'wrong_token=100/1' }, async (room) => {
  const { id, created } = await room.channel();
  const asks = async (proofs: object): Promise<string[]> => {
    const { detail, hint } = await refused(room.anyone(proofs).createChannel(), 'unauthorized');
    expect(hint).toContain('HUB_TOKEN');
    return [detail, hint];
  };
  const [missing] = await asks({});
  expect(missing).toBe('This hub asks for its token.');
  // Told alike, whatever it is that was shown: nothing is learned of it but that it is another one.
  const [first, ...others] = await Promise.all(
    ['wrong', `${HUB_TOKEN}x`, 'rt_join_wrong', created.join_token, created.owner_token].map((hubToken) => asks({ hubToken })),
  );
  expect(first).toEqual(["That is not this hub's token.", expect.stringMatching(/right one/)]);
  for (const told of others) expect(told).toEqual(first);
  // Where the channel's token is as good, it is the channel that is spoken of.
  const { detail } = await refused(room.anyone({ channelId: id, hubToken: 'wrong' }).join('alpha'), 'unauthorized');
  expect(detail).toBe('The channel is unknown or the token is wrong.');
  await room.anyone({ channelId: id, token: created.join_token }).join('alpha');
  await room.anyone({ channelId: id, hubToken: 'wrong', token: created.join_token }).join('alpha');
});

verifies('hint:methods', async (room) => {
  const { id } = await room.channel();
  for (const [method, path] of [
    ['PUT', `/api/channels/${id}`],
    ['DELETE', `/api/channels/${id}/guards`],
    ['POST', '/docs/errors'],
    ['POST', '/'],
  ] as const) {
    const { status, headers, json } = await room.http.ask(method, path);
    expect([status, json()['detail']]).toEqual([405, `That method is not for this path; it takes ${headers['allow']}.`]);
  }
});

verifies('error:detail', async (room) => {
  const detailOf = async (method: 'GET' | 'POST', path: string, headers: Record<string, string>, body?: string) =>
    (await room.http.ask(method, path, { headers, ...(body === undefined ? {} : { body }) })).json()['detail'];
  const secret = 'rt_join_precious';
  const cases: [Parameters<typeof detailOf>, RegExp][] = [
    [['GET', `/?my_token=precious`, {}], /parameter .*"token"/],
    [['GET', `/?x=${secret}`, {}], /URL has a value/],
    [['GET', '/', { Host: 'precious.example' }], /Host header/],
    [['GET', '/', { Origin: 'https://precious.example' }], /Origin header/],
    [['POST', '/api/channels', { 'Content-Type': 'application/precious' }, '{}'], /Content-Type .*application\/json/],
  ];
  for (const [asked, said] of cases) {
    const detail = await detailOf(...asked);
    expect(detail).toMatch(said);
    expect(detail).not.toContain('precious');
  }
});

verifies('error:type', { allowHosts: ['hub.internal'] }, async (room) => {
  const { port } = room.http;
  const typeOf = async (path: string, headers: Record<string, string>) => {
    const { code, type } = (await room.http.ask('GET', path, { headers })).json();
    return [code, type];
  };
  const page = (origin: string, code: string) => [code, `${origin}/docs/errors#${code}`];
  const own = `http://127.0.0.1:${port}`;
  // What named a host that the guard knows is told of it there; a host that was refused is not repeated.
  expect(await typeOf('/?token=x', { Host: `localhost:${port}` })).toEqual(page(`http://localhost:${port}`, 'secret_in_url'));
  expect(await typeOf('/', { Host: 'hub.internal', Origin: 'https://evil.example' })).toEqual(
    page('http://hub.internal', 'origin_not_allowed'),
  );
  expect(await typeOf('/', { Host: 'evil.example' })).toEqual(page(own, 'host_not_allowed'));
  expect(await typeOf('http://evil.example/', {})).toEqual(page(own, 'bad_request'));
});
