import type { Requirements } from './requirement.ts';

export const LISTEN = {
  'listen:answer': {
    behaviour: 'A listen answers messages, where they start and end, and whether there is more or a gap; nothing else.',
    clauses: ['R-LISTEN-1', 'R-LISTEN-27'],
  },
  'listen:at-once': {
    behaviour: 'A listen answers at once when there is something to deliver.',
    clauses: ['R-LISTEN-3'],
  },
  'listen:wakes': {
    behaviour: 'A parked listen answers the moment a message for this seat comes, and for no other.',
    clauses: ['R-LISTEN-3', 'R-SEND-3'],
  },
  'listen:no-wake-lost': {
    behaviour: 'No message is missed between reading and parking, however sends and listens meet.',
    clauses: ['R-LISTEN-3', 'R-SEND-7'],
  },
  'listen:timeout': {
    behaviour: 'A listen waits 30 seconds unless told otherwise, 55 at most, and then says that time passed.',
    clauses: ['R-LISTEN-4', 'R-LISTEN-15'],
    needs: ['rest'],
  },
  'listen:invalid-timeout': {
    behaviour: 'A time-out that is no whole number of seconds is refused.',
    clauses: ['R-LISTEN-4', 'R-ERR-10'],
  },
  'listen:limit': {
    behaviour: 'An answer has at most as many messages as asked, and says that there is more.',
    clauses: ['R-LISTEN-5', 'R-ERR-10'],
  },
  'listen:bytes': {
    behaviour: 'An answer is at most 256 KiB, and has at least one message.',
    clauses: ['R-LISTEN-5'],
  },
  'listen:positions': {
    behaviour: 'Each answer starts where the last one ended, and everything in between is in it, ascending.',
    clauses: ['R-LISTEN-6'],
  },
  'listen:since-forms': {
    behaviour: 'A cursor has its form; since takes a cursor, a message id, 0 or latest, and refuses all else.',
    clauses: ['R-LISTEN-7', 'R-ERR-10'],
  },
  'listen:lossy': {
    behaviour: 'An agent whose answers get lost and that repeats its last cursor misses nothing and gets no unflagged duplicate.',
    clauses: ['R-LISTEN-26', 'R-LISTEN-8', 'R-LISTEN-13'],
  },
  'since:confirms': {
    behaviour: 'since confirms everything up to it and delivers what follows.',
    clauses: ['R-LISTEN-8'],
    needs: ['receipts'],
  },
  'since:twice': {
    behaviour: 'The same since gives the same messages again, flagged.',
    clauses: ['R-LISTEN-8', 'R-LISTEN-13'],
  },
  'since:never-lowers': {
    behaviour: 'An older since lowers nothing and delivers what the ring still holds from there.',
    clauses: ['R-LISTEN-8', 'R-LISTEN-14'],
  },
  'since:message-id': {
    behaviour: 'A message id is a place as good as a cursor.',
    clauses: ['R-LISTEN-7', 'R-LISTEN-8'],
  },
  'since:zero': {
    behaviour: 'since=0 delivers everything for this seat that the ring holds, and confirms nothing.',
    clauses: ['R-LISTEN-10'],
  },
  'since:latest': {
    behaviour: 'since=latest confirms everything and delivers what comes after.',
    clauses: ['R-LISTEN-10'],
  },
  'since:explicit': {
    behaviour: 'A session that gave a since is explicit until it ends, and a bare listen of it confirms nothing.',
    clauses: ['R-LISTEN-9', 'R-LISTEN-12'],
  },
  'bare:confirms': {
    behaviour: 'A bare listen confirms what was handed over before; a second one is empty.',
    clauses: ['R-LISTEN-11'],
    needs: ['receipts'],
  },
  'bare:cut': {
    behaviour: 'An answer to a bare listen that was cut is delivered again.',
    clauses: ['R-LISTEN-11', 'R-LISTEN-2', 'R-LISTEN-13'],
  },
  'bare:explicit-repeats': {
    behaviour: 'A bare listen of an explicit session is answered at once with what is unconfirmed three times, and then waits.',
    clauses: ['R-LISTEN-12'],
  },
  'bare:explicit-fresh': {
    behaviour: 'After three repeats a new message ends the wait and brings the unconfirmed ones along; evidence starts the count anew.',
    clauses: ['R-LISTEN-12'],
  },
  'ack:confirms': {
    behaviour: 'ack confirms up to a message id or cursor without listening.',
    clauses: ['R-ACK-1', 'R-ERR-10'],
    needs: ['ack', 'receipts'],
  },
  'ack:never-lowers': {
    behaviour: 'ack never lowers, and repeating it changes nothing.',
    clauses: ['R-ACK-2'],
    needs: ['ack', 'receipts'],
  },
  'ack:explicit': {
    behaviour: 'After an ack the session is explicit.',
    clauses: ['R-ACK-3', 'R-LISTEN-9'],
    needs: ['ack'],
  },
  'ack:zero': {
    behaviour: 'An ack of 0 confirms nothing and changes nothing: a session that listens bare goes on so.',
    clauses: ['R-ACK-4', 'R-LISTEN-11'],
    needs: ['ack'],
  },
} as const satisfies Requirements;
