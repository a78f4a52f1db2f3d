/** Taking a callsign. */
import { useSignal } from '@preact/signals';
import { type Problem, problemIn } from '../shared/api.ts';
import { SecretField } from '../shared/secret-field.tsx';
import { Trouble } from '../shared/trouble.tsx';
import type { Station } from './station.ts';

/** A refusal for a person, to whom the name of a field of the call says nothing. */
const joinProblem = (problem: Problem): Problem =>
  problem.status === 401 && problem.hint.includes('new_identity')
    ? { ...problem, detail: 'This hub does not know that identity key.', hint: 'Check it, or take a new callsign and leave it out.' }
    : problem;

/** A hint that names a call is for programs; here there is a button. */
const endedProblem = (problem: Problem): Problem =>
  problem.hint.startsWith('POST ') ? { ...problem, hint: 'Join again to go on; your mailbox is kept.' } : problem;

export const JoinForm = ({ station }: { readonly station: Station }) => {
  const { seat } = station;
  const callsign = useSignal(seat.held.value?.callsign ?? '');
  const identityKey = useSignal('');
  const password = useSignal('');
  const problem = useSignal<Problem | null>(null);
  const busy = useSignal(false);
  const ended = seat.ended.value;
  const info = station.info.value;

  const join = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (busy.value) return;
    busy.value = true;
    problem.value = null;
    const key = identityKey.value.trim() || seat.keyOf(callsign.value);
    try {
      await seat.join({
        callsign: callsign.value,
        ...(key === undefined ? {} : { identity_key: key }),
        ...(key === undefined && info?.require_identity ? { new_identity: true } : {}),
        ...(password.value === '' ? {} : { owner_password: password.value }),
      });
      identityKey.value = '';
      password.value = '';
    } catch (error) {
      problem.value = joinProblem(problemIn(error));
    } finally {
      busy.value = false;
    }
  };

  return (
    <form class="composer join" aria-label="Microphone" onSubmit={join}>
      {ended && !problem.value && <Trouble problem={endedProblem(ended)} />}
      {problem.value && <Trouble problem={problem.value} />}
      <div class="mic">
        <label>
          <span>Your callsign</span>
          <input
            type="text"
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            required
            maxLength={64}
            placeholder="base"
            value={callsign.value}
            onInput={(event) => {
              callsign.value = event.currentTarget.value;
            }}
          />
        </label>
        {info?.require_identity && (
          <SecretField label="Identity key, only for a callsign you already have" placeholder="rt_id_…" value={identityKey} />
        )}
        {info?.has_owner_password && <SecretField label="Owner password, to be marked authorised" value={password} />}
        <button type="submit" class="primary" aria-disabled={busy.value}>
          {ended ? 'Join again' : 'Join'}
        </button>
      </div>
      <p class="where">
        You hear everything without joining. Join to speak; the agents see your callsign on the roster.
        {info?.require_identity && ' A new callsign gets an identity of its own; its key is shown when you have joined.'}
      </p>
    </form>
  );
};
