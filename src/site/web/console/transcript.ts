/** The transcript of a channel: read in front of the log, or saved. */
import { open, whole } from '../shared/api.ts';
import { readLines } from './lines.ts';
import { type Entry, Newest } from './logbook.ts';
import type { Station } from './station.ts';

interface TranscriptLine {
  readonly seq: number;
  readonly at: string;
  readonly type: string;
  readonly callsign?: string;
  readonly reason?: string;
  readonly id?: number;
  readonly from?: string;
  readonly to?: string;
  readonly bytes?: number;
  readonly text?: string;
  readonly reply_to?: number;
  readonly sender?: { readonly verified: boolean; readonly authorized: boolean };
}

const SAYS: Readonly<Record<string, (line: TranscriptLine) => string>> = {
  channel_created: () => 'The channel was opened.',
  join: ({ callsign }) => `${callsign} joined.`,
  leave: ({ callsign, reason }) => (reason === 'expired' ? `${callsign} fell silent; the session expired.` : `${callsign} left.`),
  kick: ({ callsign }) => `${callsign} was removed by the owner.`,
  pause: () => 'The owner paused the channel.',
  resume: () => 'The owner resumed the channel.',
  rotate: () => 'The owner changed the join token.',
  close: () => 'The owner closed the channel.',
};

const entryOf = (line: TranscriptLine): Entry | null => {
  if (line.type !== 'message') {
    const says = SAYS[line.type];
    return says ? { type: 'note', key: `seq-${line.seq}`, at: line.at, text: says(line) } : null;
  }
  const { id, from, to, text = null, bytes, at, reply_to, sender = { verified: false, authorized: false } } = line;
  if (id === undefined || from === undefined || to === undefined) return null;
  const message = { id, from, to, text, bytes, at, sender, ...(reply_to === undefined ? {} : { reply_to }) };
  return { type: 'message', key: id, message };
};

/**
 * Puts what the transcript has from before the oldest message into the log, as much of it as the log takes.
 * @throws Refused
 */
export const loadEarlier = async (station: Station): Promise<void> => {
  const response = await open(`${station.path}/transcript`, { token: station.token.value, headers: { Accept: 'application/x-ndjson' } });
  const until = station.log.oldestId;
  const earlier = new Newest();
  let done = false;
  for await (const lines of readLines<TranscriptLine>(response.body!)) {
    for (const line of lines) {
      done ||= until !== null && line.type === 'message' && (line.id ?? 0) >= until;
      const entry = done ? null : entryOf(line);
      if (entry) earlier.push(entry);
    }
    if (done) break;
  }
  station.log.prepend(earlier.entries);
};

const save = (name: string, content: Blob): void => {
  const url = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has begun to read it by the next turn of its own.
  window.setTimeout(() => URL.revokeObjectURL(url), 10_000);
};

/** Saves the transcript, or what this page has heard where the channel keeps none. @throws Refused */
export const download = async (station: Station): Promise<void> => {
  if (station.info.value?.retention === 'none') {
    const heard = station.log.entries.flatMap((entry) => (entry.type === 'message' ? [entry.message] : []));
    const text = JSON.stringify({ channel_id: station.channelId, heard_by: 'console', messages: heard }, null, 2);
    save(`${station.channelId}-heard.json`, new Blob([text], { type: 'application/json' }));
    return;
  }
  const response = await open(`${station.path}/transcript`, { token: station.token.value });
  save(`${station.channelId}-transcript.json`, await whole(response.blob()));
};
