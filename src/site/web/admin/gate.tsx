/** The dashboard asks for the admin token, and forgets it with the tab. */
import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { call, type Problem, problemIn } from '../shared/api.ts';
import { keep, recall } from '../shared/keep.ts';
import { SecretField } from '../shared/secret-field.tsx';
import { refusedAtField, typedToken } from '../shared/token.ts';
import { Board } from './board.tsx';
import { HAS_IT, Tower } from './tower.ts';

const KEPT = 'admin token';

const Inside = ({ token, onLeave }: { readonly token: string; readonly onLeave: () => void }) => {
  const tower = useMemo(() => new Tower(token), [token]);
  useEffect(() => () => tower.stop(), [tower]);
  return <Board tower={tower} onLeave={onLeave} />;
};

export const Gate = () => {
  const token = useSignal(recall(KEPT));
  const typed = useSignal('');
  const problem = useSignal<Problem | null>(null);
  const enter = async (event: Event): Promise<void> => {
    event.preventDefault();
    problem.value = null;
    try {
      const given = typedToken(typed.value, HAS_IT);
      await call('/api/admin/overview', { token: given });
      keep(KEPT, given);
      token.value = given;
      typed.value = '';
    } catch (error) {
      problem.value = problemIn(error);
    }
  };
  const leave = (): void => {
    keep(KEPT, null);
    token.value = null;
  };
  if (token.value !== null) return <Inside token={token.value} onLeave={leave} />;
  return (
    <main class="door">
      <a class="wordmark" href="/">
        <span class="lamp" aria-hidden="true" />
        RogerThat
      </a>
      <form onSubmit={enter}>
        <h1>Tower</h1>
        <SecretField label="Admin token" required value={typed} problem={problem.value} refused={refusedAtField(HAS_IT)} />
        <p class="where">The one that the hub was started with. It stays in this tab.</p>
        <button type="submit" class="primary">
          Enter
        </button>
      </form>
    </main>
  );
};
