import type { Requirements } from './requirement.ts';

export const STREAMS = {
  'stream:messages': {
    behaviour: 'A stream gives what waits and then each message as it comes, as server-sent events or lines of JSON.',
    clauses: ['R-STREAM-1', 'R-STREAM-2', 'R-STREAM-3', 'R-STREAM-4'],
    needs: ['stream'],
  },
  'stream:bytes': {
    behaviour: 'On the wire an SSE event has an id, a type and one line of data, and a line of JSON has them as fields.',
    clauses: ['R-STREAM-1', 'R-STREAM-3', 'R-STREAM-4', 'R-REQ-16'],
    needs: ['stream', 'http'],
  },
  'stream:confirms-nothing': {
    behaviour: 'What a stream has written is handed over and not confirmed.',
    clauses: ['R-STREAM-6', 'R-SEND-8'],
    needs: ['stream', 'receipts'],
  },
  'stream:resume': {
    behaviour: 'Last-Event-ID and since resume and confirm; nothing is missed and repeats are flagged.',
    clauses: ['R-STREAM-2', 'R-STREAM-3', 'R-LISTEN-8'],
    needs: ['stream', 'receipts'],
  },
  'stream:each-cursor': {
    behaviour: 'A stream can be resumed from the cursor of every event it gave.',
    clauses: ['R-STREAM-2', 'R-STREAM-3'],
    needs: ['stream'],
  },
  'stream:gap': {
    behaviour: 'A stream tells of what left the ring unseen before it goes on.',
    clauses: ['R-STREAM-3', 'R-LISTEN-16'],
    needs: ['stream'],
  },
  'stream:status': {
    behaviour: 'A stream hears statuses, and they are no place to resume from that skips anything.',
    clauses: ['R-STREAM-2', 'R-SEND-13'],
    needs: ['stream'],
  },
  'stream:status-cursor': {
    behaviour: 'A status does not overtake messages that are still to come, and its event is no place after them.',
    clauses: ['R-STREAM-3', 'R-LISTEN-16', 'R-SEND-18'],
    needs: ['stream'],
  },
  'stream:counts': {
    behaviour: 'A stream counts as one of the parked listens of its seat, which is listening.',
    clauses: ['R-STREAM-2', 'R-STREAM-9', 'R-STREAM-10'],
    needs: ['stream'],
  },
  'stream:heartbeat': {
    behaviour: 'Every 15 seconds a heartbeat is written: a comment in SSE, an empty line in NDJSON.',
    clauses: ['R-STREAM-5'],
    needs: ['stream', 'http'],
  },
  'stream:observer': {
    behaviour: 'Without a session a stream observes every message from now on, and the roster when it changes.',
    clauses: ['R-STREAM-7', 'R-STREAM-3'],
    needs: ['stream', 'info', 'receipts'],
  },
  'stream:away': {
    behaviour: 'Who watches watches on while the store is away, also when somebody meanwhile tries to go.',
    clauses: ['R-STREAM-7', 'R-ERR-12'],
    needs: ['stream', 'durable', 'remote'],
  },
  'stream:observer-since': {
    behaviour: 'An observer may begin at a place, and is told first of what has left the ring since then.',
    clauses: ['R-STREAM-7', 'R-STREAM-8'],
    needs: ['stream'],
  },
  'stream:end': {
    behaviour: 'A stream that the hub ends has a last event with a code, a detail and a hint.',
    clauses: ['R-STREAM-10', 'R-LISTEN-25'],
    needs: ['stream'],
  },
  'stream:gone': {
    behaviour: 'A reader that hangs up frees its place at once, and what it was not given is not lost.',
    clauses: ['R-STREAM-6', 'R-LISTEN-21'],
    needs: ['stream'],
  },
  'stream:slow': {
    behaviour: 'A reader that does not read is disconnected after 30 seconds, and what it did not take is not lost.',
    clauses: ['R-STREAM-11', 'R-REQ-18'],
    needs: ['stream', 'http'],
  },
  'stream:refused': {
    behaviour: 'A stream that cannot be is refused as any call.',
    clauses: ['R-STREAM-1', 'R-ERR-7', 'R-ERR-10'],
    needs: ['stream'],
  },
} as const satisfies Requirements;
