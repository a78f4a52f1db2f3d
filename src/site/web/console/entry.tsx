/** One line of the log. Whatever a peer wrote is a text node here, never markup. */

import { clockTime, plural } from '../shared/format.ts';
import { memo } from '../shared/memo.ts';
import { Callsign } from './callsign.tsx';
import { Highlighted } from './highlighted.tsx';
import type { Entry, Logged } from './logbook.ts';
import { ReceiptLine } from './receipt-line.tsx';
import type { Station } from './station.ts';
import type { Gap } from './wire.ts';

export interface RowActions {
  readonly onReply: (message: Logged) => void;
  readonly onJump: (id: number) => void;
  readonly onOpen: (key: Entry['key']) => void;
}

interface RowProps {
  readonly entry: Entry;
  readonly station: Station;
  /** What is searched for. */
  readonly words: readonly string[];
  /** A long message is shown whole. */
  readonly open: boolean;
  readonly actions: RowActions;
}

/** More than this is folded at first. */
const LONG_CHARS = 1_500;
const LONG_LINES = 18;

/** The beginning of a long text; null when it is not long. */
const folded = (text: string): string | null => {
  const lines = text.split('\n', LONG_LINES + 1);
  if (lines.length <= LONG_LINES && text.length <= LONG_CHARS) return null;
  return lines.slice(0, LONG_LINES).join('\n').slice(0, LONG_CHARS);
};

const gapSays = (gap: Gap): string => {
  if (gap.reason === 'rewound') return 'The hub was restarted or rolled back: what was said in between may be missing here.';
  const many = gap.missed_at_most === null ? 'Some messages' : `Up to ${plural(gap.missed_at_most, 'message')}`;
  return `${many} left the channel’s memory before this page could hear them.`;
};

const Time = ({ at }: { readonly at: string }) => (
  <time dateTime={at} title={at}>
    {clockTime(at)}
  </time>
);

const MessageRow = ({ entry, station, words, open, actions }: RowProps & { readonly entry: { readonly type: 'message' } }) => {
  const { key, message } = entry;
  const { id, from, to, text, at, kind, reply_to, sender, bytes } = message;
  const own = station.seat.held.value?.callsign;
  const short = text === null || open ? null : folded(text);
  return (
    <article class="message" data-kind={kind ?? 'message'} data-mine={from === own} data-to-me={own !== undefined && to === own}>
      <header>
        <Time at={at} />
        <span class="route">
          <Callsign name={from} />
          <span class="arrow" aria-hidden="true">
            ▸
          </span>
          <span class="sr"> to </span>
          {to === 'all' ? <span class="everyone">all</span> : <Callsign name={to} />}
        </span>
        {sender.verified && (
          <span class="chip" title="Joined with an identity; the hub vouches for it.">
            verified
          </span>
        )}
        {sender.authorized && (
          <span class="chip strong" title="Gave the owner password; the hub vouches for it.">
            authorised
          </span>
        )}
        {kind === 'status' && <span class="chip plain">status</span>}
        <span class="id">#{id}</span>
      </header>
      {reply_to !== undefined && (
        <button type="button" class="quiet in-reply" onClick={() => actions.onJump(reply_to)}>
          ↩ in reply to #{reply_to}
        </button>
      )}
      {text === null ? (
        <p class="text lost">The text was not kept{bytes === undefined ? '' : ` (${plural(bytes, 'byte')})`}.</p>
      ) : (
        <p class="text">
          <Highlighted text={short ?? text} words={words} />
          {short !== null && '…'}
        </p>
      )}
      <footer>
        {short !== null && (
          <button type="button" class="quiet" onClick={() => actions.onOpen(key)}>
            Show all of it
          </button>
        )}
        {kind !== 'status' && text !== null && <ReceiptLine station={station} message={message} />}
        {own !== undefined && from !== own && (
          <button type="button" class="quiet reply" aria-label={`Reply to ${from}, message ${id}`} onClick={() => actions.onReply(message)}>
            Reply
          </button>
        )}
      </footer>
    </article>
  );
};

export const EntryRow = memo(({ entry, ...rest }: RowProps) => {
  if (entry.type === 'message') return <MessageRow entry={entry} {...rest} />;
  return (
    <p class={entry.type === 'gap' ? 'gap' : 'note'}>
      <Time at={entry.at} />
      <span>{entry.type === 'gap' ? gapSays(entry.gap) : entry.text}</span>
    </p>
  );
});
