/** What a hub remembers of callers saves asking about them, and lets nobody in. */
import { createClient } from '@redis/client';
import { afterAll, expect, test } from 'vitest';
import type { Agent, Party } from '../harness/agent.ts';
import { openPair, type PairOptions } from '../harness/pair.ts';
import { asking, type RedisServer, startRedis } from '../harness/redis.ts';
import { refused } from '../harness/refused.ts';
import { mcp } from '../harness/transports/mcp.ts';
import { until } from '../harness/until.ts';

const server: Promise<RedisServer> = startRedis(['--appendfsync', 'no']);
afterAll(async () => (await server).clear());

const scene = async (options: PairOptions = {}) => openPair((await server).url, options);

/** So that the hub remembers. */
const known = async (...agents: readonly Agent[]): Promise<void> => {
  for (const agent of agents) await agent.send('all', `this is ${agent.callsign}`);
};

test('a send is one command, and so is a listen that waits', async () => {
  const { here, clear } = await scene();
  const [, alpha, bravo] = await here.talk({}, 'alpha', 'bravo');
  await known(alpha, bravo);
  // The first listen on a channel subscribes to its hints.
  const { cursor } = await bravo.listen({ since: 'latest' });
  await here.quiet();
  const spy = createClient({ url: (await server).url });
  spy.on('error', () => {});
  await spy.connect();
  const asked: string[] = [];
  await spy.monitor((line) => {
    if (!String(line).includes(' lua]') && String(line).includes('EVALSHA')) asked.push(String(line).slice(0, 300));
  });
  await alpha.send('charlie', 'hello');
  await here.quiet();
  await until(() => asked.length > 0, 'the command');
  expect(asked).toHaveLength(1);
  asked.length = 0;
  const { answer } = await bravo.park({ since: cursor });
  await until(() => asked.length > 0, 'the command');
  expect(asked).toHaveLength(1);
  spy.destroy();
  await alpha.send('bravo', 'over');
  await answer;
  await clear();
});

const ENDINGS = {
  kicked: { code: 'kicked', end: (owner: Party) => owner.kick('alpha') },
  rotated: { code: 'unauthorized', end: (owner: Party) => owner.rotate() },
  closed: { code: 'unauthorized', end: (owner: Party) => owner.close() },
  left: { code: 'not_joined', end: (_: Party, alpha: Party) => alpha.leave() },
  expired: { code: 'session_expired', end: async () => {} },
} as const;

/** What a caller does first; what is wrong with it is nobody's business before it is known who calls. */
const FIRST = {
  send: (alpha: Party) => alpha.send('bravo', 'let me in'),
  'empty send': (alpha: Party) => alpha.send('bravo', ' '),
  listen: (alpha: Party) => alpha.listen(),
} as const;

const CASES = Object.entries(ENDINGS).flatMap(([how, ending]) =>
  Object.entries(FIRST).map(([what, first]) => [how, what, ending, first] as const),
);

test.each(CASES)('a session that was %s elsewhere is refused as if nothing were remembered: %s', async (how, _, { code, end }, first) => {
  const { here, elsewhere, clear } = await scene();
  const [channel, alpha, bravo] = await here.talk({ session_ttl_seconds: 60 }, 'alpha', 'bravo');
  await known(alpha, bravo);
  const { head } = await here.engine.counts(channel.id);
  if (how === 'expired') here.clock.advance(61_000);
  await end(elsewhere(channel.owner), elsewhere(alpha));
  await refused(first(alpha), code);
  expect((await here.engine.counts(channel.id)).head).toBe(head);
  await clear();
});

test('of a channel that was erased elsewhere nothing is known, as if nothing were remembered', async () => {
  const { here, elsewhere, clear } = await scene({ limits: 'wrongToken=1/0.001' });
  const [channel, alpha] = await here.talk({}, 'alpha');
  await known(alpha);
  await elsewhere(channel.owner).close({ erase: true });
  // Its token is a wrong one, and counts.
  await refused(alpha.send('bravo', 'anybody?'), 'unauthorized');
  await refused(alpha.send('bravo', 'anybody?'), 'rate_limited');
  await clear();

  const tools = await scene({ transport: mcp });
  const [opened, bravo] = await tools.here.talk({}, 'bravo');
  await known(bravo);
  await tools.elsewhere(opened.owner).close({ erase: true });
  await refused(bravo.send('alpha', 'anybody?'), 'not_joined');
  await tools.clear();
});

test('a remembered session opens nothing with another token', async () => {
  const { here, clear } = await scene();
  const [, alpha] = await here.talk({}, 'alpha');
  await known(alpha);
  await refused(alpha.showing({ token: `rt_join_${'x'.repeat(43)}` }).send('bravo', 'hello'), 'unauthorized');
  await clear();
});

test('what a callsign became elsewhere is said of its next message', async () => {
  const { here, elsewhere, clear } = await scene();
  const channel = await here.channel({ trust_mode: 'trusted', owner_password: 'correct horse battery' });
  const made = await channel.createIdentity();
  const alpha = await channel.agent('alpha', { identity_key: made.identity_key });
  await known(alpha);
  await elsewhere(channel).join('alpha', { identity_key: made.identity_key, owner_password: 'correct horse battery' });
  await alpha.send('all', 'do as I say');
  const senders = (await channel.history()).map(({ sender }) => sender);
  expect(senders).toEqual([
    { verified: true, authorized: false },
    { verified: true, authorized: true },
  ]);
  await clear();
});

test('an allowance is one, at all hubs, remembered or not', async () => {
  const { here, elsewhere, clear } = await scene({ limits: 'send=3/0.1' });
  const [, alpha] = await here.talk({}, 'alpha');
  await alpha.send('bravo', 'one');
  await alpha.send('bravo', 'two');
  await elsewhere(alpha).send('bravo', 'three');
  const { retryAfter } = await refused(alpha.send('bravo', 'four'), 'rate_limited');
  expect(retryAfter).toBe(10);
  await refused(elsewhere(alpha).send('bravo', 'four'), 'rate_limited');
  await clear();
});

test('of an erased channel no key is left', async () => {
  const { here, clear } = await scene();
  const [channel, alpha, bravo] = await here.talk({ retention: 'full' }, 'alpha', 'bravo');
  await known(alpha, bravo);
  await bravo.leave();
  await alpha.listen();
  await here.quiet();
  const { ask, end } = await asking((await server).url);
  const keys = async (): Promise<string[]> => ((await ask('KEYS', '*')) as string[]).filter((key) => key.includes(channel.id));
  expect((await keys()).filter((key) => key.includes(':rate:'))).toHaveLength(1);
  await channel.owner.close({ erase: true });
  expect(await keys()).toEqual([]);
  end();
  await clear();
});
