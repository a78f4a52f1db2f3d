/** A field for a token, a key or a password: who looks over a shoulder reads nothing. */
import type { Signal } from '@preact/signals';
import { useId } from 'preact/hooks';
import type { Problem } from './api.ts';
import type { Words } from './token.ts';
import { Trouble } from './trouble.tsx';

interface SecretFieldProps {
  readonly label: string;
  readonly value: Signal<string>;
  readonly placeholder?: string;
  readonly required?: boolean;
  /** What went wrong with what was typed. */
  readonly problem?: Problem | null;
  readonly refused?: Words;
}

export const SecretField = ({ label, value, problem = null, refused, ...more }: SecretFieldProps) => {
  const said = useId();
  return (
    <>
      <label>
        <span>{label}</span>
        <input
          type="password"
          autocomplete="off"
          aria-invalid={problem?.status === 401}
          {...(problem ? { 'aria-describedby': said } : {})}
          {...more}
          value={value.value}
          onInput={(event) => {
            value.value = event.currentTarget.value;
          }}
        />
      </label>
      {problem && (
        <div id={said}>
          <Trouble problem={problem} {...(refused ? { refused } : {})} />
        </div>
      )}
    </>
  );
};
