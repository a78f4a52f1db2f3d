import type { Requirements } from './requirement.ts';

export const CHANNELS = {
  'channel:create': {
    behaviour: 'Anyone on a local hub makes a channel with defaults, and gets its settings and tokens.',
    clauses: ['R-CHAN-1', 'R-CHAN-2', 'R-RUN-1'],
  },
  'channel:settings': {
    behaviour: 'What is asked for at the creation is what the channel says of itself.',
    clauses: ['R-CHAN-1', 'R-CHAN-2', 'R-CHAN-5', 'R-CHAN-6', 'R-CHAN-8'],
    needs: ['info'],
  },
  'channel:id': {
    behaviour: 'A channel id is two words and hexadecimal digits.',
    clauses: ['R-CHAN-3'],
  },
  'channel:tokens': {
    behaviour: 'Tokens begin with their word and hold at least 192 random bits.',
    clauses: ['R-CHAN-4'],
  },
  'channel:hashed': {
    behaviour: 'No token, session id, key or password reaches the disk; their hashes do.',
    clauses: ['R-CHAN-4', 'R-JOIN-20', 'R-TRUST-1'],
    needs: ['durable', 'identities', 'files'],
  },
  'channel:retention': {
    behaviour: 'A retention that is not one of the four is refused.',
    clauses: ['R-CHAN-5', 'R-ERR-10'],
  },
  'channel:trust': {
    behaviour: 'A trust mode that is not one of the two is refused.',
    clauses: ['R-CHAN-6', 'R-ERR-10'],
  },
  'channel:trusted-identity': {
    behaviour: 'A trusted channel requires identities, and nothing can say otherwise.',
    clauses: ['R-CHAN-7'],
  },
  'channel:ttl': {
    behaviour: 'A session TTL is a whole number from 60 to 86400.',
    clauses: ['R-CHAN-8', 'R-ERR-10'],
  },
  'channel:prompt': {
    behaviour: 'The agent prompt is short, has what the other agent needs, and no secret of the owner.',
    clauses: ['R-CHAN-9'],
  },
  'channel:prompt-identities': {
    behaviour: 'Where identities are asked for, what is there to paste makes one and says to keep its key.',
    clauses: ['R-CHAN-9', 'R-CHAN-10'],
  },
  'channel:connect': {
    behaviour: 'There is a snippet for each client, with the address of this hub.',
    clauses: ['R-CHAN-10'],
  },
  'channel:info': {
    behaviour: 'The channel tells its settings, counts and links, and no secret.',
    clauses: ['R-CHAN-11', 'R-CHAN-4'],
    needs: ['info'],
  },
  'channel:token-needed': {
    behaviour: 'Every route of a channel needs its join token; the owner token is none.',
    clauses: ['R-CHAN-12', 'R-RUN-1'],
    needs: ['rest', 'ack', 'info', 'receipts', 'stream', 'transcript', 'wait'],
  },
  'channel:owner-password-length': {
    behaviour: 'An owner password has 8 to 256 characters.',
    clauses: ['R-CHAN-14', 'R-ERR-10'],
  },
  'channel:token-own': {
    behaviour: 'A token opens its own channel only.',
    clauses: ['R-CHAN-13'],
    needs: ['rest'],
  },
} as const satisfies Requirements;
