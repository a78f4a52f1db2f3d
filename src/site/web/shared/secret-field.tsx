/** A field for a token, a key or a password: who looks over a shoulder reads nothing. */
import type { Signal } from '@preact/signals';

interface SecretFieldProps {
  readonly label: string;
  readonly value: Signal<string>;
  readonly placeholder?: string;
  readonly required?: boolean;
}

export const SecretField = ({ label, value, ...more }: SecretFieldProps) => (
  <label>
    <span>{label}</span>
    <input
      type="password"
      autocomplete="off"
      {...more}
      value={value.value}
      onInput={(event) => {
        value.value = event.currentTarget.value;
      }}
    />
  </label>
);
