import type { Requirements } from './requirement.ts';

export const GUARDS = {
  'guard:callsign': {
    behaviour: 'A callsign says so much within an hour, in whichever session, and others do not feel it.',
    clauses: ['R-GUARD-1', 'R-LIMIT-2'],
    needs: ['rest', 'owner'],
  },
  'guard:channel': {
    behaviour: 'A channel carries so many messages within an hour, and other channels do not feel it.',
    clauses: ['R-GUARD-1'],
    needs: ['rest', 'owner'],
  },
  'guard:identical': {
    behaviour: 'The same text to the same recipient is refused after so many times in a row, with a reason.',
    clauses: ['R-GUARD-2', 'R-LIMIT-3'],
  },
  'guard:hops': {
    behaviour: 'A chain of answers to answers ends after so many, and a new thread may begin.',
    clauses: ['R-GUARD-3'],
  },
  'guard:repeats': {
    behaviour: 'What is not sent is not counted: repeats of a key and what could not be sent.',
    clauses: ['R-GUARD-4'],
  },
  'guard:owner': {
    behaviour: 'The owner sees whom the guards stopped, and raises or resets them.',
    clauses: ['R-GUARD-5'],
    needs: ['owner', 'rest'],
  },
  'guard:kept': {
    behaviour: 'A raised guard stays raised over a restart and kill -9.',
    clauses: ['R-GUARD-6'],
    needs: ['owner', 'durable'],
  },
  'guard:counts': {
    behaviour: 'After a restart and kill -9 the counts of the guards begin anew.',
    clauses: ['R-GUARD-6'],
    needs: ['owner', 'durable', 'alone'],
    note: 'A store that hubs share counts on, whichever of them end.',
  },
  'guard:modes': {
    behaviour: 'A local hub has generous guards, a band a fifth of the hub’s, and off lifts them.',
    clauses: ['R-GUARD-7', 'R-LIMIT-7'],
    needs: ['owner', 'rest'],
  },
} as const satisfies Requirements;
