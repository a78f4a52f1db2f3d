/** The two loads: pairs that talk as fast as the server lets them, and one voice to a crowd. */

import type { Server } from './servers.ts';
import { pause } from './stats.ts';
import type { Agent } from './target.ts';
import { Wire } from './wire.ts';

/** Two agents of one channel: every message goes from `mouth` to `ear`. */
export interface Pair {
  mouth: Agent;
  ear: Agent;
}

/** Something whose CPU time is read from outside: a server. */
export interface Metered {
  /** CPU time so far, in microseconds. */
  cpu(): number;
}

/** What one slice of load came to. */
export interface Slice {
  /** How many units. */
  units: number;
  /** CPU of the server, or of all of them, for one unit (a message, a delivery), in microseconds. */
  cpuPerUnit: number;
  /** … and of each server, in the order of the question. */
  cpuEach: number[];
  /** Units a second. */
  rate: number;
  /** Share of the slice in which the server was on its core (0…1); near 1 means the generator kept it busy. */
  busy: number;
}

/** Time after a slice in which the server may write behind; what that costs belongs to the slice. */
const SETTLE_MS = 150;

/** A server that answers nothing for this long is taken for stuck. */
const STUCK_MS = 20_000;

let serial = 0;

/** A message of about a hundred characters that no other message equals. */
function nextText(): string {
  return `message ${++serial} of the bench: the tests of the parser pass again, shall I go on with the printer next?`;
}

/**
 * Keeps every lane's message in flight for about `ms` milliseconds. A lane parks the ear, then sends from the mouth, and
 * goes on when both are answered; with several pairs it takes them in turn. All mouths of a lane speak to one server, and
 * all its ears listen at one.
 */
export function talk(servers: Metered | readonly Metered[], lanes: readonly (readonly Pair[])[], ms: number): Promise<Slice> {
  return inLanes(
    servers,
    lanes.map((pairs) => new Lane(pairs)),
    ms,
  );
}

/** As {@link talk}, but nobody listens: a message is a send and no more. */
export function shout(servers: Metered | readonly Metered[], lanes: readonly (readonly Pair[])[], ms: number): Promise<Slice> {
  return inLanes(
    servers,
    lanes.map((pairs) => new Lane(pairs, false)),
    ms,
  );
}

async function inLanes(servers: Metered | readonly Metered[], lanes: readonly Lane[], ms: number): Promise<Slice> {
  try {
    // Connections are made and both sides warm before the clock starts.
    await guarded(lanes.map((lane) => lane.run(0)));
    return await measured(servers, async () => {
      const deadline = performance.now() + ms;
      const counts = await guarded(lanes.map((lane) => lane.run(deadline)));
      return counts.reduce((sum, messages) => sum + messages, 0);
    });
  } finally {
    for (const lane of lanes) lane.close();
  }
}

/** One message at a time, over two connections that stay. */
class Lane {
  readonly #mouth: Wire;
  readonly #ear: Wire;
  readonly #pairs: readonly Pair[];
  readonly #listens: boolean;
  #turn = 0;

  constructor(pairs: readonly Pair[], listens = true) {
    const [{ mouth, ear }] = pairs as readonly [Pair];
    this.#mouth = new Wire(mouth.port);
    this.#ear = new Wire(ear.port);
    this.#pairs = pairs;
    this.#listens = listens;
  }

  close(): void {
    this.#mouth.close();
    this.#ear.close();
  }

  /** Sends at least one message, and more until the deadline; resolves with how many. Callbacks, for speed. */
  run(deadline: number): Promise<number> {
    return new Promise((resolve, reject) => {
      let count = 0;
      let waiting = 0;
      let text = '';
      let pair: Pair;
      const step = () => {
        pair = this.#pairs[this.#turn++ % this.#pairs.length] as Pair;
        text = nextText();
        waiting = this.#listens ? 2 : 1;
        if (this.#listens) this.#ear.ask(pair.ear.listen(), heard, reject);
        this.#mouth.ask(pair.mouth.send(pair.ear.callsign, text), sent, reject);
      };
      const done = () => {
        if (--waiting > 0) return;
        count++;
        if (performance.now() < deadline) step();
        else resolve(count);
      };
      const sent = (status: number, body: string) => {
        if (status === 200) done();
        else reject(new Error(`a send was answered ${status}: ${body}`));
      };
      const heard = (status: number, body: string) => {
        if (status !== 200 || !body.includes(text)) {
          reject(new Error(`a listen was answered ${status} without the message sent: ${body.slice(0, 500)}`));
          return;
        }
        pair.ear.heard(body);
        done();
      };
      step();
    });
  }
}

/** One voice says something to everybody, again and again for about `ms` milliseconds; the unit is a delivery. */
export async function proclaim(server: Server, voice: Agent, crowd: readonly Agent[], ms: number): Promise<Slice> {
  const mouth = new Wire(server.port);
  const ears = crowd.map(() => new Wire(server.port));
  const once = async () => {
    const text = nextText();
    const heard = crowd.map((agent, at) => hear(ears[at] as Wire, agent, text));
    // Everybody is parked when the message comes; meanwhile the server idles, which costs it no CPU.
    await Promise.race([guarded(heard), pause(3 + crowd.length * 0.06)]);
    const said = new Promise<void>((resolve, reject) => {
      mouth.ask(voice.send('all', text), (status) => (status === 200 ? resolve() : reject(refused('send', status))), reject);
    });
    await guarded([...heard, said]);
  };
  try {
    // Connected and known to the server before anything is said.
    await guarded(crowd.map((agent, at) => glance(ears[at] as Wire, agent)));
    await once();
    return await measured(server, async () => {
      const deadline = performance.now() + ms;
      let deliveries = 0;
      do {
        await once();
        deliveries += crowd.length;
      } while (performance.now() < deadline);
      return deliveries;
    });
  } finally {
    for (const wire of [mouth, ...ears]) wire.close();
  }
}

/** A listen that does not wait. */
function glance(wire: Wire, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    wire.ask(agent.listen(0), (status) => (status === 200 ? resolve() : reject(refused('listen', status))), reject);
  });
}

/** Parks an agent and resolves when it hears `text`. */
export function hear(wire: Wire, agent: Agent, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const answered = (status: number, body: string) => {
      if (status !== 200 || !body.includes(text)) {
        reject(new Error(`a listen was answered ${status} without the message sent: ${body.slice(0, 500)}`));
        return;
      }
      agent.heard(body);
      resolve();
    };
    wire.ask(agent.listen(), answered, reject);
  });
}

async function measured(servers: Metered | readonly Metered[], load: () => Promise<number>): Promise<Slice> {
  const all = [servers].flat();
  const before = all.map((server) => server.cpu());
  const spent = () => all.map((server, at) => server.cpu() - (before[at] as number));
  const total = (each: readonly number[]) => each.reduce((sum, one) => sum + one, 0);
  const began = performance.now();
  const units = await load();
  const elapsed = performance.now() - began;
  const inLoad = total(spent());
  await pause(SETTLE_MS);
  const each = spent().map((cpu) => cpu / units);
  return { units, cpuPerUnit: total(each), cpuEach: each, rate: (units * 1000) / elapsed, busy: inLoad / (elapsed * 1000) };
}

function refused(what: string, status: number): Error {
  return new Error(`a ${what} was answered ${status}`);
}

/** All of them, or an error when the server is stuck. */
export async function guarded<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  let timer: NodeJS.Timeout | undefined;
  const stuck = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer for ${STUCK_MS / 1000} s`)), STUCK_MS);
  });
  try {
    return await Promise.race([Promise.all(promises), stuck]);
  } finally {
    clearTimeout(timer);
  }
}
