/** A data directory with a known content, and what a hub that runs on a copy of it may say about that content. */
import { cpSync } from 'node:fs';
import { CutOff } from './exchange.ts';
import { type HubProcess, type HubProcessOptions, startHubProcess, temporaryDirectory } from './process.ts';
import { call, createChannel, expectCall, joinChannel, memberCall, type Reply, type TestChannel, type TestMember } from './rest.ts';

interface KnownChannel {
  readonly channel: TestChannel;
  readonly members: readonly TestMember[];
  /** What each member had heard when the hub went down. */
  readonly cursors: readonly string[];
  /** By seq. */
  readonly events: ReadonlyMap<number, unknown>;
  /** By id, of the ring. */
  readonly messages: ReadonlyMap<number, unknown>;
  readonly info: unknown;
}

export interface Estate {
  readonly directory: string;
  readonly channels: readonly KnownChannel[];
}

const RETENTIONS = ['full', 'metadata', 'none', 'full'];

const talk = async (url: string, channel: TestChannel, members: readonly TestMember[], times: number): Promise<void> => {
  for (let i = 0; i < times; i++) {
    const from = members[i % members.length]!;
    const body = { to: i % 4 === 3 ? 'zulu' : 'all', message: `${channel.id} ${from.callsign} says ${i} ${'.'.repeat((i * 97) % 600)}` };
    await expectCall(url, memberCall(from, { path: 'send', headers: { 'Idempotency-Key': `${times} ${i}` }, body }));
  }
};

const look = async (url: string, channel: TestChannel, members: readonly TestMember[]): Promise<KnownChannel> => {
  const cursors: string[] = [];
  for (const member of members) {
    const heard = await expectCall(url, memberCall(member, { path: `listen?timeout=0&since=${member.cursor}` }));
    cursors.push(heard.cursor);
  }
  const { events = [] } = (await call(url, { path: `${channel.path}/transcript`, token: channel.token })).body;
  const { messages } = await expectCall(url, { path: `${channel.path}/history?n=100`, token: channel.token });
  const { counts: _, ...info } = await expectCall(url, { path: channel.path, token: channel.token });
  return {
    channel,
    members,
    cursors,
    events: new Map(events.map((event: { seq: number }) => [event.seq, event])),
    messages: new Map(messages.map((message: { id: number }) => [message.id, message])),
    info: { ...info, links: Object.keys(info.links) },
  };
};

/**
 * Fills a directory.
 * @param end SIGTERM leaves one file, SIGKILL a log beside it
 * @param between how the hub ended in the middle: after SIGTERM the log has the second half, else everything
 */
export const makeEstate = async (end: 'SIGTERM' | 'SIGKILL', between: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<Estate> => {
  const args = ['--limits', 'off'];
  const first = await startHubProcess({ args });
  const made: [TestChannel, TestMember[]][] = [];
  for (const retention of RETENTIONS) {
    const channel = await createChannel(first.url, { retention });
    const members = [];
    for (const callsign of ['alpha', 'bravo', 'charlie']) members.push(await joinChannel(first.url, channel, callsign));
    await talk(first.url, channel, members, 40);
    made.push([channel, members]);
  }
  await first.end(between);
  const second = await startHubProcess({ args, directory: first.directory });
  const channels: KnownChannel[] = [];
  for (const [channel, members] of made) {
    await talk(second.url, channel, members, 41);
    channels.push(await look(second.url, channel, members));
  }
  // The last of them was written after everything that was looked at.
  await createChannel(second.url);
  await second.end(end);
  return { directory: first.directory, channels };
};

/** A copy that may be damaged. */
export const copyOf = ({ directory }: Estate): string => {
  const copy = temporaryDirectory();
  cpSync(directory, copy, { recursive: true });
  return copy;
};

export const startOn = (directory: string, options: HubProcessOptions = {}): Promise<HubProcess> =>
  startHubProcess({ ...options, directory, args: ['--limits', 'off', ...(options.args ?? [])] });

/** Null when the line broke in the middle of the answer. */
const tryCall = async (url: string, request: Parameters<typeof call>[1]): Promise<Reply | null> => {
  try {
    return await call(url, request);
  } catch (error) {
    if (error instanceof CutOff) return null;
    throw error;
  }
};

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

export interface Findings {
  /** Things said that were never so, or lost without a word. */
  readonly wrong: string[];
  readonly events: number;
  readonly channels: number;
  /** Seats that were told of a gap. */
  readonly told: number;
}

/** Asks a hub about everything the estate had. What it does not know it has to admit. */
export const examine = async (url: string, estate: Estate, repaired: boolean): Promise<Findings> => {
  const wrong: string[] = [];
  let [events, channels, told] = [0, 0, 0];
  for (const { channel, members, cursors, events: known, messages, info } of estate.channels) {
    const name = `${channel.retention} ${channel.id}`;
    const asked = await call(url, { path: channel.path, token: channel.token });
    if (asked.status === 401 && repaired) continue;
    if (asked.status === 503) continue;
    if (asked.status !== 200) {
      wrong.push(`${name}: ${asked.status} ${JSON.stringify(asked.body)}`);
      continue;
    }
    channels++;
    const { counts: _, ...now } = asked.body;
    if (!same({ ...now, links: Object.keys(now.links) }, info)) wrong.push(`${name}: invented settings ${JSON.stringify(now)}`);

    const transcript = await tryCall(url, { path: `${channel.path}/transcript`, token: channel.token });
    const read: { seq: number }[] = transcript?.status === 200 ? transcript.body.events : [];
    events += read.length;
    for (const event of read) if (!same(event, known.get(event.seq))) wrong.push(`${name}: invented event ${JSON.stringify(event)}`);
    const history = await call(url, { path: `${channel.path}/history?n=100`, token: channel.token });
    const held: { id: number }[] = history.status === 200 ? history.body.messages : [];
    for (const message of held) if (!same(message, messages.get(message.id))) wrong.push(`${name}: invented ${JSON.stringify(message)}`);
    const whole =
      (transcript?.status !== 200 || read.length === known.size) &&
      (history.status !== 200 || channel.retention !== 'full' || held.length === messages.size);
    for (const [i, member] of members.entries()) {
      const listened = await call(url, memberCall(member, { path: `listen?timeout=0&since=${cursors[i]}` }));
      if (listened.status === 200 && listened.body.gap) told++;
      else if (listened.status === 200 && (!whole || repaired)) wrong.push(`${name} ${member.callsign}: lost without a word`);
      else if (listened.status !== 200 && listened.status !== 503 && !repaired) {
        wrong.push(`${name} ${member.callsign}: ${listened.status} ${listened.body.code}`);
      }
    }
  }
  return { wrong, events, channels, told };
};
