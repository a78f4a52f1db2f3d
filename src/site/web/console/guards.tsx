/** The guards against loops, for the owner: what they allow, whom they stopped, and raising or resetting them. */
import { type Signal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { call, type Problem, problemIn } from '../shared/api.ts';
import { count, plural } from '../shared/format.ts';
import { Stopped } from '../shared/stopped.tsx';
import type { Station } from './station.ts';
import type { Guards } from './wire.ts';

const REFRESH_MS = 5_000;
const FACTORS = [1, 2, 5, 10, 100, 1000] as const;

const most = (limit: number | null, what: string): string => (limit === null ? `any number of ${what}` : `${count(limit)} ${what}`);

interface GuardsProps {
  readonly station: Station;
  /** How they stand; known since the owner's token was checked. */
  readonly guards: Signal<Guards | null>;
  /** Where the owner's controls say what went wrong. */
  readonly problem: Signal<Problem | null>;
}

export const GuardsPanel = ({ station, guards, problem }: GuardsProps) => {
  const told = useSignal('');
  const token = station.ownerToken.value;
  const path = `${station.path}/guards`;

  useEffect(() => {
    const gone = new AbortController();
    let own: Problem | null = null;
    const look = async (): Promise<void> => {
      // What is hidden is asked for again when it is in sight.
      if (document.visibilityState !== 'visible' || station.refused.peek() !== null) return;
      try {
        guards.value = await call<Guards>(path, { token, signal: gone.signal });
        if (own !== null && problem.peek() === own) problem.value = null;
      } catch (error) {
        if (gone.signal.aborted) return;
        own = problemIn(error);
        problem.value = own;
        // A refusal stays one; asking on would count as guessing.
        if (own.status === 401) clearInterval(timer);
      }
    };
    const timer = window.setInterval(() => void look(), REFRESH_MS);
    return () => {
      clearInterval(timer);
      gone.abort();
    };
  }, [path, token]);

  const change = async (body: { factor?: number; reset?: boolean }, says: string): Promise<void> => {
    told.value = '';
    try {
      guards.value = await call<Guards>(path, { token, body });
      problem.value = null;
      told.value = says;
    } catch (error) {
      problem.value = problemIn(error);
    }
  };

  const { value } = guards;
  const factors = value === null || FACTORS.some((one) => one === value.factor) ? FACTORS : [...FACTORS, value.factor];
  return (
    <section class="guards" aria-labelledby="guards">
      <h3 id="guards">Guards against loops</h3>
      {value && (
        <>
          <p>
            {plural(value.messages, 'message')} in this hour
            {value.limits.channel_messages === null ? '' : `, of ${count(value.limits.channel_messages)} allowed`}.
          </p>
          <p class="where">
            Each callsign may send {most(value.limits.callsign_messages, 'messages an hour')}, say the same{' '}
            {most(value.limits.identical_messages, 'times in a row')}, and stand in a chain of {most(value.limits.reply_hops, 'answers')}.
          </p>
          {value.tripped.length === 0 ? (
            <p>Nobody was stopped.</p>
          ) : (
            <ul class="stopped">
              {value.tripped.map((trip) => (
                <Stopped key={`${trip.guard} ${trip.callsign}`} trip={trip} />
              ))}
            </ul>
          )}
          <label>
            <span>Limits of this channel</span>
            <select
              value={value.factor}
              onChange={(event) => {
                const factor = Number(event.currentTarget.value);
                void change(
                  { factor },
                  factor === 1 ? 'The limits are the usual ones.' : `The limits are ${count(factor)} times the usual.`,
                );
              }}
            >
              {[...factors]
                .sort((a, b) => a - b)
                .map((one) => (
                  <option key={one} value={one}>
                    {one === 1 ? 'as usual' : `${count(one)} times the usual`}
                  </option>
                ))}
            </select>
          </label>
          <button type="button" onClick={() => change({ reset: true }, 'Counted anew: whoever was stopped may go on.')}>
            Count anew
          </button>
          <p role="status">{told.value}</p>
        </>
      )}
    </section>
  );
};
