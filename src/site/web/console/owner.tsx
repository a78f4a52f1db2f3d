/** What the owner can do, with a token that is typed in and kept nowhere. */
import { useSignal } from '@preact/signals';
import { call, type Problem, problemIn } from '../shared/api.ts';
import { CloseButton, ConfirmClose } from '../shared/confirm-close.tsx';
import { Snippet } from '../shared/copy.tsx';
import { Trouble } from '../shared/trouble.tsx';
import { GuardsPanel } from './guards.tsx';
import type { Station } from './station.ts';
import { REFUSED, Unlock } from './unlock.tsx';
import type { Guards } from './wire.ts';

export const OwnerPanel = ({ station }: { readonly station: Station }) => {
  const guards = useSignal<Guards | null>(null);
  const problem = useSignal<Problem | null>(null);
  const told = useSignal('');
  const rotated = useSignal<string | null>(null);
  const closing = useSignal(false);
  const token = station.ownerToken;
  const paused = station.info.value?.paused === true;

  const act = async (what: () => Promise<string>): Promise<void> => {
    problem.value = null;
    told.value = '';
    try {
      told.value = await what();
    } catch (error) {
      problem.value = problemIn(error);
    }
  };
  const owned = <T,>(path: string, method: 'POST' | 'DELETE' = 'POST'): Promise<T> =>
    call<T>(station.path + path, { method, token: token.value, ...(method === 'POST' ? { body: {} } : {}) });

  const pause = (verb: 'pause' | 'resume') => async (): Promise<string> => {
    await owned(`/${verb}`);
    await station.lookAtInfo();
    return verb === 'pause' ? 'Paused: nobody can send, everybody can listen.' : 'Resumed.';
  };
  const rotate = async (): Promise<string> => {
    const { join_token } = await owned<{ join_token: string }>('/rotate-token');
    rotated.value = join_token;
    await station.retune(join_token);
    return 'The old join token is worth nothing from now on. This page has the new one:';
  };
  const close = async (): Promise<string> => {
    await owned('', 'DELETE');
    closing.value = false;
    return 'The channel is closed.';
  };

  return (
    <details class="owner">
      <summary>Owner</summary>
      {token.value === '' ? (
        <Unlock station={station} guards={guards} />
      ) : (
        <div class="owned">
          <p class="acts">
            <button type="button" onClick={() => act(pause(paused ? 'resume' : 'pause'))}>
              {paused ? 'Resume' : 'Pause'}
            </button>
            <button type="button" onClick={() => act(rotate)}>
              Rotate token
            </button>
            {!closing.value && <CloseButton asked={closing} />}
          </p>
          {closing.value && (
            <ConfirmClose
              asked={closing}
              question="Close it for good? Its messages and mailboxes go with it."
              close={() => void act(close)}
            />
          )}
          <p role="status">{told.value}</p>
          {rotated.value && <Snippet text={rotated.value} what="the new join token" />}
          <p class="where">Kick somebody in the roster.</p>
          <GuardsPanel station={station} guards={guards} problem={problem} />
          <button
            type="button"
            class="quiet"
            onClick={() => {
              token.value = '';
              rotated.value = null;
              problem.value = null;
              told.value = '';
            }}
          >
            Forget the owner token
          </button>
        </div>
      )}
      {problem.value && <Trouble problem={problem.value} refused={REFUSED} />}
    </details>
  );
};
