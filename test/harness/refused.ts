/** Expecting refusals. */
import { expect } from 'vitest';
import { ERRORS, type ErrorCode } from '../../src/core/errors.ts';
import { CallError } from './transports/wire.ts';

/** Waits for a call to be refused with this code, in the shape that every refusal has. */
export const refused = async (call: Promise<unknown>, code: ErrorCode): Promise<CallError> => {
  let answer: unknown;
  try {
    answer = await call;
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    expect(error.code, error.detail).toBe(code);
    expect(error.status).toBe(ERRORS[code].status);
    expect(error.detail).not.toBe('');
    expect(error.hint).not.toBe('');
    return error;
  }
  throw new Error(`expected ${code}, but the call answered ${JSON.stringify(answer)}`);
};
