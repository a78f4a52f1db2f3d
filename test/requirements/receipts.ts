import type { Requirements } from './requirement.ts';

export const RECEIPTS = {
  'receipt:listed': {
    behaviour: 'A message has one receipt for each mailbox it is for, also of who left since.',
    clauses: ['R-RCPT-1'],
    needs: ['receipts'],
  },
  'receipt:states': {
    behaviour: 'A receipt goes from queued over delivered to confirmed, and says when.',
    clauses: ['R-RCPT-2', 'R-RCPT-3'],
    needs: ['receipts'],
  },
  'receipt:never-back': {
    behaviour: 'No state comes before another or goes back, whatever a listener asks for.',
    clauses: ['R-RCPT-2'],
    needs: ['receipts'],
  },
  'receipt:cut': {
    behaviour: 'An answer that was cut leaves its messages queued.',
    clauses: ['R-RCPT-4', 'R-LISTEN-2'],
    needs: ['receipts'],
  },
  'receipt:forgotten-time': {
    behaviour: 'When the hub no longer knows when, it says null.',
    clauses: ['R-RCPT-3'],
    needs: ['receipts', 'durable', 'alone'],
    note: 'A store that hubs share keeps the times.',
  },
  'receipt:rotated': {
    behaviour: 'A message that left the ring is gone, with the receipts still known and expired for who never saw it.',
    clauses: ['R-RCPT-5'],
    needs: ['receipts'],
  },
  'receipt:expired-stays': {
    behaviour: 'What a seat never saw stays expired, whatever it confirms later.',
    clauses: ['R-RCPT-5', 'R-RCPT-2'],
    needs: ['receipts'],
  },
  'receipt:status': {
    behaviour: 'The id of a status is answered as rotated, without receipts.',
    clauses: ['R-RCPT-5'],
    needs: ['receipts'],
  },
  'receipt:unknown': {
    behaviour: 'An id that was never issued is not found.',
    clauses: ['R-RCPT-6'],
    needs: ['receipts'],
  },
} as const satisfies Requirements;
