/** Tokens that people type in: the hub tells programs which header to send, a page tells people who has the right one. */
import { type Problem, Refused } from './api.ts';

/** What a page says when a token was refused. */
export interface Words {
  /** Only where the refusal can be about nothing but the token. */
  readonly detail?: string;
  readonly hint: string;
}

/** What is said at a field whose token opens one thing that is always there. */
export const refusedAtField = (hint: string): Words => ({ detail: 'That token was refused.', hint });

/** What was typed, without the space around it. @throws Refused when that is nothing, which is no token to show to the hub */
export const typedToken = (text: string, hint: string): string => {
  const token = text.trim();
  if (token === '') throw new Refused({ status: 401, code: 'nothing_typed', detail: 'No token was typed.', hint });
  return token;
};

const NAMES_A_HEADER = /Authorization|X-Channel-Token/;

/**
 * A refusal for a person. A channel says with the same code that it was closed or has another token, and its own words say
 * more then; they name no header.
 */
export const forPeople = (problem: Problem, words: Words): Problem =>
  problem.code === 'unauthorized' && (words.detail !== undefined || NAMES_A_HEADER.test(problem.hint)) ? { ...problem, ...words } : problem;
