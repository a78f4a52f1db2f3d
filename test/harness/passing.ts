/** What a loop to copy meets before its hub, and what will pass by itself. */
import { ERRORS, type ErrorCode } from '../../src/core/errors.ts';
import { eventually } from './eventually.ts';
import type { Front, OwnAnswer } from './front.ts';

const problem = (code: ErrorCode): OwnAnswer => {
  const { status, title, hint } = ERRORS[code];
  return { status, text: JSON.stringify({ type: 'x', title, status, detail: title, code, hint, request_id: 'x-1' }) };
};

const PASSING: readonly OwnAnswer[] = [
  problem('storage_unavailable'),
  problem('rate_limited'),
  { status: 502, text: '<html>Bad gateway</html>' },
  { status: 404, text: 'no such service' },
  { status: 200, text: '' },
];

/** Answers with all of it in the hub's place, each when it was asked again after the one before; then the hub is back. */
export const passBy = async (front: Front): Promise<void> => {
  for (const answer of PASSING) {
    front.answer(answer);
    await eventually(`a call that is answered with ${answer.status} ${answer.text}`, () => front.own > 0);
  }
  front.answer(null);
};
