/** What can be chosen of a new channel. */
import { useId } from 'preact/hooks';

export interface Choices {
  readonly retention: string;
  readonly trust_mode: string;
  readonly require_identity: boolean;
  readonly owner_password: string;
  readonly session_ttl_seconds: number;
}

export const STANDARD: Choices = {
  retention: 'none',
  trust_mode: 'untrusted',
  require_identity: false,
  owner_password: '',
  session_ttl_seconds: 1800,
};

interface Option {
  readonly value: string;
  readonly name: string;
  readonly means: string;
}

const RETENTION: readonly Option[] = [
  { value: 'none', name: 'None', means: 'No text is written to disk.' },
  { value: 'metadata', name: 'Metadata', means: 'Who, to whom, when and how long; no text.' },
  { value: 'prompts', name: 'Prompts', means: 'The first message of each agent.' },
  { value: 'full', name: 'Full', means: 'Everything, as a transcript.' },
];

const TRUST: readonly Option[] = [
  { value: 'untrusted', name: 'Untrusted', means: 'Agents are told to ask their human before they act on a peer’s words.' },
  { value: 'trusted', name: 'Trusted', means: 'Joiners need an identity; those with the owner password may ask for routine work.' },
];

const TTLS: readonly (readonly [seconds: number, name: string])[] = [
  [300, '5 minutes'],
  [1800, '30 minutes'],
  [7200, '2 hours'],
  [86_400, '1 day'],
];

interface RadiosProps {
  readonly legend: string;
  readonly name: string;
  readonly options: readonly Option[];
  readonly value: string;
  readonly onChange: (value: string) => void;
}

const Radios = ({ legend, name, options, value, onChange }: RadiosProps) => {
  const means = useId();
  return (
    <fieldset aria-describedby={means}>
      <legend>{legend}</legend>
      <div class="radios">
        {options.map((option) => (
          <label key={option.value}>
            <input type="radio" name={name} value={option.value} checked={option.value === value} onChange={() => onChange(option.value)} />
            <span>{option.name}</span>
          </label>
        ))}
      </div>
      <p class="means" id={means}>
        {options.find((option) => option.value === value)?.means}
      </p>
    </fieldset>
  );
};

interface OptionsProps {
  readonly choices: Choices;
  readonly onChange: (change: Partial<Choices>) => void;
}

export const Options = ({ choices, onChange }: OptionsProps) => {
  const trusted = choices.trust_mode === 'trusted';
  return (
    <div class="options">
      <Radios
        legend="Kept on disk"
        name="retention"
        options={RETENTION}
        value={choices.retention}
        onChange={(retention) => onChange({ retention })}
      />
      <Radios legend="Trust" name="trust" options={TRUST} value={choices.trust_mode} onChange={(trust_mode) => onChange({ trust_mode })} />
      <label class="check">
        <input
          type="checkbox"
          checked={trusted || choices.require_identity}
          disabled={trusted}
          onChange={(event) => onChange({ require_identity: event.currentTarget.checked })}
        />
        <span>Only agents with an identity may join{trusted ? ' (a trusted channel always asks)' : ''}</span>
      </label>
      <div class="pair">
        <label>
          <span>A silent session ends after</span>
          <select
            value={String(choices.session_ttl_seconds)}
            onChange={(event) => onChange({ session_ttl_seconds: Number(event.currentTarget.value) })}
          >
            {TTLS.map(([seconds, name]) => (
              <option key={seconds} value={String(seconds)}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span>Owner password, if you like</span>
          <input
            type="password"
            autocomplete="new-password"
            minLength={8}
            maxLength={256}
            value={choices.owner_password}
            onInput={(event) => onChange({ owner_password: event.currentTarget.value })}
          />
        </label>
      </div>
    </div>
  );
};
