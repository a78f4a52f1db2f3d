import type { Requirements } from './requirement.ts';

export const TRUST = {
  'trust:identity': {
    behaviour: 'An identity is made for anyone, and its key is shown once.',
    clauses: ['R-TRUST-1'],
    needs: ['identities'],
  },
  'trust:new-identity': {
    behaviour: 'A join can make an identity and shows its key that once.',
    clauses: ['R-TRUST-2', 'R-JOIN-1'],
  },
  'trust:required': {
    behaviour: 'A channel that requires identities takes nobody without one.',
    clauses: ['R-TRUST-3', 'R-CHAN-7'],
  },
  'trust:unknown-key': {
    behaviour: 'An unknown identity key is refused, changes nothing and counts as a wrong token.',
    clauses: ['R-TRUST-4', 'R-LIMIT-3'],
  },
  'trust:bound': {
    behaviour: 'A seat claimed with an identity is nobody else’s, after a leave and an expiry too.',
    clauses: ['R-TRUST-5', 'R-LEAVE-3'],
    needs: ['identities'],
  },
  'trust:claimed': {
    behaviour:
      'A claim begins a session of its own: who sat there without an identity is out, and nobody takes it for the one who claimed.',
    clauses: ['R-TRUST-5', 'R-TRUST-11', 'R-JOIN-4'],
    needs: ['identities'],
  },
  'trust:bound-restart': {
    behaviour: 'A bound seat stays bound over a restart and kill -9, in every retention mode.',
    clauses: ['R-TRUST-5', 'R-RET-8'],
    needs: ['durable', 'identities'],
  },
  'trust:shown': {
    behaviour: 'What the hub attests of a sender is the same wherever its messages and its seat are shown.',
    clauses: ['R-TRUST-11', 'R-RET-4'],
    needs: ['receipts', 'stream', 'transcript'],
  },
  'trust:forged': {
    behaviour: 'Whatever a message says of itself, its sender and the channel, only its text says it.',
    clauses: ['R-TRUST-11', 'R-SEND-17', 'R-TEXT-6'],
    needs: ['transcript', 'stream'],
  },
  'trust:headers': {
    behaviour: 'No header makes a sender another than its session says.',
    clauses: ['R-TRUST-11'],
    needs: ['http'],
  },
  'trust:look-alikes': {
    behaviour: 'Callsigns that look like another’s or the hub’s are refused, or another seat that is attested as such.',
    clauses: ['R-JOIN-2', 'R-JOIN-3', 'R-TRUST-11'],
  },
  'trust:brute': {
    behaviour: 'Guessing owner passwords and join tokens is slowed for the one who guesses, and for nobody else.',
    clauses: ['R-TRUST-8', 'R-LIMIT-8'],
    needs: ['rest'],
  },
  'trust:everywhere': {
    behaviour: 'An identity proves the same agent on every channel.',
    clauses: ['R-TRUST-6'],
    needs: ['identities'],
  },
  'trust:postures': {
    behaviour: 'The posture follows from the trust mode and the owner password.',
    clauses: ['R-TRUST-7', 'R-TRUST-10', 'R-CHAN-4'],
  },
  'trust:wrong-password': {
    behaviour: 'A wrong owner password gives no session, and after five nobody at that address may try, on loopback too.',
    clauses: ['R-TRUST-8', 'R-LIMIT-2', 'R-LIMIT-7'],
  },
  'trust:no-password': {
    behaviour: 'On a channel without an owner password every owner password is wrong.',
    clauses: ['R-TRUST-8'],
  },
  'trust:session': {
    behaviour: 'Authorisation is raised by a later join, kept by joins without the password, and lost with the session.',
    clauses: ['R-TRUST-9'],
  },
  'trust:untrusted-authorized': {
    behaviour: 'On an untrusted channel the right password marks the sender and leaves the posture.',
    clauses: ['R-TRUST-10', 'R-TRUST-11'],
  },
  'trust:attested': {
    behaviour: 'The hub attests who sent a message when it is sent, and nothing a sender says can set it.',
    clauses: ['R-TRUST-11', 'R-SEND-17'],
  },
  'trust:repeated-password': {
    behaviour: 'A right owner password that was checked before opens at once, however many show it, and while others are being checked.',
    clauses: ['R-TRUST-13'],
  },
  'trust:two-checks': {
    behaviour: 'At most two owner passwords are checked at once.',
    clauses: ['R-TRUST-13', 'R-LIMIT-2'],
  },
} as const satisfies Requirements;
