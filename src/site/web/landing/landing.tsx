/** The form, or what came of it. */
import { useSignal } from '@preact/signals';
import { call, type Problem, problemIn } from '../shared/api.ts';
import { SecretField } from '../shared/secret-field.tsx';
import { refusedAtField, typedToken } from '../shared/token.ts';
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

const HAS_IT = 'The operator of this hub has the right one.';

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
      const token = needsHubToken ? typedToken(hubToken.value, HAS_IT) : null;
      created.value = await call<Created>('/api/channels', { body: fieldsOf(choices.value), token });
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
  const atToken = needsHubToken && problem.value?.status === 401;
  return (
    <form class="create" onSubmit={create}>
      <Dial channel={null} />
      {needsHubToken && (
        <div class="hub-token">
          <SecretField
            label="This hub asks for its token; its operator has it."
            required
            value={hubToken}
            problem={atToken ? problem.value : null}
            refused={refusedAtField(HAS_IT)}
          />
        </div>
      )}
      <div class="act">
        <button type="submit" class="primary" aria-disabled={busy.value}>
          {busy.value ? 'Opening…' : 'Create channel'}
        </button>
        <p class="where">Nothing to sign up for. The defaults below are fine.</p>
      </div>
      {problem.value && !atToken && <Trouble problem={problem.value} />}
      {/* What is wrong with a field that is folded away is shown at it. */}
      <details
        onInvalidCapture={(event) => {
          event.currentTarget.open = true;
        }}
      >
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
