/**
 * What ended at one hub hears nothing more at any other, and is told so: at once by a hint, or, where every hint is lost,
 * by the look of every five seconds. R-LISTEN-28, R-STREAM-12; and who watches learns who came and went: R-STREAM-7.
 */
import { afterAll, expect, test } from 'vitest';
import type { ErrorCode } from '../../src/core/errors.ts';
import type { Agent, Party } from '../harness/agent.ts';
import { startLink } from '../harness/link.ts';
import { openPair } from '../harness/pair.ts';
import { asking, type RedisServer, startRedis } from '../harness/redis.ts';
import { refused } from '../harness/refused.ts';
import type { Channel, Room } from '../harness/room.ts';
import { short, type Tape } from '../harness/tape.ts';
import { rest } from '../harness/transports/rest.ts';
import { until } from '../harness/until.ts';

const server: Promise<RedisServer> = startRedis(['--appendfsync', 'no']);
afterAll(async () => (await server).clear());

/** The slow look of a hub at what no hint told. */
const LOOK_MS = 5_000;

/** A channel made and joined at one hub, where all is done, and the same callers at another, who only listen there. */
const scene = async (deaf: boolean) => {
  const pair = await openPair((await server).url, { transport: rest, deaf });
  const { here, there, elsewhere } = pair;
  const [channel, alpha, bravo] = await there.talk({}, 'alpha', 'bravo');
  const told = async (): Promise<void> => {
    if (deaf) await here.pass(LOOK_MS);
  };
  return { ...pair, channel, bravo, alpha, listener: elsewhere(alpha), observer: elsewhere(channel), told };
};

/** Everybody who can say something says it to whoever listens. */
const speak = async (room: Room, channel: Channel, joinToken: string | null): Promise<void> => {
  const open = joinToken === null ? channel : channel.renewed(joinToken);
  const charlie = await open.agent('charlie');
  await charlie.send('alpha', 'a secret');
  await charlie.send('all', 'another');
  await charlie.send('all', 'busy', { kind: 'status' });
  await room.quiet();
};

/** How a session ends; the join token with which the channel goes on: null as before, undefined when it is no more. */
type End = (owner: Party, alpha: Agent) => Promise<string | null | undefined>;

const ENDINGS: Readonly<Record<string, { readonly code: ErrorCode; readonly end: End }>> = {
  left: { code: 'not_joined', end: (_, alpha) => alpha.leave().then(() => null) },
  kicked: { code: 'kicked', end: (owner) => owner.kick('alpha').then(() => null) },
  banned: { code: 'kicked', end: (owner) => owner.kick('alpha', { ban: true }).then(() => null) },
  rotated: { code: 'unauthorized', end: (owner) => owner.rotate().then(({ join_token }) => join_token) },
  closed: { code: 'unauthorized', end: (owner) => owner.close().then(() => undefined) },
  erased: { code: 'unauthorized', end: (owner) => owner.close({ erase: true }).then(() => undefined) },
};

const HINTS = [
  ['with a hint', false],
  ['without a hint', true],
] as const;

const CASES = HINTS.flatMap(([hint, deaf]) => Object.entries(ENDINGS).map(([how, ending]) => [how, hint, deaf, ending] as const));

const tapes = (party: Party): Tape[] => [party.stream({}, 'sse'), party.stream({}, 'ndjson')];

test.each(CASES)('R-LISTEN-28: a session that was %s at another hub, %s', async (how, _, deaf, { code, end }) => {
  const { here, there, channel, alpha, listener, told, clear } = await scene(deaf);
  const streams = tapes(listener);
  await here.parked(2);
  const { answer: wait } = await listener.park({ timeout: 3600 }, { by: 'wait' });
  const { answer: listen } = await listener.park({ timeout: 55 });
  const token = await end(channel.owner, alpha);
  // What is said after the end is for a later session of the callsign.
  if (token !== undefined) await speak(there, channel, token);
  await told();
  for (const tape of streams) {
    await tape.over;
    expect(tape.events).toMatchObject([{ type: 'end', code }]);
  }
  const words = [await refused(wait, code), await refused(listen, code)].map(({ detail }) => detail);
  if (how === 'banned') expect(words[0]).toContain('does not let');
  await here.parked(0);
  // Nothing was counted as given to the seat.
  if (how === 'left' || how === 'kicked') {
    expect(await channel.join('alpha')).toMatchObject({ unconfirmed: [], pending: 2 });
  }
  await clear();
});

test.each(HINTS)('R-LISTEN-28: a session that another one of its callsign took over from, %s', async (_, deaf) => {
  const { here, there, channel, alpha, bravo, listener, told, clear, elsewhere } = await scene(deaf);
  const old = listener.stream();
  await here.parked(1);
  await alpha.leave();
  const later = elsewhere(await channel.agent('alpha')).stream();
  await bravo.send('alpha', 'for the later one');
  await there.quiet();
  await told();
  expect(await old.end()).toMatchObject({ type: 'end', code: 'not_joined' });
  expect(old.events).toHaveLength(1);
  expect(short(await later.next())).toBe('for the later one');
  await later.close();
  await clear();
});

const WATCHED = CASES.filter(([how]) => ['rotated', 'closed', 'erased'].includes(how));

test.each(WATCHED)('R-STREAM-12: who watches a channel that was %s at another hub, %s', async (_, __, deaf, { code, end }) => {
  const { here, there, channel, alpha, observer, told, clear } = await scene(deaf);
  const watching = tapes(observer);
  for (const tape of watching) expect((await tape.next()).type).toBe('roster');
  await here.parked(2);
  const token = await end(channel.owner, alpha);
  if (token !== undefined) await speak(there, channel, token);
  await told();
  for (const tape of watching) {
    expect(await tape.end()).toMatchObject({ type: 'end', code });
    expect(tape.events).toHaveLength(2);
  }
  await clear();
});

test.each(HINTS)('R-STREAM-7: who watches hears who joins and leaves at another hub, %s', async (_, deaf) => {
  const { here, channel, alpha, observer, told, clear } = await scene(deaf);
  const tape = observer.stream();
  const names = async (): Promise<string[]> => {
    const event = await tape.next();
    return event.type === 'roster' ? event.roster.map(({ callsign }) => callsign) : [event.type];
  };
  expect(await names()).toEqual(['alpha', 'bravo']);
  await here.parked(1);
  await channel.agent('charlie');
  await told();
  expect(await names()).toEqual(['alpha', 'bravo', 'charlie']);
  await alpha.leave();
  await told();
  expect(await names()).toEqual(['bravo', 'charlie']);
  await channel.owner.kick('charlie');
  await told();
  expect(await names()).toEqual(['bravo']);
  // Who comes back to a session that lives is no news.
  await channel.join('bravo');
  await here.pass(LOOK_MS);
  expect(tape.events).toHaveLength(4);
  await tape.close();
  await clear();
});

test('a hint that came after one that was lost makes everybody look', async () => {
  const { here, channel, alpha, listener, prefix, clear } = await scene(false);
  const stream = listener.stream();
  await here.parked(1);
  const { ask, end } = await asking((await server).url);
  const base = `${prefix}{${channel.id}}`;
  // As a hub leaves what it ends, had nobody heard of it.
  await ask('HDEL', `${base}:sessions`, ...((await ask('HKEYS', `${base}:sessions`)) as string[]));
  await ask('HINCRBY', base, 'turnover', '1');
  await channel.agent('charlie');
  expect(await stream.end()).toMatchObject({ code: 'not_joined' });
  expect(alpha.callsign).toBe('alpha');
  end();
  await clear();
});

test('what a hub of another version says is left for the next look, and what it says as it used to is understood', async () => {
  const { here, channel, bravo, listener, observer, prefix, clear } = await scene(false);
  const stream = listener.stream();
  const watching = observer.stream();
  expect((await watching.next()).type).toBe('roster');
  await here.parked(2);
  const { ask, end } = await asking((await server).url);
  const base = `${prefix}{${channel.id}}`;
  const count = Number(await ask('HGET', base, 'turnover'));
  const say = (words: string): Promise<unknown> => ask('SPUBLISH', `${base}:wake`, `another 0${words}`);
  for (const words of [' swapped alpha', `-${count + 1} swapped alpha`, ' constructor', '', '-x', '-x left nobody'])
    expect(await say(words)).toBe(1);
  // Of one that says how often wrongly, the rest counts.
  expect((await watching.next()).type).toBe('roster');
  // These end nobody who may still hear.
  await say(' kicked alpha banned');
  expect((await watching.next()).type).toBe('roster');
  await say(' rotated');
  expect((await watching.next()).type).toBe('roster');
  await bravo.send('alpha', 'still here?');
  expect(short(await stream.next())).toBe('still here?');
  expect(short(await watching.next())).toBe('still here?');
  await ask('HINCRBY', base, 'turnover', '1');
  await here.pass(LOOK_MS);
  expect((await watching.next()).type).toBe('roster');
  end();
  await stream.close();
  await watching.close();
  await clear();
});

test('what ended while a hub was cut off from the store is told when that is back, and so is what it could not look at', async () => {
  const store = await server;
  const line = await startLink(store.port);
  const { here, there, elsewhere, prefix, clear } = await openPair(store.url, {
    ...{ transport: rest, hereUrl: store.url.replace(String(store.port), String(line.port)), trouble: 'expected' },
  });
  const [channel, alpha, bravo, charlie] = await there.talk({}, 'alpha', 'bravo', 'charlie');
  const [left, gone, lives] = [alpha, bravo, charlie].map((agent) => elsewhere(agent).stream()) as [Tape, Tape, Tape];
  await here.parked(3);
  line.cut('reset');
  await until(() => here.engine.health() !== null, 'the outage');
  await alpha.leave();
  line.heal();
  await until(() => here.engine.health() === null, 'the connection');
  expect(await left.end()).toMatchObject({ code: 'not_joined' });
  expect(left.events).toHaveLength(1);

  // A hint is here, and what it is about cannot be asked for.
  line.cut('reset');
  await until(() => here.engine.health() !== null, 'the outage');
  const { ask, end } = await asking(store.url);
  const base = `${prefix}{${channel.id}}`;
  for (const hash of (await ask('HKEYS', `${base}:sessions`)) as string[]) {
    if ((await ask('HGET', `${base}:sessions`, hash)) === 'bravo') await ask('HDEL', `${base}:sessions`, hash);
  }
  here.hub.waiters.turn(channel.id, 'bravo');
  // What a hint brings along is given to nobody meanwhile, and to nobody who may not hear it.
  const sender = { verified: false, authorized: false };
  here.hub.waiters.announce(channel.id, { id: 1, from: 'alpha', to: 'all', text: 'busy', at: '', kind: 'status', sender });
  await here.quiet();
  expect(here.hub.waiters.count).toBe(2);
  expect([...gone.events, ...lives.events]).toEqual([]);
  line.heal();
  await until(() => here.engine.health() === null, 'the connection');
  expect(await gone.end()).toMatchObject({ code: 'not_joined' });
  expect(gone.events).toHaveLength(1);
  expect(short(await lives.next())).toBe('busy');
  expect(here.hub.waiters.count).toBe(1);
  end();
  await lives.close();
  await clear();
});
