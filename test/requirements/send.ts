import type { Requirements } from './requirement.ts';

export const SEND = {
  'send:fields': {
    behaviour: 'A message takes a recipient and a text, by either name, and says what it became.',
    clauses: ['R-SEND-1', 'R-SEND-2', 'R-SEND-17'],
    needs: ['rest'],
  },
  'send:ids': {
    behaviour: 'Ids grow within their channel and are never given twice, also when many send at once.',
    clauses: ['R-SEND-2', 'R-SEND-18'],
  },
  'send:all': {
    behaviour: 'A broadcast reaches every other seat and never its sender.',
    clauses: ['R-SEND-3'],
  },
  'send:direct': {
    behaviour: 'A direct message reaches its recipient only.',
    clauses: ['R-SEND-3', 'R-SEND-8'],
  },
  'send:to': {
    behaviour: 'What cannot be a recipient is refused: no callsign, a reserved one, oneself.',
    clauses: ['R-SEND-4', 'R-ERR-10'],
  },
  'send:left': {
    behaviour: 'Who left is no recipient of a broadcast, but its mailbox goes on collecting.',
    clauses: ['R-SEND-6', 'R-LEAVE-2'],
  },
  'send:expired': {
    behaviour: 'Who expired stays a recipient, offline.',
    clauses: ['R-SEND-6', 'R-ROSTER-3', 'R-SEND-9'],
  },
  'send:delivered': {
    behaviour: 'Delivered means that a parked listener was given it; everybody else is queued.',
    clauses: ['R-SEND-8', 'R-SEND-9', 'R-RCPT-4'],
  },
  'send:not-delivered': {
    behaviour: 'A listener whose connection died is not said to have been given anything.',
    clauses: ['R-SEND-8', 'R-RCPT-4', 'R-LISTEN-2'],
  },
  'send:listed': {
    behaviour: 'At most 100 recipients are listed, and the count is of all.',
    clauses: ['R-SEND-10'],
  },
  'send:idempotent': {
    behaviour: 'The same key and content send once and answer the first id, later with who has it by now.',
    clauses: ['R-SEND-11'],
  },
  'send:idempotent-at-once': {
    behaviour: 'Of equal sends at once one is sent, and all answer its id.',
    clauses: ['R-SEND-11'],
  },
  'send:idempotent-restart': {
    behaviour: 'A key is remembered over a restart and over a crash.',
    clauses: ['R-SEND-11', 'R-RET-6'],
    needs: ['durable'],
  },
  'send:idempotent-bounded': {
    behaviour: 'A channel remembers so many keys, the newest, over a restart too.',
    clauses: ['R-SEND-11'],
    needs: ['durable'],
  },
  'send:conflict': {
    behaviour: 'The same key with other content is a conflict; keys belong to channel and callsign, not to the session.',
    clauses: ['R-SEND-12'],
  },
  'send:key-age': {
    behaviour: 'A key is forgotten after 24 hours.',
    clauses: ['R-SEND-11'],
  },
  'send:status': {
    behaviour: 'A status reaches who listens now, takes an id, and leaves no trace but in the roster.',
    clauses: ['R-SEND-13', 'R-SEND-14', 'R-SEND-15'],
  },
  'send:status-copies': {
    behaviour: 'Of the copies of a status for several listens of a seat one is plain, and the others are flagged.',
    clauses: ['R-SEND-13', 'R-LISTEN-22', 'R-LISTEN-13'],
  },
  'send:status-unheard': {
    behaviour: 'A status that nobody hears waits in no mailbox, causes no gap and makes no mailbox.',
    clauses: ['R-SEND-13', 'R-SEND-14'],
  },
  'send:status-size': {
    behaviour: 'A status is at most 280 bytes.',
    clauses: ['R-SEND-13'],
  },
  'send:size': {
    behaviour: 'A message is at most 32 KiB of UTF-8, and not empty.',
    clauses: ['R-SEND-16', 'R-ERR-10'],
  },
  'send:order': {
    behaviour: 'Everyone hears a channel in the order of the ids, however many send at once.',
    clauses: ['R-SEND-18'],
  },
  'send:confirms-nothing': {
    behaviour: 'Sending, and reading the roster, the history and receipts, confirm nothing.',
    clauses: ['R-SEND-19'],
    needs: ['receipts'],
  },
  'send:not-secret': {
    behaviour: 'A direct message can be read by whoever holds the token of the channel.',
    clauses: ['R-SEND-20', 'R-HIST-1'],
    needs: ['receipts', 'stream', 'transcript'],
  },
  'text:removed': {
    behaviour: 'Characters that no reader sees are removed and counted.',
    clauses: ['R-TEXT-1', 'R-TEXT-2', 'R-TEXT-6'],
  },
  'text:line-ends': {
    behaviour: 'Other line ends become newlines and are not counted.',
    clauses: ['R-TEXT-3', 'R-TEXT-2'],
  },
  'text:sequences': {
    behaviour: 'Emoji sequences and the scripts that need joiners arrive as they were sent.',
    clauses: ['R-TEXT-4'],
  },
  'text:verbatim': {
    behaviour: 'Tabs, newlines, ordinary Unicode and code arrive byte for byte.',
    clauses: ['R-TEXT-5'],
  },
  'text:same-for-all': {
    behaviour: 'What is stored, delivered and recorded is one cleaned text.',
    clauses: ['R-TEXT-6'],
    needs: ['receipts', 'stream', 'transcript'],
  },
  'text:half-pairs': {
    behaviour: 'Half of a surrogate pair becomes U+FFFD and is counted.',
    clauses: ['R-TEXT-7'],
  },
  'text:nothing-left': {
    behaviour: 'A message with nothing visible left is refused.',
    clauses: ['R-SEND-16', 'R-TEXT-1'],
  },
} as const satisfies Requirements;
