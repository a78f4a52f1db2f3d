/**
 * Agents that talk in closed loops while somebody breaks things: senders retry with their Idempotency-Key until they
 * are acknowledged, readers pass the last cursor they have, and everything they see goes into a history.
 */
import { setMaxListeners } from 'node:events';
import { type Cut, CutOff } from './exchange.ts';
import { History, idOfCursor } from './history.ts';
import type { Random } from './random.ts';
import { call, createChannel, joinChannel, memberCall, type Reply, type TestChannel, type TestMember } from './rest.ts';

export interface LoadOptions {
  /** Where the hub is; waits while it is down. */
  readonly station: { url(): Promise<string> };
  readonly random: Random;
  readonly channels: number;
  /** Agents a channel; each reads and sends. */
  readonly agents: number;
  readonly retention: string;
  /** Bodies, over all channels. */
  readonly messages: number;
  /** No reader is left further behind than this many ids: the ring holds 100. */
  readonly window?: number;
  /** Sends of an agent that are under way at once. */
  readonly lanes?: number;
  /** The share of listens that the reader itself cuts. */
  readonly cuts?: number;
  /** The port of a proxy that all calls but the joins go through. */
  readonly via?: number;
  readonly onAcknowledged?: (total: number) => void;
  /** A call was answered 503 and is made again. */
  readonly onRefused?: (reply: Reply) => void;
  /** Statuses after which a call is made again, beside 503: a proxy's own, when the hub behind it dies. */
  readonly retried?: readonly number[];
  /** A call was answered as it should be, at this try. */
  readonly onAnswered?: (what: 'send' | 'listen', tries: number) => void;
  /** A planted bug: what the hub answered to a listen, as if it had answered otherwise. */
  readonly tamper?: (heard: Reply['body']) => Reply['body'];
}

export interface Load {
  readonly history: History;
  /** Listens that ended without an answer. */
  readonly cutOff: number;
  /** Answers that are none of the contract's for these calls. */
  readonly unexpected: readonly string[];
}

interface Sent {
  readonly id: number;
  readonly from: string;
  readonly to: string;
}

interface Reader {
  readonly member: TestMember;
  cursor: string;
  /** Cursors before it, the latest last: a reader with a bad memory goes back to one of them. */
  readonly past: string[];
}

/** A promise that can be settled from outside, again and again. */
class Bell {
  #ring: () => void = () => {};
  rung: Promise<void> = Promise.resolve();

  constructor() {
    this.ring();
  }

  ring(): void {
    const ring = this.#ring;
    this.rung = new Promise((resolve) => {
      this.#ring = resolve;
    });
    ring();
  }
}

/** One channel under load. */
class Line {
  readonly channel: TestChannel;
  readonly readers: Reader[];
  /** Rings when a send goes out, and when anything else happens. */
  readonly trying = new Bell();
  readonly progress = new Bell();
  /** Acknowledged, and not yet passed by every reader it is for. */
  #pending: Sent[] = [];
  #underWay = 0;
  #newest = 0;
  left: number;

  constructor(channel: TestChannel, readers: Reader[], quota: number) {
    this.channel = channel;
    this.readers = readers;
    this.left = quota;
  }

  #waits(sent: Sent, { member, cursor }: Reader): boolean {
    const mine = sent.to === 'all' ? sent.from !== member.callsign : sent.to === member.callsign;
    return mine && sent.id > idOfCursor(cursor);
  }

  /** Waits for room and takes one of the quota; false when nothing is left to send. */
  async begin(window: number): Promise<boolean> {
    for (;;) {
      if (this.left === 0) return false;
      const oldest = Math.min(this.#newest + 1, ...this.#pending.map(({ id }) => id));
      if (this.#newest + 1 - oldest + this.#underWay < window) break;
      await this.progress.rung;
    }
    this.left--;
    this.#underWay++;
    return true;
  }

  acknowledged(sent: Sent): void {
    this.#underWay--;
    this.#newest = Math.max(this.#newest, sent.id);
    if (this.readers.some((reader) => this.#waits(sent, reader))) this.#pending.push(sent);
    this.progress.ring();
  }

  heard(): void {
    this.#pending = this.#pending.filter((sent) => this.readers.some((reader) => this.#waits(sent, reader)));
    this.progress.ring();
  }
}

class Loader {
  readonly #options: LoadOptions;
  readonly history = new History();
  readonly unexpected: string[] = [];
  cutOff = 0;
  #acknowledged = 0;
  #body = 0;
  readonly #drain = new AbortController();

  constructor(options: LoadOptions) {
    this.#options = options;
    setMaxListeners(Number.POSITIVE_INFINITY, this.#drain.signal);
  }

  async run(): Promise<void> {
    const { channels, messages } = this.#options;
    const lines = await Promise.all(Array.from({ length: channels }, () => this.#open(Math.ceil(messages / channels))));
    const readers = lines.flatMap((line) => line.readers.map((reader, i) => this.#read(line, reader, `${line.channel.id} ${i}`)));
    await Promise.all(
      lines.flatMap((line, c) =>
        line.readers.flatMap(({ member }, a) =>
          Array.from({ length: this.#options.lanes ?? 2 }, (_, lane) => this.#send(line, member, `${c} ${a} ${lane}`)),
        ),
      ),
    );
    this.#drain.abort();
    await Promise.all(readers);
  }

  async #open(quota: number): Promise<Line> {
    const { station, agents, retention } = this.#options;
    const url = await station.url();
    const channel = await createChannel(url, { retention });
    const readers: Reader[] = [];
    for (let i = 0; i < agents; i++) {
      const member = await joinChannel(url, channel, `agent-${i}`);
      this.history.add({ type: 'joined', channel: channel.id, callsign: member.callsign });
      readers.push({ member, cursor: member.cursor, past: [] });
    }
    return new Line(channel, readers, quota);
  }

  async #send(line: Line, member: TestMember, name: string): Promise<void> {
    const { station, random, via, window = 40 } = this.#options;
    const own = random.fork(`sender ${name}`);
    const { id: channel } = line.channel;
    while (await line.begin(window)) {
      const n = ++this.#body;
      const key = `key-${n}`;
      const body = `body ${n} ${'.'.repeat(own.chance(0.02) ? 8_000 : own.int(0, 100))}`;
      const others = line.readers.filter((reader) => reader.member !== member);
      const to = own.chance(0.3) ? own.pick(others).member.callsign : 'all';
      const request = { path: 'send', headers: { 'Idempotency-Key': key }, body: { to, message: body } };
      for (let tries = 1; ; tries++) {
        const url = await station.url();
        this.history.add({ type: 'tried', channel, from: member.callsign, to, key, body });
        line.trying.ring();
        const reply = await this.#ask(url, member, request, via);
        if (reply?.status !== 200) continue;
        this.#options.onAnswered?.('send', tries);
        this.history.add({ type: 'acknowledged', channel, from: member.callsign, key, id: reply.body.id });
        line.acknowledged({ id: reply.body.id, from: member.callsign, to });
        this.#options.onAcknowledged?.(++this.#acknowledged);
        break;
      }
    }
  }

  /** An instant to vanish at: before the answer, as it comes, in its middle, just after it. */
  #instant(line: Line, own: Random): Cut | undefined {
    if (this.#drain.signal.aborted || !own.chance(this.#options.cuts ?? 0)) return undefined;
    const kind = own.int(0, 3);
    if (kind === 0) return { at: 'turns', count: own.int(0, 20) };
    if (kind === 1) return { at: 'event', event: line.trying.rung };
    if (kind === 2) return { at: 'event', event: line.progress.rung };
    return { at: 'bytes', count: own.int(1, 600) };
  }

  async #read(line: Line, reader: Reader, name: string): Promise<void> {
    const { station, random, via, tamper = (heard: unknown) => heard as Reply['body'] } = this.#options;
    const own = random.fork(`reader ${name}`);
    const { member } = reader;
    let forgetful = false;
    let tries = 1;
    for (;;) {
      const url = await station.url();
      const final = this.#drain.signal.aborted;
      const cut = this.#instant(line, own);
      const since = forgetful ? own.pick([reader.cursor, ...reader.past]) : reader.cursor;
      const limit = own.chance(0.2) ? `&limit=${own.int(1, 10)}` : '';
      const path = `listen?since=${since}&timeout=${final ? 0 : 30}${limit}`;
      const reply = await this.#ask(url, member, { path, cut, gone: final ? undefined : this.#drain.signal }, via);
      if (reply?.status !== 200) {
        this.cutOff++;
        tries = this.#drain.signal.aborted && !final ? 1 : tries + 1;
        // Who was cut off may have forgotten how far it was; repeats have to say that they are.
        forgetful = !final && own.chance(0.5);
        continue;
      }
      forgetful = false;
      this.#options.onAnswered?.('listen', tries);
      tries = 1;
      const heard = tamper(reply.body);
      const { messages, gap, more } = heard;
      const [after, cursor] = [idOfCursor(heard.after), idOfCursor(heard.cursor)];
      this.history.add({ ...{ type: 'heard', channel: line.channel.id, callsign: member.callsign }, after, cursor, gap, messages });
      reader.past.push(reader.cursor);
      if (reader.past.length > 3) reader.past.shift();
      reader.cursor = heard.cursor;
      line.heard();
      if (final && messages.length === 0 && !more) return;
    }
  }

  /** Null when nobody knows what became of the call, or it shall be made again. */
  async #ask(url: string, member: TestMember, request: Parameters<typeof memberCall>[1], via: number | undefined): Promise<Reply | null> {
    try {
      const reply = await call(url, memberCall(member, request), via);
      if (reply.status !== 200 && reply.status !== 503 && !this.#options.retried?.includes(reply.status)) {
        this.unexpected.push(`${request.path} answered ${reply.status}: ${JSON.stringify(reply.body)}`);
        throw new Error(this.unexpected.at(-1));
      }
      if (reply.status === 503) this.#options.onRefused?.(reply);
      return reply;
    } catch (error) {
      if (error instanceof CutOff) return null;
      throw error;
    }
  }
}

/** Runs a load to its end and drains it. */
export const runLoad = async (options: LoadOptions): Promise<Load> => {
  const loader = new Loader(options);
  await loader.run();
  return loader;
};
