/** Every script, put together from the rules it needs. Each is one atomic step of the port. */
import { ACKNOWLEDGE, ARRIVE, HANDED, HISTORY, MISSED, OBSERVE, READ, RECEIPTS, TRANSCRIPT } from './listening.ts';
import { MAILBOX } from './mailbox.ts';
import { DROP_MARK, KEEP_MARK, MAY, RECALL, TICK } from './notes.ts';
import { ADD_HOOK, CLAIM_DUE, CLAIM_TEST, COUNT_HOOKS, DELIVERIES, DISABLE_HOOKS, HOOKS, OUTBOX, REMOVE_HOOK, SETTLE } from './outbox.ts';
import { CLOSE, ERASE, GUARD_REPORT, GUARDS, KICK, PAUSE, ROTATE, SET_GUARDS } from './owners.ts';
import { EPILOGUE, PRELUDE } from './prelude.ts';
import { CLAIM, COUNTS, CREATE, LEAVE, PARKED, ROSTER, SEATS, SESSION, SWEEP } from './seats.ts';
import { APPEND, RESERVE, SPEND } from './sending.ts';

/** A function of a script that stands at its margin, with the comment above it. */
const FUNCTION = /^(?:--[^\n]*\n)*local function (\w+)\((?:[^\n]*\bend\n|[^\n]*\n(?:[^\n]*\n)*?end\n)/gm;

/**
 * A script with those of the functions that it calls, through others too. Every run of a script makes all its functions
 * anew, which for a short one was most of its work.
 */
const script = (rules: string, body: string): string => {
  const all = rules + body + EPILOGUE;
  const functions = new Map<string, string>();
  const rest = all.replace(FUNCTION, (text, name: string) => {
    functions.set(name, text);
    return '';
  });
  const needed = new Set<string>();
  const need = (text: string): void => {
    for (const [word] of text.matchAll(/\w+/g)) {
      const found = functions.get(word);
      if (found === undefined || needed.has(word)) continue;
      needed.add(word);
      need(found);
    }
  };
  need(rest);
  return all.replace(FUNCTION, (text, name: string) => (needed.has(name) ? text : ''));
};

const listening = (body: string): string => script(PRELUDE + MAILBOX, body);
const seating = (body: string): string => script(PRELUDE + OUTBOX + MAILBOX + SEATS, body);
const owing = (body: string): string => script(PRELUDE + OUTBOX, body);

export const SCRIPTS = {
  create: seating(CREATE),
  claim: seating(CLAIM),
  session: seating(SESSION),
  leave: seating(LEAVE),
  roster: seating(ROSTER),
  counts: seating(COUNTS),
  parked: script(PRELUDE, PARKED),
  sweep: seating(SWEEP),
  append: script(PRELUDE + OUTBOX + GUARDS, APPEND),
  arrive: listening(ARRIVE),
  acknowledge: listening(ACKNOWLEDGE),
  read: listening(READ),
  handed: listening(HANDED),
  observe: listening(OBSERVE),
  history: listening(HISTORY),
  receipts: listening(RECEIPTS),
  transcript: listening(TRANSCRIPT),
  missed: listening(MISSED),
  close: seating(CLOSE),
  erase: seating(ERASE),
  rotate: seating(ROTATE),
  pause: seating(PAUSE),
  kick: seating(KICK),
  guards: seating(GUARD_REPORT),
  setGuards: seating(SET_GUARDS),
  addHook: owing(ADD_HOOK),
  hooks: owing(HOOKS),
  countHooks: owing(COUNT_HOOKS),
  removeHook: owing(REMOVE_HOOK),
  disableHooks: owing(DISABLE_HOOKS),
  deliveries: owing(DELIVERIES),
  claimTest: owing(CLAIM_TEST),
  claimDue: owing(CLAIM_DUE),
  settle: owing(SETTLE),
  spend: SPEND,
  reserve: RESERVE,
  recall: RECALL,
  tick: TICK,
  may: MAY,
  keepMark: KEEP_MARK,
  dropMark: DROP_MARK,
} as const satisfies Record<string, string>;

export type ScriptName = keyof typeof SCRIPTS;

/** Every command that a script gives. One that may not be given would stop a script halfway. */
export const SCRIPTED: readonly string[] = [
  ...new Set(
    [
      ...Object.values(SCRIPTS)
        .join('')
        .matchAll(/\bcall\('([A-Z]+)'/g),
    ].map(([, name]) => name!),
  ),
];
