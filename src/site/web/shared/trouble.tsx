/** A refusal in words, with the next step. */
import type { ComponentChildren } from 'preact';
import type { Problem } from './api.ts';

export const Trouble = ({ problem, children }: { readonly problem: Problem; readonly children?: ComponentChildren }) => (
  <div class="trouble" role="alert">
    <p>
      <strong>{problem.detail}</strong> {problem.hint}
    </p>
    {children}
  </div>
);
