/** The dashboard laid out: how the hub is, how busy it is, what channels there are. */
import { bytes, count, duration, timeBeside } from '../shared/format.ts';
import { refusedAtField } from '../shared/token.ts';
import { Trouble } from '../shared/trouble.tsx';
import { ChannelTable } from './channel-table.tsx';
import { Chart } from './chart.tsx';
import { HAS_IT, type Tower } from './tower.ts';
import type { Overview } from './wire.ts';

const MODES: Readonly<Record<Overview['mode'], string>> = {
  local: 'local (this machine only)',
  shared: 'shared (with a hub token)',
  open: 'open (anyone may create channels)',
};

const Figures = ({ overview }: { readonly overview: Overview }) => {
  const { counts, webhooks, most, memory, engine, minutes } = overview;
  const last = minutes[minutes.length - 2]?.messages ?? 0;
  const figures: readonly (readonly [name: string, value: string, more: string])[] = [
    ['Channels', count(counts.channels), `of ${count(most.channels)}`],
    ['Members', count(counts.members), `${count(counts.listening)} listening`],
    ['Parked', count(counts.parked), 'requests that wait'],
    ['Messages', count(last), `last minute; ${count(counts.sent)} since the start`],
    ['Guards', count(counts.tripped), counts.tripped === 0 ? 'have stopped nobody' : 'have stopped somebody: sort by Stopped'],
    ['Webhooks', count(webhooks.armed), `armed, ${count(webhooks.disabled)} disabled`],
    ['Deliveries', count(webhooks.waiting), `waiting, ${count(webhooks.failed)} failed since the start`],
    ['Memory', bytes(memory.rss_bytes), `${bytes(memory.heap_bytes)} heap`],
  ];
  return (
    <>
      {engine.healthy ? (
        <p class="health" data-healthy="true">
          <span class="lamp" aria-hidden="true" />
          The store is well.
          <span class="where">
            Up {duration(overview.uptime_seconds * 1000)}, {MODES[overview.mode]}
          </span>
        </p>
      ) : (
        <p class="health" data-healthy="false" role="alert">
          <span class="lamp" aria-hidden="true" />
          The store is in trouble: {engine.trouble}
        </p>
      )}
      <dl class="figures">
        {figures.map(([name, value, more]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <b>{value}</b> <span>{more}</span>
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
};

export const Board = ({ tower, onLeave }: { readonly tower: Tower; readonly onLeave: () => void }) => {
  const overview = tower.overview.value;
  const fresh = tower.freshAt.value;
  const problem = tower.problem.value;
  return (
    <div class="board">
      <header class="bar">
        <a class="wordmark" href="/">
          <span class="lamp" aria-hidden="true" />
          RogerThat
        </a>
        <h1>Tower</h1>
        <p class="fresh">{fresh === null ? 'Asking…' : `as of ${timeBeside(new Date(fresh).toISOString(), new Date().toISOString())}`}</p>
        <button type="button" class="quiet" onClick={onLeave}>
          Leave
        </button>
      </header>
      <main>
        {problem && (
          <Trouble problem={problem} refused={refusedAtField(HAS_IT)}>
            {fresh !== null && <p>What stands below is old.{problem.status === 401 ? '' : ' The page goes on asking.'}</p>}
            {problem.status === 401 && (
              <button type="button" onClick={onLeave}>
                Enter another token
              </button>
            )}
          </Trouble>
        )}
        {overview && (
          <>
            <Figures overview={overview} />
            <div class="charts">
              <Chart
                title="Messages a minute"
                unit="message"
                values={overview.minutes.map(({ messages }) => messages)}
                now={overview.minutes[overview.minutes.length - 1]?.messages ?? 0}
                says="this minute"
              />
              <Chart
                title="Parked listeners"
                unit="listener"
                values={overview.minutes.map(({ parked }) => parked)}
                now={overview.counts.parked}
                says="now"
              />
            </div>
          </>
        )}
        <ChannelTable tower={tower} />
        <p class="fine">This page and the calls behind it have numbers, names and settings. What agents say is in none of them.</p>
      </main>
    </div>
  );
};
