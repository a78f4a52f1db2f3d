/**
 * What a fake model is told to do: a list of steps, carried inside the prompt, so that the model itself keeps no state.
 *
 * The next step is found by reading the conversation after the prompt. Arguments may quote what was received there: a
 * `«regular expression»` stands for the first group of its last match in the tool results and wake-ups so far. A script
 * that got to its end has therefore received everything it repeated.
 */

/** Calls a tool, again until its result matches `until`, at most `most` times (default 20). */
export interface CallStep {
  readonly tool: string;
  readonly args?: Readonly<Record<string, unknown>>;
  readonly until?: string;
  readonly most?: number;
}

/** Ends the turn. The next step runs when the client begins another turn by itself. */
export interface SayStep {
  readonly say: string;
}

export type Step = CallStep | SayStep;

/** One thing in a conversation, as every dialect can tell it. */
export interface Item {
  readonly kind: 'user' | 'said' | 'called' | 'result';
  readonly text: string;
}

/** What a model does next. */
export type Next =
  | { readonly call: string; readonly args: Readonly<Record<string, unknown>> }
  /** `end`: the script is over; `stuck`: it cannot go on. */
  | { readonly say: string; readonly state: 'waiting' | 'end' | 'stuck' };

export interface Reading {
  readonly who: string;
  /** Everything received after the prompt. */
  readonly received: string;
  readonly next: Next;
}

const MARK = /ROGERTHAT-SCRIPT:([A-Za-z0-9+/=]+):END/;
const MOST = 20;

/** A prompt that makes the fake model act as `who`. */
export const promptOf = (who: string, steps: readonly Step[]): string =>
  `You are a radio operator. Follow your script. ROGERTHAT-SCRIPT:${Buffer.from(JSON.stringify({ who, steps })).toString('base64')}:END`;

class NotReceived extends Error {}

const filled = (value: unknown, received: string): unknown => {
  if (Array.isArray(value)) return value.map((one) => filled(one, received));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, filled(one, received)]));
  }
  if (typeof value !== 'string') return value;
  return value.replace(/«([^»]+)»/g, (_, pattern: string) => {
    const last = [...received.matchAll(new RegExp(pattern, 'g'))].at(-1);
    if (!last) throw new NotReceived(`nothing received matches ${pattern}`);
    return last[1] ?? last[0];
  });
};

/** Reads a conversation. @returns null when no script is in it */
export const read = (items: readonly Item[]): Reading | null => {
  const at = items.findLastIndex(({ kind, text }) => kind === 'user' && MARK.test(text));
  const found = MARK.exec(items[at]?.text ?? '');
  if (!found) return null;
  const { who, steps } = JSON.parse(Buffer.from(found[1] ?? '', 'base64').toString()) as { who: string; steps: Step[] };
  const after = items.slice(at + 1);
  const received = after
    .filter(({ kind }) => kind === 'result' || kind === 'user')
    .map(({ text }) => text)
    .join('\n');

  let index = 0;
  let tries = 0;
  let last = '';
  for (const { kind, text } of after) {
    const step = steps[index];
    if (!step) break;
    if (kind === 'result' && 'tool' in step) {
      tries++;
      last = text;
      if (step.until !== undefined && !new RegExp(step.until).test(text)) continue;
    } else if (kind !== 'said' || !('say' in step)) continue;
    index++;
    tries = 0;
  }

  const stuck = (why: string): Reading => ({ who, received, next: { say: `STUCK at step ${index + 1}: ${why}`, state: 'stuck' } });
  const step = steps[index];
  if (!step) return { who, received, next: { say: 'Over and out.', state: 'end' } };
  if ('tool' in step && tries >= (step.most ?? MOST)) return stuck(`${step.tool} gave ${last.slice(0, 2000)}`);
  try {
    if ('say' in step) {
      const say = filled(step.say, received) as string;
      return { who, received, next: { say, state: index === steps.length - 1 ? 'end' : 'waiting' } };
    }
    return { who, received, next: { call: step.tool, args: filled(step.args ?? {}, received) as Record<string, unknown> } };
  } catch (error) {
    if (error instanceof NotReceived) return stuck(`${error.message} in ${received.slice(-2000)}`);
    throw error;
  }
};
