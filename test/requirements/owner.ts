import type { Requirements } from './requirement.ts';

export const OWNER = {
  'owner:token': {
    behaviour: 'What owners do needs the owner token; the join token, a session and another owner’s token are none.',
    clauses: ['R-OWNER-1', 'R-CHAN-13'],
    needs: ['owner', 'rest'],
  },
  'owner:close': {
    behaviour: 'A closed channel is over for everybody at once, whoever waits is told, and its transcript can be read.',
    clauses: ['R-OWNER-2', 'R-OWNER-8'],
    needs: ['owner', 'rest', 'transcript', 'wait', 'stream'],
  },
  'owner:erase': {
    behaviour: 'An erased channel is as one that never was.',
    clauses: ['R-OWNER-3', 'R-ERR-6'],
    needs: ['owner', 'rest', 'transcript'],
  },
  'owner:bans-full': {
    behaviour: 'A channel has room for so many bans; one that is refused kicks nobody, and one that is lifted makes room.',
    clauses: ['R-OWNER-6', 'R-LIMIT-2', 'R-LIMIT-3'],
    needs: ['owner'],
  },
  'owner:rotate': {
    behaviour: 'A rotated join token is worth nothing at once; who joins with the new one takes its seat back.',
    clauses: ['R-OWNER-4'],
    needs: ['owner', 'transcript'],
  },
  'owner:rotate-told': {
    behaviour: 'Whoever waits while the join token is rotated is told so at once.',
    clauses: ['R-OWNER-4'],
    needs: ['owner', 'stream', 'wait'],
  },
  'owner:kick': {
    behaviour: 'A kicked session ends at once with kicked; the callsign may join again and finds its mailbox.',
    clauses: ['R-OWNER-5', 'R-LISTEN-25'],
    needs: ['owner', 'stream', 'transcript', 'wait'],
  },
  'owner:ban': {
    behaviour: 'A ban keeps the callsign and its identity out until it is lifted.',
    clauses: ['R-OWNER-6'],
    needs: ['owner', 'identities', 'transcript'],
  },
  'owner:pause': {
    behaviour: 'On a paused channel nobody sends, and everything else goes on.',
    clauses: ['R-OWNER-7', 'R-CHAN-11'],
    needs: ['owner', 'info', 'transcript'],
  },
  'owner:pause-parked': {
    behaviour: 'Who listens while a channel is paused goes on listening, and hears what is sent after it.',
    clauses: ['R-OWNER-7'],
    needs: ['owner'],
  },
  'owner:restart': {
    behaviour: 'What an owner did survives a restart and kill -9, in every retention mode.',
    clauses: ['R-OWNER-9', 'R-RET-8'],
    needs: ['owner', 'durable', 'info', 'identities'],
  },
  'owner:closed-restart': {
    behaviour: 'A closed channel stays closed over a restart and kill -9, and keeps its transcript.',
    clauses: ['R-OWNER-2', 'R-OWNER-3', 'R-OWNER-9'],
    needs: ['owner', 'durable', 'transcript'],
  },
  'owner:refused': {
    behaviour: 'Owner operations refuse fields they do not know and callsigns that are none.',
    clauses: ['R-OWNER-1', 'R-ERR-9', 'R-ERR-10'],
    needs: ['owner'],
  },
} as const satisfies Requirements;
