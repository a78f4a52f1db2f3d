import type { Requirements } from './requirement.ts';

export const ADMIN = {
  'admin:token': {
    behaviour: 'Only the admin token opens what the operator sees, and without one there is nothing to open.',
    clauses: ['R-ADMIN-2'],
    needs: ['admin'],
  },
  'admin:overview': {
    behaviour: 'The overview counts channels, members, listeners and messages, and says how the store is.',
    clauses: ['R-ADMIN-3'],
    needs: ['admin'],
  },
  'admin:minutes': {
    behaviour: 'The last hour is told minute by minute: messages stored, and the most listeners that were seen.',
    clauses: ['R-ADMIN-4'],
    needs: ['admin'],
  },
  'admin:channels': {
    behaviour: 'Channels are listed with settings and counts, sorted, filtered and in pieces.',
    clauses: ['R-ADMIN-5'],
    needs: ['admin', 'owner'],
  },
  'admin:channel': {
    behaviour: 'One channel is shown with its roster; one that is not there is not found.',
    clauses: ['R-ADMIN-6'],
    needs: ['admin'],
  },
  'admin:guards': {
    behaviour: 'Whom the guards of a channel stopped, and why, is shown without what was said.',
    clauses: ['R-ADMIN-3', 'R-ADMIN-5', 'R-ADMIN-6'],
    needs: ['admin', 'owner'],
  },
  'admin:webhooks': {
    behaviour: 'How webhooks stand is shown, with the host of their URL and nothing else of it.',
    clauses: ['R-ADMIN-8', 'R-ADMIN-10'],
    needs: ['admin', 'webhooks'],
  },
  'admin:close': {
    behaviour: 'The operator closes a channel as its owner would.',
    clauses: ['R-ADMIN-7'],
    needs: ['admin', 'transcript'],
  },
  'admin:no-content': {
    behaviour: 'Nothing that anybody said, and no secret, is in any answer to the operator.',
    clauses: ['R-ADMIN-8'],
    needs: ['admin', 'identities'],
  },
} as const satisfies Requirements;
