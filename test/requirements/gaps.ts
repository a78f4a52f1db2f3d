import type { Requirements } from './requirement.ts';

export const GAPS = {
  'gap:counted': {
    behaviour: 'Messages that left the ring unseen are announced with their exact number.',
    clauses: ['R-LISTEN-16', 'R-LISTEN-17'],
  },
  'gap:not-mine': {
    behaviour: 'Own broadcasts and direct messages to others never cause a gap.',
    clauses: ['R-LISTEN-17'],
  },
  'gap:mixed': {
    behaviour: 'Among broadcasts, own ones and direct messages of all kinds, only those for this seat are counted.',
    clauses: ['R-LISTEN-17'],
  },
  'gap:bytes': {
    behaviour: 'What leaves the ring for its size is announced too.',
    clauses: ['R-LISTEN-16', 'R-LIMIT-5'],
  },
  'gap:seen': {
    behaviour: 'What was confirmed before it left the ring is no gap.',
    clauses: ['R-LISTEN-16', 'R-LISTEN-17'],
  },
  'gap:before-confirmed': {
    behaviour: 'A since before what is confirmed is told what has left the ring since then.',
    clauses: ['R-LISTEN-14'],
  },
  'gap:repeated': {
    behaviour: 'A gap is repeated until a position at or after it is confirmed.',
    clauses: ['R-LISTEN-19', 'R-JOIN-14'],
  },
  'gap:wakes': {
    behaviour: 'A gap ends the wait at once, on bare listens of an explicit session three times.',
    clauses: ['R-LISTEN-20', 'R-LISTEN-12'],
  },
  'gap:rewound': {
    behaviour: 'A since that this hub never issued is answered with a rewound gap from the confirmed position.',
    clauses: ['R-LISTEN-18', 'R-LISTEN-7'],
  },
  'gap:rewound-flagged': {
    behaviour: 'What a seat names of a history that is gone it may have seen: messages up to there are flagged.',
    clauses: ['R-LISTEN-13', 'R-LISTEN-18'],
  },
  'gap:rewound-repeated': {
    behaviour: 'A rewound gap is repeated until it was handed over and a valid since has followed.',
    clauses: ['R-LISTEN-19'],
  },
  'gap:rewound-bare': {
    behaviour: 'For a session that is not explicit, the next bare listen ends a rewound gap.',
    clauses: ['R-LISTEN-19'],
  },
  'parked:all-answered': {
    behaviour: 'Four listens of a seat may be parked; all are answered, one copy plain and the others flagged.',
    clauses: ['R-LISTEN-22', 'R-LISTEN-13'],
  },
  'parked:fifth': {
    behaviour: 'A fifth parked listen ends the oldest, empty and superseded; one that does not wait ends nobody.',
    clauses: ['R-LISTEN-23', 'R-LISTEN-27'],
  },
  'parked:shutdown': {
    behaviour: 'When the hub shuts down, parked listens are answered and lose nothing.',
    clauses: ['R-LISTEN-24', 'R-LISTEN-27'],
  },
  'parked:gone': {
    behaviour: 'A listener whose client is gone frees its place at once, and nothing is marked.',
    clauses: ['R-LISTEN-21', 'R-SEND-8'],
    needs: ['receipts'],
  },
  'parked:left': {
    behaviour: 'When the session leaves, its parked listens end with the problem of its new state.',
    clauses: ['R-LISTEN-25', 'R-LEAVE-1'],
  },
  'wait:answers': {
    behaviour: 'A wait takes what listen takes, waits once and ends with the answer of a listen.',
    clauses: ['R-WAIT-1', 'R-WAIT-5'],
    needs: ['wait'],
  },
  'wait:timeout': {
    behaviour: 'A wait is for up to 24 hours.',
    clauses: ['R-WAIT-2', 'R-ERR-10'],
    needs: ['wait'],
  },
  'wait:spaces': {
    behaviour: 'A space at the start and every 15 seconds keeps the connection alive and the body JSON.',
    clauses: ['R-WAIT-3'],
    needs: ['wait', 'http'],
  },
  'wait:refused': {
    behaviour: 'What can be refused is refused before the first space, with its own status.',
    clauses: ['R-WAIT-4'],
    needs: ['wait', 'http'],
  },
  'wait:refused-late': {
    behaviour: 'A wait whose session ends meanwhile ends with the problem, in the body of its 200.',
    clauses: ['R-WAIT-6', 'R-LISTEN-25'],
    needs: ['wait', 'http'],
  },
  'wait:is-a-listen': {
    behaviour: 'Evidence, gaps, superseded, shutdown, leave and cuts are for a wait as for a listen, and it counts as one.',
    clauses: ['R-WAIT-5', 'R-LISTEN-23', 'R-LISTEN-24', 'R-LISTEN-25'],
    needs: ['wait'],
  },
} as const satisfies Requirements;
