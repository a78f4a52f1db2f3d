/** The traffic: what was said, as it is heard, however much it is. */
import { type Signal, useComputed, useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { count, dayOf, isSameDay, plural } from '../shared/format.ts';
import { Earlier } from './earlier.tsx';
import { Empty } from './empty.tsx';
import { EntryRow, type RowActions } from './entry.tsx';
import { heldRows } from './held.ts';
import { atOf, type Entry, type Logged, matches } from './logbook.ts';
import type { Station } from './station.ts';
import { useVirtualList } from './virtual.ts';

interface TrafficProps {
  readonly station: Station;
  readonly search: Signal<string>;
  /** Something else is shown in its place. */
  readonly covered: boolean;
  readonly onReply: (message: Logged) => void;
}

/** A glimpse for who does not see the screen. They know what they said themselves. */
const spoken = (entry: Entry | undefined, own: string | undefined): string => {
  if (entry === undefined) return '';
  if (entry.type !== 'message') return entry.type === 'note' ? entry.text : 'Messages were missed.';
  const { from, to, text } = entry.message;
  return from === own ? '' : `${from} to ${to}: ${(text ?? '').slice(0, 160)}`;
};

export const Traffic = ({ station, search, covered, onReply }: TrafficProps) => {
  const { log, receipts, unread } = station;
  const words = useComputed(() =>
    search.value
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== ''),
  );
  const shown = useComputed(() => {
    log.version.value;
    return words.value.length === 0 ? [...log.entries] : log.entries.filter((entry) => matches(entry, words.value));
  });
  const opened = useSignal<ReadonlySet<Entry['key']>>(new Set());
  const scroller = useRef<HTMLElement>(null);
  const entries = shown.value;
  // What stands in the page now is of the last drawing; rows may have moved since, or gone.
  const drawn = useRef(entries);
  const held = (scroller.current === null ? [] : heldRows(scroller.current))
    .map((index) => (entries[index] === drawn.current[index] ? index : entries.indexOf(drawn.current[index]!)))
    .filter((index) => index >= 0 && index < entries.length);
  drawn.current = entries;
  const list = useVirtualList({ scroller, count: entries.length, keyOf: (i) => entries[i]?.key ?? i, estimate: 76, held });
  const items = list.getVirtualItems();
  const atEnd = entries.length === 0 || list.isAtEnd(60);
  const below = words.value.length > 0 ? 0 : unread.count.value;

  const begun = useRef(false);
  useLayoutEffect(() => {
    if (begun.current || entries.length === 0) return;
    begun.current = true;
    list.scrollToEnd();
  });
  const following = useRef(true);
  const top = useRef(0);
  const away = useRef(covered);
  away.current = covered;
  const look = (): void => {
    const { scrollHeight, clientHeight, scrollTop } = scroller.current!;
    // What was added and not scrolled to yet takes nobody away from the end: that is done by going up.
    following.current = scrollHeight - clientHeight - scrollTop < 60 || (following.current && scrollTop >= top.current);
    top.current = scrollTop;
    unread.atNewest.value = following.current && words.peek().length === 0 && !away.current;
  };
  // Who is at the end stays there when what stands below takes more room, or a line that is there already.
  useEffect(() => {
    const element = scroller.current!;
    const observer = new ResizeObserver(() => {
      if (following.current) element.scrollTop = element.scrollHeight;
    });
    element.addEventListener('scroll', look, { passive: true });
    observer.observe(element);
    observer.observe(element.querySelector('.log')!);
    return () => {
      element.removeEventListener('scroll', look);
      observer.disconnect();
    };
  }, []);
  const goTo = (index: number): void => {
    following.current = false;
    list.scrollToIndex(index, { align: 'center' });
  };
  const wanted = useRef<number | null>(null);
  useEffect(() => {
    // A search shows its last find; without one the end is the place to be, or where somebody wanted to go from a find.
    if (wanted.current === null) list.scrollToEnd();
    else goTo(wanted.current);
    wanted.current = null;
  }, [words.value]);
  useEffect(look, [words.value, covered]);
  useEffect(() => {
    const messages = items.flatMap(({ index }) => {
      const entry = entries[index];
      // What the hub has forgotten it is not asked about.
      if (entry?.type !== 'message' || typeof entry.key === 'string') return [];
      return entry.message.kind !== 'status' && entry.message.text !== null ? [entry.message] : [];
    });
    // The newest first: they are the ones that move.
    receipts.inSight(messages.reverse());
  });

  const actions: RowActions = {
    onReply,
    onJump(id) {
      const index = log.entries.findIndex((entry) => entry.key === id);
      if (index < 0) return;
      if (words.value.length === 0) goTo(index);
      else {
        wanted.current = index;
        search.value = '';
      }
    },
    onOpen(key) {
      opened.value = new Set([...opened.value, key]);
    },
  };

  return (
    <>
      <div class="tools">
        <input
          type="search"
          aria-label="Search what was said"
          placeholder="Search"
          value={search.value}
          onInput={(event) => {
            search.value = event.currentTarget.value;
          }}
          onKeyDown={(event) => {
            if (event.key === 'Escape') search.value = '';
          }}
        />
        {/* What comes is said below; here it would be said again, as a number. */}
        <output aria-live={words.value.length > 0 ? 'polite' : 'off'}>
          {words.value.length > 0 ? `${count(entries.length)} of ${count(log.entries.length)}` : plural(log.heard.value, 'message')}
        </output>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section class="scroller" ref={scroller} tabIndex={0} aria-label="Messages">
        <Earlier station={station} searching={words.value.length > 0} />
        {entries.length === 0 &&
          (words.value.length > 0 ? <p class="empty">Nothing here has those words.</p> : <Empty station={station} />)}
        <ol class="log" style={{ height: `${list.getTotalSize()}px` }}>
          {items.map(({ index, key, start }) => {
            const entry = entries[index];
            const before = entries[index - 1];
            return entry ? (
              <li
                key={key}
                data-index={index}
                ref={(element) => list.measureElement(element)}
                style={{ transform: `translateY(${start}px)` }}
                aria-setsize={entries.length}
                aria-posinset={index + 1}
              >
                {(!before || !isSameDay(atOf(before), atOf(entry))) && <h3 class="day">{dayOf(atOf(entry))}</h3>}
                <EntryRow entry={entry} station={station} words={words.value} open={opened.value.has(entry.key)} actions={actions} />
              </li>
            ) : null;
          })}
        </ol>
      </section>
      {!atEnd && (
        <button type="button" class="to-end" onClick={() => list.scrollToEnd()}>
          ↓ {below > 0 ? `${count(below)} new` : 'To the latest'}
        </button>
      )}
      <p class="sr" aria-live="polite">
        {spoken(log.entries[log.entries.length - 1], station.seat.held.value?.callsign)}
      </p>
    </>
  );
};
