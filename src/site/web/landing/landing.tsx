/** The form, or what came of it. */
import { useSignal } from '@preact/signals';
import { call, type Problem, problemIn } from '../shared/api.ts';
import { Trouble } from '../shared/trouble.tsx';
import { type Created, CreatedChannel } from './created.tsx';
import { Dial } from './dial.tsx';
import { type Choices, Options, STANDARD } from './options.tsx';

/** The fields of the call: what nobody chose is left to the hub. */
const fieldsOf = (choices: Choices): object => ({
  retention: choices.retention,
  trust_mode: choices.trust_mode,
  ...(choices.require_identity ? { require_identity: true } : {}),
  ...(choices.owner_password === '' ? {} : { owner_password: choices.owner_password }),
  session_ttl_seconds: choices.session_ttl_seconds,
});

export const Landing = ({ needsHubToken }: { readonly needsHubToken: boolean }) => {
  const choices = useSignal(STANDARD);
  const hubToken = useSignal('');
  const busy = useSignal(false);
  const problem = useSignal<Problem | null>(null);
  const created = useSignal<Created | null>(null);

  const create = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (busy.value) return;
    busy.value = true;
    problem.value = null;
    try {
      created.value = await call<Created>('/api/channels', { body: fieldsOf(choices.value), token: hubToken.value.trim() || null });
      choices.value = STANDARD;
    } catch (error) {
      problem.value = problemIn(error);
    } finally {
      busy.value = false;
    }
  };

  if (created.value) {
    return (
      <CreatedChannel
        created={created.value}
        onAgain={() => {
          created.value = null;
        }}
      />
    );
  }
  return (
    <form class="create" onSubmit={create}>
      <Dial channel={null} />
      {needsHubToken && (
        <label class="hub-token">
          <span>This hub asks for its token; its operator has it.</span>
          <input
            type="password"
            autocomplete="off"
            required
            value={hubToken.value}
            onInput={(event) => {
              hubToken.value = event.currentTarget.value;
            }}
          />
        </label>
      )}
      <div class="act">
        <button type="submit" class="primary" aria-disabled={busy.value}>
          {busy.value ? 'Opening…' : 'Create channel'}
        </button>
        <p class="where">Nothing to sign up for. The defaults below are fine.</p>
      </div>
      {problem.value && <Trouble problem={problem.value} />}
      <details>
        <summary>Options</summary>
        <Options
          choices={choices.value}
          onChange={(change) => {
            choices.value = { ...choices.value, ...change };
          }}
        />
      </details>
    </form>
  );
};
