/**
 * The last messages of a channel, and the channel's line of ids.
 *
 * Ids only grow. Some are missing from the ring: a status takes one and is never stored, and a message that could
 * not be stored gives its id up.
 */
import type { Message, Position } from './types.ts';

/** From this id on, messages were issued by the run with this tag. */
interface Run {
  readonly from: number;
  readonly tag: string;
}

/** What is remembered of a message that left: who it was for. */
export type Gone = Pick<Message, 'id' | 'from' | 'to'>;

export interface Ring {
  /** Oldest first. */
  readonly messages: Message[];
  /** The last that left it, oldest first: every one after `goneFloor`. */
  readonly gone: Gone[];
  goneFloor: number;
  /** UTF-8 bytes of the texts in it. */
  bytes: number;
  /** The highest id ever issued and stored, also when its message is gone. */
  head: number;
  /** Which run of the store issued which ids; the newest last. A few are enough: older cursors are rotated anyway. */
  readonly runs: Run[];
  /** The highest id that has left the ring or was never in it from its old end; everything after it is here. */
  floor: number;
  /** How many broadcasts the channel ever had. */
  broadcasts: number;
}

const RUNS_KEPT = 16;
/** At least so many that left are remembered. */
const GONE_KEPT = 400;

export const newRing = (): Ring => ({ messages: [], gone: [], goneFloor: 0, bytes: 0, head: 0, runs: [], floor: 0, broadcasts: 0 });

/** Index of the first message after `id`. */
export const indexAfter = (ring: Ring, id: number): number => {
  const { messages } = ring;
  let low = 0;
  let high = messages.length;
  // Listeners are nearly always at the end.
  if (high === 0 || messages[high - 1]!.id <= id) return high;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (messages[middle]!.id <= id) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** The message with this id, if the ring still has it. */
export const findMessage = (ring: Ring, id: number): Message | undefined => {
  const found = ring.messages[indexAfter(ring, id - 1)];
  return found?.id === id ? found : undefined;
};

const byteLength = (message: Message): number => Buffer.byteLength(message.text);

/** Adds a message and returns those that had to leave, oldest first. At least the new one stays. */
export const pushMessage = (ring: Ring, message: Message, limits: { ringMessages: number; ringBytes: number }): Message[] => {
  ring.messages.push(message);
  ring.bytes += byteLength(message);
  const left: Message[] = [];
  while (ring.messages.length > 1 && (ring.messages.length > limits.ringMessages || ring.bytes > limits.ringBytes)) {
    const oldest = ring.messages.shift()!;
    ring.bytes -= byteLength(oldest);
    ring.floor = oldest.id;
    left.push(oldest);
    ring.gone.push({ id: oldest.id, from: oldest.from, to: oldest.to });
  }
  if (ring.gone.length > 2 * GONE_KEPT) ring.goneFloor = ring.gone.splice(0, GONE_KEPT)[GONE_KEPT - 1]!.id;
  return left;
};

/** Takes back the last push, for a message that could not be stored. */
export const undoPush = (ring: Ring, left: readonly Message[], floor: number): void => {
  const taken = ring.messages.pop();
  if (taken) ring.bytes -= byteLength(taken);
  ring.messages.unshift(...left);
  ring.gone.length -= left.length;
  for (const message of left) ring.bytes += byteLength(message);
  ring.floor = floor;
};

/** Notes that `id` is issued by the run with this tag, and moves the head. @returns whether the run is new to the ring */
export const advanceHead = (ring: Ring, id: number, tag: string): boolean => {
  ring.head = id;
  if (ring.runs[ring.runs.length - 1]?.tag === tag) return false;
  ring.runs.push({ from: id, tag });
  if (ring.runs.length > RUNS_KEPT) ring.runs.shift();
  return true;
};

const tagOf = (ring: Ring, id: number): string | undefined => {
  for (let i = ring.runs.length - 1; i >= 0; i--) {
    const run = ring.runs[i]!;
    if (run.from <= id) return run.tag;
  }
  return undefined;
};

export const positionOf = (ring: Ring, id: number): Position => ({ id, tag: tagOf(ring, id) ?? '0' });

/**
 * Whether a place that a client names lies in this history. False means that the store was rolled back behind it:
 * the id was never issued here, or by another run than the one the client heard it from.
 */
export const inHistory = (ring: Ring, id: number, tag: string | null): boolean => {
  if (id > ring.head) return false;
  if (tag === null) return true;
  const known = tagOf(ring, id);
  return known === undefined || known === tag;
};
