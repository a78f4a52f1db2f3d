import type { Requirements } from './requirement.ts';

export const JOIN = {
  'join:answer': {
    behaviour: 'A first join answers everything an agent needs to begin.',
    clauses: ['R-JOIN-1', 'R-JOIN-15'],
  },
  'join:callsign': {
    behaviour: 'A callsign is trimmed and lower-cased, and has to match the pattern.',
    clauses: ['R-JOIN-2', 'R-ERR-10'],
  },
  'join:reserved': {
    behaviour: 'Reserved callsigns are refused, however they are written.',
    clauses: ['R-JOIN-3', 'R-ERR-10'],
  },
  'join:idempotent': {
    behaviour: 'Joining again while the session lives gives the same session.',
    clauses: ['R-JOIN-4'],
  },
  'join:at-once': {
    behaviour: 'Twenty joins at once get one session, and exactly one of them began it.',
    clauses: ['R-JOIN-4'],
  },
  'join:after-expiry': {
    behaviour: 'After an expiry a new session begins, and the mailbox goes on where it stood.',
    clauses: ['R-JOIN-5'],
  },
  'join:after-leave': {
    behaviour: 'After a leave a new session begins, and the mailbox goes on where it stood.',
    clauses: ['R-JOIN-5', 'R-LEAVE-2'],
  },
  'join:sessions-apart': {
    behaviour: 'Callsigns and channels never share a session, and a session id of another channel is worth nothing.',
    clauses: ['R-JOIN-6', 'R-ERR-7'],
    needs: ['rest'],
  },
  'join:old-session': {
    behaviour: 'A join that still shows a session, as one that is over, is answered like any other.',
    clauses: ['R-JOIN-21'],
    needs: ['rest'],
  },
  'join:at-head': {
    behaviour: 'A first join starts at the head: what was said to all before is in history only, also for since=0.',
    clauses: ['R-JOIN-7'],
  },
  'join:direct-waits': {
    behaviour: 'Direct messages wait for a callsign that has not joined yet, and nothing else does.',
    clauses: ['R-JOIN-8', 'R-SEND-5', 'R-JOIN-12'],
  },
  'join:moves-nothing': {
    behaviour: 'Joining ten times changes nothing of the mailbox.',
    clauses: ['R-JOIN-9', 'R-JOIN-11', 'R-JOIN-12'],
  },
  'join:cursor': {
    behaviour: 'The cursor of a join, given as since, repeats what is unconfirmed.',
    clauses: ['R-JOIN-10', 'R-JOIN-11'],
  },
  'join:unconfirmed': {
    behaviour: 'What was handed over and not confirmed is shown in full and flagged; what waits is only counted.',
    clauses: ['R-JOIN-11', 'R-JOIN-12'],
  },
  'join:overflow': {
    behaviour: 'Unconfirmed messages that do not fit count as pending and are not confirmed by a bare listen.',
    clauses: ['R-JOIN-13'],
  },
  'join:gap': {
    behaviour: 'A join tells of messages that left the ring unseen.',
    clauses: ['R-JOIN-14', 'R-LISTEN-17'],
  },
  'join:history': {
    behaviour: 'A join shows the last 20 messages, or as many as fit, oldest first.',
    clauses: ['R-JOIN-15'],
  },
  'join:expires': {
    behaviour: 'A session expires after its TTL without a call, and says when in UTC.',
    clauses: ['R-JOIN-16', 'R-ERR-8'],
  },
  'join:kept-alive': {
    behaviour: 'Every call that names the session keeps it alive.',
    clauses: ['R-JOIN-17'],
    needs: ['ack', 'info', 'receipts'],
  },
  'join:parked-alive': {
    behaviour: 'A parked wait or an open stream keeps its session alive.',
    clauses: ['R-JOIN-17'],
    needs: ['wait', 'stream'],
  },
  'join:monotonic': {
    behaviour: 'A jump of the wall clock neither ends a session nor prolongs it.',
    clauses: ['R-JOIN-18'],
  },
  'join:restart-idle': {
    behaviour: 'Over a restart the idle time goes on from the last sign of life.',
    clauses: ['R-JOIN-18', 'R-RET-13'],
    needs: ['durable'],
  },
  'join:instructions': {
    behaviour: 'Each posture has one constant text that tells how to keep talking and how to take what peers say.',
    clauses: ['R-JOIN-19', 'R-TRUST-12', 'R-TRUST-7'],
  },
  'join:derived': {
    behaviour: 'The same joiner gets the same session id back from a hub that stored only its hash.',
    clauses: ['R-JOIN-20', 'R-RET-13'],
    needs: ['durable'],
  },
} as const satisfies Requirements;
