/**
 * Clients whose listens are cut at random instants, before the answer, as it comes, in its middle, and who pass the
 * last cursor they have: nothing is lost (R-LISTEN-2, R-LISTEN-8, R-LISTEN-13, R-LISTEN-21, R-LISTEN-26).
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { check, figuresLine } from '../harness/checker.ts';
import { type LoadOptions, runLoad } from '../harness/load.ts';
import { startHubProcess } from '../harness/process.ts';
import { startProxy } from '../harness/proxy.ts';
import { random, seedOf } from '../harness/random.ts';

const MESSAGES = 2_000;
const CUTS = 0.4;

const settings = { channels: 8, agents: 3, retention: 'none', messages: MESSAGES, cuts: CUTS } as const;

const startHub = async () => {
  const hub = await startHubProcess({ args: ['--limits', 'off'] });
  return { hub, station: { url: () => Promise.resolve(hub.url) } };
};

describe('R-LISTEN-26: 40 % of the listens are cut and since is passed', () => {
  test('directly: nothing is lost', async () => {
    const own = random(seedOf(21));
    const { station } = await startHub();
    const load = await runLoad({ ...settings, station, random: own });
    const verdict = check(load.history.events);
    console.log(`${figuresLine('40 % of listens cut', own.seed, verdict)}; ${load.cutOff} listens cut`);
    expect(load.cutOff).toBeGreaterThan(MESSAGES / 10);
    expect(verdict.violations).toEqual([]);
    expect(verdict.figures).toMatchObject({ acked: MESSAGES, announced: 0, lost: 0, unflagged: 0 });
    expect(verdict.figures.recovered).toBeGreaterThan(0);
  });

  test('behind a proxy with 80 ms each way that breaks connections: nothing is lost', async () => {
    const own = random(seedOf(22));
    const { hub, station } = await startHub();
    const proxy = await startProxy({ target: () => hub.port, delayMs: 80, cuts: CUTS, random: own.fork('proxy') });
    const load = await runLoad({ ...settings, station, random: own, cuts: 0.1, lanes: 8, via: proxy.port });
    const verdict = check(load.history.events);
    console.log(`${figuresLine('40 % of connections cut behind 80 ms', own.seed, verdict)}; ${proxy.broken} connections broken`);
    expect(proxy.broken).toBeGreaterThan(MESSAGES / 10);
    expect(verdict.violations).toEqual([]);
    expect(verdict.figures).toMatchObject({ acked: MESSAGES, announced: 0, lost: 0, unflagged: 0 });
    expect(verdict.figures.recovered).toBeGreaterThan(0);
  });
});

/** The same run with a bug planted between the hub and the reader, so that the checker is seen to see it. */
describe('a planted bug is found', () => {
  let station: Awaited<ReturnType<typeof startHub>>['station'];
  beforeAll(async () => {
    ({ station } = await startHub());
  });

  // biome-ignore lint/suspicious/noExplicitAny: answers are bent on purpose
  const bend = (change: (messages: any[]) => any[]): Partial<LoadOptions> => {
    let heard = 0;
    return {
      tamper: (answer) => (answer.messages.length > 0 && ++heard === 5 ? { ...answer, messages: change(answer.messages) } : answer),
    };
  };
  test.each<[kind: string, bug: Partial<LoadOptions>]>([
    ['lost', bend((messages) => messages.slice(1))],
    ['phantom', bend((messages) => messages.map((message) => ({ ...message, text: `${message.text}!` })))],
    ['unflagged', bend((messages) => [...messages, messages[0]])],
    ['two-ids', bend((messages) => messages.map((message) => ({ ...message, id: message.id + 1_000 })))],
  ])('%s', async (kind, bug) => {
    const load = await runLoad({ ...settings, channels: 1, messages: 60, cuts: 0, station, random: random(seedOf(23)), ...bug });
    expect(check(load.history.events).violations.map((violation) => violation.kind)).toContain(kind);
  });
});
