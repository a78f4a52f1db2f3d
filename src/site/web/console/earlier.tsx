/** What was said before the first message in the log, where the channel keeps it. */
import { useSignal } from '@preact/signals';
import { type Problem, problemIn } from '../shared/api.ts';
import { Trouble } from '../shared/trouble.tsx';
import type { Station } from './station.ts';
import { loadEarlier } from './transcript.ts';

export const Earlier = ({ station, searching }: { readonly station: Station; readonly searching: boolean }) => {
  const state = useSignal<'idle' | 'busy' | 'done'>('idle');
  const problem = useSignal<Problem | null>(null);
  station.log.version.value;
  const oldest = station.log.oldestId;
  const keeps = station.info.value?.retention;
  if (searching || oldest === null || oldest <= 1 || keeps === undefined || state.value === 'done') return null;
  if (keeps === 'none') return <p class="earlier">What was said before #{oldest} is no longer held; this channel keeps nothing on disk.</p>;
  const load = async (): Promise<void> => {
    state.value = 'busy';
    problem.value = null;
    try {
      await loadEarlier(station);
      state.value = 'done';
    } catch (error) {
      problem.value = problemIn(error);
      state.value = 'idle';
    }
  };
  return (
    <div class="earlier">
      <button type="button" onClick={load} disabled={state.value === 'busy'}>
        {state.value === 'busy' ? 'Reading the transcript…' : `Load what was said before #${oldest}`}
      </button>
      {problem.value && <Trouble problem={problem.value} />}
    </div>
  );
};
