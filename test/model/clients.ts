/** Clients as agents are: they know what they received, and nothing else of the hub. */
import { HubError } from '../../src/core/errors.ts';
import type { Hub } from '../../src/core/hub.ts';
import type { Answer } from '../../src/core/listening.ts';
import type { Gap, Position, Session, Since } from '../../src/core/types.ts';
import { checkAnswer, checkJoined, checkSent, floorOf } from './answer-rules.ts';
import type { Figures } from './figures.ts';
import { type Habit, type SinceWord, type Step, TTL_MS } from './history.ts';
import { type Emission, type Ledger, rule, type Said, type SeatFacts } from './ledger.ts';
import { Life } from './life.ts';
import type { Room } from './room.ts';

export interface Listen {
  readonly since: Since;
  readonly beganAt: number;
  readonly limit: number;
  readonly controller: AbortController;
  /** The client closed the connection. */
  gone: boolean;
  /** It was asleep when everything else was done. */
  asleep: boolean;
}

type ListenStep = Extract<Step, { do: 'listen' }>;

/** What an answer brings, as its reader sees it. */
interface News {
  readonly cursor: Position;
  readonly after: number;
  readonly gap: Gap | null;
}

/** What a session is told that is over. */
const REFUSED_SESSIONS: ReadonlySet<string> = new Set(['not_joined', 'session_expired']);

export class Client {
  readonly callsign: string;
  readonly habit: Habit;
  readonly listens = new Set<Listen>();
  /** Answers that are still on the way to it. */
  mail: (() => void)[] = [];
  readonly #room: Room;
  readonly #figures: Figures;
  readonly #facts: SeatFacts;
  readonly #ledger: Ledger;
  // What it knows; a crash takes it.
  #sessionId: string | null = null;
  #cursor: Position | null = null;
  #cursors: Position[] = [];
  #ids: number[] = [];
  readonly #life: Life;

  constructor(callsign: string, habit: Habit, room: Room, figures: Figures) {
    this.callsign = callsign;
    this.habit = habit;
    this.#room = room;
    this.#figures = figures;
    this.#ledger = room.ledger;
    this.#facts = room.ledger.seat(callsign);
    this.#life = new Life(
      () => room.clock.uptime(),
      () => this.listens.size > 0,
    );
  }

  // Its session

  /** A listen of it is over; until then it was alive. */
  #rose(): void {
    this.#life.seen(this.#room.tap.risen.get(this.callsign) ?? 0);
  }

  restarted(sure: boolean): void {
    this.listens.clear();
    this.#life.restarted(sure, this.#room.jumpedAt);
  }

  /** Calls with its session, joining if need be, unless there is none to be had or the hub died meanwhile. */
  #with(call: (session: Session, hub: Hub) => Promise<void> | void): void {
    const { hub } = this.#room;
    this.#room.track(async () => {
      const session = await this.#session(hub);
      if (session && hub === this.#room.hub) await call(session, hub);
    });
  }

  async #session(hub: Hub): Promise<Session | null> {
    for (let tries = 0; tries < 2; tries++) {
      if (this.#sessionId === null && !(await this.join(hub, true))) return null;
      const sessionId = this.#sessionId;
      const { era, alive, now } = this.#life;
      if (sessionId === null) return null;
      try {
        const session = await hub.sessionFor(this.#room.channel, sessionId);
        this.#life.seen(now);
        return session;
      } catch (error) {
        const ended = error instanceof HubError && REFUSED_SESSIONS.has(error.code);
        if (!ended) throw error;
        const was = alive && this.#life.alive && era === this.#life.era && sessionId === this.#life.known;
        rule('R-JOIN-17', !was, () => `the session of ${this.callsign} ended by itself`);
        if (this.#life.known === sessionId) this.#life.forget();
        if (this.#sessionId === sessionId) this.#sessionId = null;
      }
    }
    return null;
  }

  /** @returns whether the client has the answer */
  async join(hub: Hub, got: boolean): Promise<boolean> {
    const room = this.#room;
    const { channel, token } = room;
    const life = this.#life;
    if (!life.alive) life.forget();
    const { known, era, now } = life;
    this.#facts.joinBegan ??= this.#ledger.tick();
    const who = { channel, token, callsign: this.callsign, address: 'here' };
    const joined = await hub.join({ ...who, identityKey: null, newIdentity: false, ownerPassword: null }).catch((error) => {
      if (!room.excuses(error)) throw error;
      life.forget();
      return null;
    });
    if (!joined || hub !== room.hub) return false;
    this.#facts.joinDone ??= this.#ledger.tick();
    // While a join is on its way for longer than a session lives, there may have been one, and another after it.
    if (life.now - now >= TTL_MS) life.forget();
    if (era === life.era) {
      const same = !life.alive || (joined.sessionId === life.known && (known === null || joined.resumed));
      rule('R-JOIN-4', same, () => `two joins of ${this.callsign} gave two sessions`);
      life.known = joined.sessionId;
    }
    life.joined(now);
    const emission = checkJoined(this.#ledger, this.#facts, joined);
    if (!got) return false;
    this.#sessionId = joined.sessionId;
    const last = this.#cursor;
    this.#receive(emission, { cursor: joined.cursor, after: joined.cursor.id, gap: joined.gap });
    // Who still has a cursor of its own goes on with that.
    this.#cursor = last ?? joined.cursor;
    return true;
  }

  leave(): void {
    if (this.#sessionId === null) return;
    this.#with(async (session, hub) => {
      this.#life.forget();
      try {
        await hub.leave(session);
      } catch (error) {
        if (!this.#room.excuses(error)) throw error;
      }
      this.#life.forget();
      this.#sessionId = null;
    });
  }

  /** The process dies; its connections with it. */
  crash(): void {
    while (this.abort());
    this.mail = [];
    this.#sessionId = null;
    this.#cursor = null;
    this.#cursors = [];
    this.#ids = [];
  }

  // Hearing

  /** Closes the oldest of its parked listens. */
  abort(): boolean {
    const [oldest] = this.listens;
    if (!oldest) return false;
    oldest.gone = true;
    oldest.controller.abort();
    this.listens.delete(oldest);
    this.#life.seen(this.#life.now);
    return true;
  }

  #sinceFor(word: SinceWord): Since {
    if (this.habit === 'bare' || (this.habit === 'mixed' && word === 'bare')) return { at: 'bare' };
    if (word === 'start' || word === 'latest') return { at: word };
    const id = this.#ids[this.#ids.length >> 1];
    if (word === 'message' && id !== undefined) return { at: 'position', id, tag: null };
    if (word === 'foreign' || word === 'beyond') {
      const far = word === 'beyond' || this.#room.state.ring.head === 0;
      const alien = { at: 'position', id: far ? 1_000_000 : Math.max(1, this.#cursor?.id ?? 1), tag: far ? null : 'zzzzz' } as const;
      this.#ledger.foreign.add(alien);
      return alien;
    }
    const place = (word === 'older' ? this.#cursors[this.#cursors.length >> 1] : undefined) ?? this.#cursor;
    return place ? { at: 'position', ...place } : { at: 'bare' };
  }

  listen(step: Pick<ListenStep, 'since' | 'timeout' | 'limit' | 'handed' | 'got'>): void {
    const room = this.#room;
    const { run } = room;
    this.#with((session, hub) => {
      // From here on it stands parked, which keeps a session alive, and brings none back: one that is over is refused.
      const { alive } = this.#life;
      if (!alive) this.#life.forget();
      const since = this.#sinceFor(step.since);
      const controller = new AbortController();
      const { limit } = step;
      const listen: Listen = { since, beganAt: this.#ledger.tick(), limit, controller, gone: false, asleep: false };
      this.listens.add(listen);
      const { era } = this.#life;
      hub
        .listen(session, { since, limit, timeoutMs: step.timeout * 1000 }, controller.signal)
        .then(
          (answer) => (run === room.run ? this.#answered(listen, step, answer) : answer.delivery.unsure()),
          (error) => {
            this.listens.delete(listen);
            this.#rose();
            const over = !alive || era !== this.#life.era;
            const ended = error instanceof HubError && (REFUSED_SESSIONS.has(error.code) ? over : listen.gone);
            if (run === room.run && !ended && !room.excuses(error)) throw error;
          },
        )
        .catch((error) => room.fail(error));
    });
  }

  #answered(listen: Listen, step: Pick<ListenStep, 'handed' | 'got'>, answer: Answer): void {
    this.listens.delete(listen);
    this.#rose();
    const facts = this.#facts;
    const from = this.#room.tap.starts.get(listen.since);
    const emission = checkAnswer(this.#ledger, facts, { ...listen, from }, answer);
    this.#figures.flagged += answer.heard.filter(({ redelivered }) => redelivered).length;
    const { handed, got } = listen.gone ? ({ handed: 'never', got: 'never' } as const) : step;
    // For `since=0` only what is not confirmed is announced.
    const after = emission.after === 0 ? (this.#ledger.moments.get(answer.cursor)?.confirmed ?? 0) : emission.after;
    const read = (): void => this.#receive(emission, { cursor: answer.cursor, after, gap: answer.gap });
    const take = (): void => {
      answer.delivery.handed();
      facts.take(emission);
    };
    if (got === 'now') read();
    if (handed === 'now') take();
    else answer.delivery.unsure();
    if (got === 'later') this.mail.push(read);
    if (handed === 'later') this.#room.late.push(take);
  }

  #receive(emission: Emission, news: News): void {
    this.#figures.received += emission.ids.filter((id) => !this.#facts.received.has(id)).length;
    this.#facts.receive(emission);
    if (this.#cursor) this.#cursors.push(this.#cursor);
    this.#cursor = news.cursor;
    this.#ids.push(...emission.ids);
    if (!news.gap) return;
    this.#figures.gaps++;
    const head = this.#ledger.moments.get(news.cursor)?.head ?? news.cursor.id;
    this.#facts.announced.push({ after: news.after, upTo: floorOf(news.gap, head) });
  }

  ack(word: 'cursor' | 'older' | 'message'): void {
    if (this.habit === 'bare') return;
    this.#with(async (session, hub) => {
      const since = this.#sinceFor(word);
      if (since.at !== 'position') return;
      const confirmed = await hub.acknowledge(session, since);
      rule('R-ACK-1', confirmed.id >= since.id, () => `ack of ${since.id} by ${this.callsign} confirms ${confirmed.id}`);
    });
  }

  /** Passes the cursor of its last answer, whatever its habit. */
  ackLast(): void {
    const cursor = this.#cursor;
    this.#with(async (session, hub) => {
      if (cursor) await hub.acknowledge(session, { at: 'position', ...cursor });
    });
  }

  // Talking

  /** Sends something; `conflict` says whether its key was used for other content. */
  send(make: () => Said, conflict: (said: Said) => 'never' | 'maybe' | 'must', parked: ReadonlySet<string>): void {
    const room = this.#room;
    const { run } = room;
    this.#with(async (session, hub) => {
      const said = make();
      const repeated = said.storedAt !== null;
      const expected = repeated ? 'never' : conflict(said);
      said.open++;
      const { to, text, kind, key } = said;
      const sent = await hub.send(session, { to, text, kind, replyTo: null, idempotencyKey: key }).catch((error) => {
        const conflicts = error instanceof HubError && error.code === 'idempotency_conflict' && conflict(said) !== 'never' && !repeated;
        if (!conflicts && !room.excuses(error)) throw error;
        if (run === room.run) said.open--;
        return null;
      });
      if (!sent || run !== room.run) return;
      said.open--;
      said.storedAt ??= this.#ledger.tick();
      this.#figures.acked++;
      this.#ledger.issue(said, sent.message.id);
      rule('R-SEND-12', expected !== 'must', () => `key ${key} was taken for other content: ${text.slice(0, 8)}`);
      rule('R-SEND-11', !repeated || sent.duplicate, () => `key ${key} was used before, and the answer does not say so`);
      checkSent(this.#ledger, said, sent, parked);
    });
  }
}
