/**
 * Readers that stop reading: they hold up nobody, the hub does not hoard for them, and when they read on they are told
 * exactly what they missed (R-STREAM-6, R-STREAM-11, R-LISTEN-16, R-LISTEN-17).
 */
import { expect, test } from 'vitest';
import { check } from '../harness/checker.ts';
import { type Followed, follow } from '../harness/follow.ts';
import { type HistoryEvent, idOfCursor } from '../harness/history.ts';
import { residentSize } from '../harness/pidfacts.ts';
import { startHubProcess } from '../harness/process.ts';
import { createChannel, expectCall, joinChannel, memberCall, type TestMember } from '../harness/rest.ts';

/** More than the kernel takes for a socket that nobody reads, and several times the ring. */
const EACH = 500;
const LINES = { Accept: 'application/x-ndjson' };

const openStream = async (url: string, member: TestMember): Promise<Followed> => {
  const stream = follow(url, memberCall(member, { path: `stream?since=${member.cursor}`, headers: LINES }));
  await stream.says(/\r\n\r\n/);
  return stream;
};

/** What a stream has said, as a history: each line goes on where the one before it ended. */
const heardOn = (stream: Followed, member: TestMember): HistoryEvent[] => {
  const events: HistoryEvent[] = [];
  let after = idOfCursor(member.cursor);
  const heard = { type: 'heard', channel: member.channel.id, callsign: member.callsign } as const;
  for (const [line] of stream.text().matchAll(/^\{.*\}$/gm)) {
    const { type, cursor, ...said } = JSON.parse(line);
    if (type === 'gap') events.push({ ...heard, after, cursor: said.oldest ?? after, gap: said, messages: [] });
    if (type !== 'message') continue;
    events.push({ ...heard, after, cursor: said.id, gap: null, messages: [said] });
    after = said.id;
  }
  return events;
};

test('R-STREAM-11: streams that nobody reads hold up nobody and cost no memory; what they missed is announced', async () => {
  const hub = await startHubProcess({ args: ['--limits', 'off'] });
  const channel = await createChannel(hub.url);
  const history: HistoryEvent[] = [];
  const join = async (callsign: string): Promise<TestMember> => {
    history.push({ type: 'joined', channel: channel.id, callsign });
    return joinChannel(hub.url, channel, callsign);
  };
  const alpha = await join('alpha');
  const quick = await join('quick');
  const sluggards = await Promise.all(['slow-1', 'slow-2', 'slow-3', 'slow-4', 'slow-5', 'slow-6'].map(join));
  const streams = await Promise.all(sluggards.map((member) => openStream(hub.url, member)));
  const quickStream = await openStream(hub.url, quick);

  let n = 0;
  const send = async (length: number): Promise<number> => {
    const key = `key-${++n}`;
    const body = `body ${n} ${'x'.repeat(length)}`;
    history.push({ type: 'tried', channel: channel.id, from: 'alpha', to: 'all', key, body });
    const request = { path: 'send', headers: { 'Idempotency-Key': key }, body: { to: 'all', message: body } };
    const { id } = await expectCall(hub.url, memberCall(alpha, request));
    history.push({ type: 'acknowledged', channel: channel.id, from: 'alpha', key, id });
    // The quick one has it before the next one goes out, whatever the slow ones do.
    await quickStream.says(new RegExp(`"cursor":"${id}-`));
    return id;
  };

  await send(10);
  const before = residentSize(hub.pid);
  // Twice, so that whoever was told of one gap is told of the next one too.
  for (const round of [1, 2]) {
    for (const stream of streams) stream.pause();
    for (let i = 0; i < EACH; i++) await send(30_000);
    if (round === 1) {
      const grown = residentSize(hub.pid) - before;
      console.log(`6 streams unread, ${EACH * 30} kB sent to each: the hub grew by ${grown} kB`);
      // Were it kept for them, it would be 80 MB and more; the rest is the engine's own.
      expect(grown).toBeLessThan(70_000);
    }
    for (const stream of streams) stream.resume();
    const last = await send(10);
    await Promise.all(streams.map((stream) => stream.says(new RegExp(`"cursor":"${last}-`))));
  }

  history.push(...heardOn(quickStream, quick), ...streams.flatMap((stream, i) => heardOn(stream, sluggards[i]!)));
  const verdict = check(history);
  console.log(`${verdict.figures.received} received, ${verdict.figures.announced} announced as missed`);
  expect(verdict.violations.slice(0, 5)).toEqual([]);
  expect(verdict.figures.announced).toBeGreaterThan(0);
});
