/** The answer to one call as an event stream: a comment at once, signs of life while it takes long, the answer last. */
import type { ServerResponse } from 'node:http';
import type { Clock } from '../../core/clock.ts';
import { every } from '../every.ts';
import { API_HEADERS } from '../heads.ts';

const PROGRESS_MS = 10_000;
const COMMENT_MS = 15_000;

export const sse = (text: string): string => `event: message\ndata: ${text}\n\n`;

/**
 * Begins an event stream: headers and a comment at once, since clients count the time to the first byte.
 * @param progress writes a notification; null when the caller did not ask for any
 * @returns ends the signs of life
 */
export const beginEvents = (response: ServerResponse, clock: Clock, progress: ((count: number) => void) | null): (() => void) => {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', ...API_HEADERS, 'X-Accel-Buffering': 'no' });
  response.write(': listening\n\n');
  const stopComments = every(clock, COMMENT_MS, () => response.write(':\n\n'));
  if (progress === null) return stopComments;
  let count = 0;
  const stopProgress = every(clock, PROGRESS_MS, () => progress(++count));
  return () => {
    stopComments();
    stopProgress();
  };
};
