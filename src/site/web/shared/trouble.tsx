/** A refusal in words, with the next step. */
import type { ComponentChildren } from 'preact';
import type { Problem } from './api.ts';
import { forPeople, type Words } from './token.ts';

const OF_A_TOKEN: Words = { hint: 'Whoever gave you the token has the right one.' };

interface TroubleProps {
  readonly problem: Problem;
  /** What to say when a token was refused. */
  readonly refused?: Words;
  readonly children?: ComponentChildren;
}

export const Trouble = ({ problem, refused = OF_A_TOKEN, children }: TroubleProps) => {
  const { detail, hint } = forPeople(problem, refused);
  return (
    <div class="trouble" role="alert">
      <p>
        <strong>{detail}</strong> {hint}
      </p>
      {children}
    </div>
  );
};
