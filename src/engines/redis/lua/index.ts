/** Every script, put together from the rules it needs. Each is one atomic step of the port. */
import { ACKNOWLEDGE, ARRIVE, HANDED, HISTORY, MISSED, OBSERVE, READ, RECEIPTS, TRANSCRIPT } from './listening.ts';
import { MAILBOX } from './mailbox.ts';
import { ADD_HOOK, CLAIM_DUE, CLAIM_TEST, COUNT_HOOKS, DELIVERIES, DISABLE_HOOKS, HOOKS, OUTBOX, REMOVE_HOOK, SETTLE } from './outbox.ts';
import { CLOSE, ERASE, GUARD_REPORT, GUARDS, KICK, PAUSE, ROTATE, SET_GUARDS } from './owners.ts';
import { EPILOGUE, PRELUDE } from './prelude.ts';
import { CLAIM, COUNTS, CREATE, LEAVE, PARKED, ROSTER, SEATS, SESSION, SWEEP } from './seats.ts';
import { APPEND, RESERVE, SPEND } from './sending.ts';

const listening = (body: string): string => PRELUDE + MAILBOX + body + EPILOGUE;
const seating = (body: string): string => PRELUDE + OUTBOX + MAILBOX + SEATS + body + EPILOGUE;

const owing = (body: string): string => PRELUDE + OUTBOX + body + EPILOGUE;

export const SCRIPTS = {
  create: seating(CREATE),
  claim: seating(CLAIM),
  session: seating(SESSION),
  leave: seating(LEAVE),
  roster: seating(ROSTER),
  counts: seating(COUNTS),
  parked: PRELUDE + PARKED + EPILOGUE,
  sweep: seating(SWEEP),
  append: PRELUDE + OUTBOX + GUARDS + APPEND + EPILOGUE,
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
} as const satisfies Record<string, string>;

export type ScriptName = keyof typeof SCRIPTS;
