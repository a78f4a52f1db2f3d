/**
 * Wake-ups between the hubs of one store. A hint says that something was said, so that parked listeners look; it may be
 * lost, late or doubled. What was lost is found by a slow look at the channels that somebody listens to here.
 */
import type { Message } from '../../core/types.ts';
import type { Answer, Book } from './book.ts';
import { openMessage } from './seal.ts';

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

interface Said {
  readonly id: number;
  readonly tag: string;
}

const NOTHING: Said = { id: 0, tag: '' };

interface Heard {
  ready: Promise<void> | null;
  /** Everything up to this id was told here; -1: nobody has listened yet. */
  known: number;
  /** … and these after it: hints come in any order. */
  readonly told: Set<number>;
  /** The newest that was told here. */
  newest: number;
  /** The newest that was said anywhere, and under which run of the store, as hints have it. */
  said: Said;
  /** Shared time until which it is kept. */
  until: number;
  /** … and until which somebody may watch it who is parked on no seat. */
  watched: number;
}

/** Sessions that another node ended: why, and of whom. */
export interface Ended {
  readonly why: string;
  readonly channelId: string;
  readonly callsign: string;
  readonly banned: boolean;
}

export class Hints {
  readonly #book: Book;
  readonly #channels = new Map<string, Heard>();
  /** Those that are being let go: whoever comes back waits for the end of it. */
  readonly #leaving = new Map<string, Promise<void>>();
  readonly #parked: (channelId: string) => boolean;
  #hear: (channelId: string, message: Message) => void = () => {};
  #ended: (ended: Ended) => void = () => {};
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

  onEnded(hear: (ended: Ended) => void): void {
    this.#ended = hear;
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
    const heard: Heard = {
      ready: null,
      known: -1,
      told: new Set(),
      newest: -1,
      said: NOTHING,
      until: now + LINGER_MS,
      watched: watched ? now + WATCHED_MS : 0,
    };
    this.#channels.set(channelId, heard);
    const name = `${this.#book.store.base(channelId)}:wake`;
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
  begin(channelId: string, head: number): void {
    const heard = this.#channels.get(channelId);
    if (!heard || heard.known >= 0) return;
    // A hint of what came after may have been here first.
    heard.known = head;
    told(heard, head);
  }

  /** A message that was sent from here is told here. */
  note(channelId: string, id: number): void {
    const heard = this.#channels.get(channelId);
    if (heard) told(heard, id);
  }

  /** A listener could not read what it was woken for: it is told again later. */
  again(channelId: string, from: number): void {
    const heard = this.#channels.get(channelId);
    if (!heard || from >= heard.known) return;
    heard.known = from;
    heard.told.clear();
    if (this.#soon || this.#closed) return;
    this.#soon = true;
    if (this.#looking) return;
    this.#stopLooking();
    this.#lookLater();
  }

  /** Whether nothing that is after this id was told here. */
  nothingAfter(channelId: string, id: number): boolean {
    const heard = this.#channels.get(channelId);
    return heard !== undefined && heard.ready === null && heard.newest <= id;
  }

  #take(channelId: string, heard: Heard, text: string): void {
    const [node, place = '0', from = '', to = ''] = text.split(' ', 4);
    const [number, tag = ''] = place.split('-', 2);
    const id = Number(number);
    if (id > heard.said.id) heard.said = { id, tag };
    if (node === this.#book.node) return;
    if (id === 0) {
      this.#ended({ why: from, channelId, callsign: to, banned: text.endsWith(' banned') });
      return;
    }
    told(heard, id);
    const json = text.indexOf('{');
    if (json < 0) this.#hear(channelId, hintOf(id, from, to));
    else this.#status(channelId, text.slice(json));
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
    const before = heard.known;
    if (before < 0) return;
    let answer: Answer;
    try {
      if (!back) {
        const known = await this.#book.store.command(['HGET', this.#book.store.base(channelId), 'head']);
        if (Number(known) === before && known !== null) return;
      }
      const { id, tag } = heard.said;
      // Where a replica has to know first, what was rolled back was neither acknowledged nor heard.
      answer = (await this.#book.run('missed', channelId, before, id, tag, !this.#book.store.replicated)) as Answer;
    } catch (error) {
      // Removed by another node: nobody would tell those who wait.
      if ((error as { code?: string }).code === 'unauthorized') this.#ended({ why: 'closed', channelId, callsign: '', banned: false });
      return;
    }
    const [head, rolledBack, ...missed] = answer as [number, number, ...string[]];
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
      .unsubscribe(`${this.#book.store.base(channelId)}:wake`)
      .catch(() => {})
      .then(() => void this.#leaving.delete(channelId));
    this.#leaving.set(channelId, left);
  }

  close(): void {
    this.#closed = true;
    this.#stopLooking();
  }
}

const told = (heard: Heard, id: number): void => {
  heard.newest = Math.max(heard.newest, id);
  if (id > heard.known) heard.told.add(id);
  while (heard.told.delete(heard.known + 1)) heard.known++;
};

/** What a waiter looks at: who it is for. */
const hintOf = (id: number, from: string, to: string): Message => ({
  ...{ id, from, to, text: '', at: '' },
  sender: { verified: false, authorized: false },
});
