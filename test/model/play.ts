/** Plays a history against a hub, lets everybody drain their mailboxes, and judges. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { HubError } from '../../src/core/errors.ts';
import type { Receipt } from '../../src/core/types.ts';
import { checkReceipts } from './answer-rules.ts';
import { Client } from './clients.ts';
import type { Figures } from './figures.ts';
import { CALLSIGNS, type History, type Step, sizeOf } from './history.ts';
import { Broken, rule, type Said } from './ledger.ts';
import { emptyDatabase } from './node.ts';
import { checkRing, checkSleepers } from './rest-rules.ts';
import { Room } from './room.ts';

/** Answers in a drain; a mailbox holds a hundred messages and an answer at least one. */
const MOST_ANSWERS = 150;

const CALLS: ReadonlySet<string> = new Set();

class Play {
  readonly #room: Room;
  readonly #clients: readonly Client[];
  readonly #figures: Figures;
  readonly #keyed: Said[] = [];
  /** Nothing else was begun in this turn. */
  #alone = true;

  constructor(room: Room, history: History, figures: Figures) {
    this.#room = room;
    this.#figures = figures;
    this.#clients = CALLSIGNS.map((callsign, i) => new Client(callsign, history.setting.habits[i]!, room, figures));
  }

  async steps(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      this.#alone &&= !step.race;
      await this.#begin(step);
      if (step.race) continue;
      await this.#settle();
      this.#alone = true;
    }
    await this.#settle();
  }

  async #settle(): Promise<void> {
    await this.#room.settle();
    checkSleepers(this.#room, this.#clients);
    checkRing(this.#room);
  }

  async #begin(step: Step): Promise<void> {
    const room = this.#room;
    const client = 'by' in step ? this.#clients[step.by]! : this.#clients[0]!;
    switch (step.do) {
      case 'send':
        for (let n = 0; n < step.many; n++) this.#send(client, this.#to(step), 'message', step.keyed, sizeOf(step.size));
        return;
      case 'status':
        this.#send(client, this.#to(step), 'status', false, 0);
        return;
      case 'retry':
        this.#retry(step.pick, step.other);
        return;
      case 'listen':
        client.listen(step);
        return;
      case 'abort':
        client.abort();
        return;
      case 'join': {
        const { hub } = room;
        room.track(async () => void (await client.join(hub, step.got)));
        return;
      }
      case 'crash':
        client.crash();
        return;
      case 'leave':
        client.leave();
        return;
      case 'ack':
        client.ack(step.word);
        return;
      case 'arrivals':
        this.#arrivals();
        return;
      case 'receipts':
        this.#receipts();
        return;
      case 'advance':
      case 'jump':
        room.move(step.ms, step.do === 'advance');
        return;
      case 'disk':
        room.setDisk(step.works);
        return;
      case 'restart': {
        const works = room.diskWorks;
        await room.restart();
        for (const other of this.#clients) other.restarted(works);
        return;
      }
      case 'kill': {
        const sure = room.calm && !room.refused;
        room.kill();
        for (const other of this.#clients) other.restarted(sure);
        return;
      }
    }
  }

  #to(step: { readonly by: number; readonly to: number }): string {
    return step.to === step.by ? 'all' : (CALLSIGNS[step.to] ?? 'all');
  }

  /** Seats whose listen slept before this turn; only where nothing else goes on can be said what comes of it. */
  get #parked(): ReadonlySet<string> {
    if (!this.#alone || this.#room.setting.lag.length > 0) return CALLS;
    return new Set(this.#clients.filter(({ listens }) => [...listens].some(({ asleep }) => asleep)).map(({ callsign }) => callsign));
  }

  #send(client: Client, to: string, kind: Said['kind'], keyed: boolean, padding: number): void {
    const { ledger } = this.#room;
    const make = (): Said => {
      const said = ledger.say(client.callsign, to, kind, keyed ? `key-${ledger.said.length}` : null, padding);
      if (keyed) this.#keyed.push(said);
      return said;
    };
    client.send(make, () => 'never', this.#parked);
  }

  /** A client that got no answer sends again with its key; or uses the key for something else. */
  #retry(pick: number, other: boolean): void {
    const { ledger } = this.#room;
    const said = this.#keyed[this.#keyed.length - 1 - (pick % Math.max(1, this.#keyed.length))];
    if (!said) return;
    const client = this.#clients.find(({ callsign }) => callsign === said.from)!;
    const make = (): Said => (other ? ledger.say(said.from, said.to, said.kind, said.key, 0) : said);
    const conflict = (mine: Said): 'never' | 'maybe' | 'must' => {
      const others = ledger.said.filter(({ key, text }) => key === said.key && text !== mine.text);
      if (others.some(({ storedAt }) => storedAt !== null)) return 'must';
      return others.some(({ open, unknown }) => open + unknown > 0) ? 'maybe' : 'never';
    };
    client.send(make, conflict, CALLS);
  }

  #arrivals(): void {
    const { late } = this.#room;
    this.#room.late = [];
    for (const take of late) take();
    for (const client of this.#clients) {
      const { mail } = client;
      client.mail = [];
      for (const read of mail) read();
    }
  }

  #receipts(): void {
    const { hub, channel, ledger } = this.#room;
    for (const id of ledger.byId.keys()) {
      const beganAt = ledger.tick();
      this.#room.track(async () => {
        let found: { receipts: readonly Receipt[]; inRing: boolean };
        try {
          found = { receipts: (await hub.message(channel, id)).receipts, inRing: true };
        } catch (error) {
          if (!(error instanceof HubError) || error.code !== 'rotated') throw error;
          found = { receipts: error.options.extra?.['receipts'] as readonly Receipt[], inRing: false };
        }
        if (hub === this.#room.hub) checkReceipts(ledger, id, beganAt, found.inRing, found.receipts);
      });
    }
  }

  /** Everything comes to rest, everybody joins and listens until nothing waits. */
  async drain(): Promise<void> {
    const room = this.#room;
    room.setDisk(true);
    this.#arrivals();
    for (const client of this.#clients) while (client.abort());
    await this.#settle();
    const { hub } = room;
    for (const client of this.#clients) {
      room.track(async () => void (await client.join(hub, true)));
      await this.#settle();
      await this.#drainOne(client);
    }
    this.#receipts();
    await this.#settle();
    for (const client of this.#clients) this.#judge(client);
  }

  async #drainOne(client: Client): Promise<void> {
    const facts = this.#room.ledger.seat(client.callsign);
    let before = '';
    for (let answers = 0; answers < MOST_ANSWERS; answers++) {
      client.listen({ since: 'cursor', timeout: 0, limit: 100, handed: 'now', got: 'now' });
      await this.#settle();
      const seat = this.#room.state.seats.get(client.callsign)!;
      const now = `${seat.confirmed} ${facts.rewound}`;
      if (seat.confirmed === this.#room.state.ring.head && now === before) return;
      // A bare client whose session became explicit by its join (R-JOIN-13) goes on when it passes a cursor.
      if (now === before && seat.explicit && client.habit === 'bare') client.ackLast();
      before = now;
    }
    throw new Broken('R-LISTEN-26', `${client.callsign} never comes to the end of its mailbox`);
  }

  #judge({ callsign, habit }: Client): void {
    const { ledger } = this.#room;
    const facts = ledger.seat(callsign);
    for (const id of ledger.sure(facts, 0, Number.POSITIVE_INFINITY)) {
      if (facts.received.has(id) || facts.wasAnnounced(id)) continue;
      const why = facts.excuseFor(id);
      this.#figures[why ? 'excused' : 'lost']++;
      rule('R-LISTEN-26', why !== null, () => `LOST: ${callsign} never got ${id}, and nothing announced it`);
      rule('R-LISTEN-26', why !== 'bare-handed' || habit !== 'explicit', () => `${callsign} always gave evidence, and lost ${id}`);
    }
  }
}

/** @throws Broken */
export const play = async (history: History, parent: string, figures: Figures): Promise<void> => {
  const directory = mkdtempSync(join(parent, 'model-'));
  emptyDatabase(parent, directory);
  const room = new Room(history.setting, directory);
  try {
    await room.open();
    const game = new Play(room, history, figures);
    await game.steps(history.steps);
    await game.drain();
    figures.histories++;
  } finally {
    room.end();
    rmSync(directory, { recursive: true, force: true });
  }
};
