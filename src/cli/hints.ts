/** What to do next after a refusal, for somebody at a shell. The hub writes its hints for whoever speaks HTTP. */
import { type ClientError, HubProblem } from '../client/errors.ts';
import { ERRORS, type ErrorCode } from '../core/errors.ts';
import type { Command } from './command.ts';
import { inShell } from './words.ts';

/** Where a shell does something else than a program, and not only says it otherwise; for what the hub says in general. */
const OWN: Partial<Record<ErrorCode, string>> = {
  not_joined: 'Take the seat again: rogerthat join CHANNEL CALLSIGN',
  session_expired: 'Take the seat again, with the same callsign: rogerthat join CHANNEL CALLSIGN. The mailbox is kept.',
  not_found: 'Look at the arguments. A hub of another version may not have it at all.',
  rotated: 'Read the transcript, if the channel keeps one: rogerthat transcript',
};

/**
 * The hint of a failure, in the words of the shell.
 * @param command which one failed; undefined when none was known yet
 */
export const hintOf = (error: ClientError, command?: Command): string => {
  if (!(error instanceof HubProblem)) return error.hint;
  const seconds = error.retryAfter === undefined ? 'a few seconds' : `${error.retryAfter} s`;
  const own = error.hint === ERRORS[error.code]?.hint ? OWN[error.code] : undefined;
  const hint = (own ?? error.hint)
    .replace(/the seconds (?:in|of) Retry-After/g, seconds)
    .replace(/the request_id\b/g, `this request_id: ${error.problem.request_id}`);
  return inShell(hint, command);
};
