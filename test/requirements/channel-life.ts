import type { Requirements } from './requirement.ts';

export const CHANNEL_LIFE = {
  'roster:fields': {
    behaviour: 'The roster has everybody who joined and did not leave, with what the hub knows of them.',
    clauses: ['R-ROSTER-1', 'R-ROSTER-3', 'R-ROSTER-4'],
  },
  'roster:presence': {
    behaviour: 'Presence is from evidence: listening, active for 60 seconds, idle, offline.',
    clauses: ['R-ROSTER-2', 'R-ROSTER-3'],
  },
  'roster:status': {
    behaviour: 'The roster shows the last status of a seat, for as long as its session lives.',
    clauses: ['R-ROSTER-1', 'R-SEND-15'],
  },
  'history:last': {
    behaviour: 'The history has the last messages of the channel, oldest first, direct ones too.',
    clauses: ['R-HIST-1', 'R-HIST-2'],
  },
  'history:n': {
    behaviour: 'n is a whole number from 1 to 100.',
    clauses: ['R-HIST-2', 'R-ERR-10'],
  },
  'history:moves-nothing': {
    behaviour: 'Reading the history needs no session, moves no position and flags nothing.',
    clauses: ['R-HIST-3', 'R-SEND-19'],
  },
  'leave:ends': {
    behaviour: 'A leave ends the session: every later call with it is refused.',
    clauses: ['R-LEAVE-1', 'R-ERR-7'],
  },
  'leave:roster': {
    behaviour: 'Who leaves is gone from the roster at once, and the mailbox stays.',
    clauses: ['R-LEAVE-2', 'R-ROSTER-3'],
  },
  'leave:confirms-nothing': {
    behaviour: 'A leave confirms nothing.',
    clauses: ['R-LEAVE-3', 'R-SEND-19'],
  },
  'error:expired': {
    behaviour: 'An expired session is 410 for an hour after it expired, and then it was never here.',
    clauses: ['R-ERR-8', 'R-ERR-7'],
  },
  'error:not-joined': {
    behaviour: 'A call that needs a session and names none, or one that never was, is told to join.',
    clauses: ['R-ERR-7'],
  },
  'error:alike': {
    behaviour: 'An unknown channel and a wrong token are the same refusal to the letter.',
    clauses: ['R-ERR-6'],
    needs: ['rest'],
  },
  'error:shape': {
    behaviour: 'Every refusal has exactly the members of a problem, and they belong together.',
    clauses: ['R-ERR-1', 'R-ERR-2', 'R-ERR-3', 'R-ERR-4'],
    needs: ['http'],
  },
  'error:statuses': {
    behaviour: 'Codes have the statuses that the protocol gives them.',
    clauses: ['R-ERR-4'],
  },
  'error:unknown-field': {
    behaviour: 'A field that the operation does not know is refused, and the hint names the nearest one it knows.',
    clauses: ['R-ERR-9'],
  },
  'error:no-echo': {
    behaviour: 'A refusal echoes nothing that could be a secret.',
    clauses: ['R-ERR-5'],
    needs: ['http'],
  },
  'error:internal': {
    behaviour: 'An unexpected failure shows nothing of its cause and is logged once under its request id.',
    clauses: ['R-ERR-5'],
    needs: ['http'],
  },
  'error:storage': {
    behaviour: 'When the disk refuses, calls that must store are refused and leave nothing, and succeed again once it does not.',
    clauses: ['R-ERR-12', 'R-LIMIT-3'],
    needs: ['durable', 'alone'],
    note: 'Of a store that is away, error:away says what is so there.',
  },
  'error:away': {
    behaviour: 'While the store is away calls are refused and leave nothing, who listens waits on, and all goes on when it is back.',
    clauses: ['R-ERR-12', 'R-SEND-7'],
    needs: ['durable', 'remote'],
  },
} as const satisfies Requirements;
