/** Another token for a channel that is open here: what was heard stays, and it goes on where it stopped. */
import { type Signal, useSignal } from '@preact/signals';
import { type Problem, problemIn } from '../shared/api.ts';
import { SecretField } from '../shared/secret-field.tsx';
import { typedToken } from '../shared/token.ts';
import type { Station } from './station.ts';

interface OtherTokenProps {
  readonly station: Station;
  /** The field is there. */
  readonly asked: Signal<boolean>;
}

export const OtherToken = ({ station, asked }: OtherTokenProps) => {
  const typed = useSignal('');
  const problem = useSignal<Problem | null>(null);
  const tuneIn = async (event: Event): Promise<void> => {
    event.preventDefault();
    problem.value = null;
    try {
      await station.retune(typedToken(typed.value, 'The owner of the channel has it.'));
    } catch (error) {
      problem.value = problemIn(error);
    }
  };
  if (!asked.value) {
    return (
      <button
        type="button"
        class="quiet"
        onClick={() => {
          asked.value = true;
        }}
      >
        Use another token
      </button>
    );
  }
  return (
    <form class="other-token" onSubmit={tuneIn}>
      <SecretField label="The join token of this channel" required placeholder="rt_join_…" value={typed} problem={problem.value} />
      <button type="submit">Tune in</button>
    </form>
  );
};
