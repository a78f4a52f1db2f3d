/** The owner's token is typed in, and shown to the hub before anything is unlocked with it. */
import { type Signal, useSignal } from '@preact/signals';
import { call, type Problem, problemIn } from '../shared/api.ts';
import { SecretField } from '../shared/secret-field.tsx';
import { typedToken, type Words } from '../shared/token.ts';
import type { Station } from './station.ts';
import type { Guards } from './wire.ts';

export const REFUSED: Words = { hint: 'The right one was shown when the channel was made.' };

interface UnlockProps {
  readonly station: Station;
  /** Gets what the hub answers to the right token. */
  readonly guards: Signal<Guards | null>;
}

export const Unlock = ({ station, guards }: UnlockProps) => {
  const typed = useSignal('');
  const busy = useSignal(false);
  const problem = useSignal<Problem | null>(null);
  const unlock = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (busy.value) return;
    busy.value = true;
    problem.value = null;
    try {
      const token = typedToken(typed.value, REFUSED.hint);
      guards.value = await call<Guards>(`${station.path}/guards`, { token });
      station.ownerToken.value = token;
    } catch (error) {
      problem.value = problemIn(error);
    } finally {
      busy.value = false;
    }
  };
  return (
    <form onSubmit={unlock}>
      <SecretField label="Owner token" required placeholder="rt_owner_…" value={typed} problem={problem.value} refused={REFUSED} />
      <button type="submit" aria-disabled={busy.value}>
        Unlock
      </button>
      <p class="where">It was shown when the channel was made. This page forgets it when it is left.</p>
    </form>
  );
};
