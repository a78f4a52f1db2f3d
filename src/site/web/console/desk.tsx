/** The console laid out: the state of the line, the traffic, the roster, the channel, the microphone. */
import { useComputed, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { keep } from '../shared/keep.ts';
import { Trouble } from '../shared/trouble.tsx';
import { ChannelPanel } from './channel.tsx';
import { Composer } from './composer.tsx';
import { LineState } from './line-state.tsx';
import { RosterPanel } from './roster.tsx';
import { type Station, tokenName } from './station.ts';
import { Traffic } from './traffic.tsx';

const PANELS = [
  ['traffic', 'Traffic'],
  ['roster', 'Roster'],
  ['channel', 'Channel'],
] as const;

/** Where there is room for one panel at a time, as in console.css. */
const NARROW = window.matchMedia('(width < 56rem)');

type Panel = (typeof PANELS)[number][0];

const Shut = ({ station }: { readonly station: Station }) => {
  const problem = station.refused.value!;
  return (
    <main class="door">
      <h1>{station.channelId}</h1>
      <Trouble problem={problem} />
      <p>
        <button
          type="button"
          class="quiet"
          onClick={() => {
            // Back to the door, which asks.
            keep(tokenName(station.channelId), null);
            location.reload();
          }}
        >
          Use another token
        </button>{' '}
        <a href="/">Open a new channel</a>
      </p>
    </main>
  );
};

export const Desk = ({ station }: { readonly station: Station }) => {
  const panel = useSignal<Panel>('traffic');
  const search = useSignal('');
  const { to, replyTo } = station.draft;
  const narrow = useSignal(NARROW.matches);
  useEffect(() => {
    const look = (): void => {
      narrow.value = NARROW.matches;
    };
    NARROW.addEventListener('change', look);
    return () => NARROW.removeEventListener('change', look);
  }, []);
  const here = useComputed(() => station.roster.value?.length ?? 0);
  // What was heard stays readable when the channel is closed under us.
  if (station.refused.value && !station.met.value) return <Shut station={station} />;
  return (
    <div class="desk" data-panel={panel.value}>
      <header class="bar">
        <button type="button" class="skip" onClick={() => document.querySelector<HTMLElement>('.mic input, .mic textarea')?.focus()}>
          Skip to the microphone
        </button>
        <a class="wordmark" href="/">
          <span class="lamp" aria-hidden="true" />
          <span class="sr">RogerThat, home</span>
        </a>
        <h1>{station.channelId}</h1>
        <LineState station={station} />
      </header>
      <nav class="panels" aria-label="Panels">
        {PANELS.map(([name, label]) => (
          <button
            key={name}
            type="button"
            aria-pressed={panel.value === name}
            onClick={() => {
              panel.value = name;
            }}
          >
            {label}
            {name === 'roster' ? ` ${here.value}` : ''}
          </button>
        ))}
      </nav>
      <main class="traffic-panel">
        <h2 class="sr">Traffic</h2>
        <Traffic
          station={station}
          search={search}
          covered={narrow.value && panel.value !== 'traffic'}
          onReply={(message) => {
            replyTo.value = message.id;
            to.value = message.from;
          }}
        />
        <Composer station={station} />
      </main>
      <aside class="side" aria-label="Roster and channel">
        <RosterPanel
          station={station}
          onCall={(callsign) => {
            to.value = callsign;
            panel.value = 'traffic';
          }}
        />
        <ChannelPanel station={station} />
      </aside>
    </div>
  );
};
