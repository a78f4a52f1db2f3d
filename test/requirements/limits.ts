import type { Requirements } from './requirement.ts';

export const LIMITS = {
  'limit:table': {
    behaviour: 'The numbers of the protocol are the numbers of the program, in each mode.',
    clauses: ['R-LIMIT-1', 'R-LIMIT-7', 'R-RUN-6'],
  },
  'limit:configured': {
    behaviour: 'Each number can be configured, and what is no limit is refused.',
    clauses: ['R-LIMIT-1', 'R-RUN-8'],
  },
  'limit:off': {
    behaviour: 'Off lifts the rates except that of owner passwords, and never a size.',
    clauses: ['R-LIMIT-7'],
  },
  'limit:send': {
    behaviour: 'On an open hub a session sends 60 at once and then 5 a second, on loopback too.',
    clauses: ['R-LIMIT-2', 'R-LIMIT-3', 'R-RUN-4', 'R-RUN-6'],
    needs: ['rest'],
  },
  'limit:create': {
    behaviour: 'On an open hub an address makes 10 channels at once and then 10 an hour.',
    clauses: ['R-LIMIT-2', 'R-LIMIT-3', 'R-RUN-4'],
    needs: ['rest'],
  },
  'limit:create-local': {
    behaviour: 'A local hub and a shared one do not limit new channels.',
    clauses: ['R-LIMIT-7'],
  },
  'limit:wrong-token': {
    behaviour: 'After too many wrong tokens an address must wait; right tokens and other addresses do not feel it.',
    clauses: ['R-LIMIT-2', 'R-LIMIT-8', 'R-LIMIT-3'],
  },
  'limit:proxy': {
    behaviour: 'X-Forwarded-For counts only when a trusted proxy sends it.',
    clauses: ['R-LIMIT-6'],
    needs: ['http'],
  },
  'limit:proxy-network': {
    behaviour: 'A network of proxies may be trusted; the rightmost address outside it is the client.',
    clauses: ['R-LIMIT-6'],
    needs: ['http'],
  },
  'limit:networks': {
    behaviour: 'Addresses of one /64 are counted as one, and an IPv4 address as itself in each of its forms.',
    clauses: ['R-LIMIT-9', 'R-LIMIT-6', 'R-LIMIT-8'],
    needs: ['http'],
  },
  'limit:sessions': {
    behaviour: 'A channel has room for so many live sessions; one that ends makes room.',
    clauses: ['R-LIMIT-2', 'R-LIMIT-3'],
  },
  'limit:mailboxes': {
    behaviour: 'A channel has room for so many mailboxes, joined or merely written to.',
    clauses: ['R-LIMIT-2', 'R-LIMIT-3'],
  },
  'limit:channels': {
    behaviour: 'A hub has room for so many channels.',
    clauses: ['R-LIMIT-2', 'R-LIMIT-3'],
  },
  'limit:identities': {
    behaviour: 'A hub has room for so many identities, and a refused join takes none.',
    clauses: ['R-LIMIT-2', 'R-LIMIT-3'],
    needs: ['identities'],
  },
  'limit:new-identity': {
    behaviour: 'On an open hub an address makes only so many identities by joining; joins without one, and refused ones, do not count.',
    clauses: ['R-LIMIT-2', 'R-LIMIT-3', 'R-LIMIT-8'],
    needs: ['identities'],
  },
  'limit:join': {
    behaviour: 'An address begins only so many sessions; who comes back to a live one is let in all the same.',
    clauses: ['R-LIMIT-2', 'R-LIMIT-3', 'R-LIMIT-8'],
  },
  'limit:owner': {
    behaviour: 'What owners do that the transcript tells of is limited by address.',
    clauses: ['R-LIMIT-2', 'R-LIMIT-3'],
    needs: ['owner'],
  },
  'limit:ring': {
    behaviour: 'The ring holds 100 messages and 1 MiB, and always the newest.',
    clauses: ['R-LIMIT-5', 'R-LISTEN-16'],
  },
  'limit:idle': {
    behaviour: 'Idle channels are removed after 24 hours, those with a transcript after 7 days.',
    clauses: ['R-LIMIT-4', 'R-ERR-6'],
    needs: ['info', 'wait'],
  },
} as const satisfies Requirements;
