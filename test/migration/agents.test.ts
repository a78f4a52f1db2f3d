/**
 * `rogerthat migrate` as agents see it: a restart of the hub. Their tokens, sessions, cursors and keys go on, in the directory,
 * in Redis and back in a directory; the checker looks at the whole history.
 */
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterAll, expect, test } from 'vitest';
import { check, figuresLine } from '../harness/checker.ts';
import { eventually } from '../harness/eventually.ts';
import { runLoad } from '../harness/load.ts';
import { hubOn, migrateCommand } from '../harness/moves.ts';
import { type HubProcess, temporaryDirectory } from '../harness/process.ts';
import { random, seedOf } from '../harness/random.ts';
import { answering, Receiver } from '../harness/receiver.ts';
import { type RedisServer, startRedis } from '../harness/redis.ts';
import { call, createChannel, expectCall, joinChannel, memberCall, type Reply, type TestMember } from '../harness/rest.ts';

const servers: RedisServer[] = [];
const ends: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const server of servers) await server.clear();
  for (const end of ends) await end();
});

const redis = async (): Promise<string> => {
  const server = await startRedis();
  servers.push(server);
  return server.url;
};

/** Ends a hub, moves what it kept, and starts one there. */
const moveOn = async (hub: HubProcess, from: string, to: string, how: NodeJS.Signals = 'SIGTERM'): Promise<HubProcess> => {
  await hub.end(how);
  const done = await migrateCommand(from, to);
  expect(done, done.stderr).toMatchObject({ code: 0, stderr: '' });
  return hubOn(to);
};

test.each(['full', 'none'])('under load, retention %s, there and back: nothing lost, nothing doubled', async (retention) => {
  const places = [join(temporaryDirectory(), 'data'), await redis(), join(temporaryDirectory(), 'back')];
  const own = random(seedOf(81));
  const messages = 400;
  let hub = await hubOn(places[0]!);
  let up: Promise<string> = Promise.resolve(hub.url);
  let moves = 0;
  const load = await runLoad({
    ...{ station: { url: () => up }, random: own, channels: 5, agents: 4, retention, messages },
    onAcknowledged(total) {
      if (moves === 2 || total < (moves + 1) * (messages / 3)) return;
      const [from, to] = [places[moves]!, places[moves + 1]!];
      // A hub that was killed leaves a journal, and leases.
      const how = moves++ === 0 ? 'SIGKILL' : 'SIGTERM';
      up = moveOn(hub, from, to, how).then((next) => {
        hub = next;
        return next.url;
      });
    },
  });
  await up;
  const verdict = check(load.history.events);
  console.log(figuresLine(`moved to redis and back under load, ${retention}`, own.seed, verdict));
  expect(moves).toBe(2);
  expect(verdict.violations).toEqual([]);
  expect(verdict.figures).toMatchObject({ acked: messages, lost: 0, unflagged: 0 });
  if (retention === 'full') expect(verdict.figures.announced).toBe(0);
  await hub.end('SIGTERM');
});

test('unread mail, positions, keys, tombstones, owners and identities are where they were; transcripts are the same bytes', async () => {
  const places = [join(temporaryDirectory(), 'data'), await redis(), join(temporaryDirectory(), 'back')];
  let hub = await hubOn(places[0]!);
  const ask = (member: TestMember, rest: Parameters<typeof memberCall>[1]): Promise<Reply> => call(hub.url, memberCall(member, rest));
  const say = (member: TestMember, to: string, message: string, key?: string): Promise<Reply> =>
    ask(member, { path: 'send', body: { to, message }, ...(key === undefined ? {} : { headers: { 'Idempotency-Key': key } }) });

  const channel = await createChannel(hub.url, { retention: 'full', owner_password: 'open sesame' });
  const quiet = await createChannel(hub.url, { retention: 'none' });
  const paused = await createChannel(hub.url, { retention: 'metadata' });
  const closed = await createChannel(hub.url, { retention: 'prompts' });
  const [alpha, bravo, kicked] = await Promise.all(['alpha', 'bravo', 'kicked'].map((name) => joinChannel(hub.url, channel, name)));
  const [delta, echo] = await Promise.all(['delta', 'echo'].map((name) => joinChannel(hub.url, quiet, name)));
  const known = await expectCall(hub.url, {
    path: `${channel.path}/join`,
    token: channel.token,
    body: { callsign: 'known', new_identity: true, owner_password: 'open sesame' },
  });
  for (let i = 1; i <= 130; i++) await say(alpha!, 'all', `Nachricht ${i}: "Grüße" / \u{1F44B}`);
  const { body: heard } = await ask(bravo!, { path: `listen?since=${bravo!.cursor}&limit=5&timeout=0` });
  const { body: keyed } = await say(alpha!, 'bravo', 'once', 'key-1');
  await say(alpha!, 'later', 'for one who has not joined');
  await say(delta!, 'all', 'a text that is not kept');
  const owner = (path: string, token: string, body: object = {}): Promise<Reply> => call(hub.url, { method: 'POST', path, token, body });
  expect((await owner(`${channel.path}/kick`, channel.ownerToken, { callsign: 'kicked', ban: true })).status).toBe(200);
  expect((await owner(`${paused.path}/pause`, paused.ownerToken)).status).toBe(200);
  await joinChannel(hub.url, closed, 'solo');
  expect((await call(hub.url, { method: 'DELETE', path: closed.path, token: closed.ownerToken })).status).toBe(200);
  const transcripts = (): Promise<string[]> =>
    Promise.all(
      [channel, paused, closed].map(async ({ path, token }) => {
        const pages = ['?limit=50', '?after=50'].map((page) => call(hub.url, { path: `${path}/transcript${page}`, token }));
        return JSON.stringify((await Promise.all(pages)).map(({ status, body }) => [status, body]));
      }),
    );
  const before = await transcripts();
  const given = new Set<number>(heard.messages.map(({ id }: { id: number }) => id));
  const knock = async () => {
    const { status, body } = await call(hub.url, { path: `${closed.path}/join`, token: closed.token, body: { callsign: 'solo' } });
    return [status, body.code, body.detail];
  };
  const shut = await knock();
  expect(shut[0]).not.toBe(200);
  const taken = () => expectCall(hub.url, { path: `${channel.path}/join`, token: channel.token, body: { callsign: 'bravo' } });
  let stood = await taken();
  expect([stood.gap.reason, stood.gap.missed_at_most, stood.unconfirmed.length]).toEqual(['rotated', 32, 3]);

  for (const [from, to] of [places.slice(0, 2), places.slice(1)] as [string, string][]) {
    hub = await moveOn(hub, from, to);
    expect(await transcripts()).toEqual(before);
    // Sessions are taken up, not begun.
    const again = await taken();
    const { gap, pending, unconfirmed } = stood;
    expect(again).toMatchObject({ session_id: bravo!.session, resumed: true, cursor: bravo!.cursor, gap, pending, unconfirmed });
    expect(again.roster.map(({ callsign }: { callsign: string }) => callsign).sort()).toEqual(['alpha', 'bravo', 'known']);
    expect(again.roster.find((one: { callsign: string }) => one.callsign === 'known')).toMatchObject({ verified: true, authorized: true });
    // What was given and not confirmed comes again with a flag, the rest without.
    const { body: listened } = await ask(bravo!, { path: `listen?since=${bravo!.cursor}&timeout=0&limit=8` });
    expect(listened.messages).toHaveLength(8);
    for (const { id, redelivered = false } of listened.messages) expect([id, redelivered]).toEqual([id, given.has(id)]);
    for (const { id } of listened.messages) given.add(id);
    expect((await say(alpha!, 'bravo', 'once', 'key-1')).body).toMatchObject({ id: keyed.id, duplicate: true });
    expect((await say(alpha!, 'bravo', 'twice', 'key-1')).body.code).toBe('idempotency_conflict');
    expect((await ask(kicked!, { path: 'listen?timeout=0' })).body.code).toBe('kicked');
    expect((await call(hub.url, { path: `${channel.path}/join`, token: channel.token, body: { callsign: 'kicked' } })).status).toBe(403);
    expect((await owner(`${paused.path}/send`, paused.token, { to: 'all', message: 'x' })).status).not.toBe(200);
    expect((await call(hub.url, { path: paused.path, token: paused.token })).body.paused).toBe(true);
    expect(await knock()).toEqual(shut);
    // The text is gone, and the loss is told.
    expect((await ask(echo!, { path: `listen?since=${echo!.cursor}&timeout=0` })).body).toMatchObject({
      messages: [],
      gap: { reason: 'rotated', missed_at_most: 1 },
    });
    stood = await taken();
    const other = { callsign: 'known', identity_key: known.identity.identity_key };
    const bound = await expectCall(hub.url, { path: `${channel.path}/join`, token: channel.token, body: other });
    expect(bound).toMatchObject({ session_id: known.session_id, resumed: true });
    expect((await call(hub.url, { path: `${channel.path}/join`, token: channel.token, body: { callsign: 'known' } })).status).toBe(409);
  }
  const later = await joinChannel(hub.url, channel, 'later');
  expect((await ask(later, { path: 'listen?since=0&timeout=0' })).body.messages).toMatchObject([{ text: 'for one who has not joined' }]);
  await hub.end('SIGTERM');
});

test.each(['there', 'back'])(
  'a webhook delivery that waited goes out once after the move %s, under its id, with its secret',
  async (direction) => {
    const [directory, url] = [join(temporaryDirectory(), 'data'), await redis()];
    const [from, to] = direction === 'there' ? [directory, url] : [url, directory];
    const receiver = await Receiver.start(answering(500));
    ends.push(() => receiver.close());
    let hub = await hubOn(from);
    const channel = await createChannel(hub.url, { retention: 'full' });
    const alpha = await joinChannel(hub.url, channel, 'alpha');
    const made = await expectCall(hub.url, { path: `${channel.path}/webhooks`, token: channel.token, body: { url: receiver.url } }, 201);
    await expectCall(hub.url, memberCall(alpha, { path: 'send', body: { to: 'all', message: 'for the webhook' } }));
    await receiver.has(1);
    hub = await moveOn(
      {
        ...hub,
        end: async (signal) => {
          const ending = await hub.end(signal);
          receiver.answer(answering(200));
          return ending;
        },
      },
      from,
      to,
    );
    const tried = receiver.received.length;
    const log = () => expectCall(hub.url, { path: `${channel.path}/webhooks/${made.webhook_id}/deliveries`, token: channel.token });
    await eventually('the delivery', async () => (await log()).deliveries[0].state === 'delivered');
    // What comes next comes after it: nothing else was on its way.
    await expectCall(hub.url, memberCall(alpha, { path: 'send', body: { to: 'all', message: 'the next' } }));
    await eventually('the next', () => receiver.received.at(-1)?.body.data.message.text === 'the next');
    const came = receiver.received.slice(tried);
    expect(came.map(({ body }) => body.data.message.text)).toEqual(['for the webhook', 'the next']);
    expect(new Set(receiver.received.filter(({ body }) => body.data.message.id === 1).map(({ id }) => id)).size).toBe(1);
    for (const { headers, text } of receiver.received) new Webhook(made.secret).verify(text, headers as Record<string, string>);
    await hub.end('SIGTERM');
  },
);
