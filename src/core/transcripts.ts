/** Reading what a channel kept. */
import type { Engine } from './engine.ts';
import type { Message, TranscriptEvent } from './types.ts';

/** The message that an event tells of, in a channel that keeps texts. */
export const messageOf = ({ id, from, to, text, at, reply_to, sender }: TranscriptEvent): Message => ({
  ...{ id: id!, from: from!, to: to!, text: text!, at },
  ...(reply_to === undefined ? {} : { reply_to }),
  sender: sender!,
});

/** Events that are read at once. */
const PAGE = 256;

/** Events after `seq`, at most `limit`, read in pieces so that a transcript never stands in memory whole. */
export async function* readTranscript(
  engine: Engine,
  channelId: string,
  after: number,
  limit: number,
): AsyncGenerator<readonly TranscriptEvent[], void, undefined> {
  let from = after;
  let left = limit;
  while (left > 0) {
    const events = await engine.transcript(channelId, from, Math.min(left, PAGE));
    if (events.length === 0) return;
    yield events;
    from = events[events.length - 1]!.seq;
    left -= events.length;
  }
}
