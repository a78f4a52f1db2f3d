/**
 * Wake-ups between the hubs of one store. A hint says that something was said, or that a session began or ended, so that
 * parked listeners look; it may be lost, late or doubled. What was lost is found by a slow look at the channels that
 * somebody listens to here.
 */
import type { Message } from '../../core/types.ts';
import type { Answer, Book } from './book.ts';
import { type Heard, hintOf, NOTHING, newHeard, type Said, told, UNKNOWN } from './heard.ts';
import { openMessage } from './seal.ts';
import { whoseTurn } from './turns.ts';

/** A lost hint delays by this much at the most, ms. */
const LOOK_MS = 5_000;
/** … and what a listener could not read is told again after this, ms. */
const SOON_MS = 500;
/** A channel that nobody asked about for so long is let go, if nobody is parked on it. */
const LINGER_MS = 300_000;
/** One that somebody watched is kept for longer: whoever watches a silent channel does not ask. */
const WATCHED_MS = 86_400_000;
/** Channels that are looked at together. */
const AT_ONCE = 200;

export class Hints {
  readonly #book: Book;
  readonly #channels = new Map<string, Heard>();
  /** Those that are being let go: whoever comes back waits for the end of it. */
  readonly #leaving = new Map<string, Promise<void>>();
  readonly #parked: (channelId: string) => boolean;
  #hear: (channelId: string, message: Message) => void = () => {};
  #turn: (channelId: string, callsign: string | null) => void = () => {};
  #stopLooking: () => void = () => {};
  /** The next look is soon. */
  #soon = false;
  #looking = false;
  #closed = false;

  /** @param parked whether somebody is parked on a channel here */
  constructor(book: Book, parked: (channelId: string) => boolean) {
    this.#book = book;
    this.#parked = parked;
    this.#lookLater();
  }

  onAppended(hear: (channelId: string, message: Message) => void): void {
    this.#hear = hear;
  }

  onTurned(hear: (channelId: string, callsign: string | null) => void): void {
    this.#turn = hear;
  }

  /** Listens to a channel from here on; a promise while that is not sure yet. */
  ensure(channelId: string, watched = false): Promise<void> | null {
    const now = this.#book.now();
    const known = this.#channels.get(channelId);
    if (known) {
      known.until = Math.max(known.until, now + LINGER_MS);
      if (watched) known.watched = now + WATCHED_MS;
      return known.ready;
    }
    const heard = newHeard(now + LINGER_MS, watched ? now + WATCHED_MS : 0);
    this.#channels.set(channelId, heard);
    const name = this.#book.store.wakeOf(channelId);
    heard.ready = (this.#leaving.get(channelId) ?? Promise.resolve())
      .then(() => this.#book.store.subscribe(name, (text) => this.#take(channelId, heard, text)))
      .catch(() => {
        // The connection is down; the store subscribes when it is back, and until then the slow look is what there is.
      })
      .then(() => {
        heard.ready = null;
      });
    return heard.ready;
  }

  /** A first listener begins at the head: what came before concerns nobody here. */
  begin(channelId: string, head: number, turnover: number): void {
    const heard = this.#channels.get(channelId);
    if (!heard || heard.known >= 0) return;
    // A hint of what came after may have been here first.
    heard.known = head;
    heard.turnover = Math.max(heard.turnover, turnover);
    told(heard, head);
  }

  /** A message that was sent from here is told here. */
  note(channelId: string, id: number): void {
    const heard = this.#channels.get(channelId);
    if (heard) told(heard, id);
  }

  /** A session of the channel was begun or ended from here. */
  noteTurn(channelId: string): void {
    const heard = this.#channels.get(channelId);
    if (heard) heard.turns++;
  }

  /** How often this hub knows sessions of the channel to have begun or ended since it listens. */
  turns(channelId: string): number {
    return this.#channels.get(channelId)?.turns ?? 0;
  }

  /** A listener could not read what it was woken for: it is told again later. */
  again(channelId: string, from: number): void {
    const heard = this.#channels.get(channelId);
    if (!heard) return;
    // It may have been woken because its session ended.
    heard.turnover = UNKNOWN;
    if (from >= heard.known) return;
    heard.known = from;
    heard.told.clear();
    if (this.#soon || this.#closed) return;
    this.#soon = true;
    if (this.#looking) return;
    this.#stopLooking();
    this.#lookLater();
  }

  /** Whether nothing that is after this id was told here, and no session began or ended since there were so many turns. */
  nothingAfter(channelId: string, id: number, turns: number): boolean {
    const heard = this.#channels.get(channelId);
    return heard !== undefined && heard.ready === null && heard.newest <= id && heard.turns === turns;
  }

  /**
   * The newest that this hub knows to have been said: where the store does not have it any more, it was rolled back (a failover), and
   * whoever listens is to be told before it is given anything again. Nothing where a replica has to know first: then what was rolled back was
   * neither acknowledged nor heard.
   */
  newest(channelId: string): Said {
    return (this.#book.store.replicated ? undefined : this.#channels.get(channelId)?.said) ?? NOTHING;
  }

  #take(channelId: string, heard: Heard, text: string): void {
    const [node, place = '0', from = '', to = ''] = text.split(' ', 4);
    const [number, tag = ''] = place.split('-', 2);
    const id = Number(number);
    if (id > heard.said.id) heard.said = { id, tag };
    const ours = node === this.#book.node;
    if (id === 0) this.#turned(channelId, heard, whoseTurn(from, to), tag, ours);
    if (ours || id === 0) return;
    told(heard, id);
    const json = text.indexOf('{');
    if (json < 0) this.#hear(channelId, hintOf(id, from, to));
    else this.#status(channelId, text.slice(json));
  }

  /**
   * Sessions began or ended: whoever listens on the seat looks whether it still may.
   * @param whose undefined: a hub of another version knows more; the next look finds that there was something
   * @param count how often that has happened, as far as that hub counts
   */
  #turned(channelId: string, heard: Heard, whose: string | null | undefined, count: string, ours: boolean): void {
    if (whose === undefined) return;
    heard.turns++;
    const turnover = /^\d+$/.test(count) ? Number(count) : heard.turnover;
    const missed = turnover > heard.turnover + 1;
    heard.turnover = Math.max(heard.turnover, turnover);
    if (missed) this.#turn(channelId, null);
    else if (!ours) this.#turn(channelId, whose);
  }

  /** A status goes to whoever listens now, but not before a replica knows of it where that was asked for. */
  #status(channelId: string, json: string): void {
    const message = openMessage(this.#book.seal, json);
    if (!message) return;
    if (!this.#book.store.replicated) this.#hear(channelId, message);
    else
      this.#book.sure('missed', channelId, Number.MAX_SAFE_INTEGER, 0, '', false).then(
        () => this.#hear(channelId, message),
        () => {},
      );
  }

  // The slow look

  #lookLater(): void {
    this.#stopLooking = this.#book.clock.after(this.#soon ? SOON_MS : LOOK_MS, () => {
      this.#soon = false;
      this.#looking = true;
      this.look()
        .catch(this.#book.report)
        .finally(() => {
          this.#looking = false;
          if (!this.#closed) this.#lookLater();
        });
    });
  }

  /**
   * Looks at every channel that somebody listens to here, and tells what no hint told.
   * @param back the store was away: then at every one that was listened to, whose history may have been rolled back
   */
  async look(back = false): Promise<void> {
    const now = this.#book.now();
    const due: [string, Heard][] = [];
    for (const [channelId, heard] of this.#channels) {
      // Who comes back to one that nobody is parked on asks what there is by itself.
      if (back || heard.watched > now || this.#parked(channelId)) due.push([channelId, heard]);
      else if (heard.until <= now) this.forget(channelId);
    }
    for (let i = 0; i < due.length; i += AT_ONCE) {
      await Promise.all(due.slice(i, i + AT_ONCE).map(([channelId, heard]) => this.#look(channelId, heard, back)));
    }
  }

  async #look(channelId: string, heard: Heard, back: boolean): Promise<void> {
    const { known: before, turnover: turnedBefore } = heard;
    if (before < 0) return;
    let answer: Answer;
    try {
      if (!back) {
        const kept = await this.#book.store.command(['HMGET', this.#book.store.base(channelId), 'head', 'turnover']);
        const [known, turnover] = kept as [string | null, string | null];
        if (Number(known) === before && known !== null && Number(turnover ?? 0) === turnedBefore) return;
      }
      const { id, tag } = heard.said;
      answer = (await this.#book.run('missed', channelId, before, id, tag, !this.#book.store.replicated)) as Answer;
    } catch (error) {
      // Removed by another node: nobody would tell those who wait.
      if ((error as { code?: string }).code === 'unauthorized') this.#turn(channelId, null);
      return;
    }
    const [head, rolledBack, turnover, ...missed] = answer as [number, number, number, ...string[]];
    if (turnover !== turnedBefore && heard.turnover === turnedBefore) {
      heard.turnover = turnover;
      heard.turns++;
      this.#turn(channelId, null);
    }
    if (rolledBack === 1 || head < before) {
      // The store was rolled back behind what was told here (a failover): what comes now has ids that were told before,
      // and whoever is parked may be owed word of it.
      heard.known = heard.newest = head;
      heard.told.clear();
      heard.said = NOTHING;
      this.#hear(channelId, hintOf(head, 'hub', 'all'));
      return;
    }
    const news = missed.map((one) => one.split(' ') as [string, string, string]).filter(([id]) => !heard.told.has(Number(id)));
    if (heard.known > before) return;
    for (const id of heard.told) if (id <= head) heard.told.delete(id);
    heard.known = Math.max(before, head);
    heard.newest = Math.max(heard.newest, head);
    for (const [id, from, to] of news) this.#hear(channelId, hintOf(Number(id), from, to));
  }

  /** Lets go of a channel that is gone. */
  forget(channelId: string): void {
    if (!this.#channels.delete(channelId)) return;
    const left = this.#book.store
      .unsubscribe(this.#book.store.wakeOf(channelId))
      .catch(() => {})
      .then(() => void this.#leaving.delete(channelId));
    this.#leaving.set(channelId, left);
  }

  close(): void {
    this.#closed = true;
    this.#stopLooking();
  }
}
