/** What this hub was told of one channel, by hints and by looking. */
import type { Message } from '../../core/types.ts';

/** The newest that was said, and under which run of the store. */
export interface Said {
  readonly id: number;
  readonly tag: string;
}

export const NOTHING: Said = { id: 0, tag: '' };

/** Not known: whoever listens has to look. */
export const UNKNOWN = -1;

export interface Heard {
  /** While it is not sure yet that hints are heard. */
  ready: Promise<void> | null;
  /** Everything up to this id was told here; -1: nobody has listened yet. */
  known: number;
  /** … and these after it: hints come in any order. */
  readonly told: Set<number>;
  /** The newest that was told here. */
  newest: number;
  /** The newest that was said anywhere, as hints have it. */
  said: Said;
  /** How often sessions had begun or ended when that was told here last; or {@link UNKNOWN}. */
  turnover: number;
  /** How often this hub was told so, or did so itself. */
  turns: number;
  /** Shared time until which it is kept. */
  until: number;
  /** … and until which somebody may watch it who is parked on no seat. */
  watched: number;
}

/** Of a channel that this hub begins to listen to. */
export const newHeard = (until: number, watched: number): Heard => ({
  ...{ ready: null, known: -1, told: new Set(), newest: -1, said: NOTHING },
  ...{ turnover: UNKNOWN, turns: 0, until, watched },
});

export const told = (heard: Heard, id: number): void => {
  heard.newest = Math.max(heard.newest, id);
  if (id > heard.known) heard.told.add(id);
  while (heard.told.delete(heard.known + 1)) heard.known++;
};

/** What a waiter looks at: who it is for. */
export const hintOf = (id: number, from: string, to: string): Message => ({
  ...{ id, from, to, text: '', at: '' },
  sender: { verified: false, authorized: false },
});
