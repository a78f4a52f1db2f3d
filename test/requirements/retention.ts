import type { Requirements } from './requirement.ts';

export const RETENTION = {
  'retention:on-disk': {
    behaviour: 'Only the texts that the mode keeps reach the disk.',
    clauses: ['R-RET-1', 'R-SEND-13'],
    needs: ['durable', 'files'],
  },
  'retention:transcript': {
    behaviour: 'The transcript has the events of the channel with the fields that the mode keeps.',
    clauses: ['R-RET-2', 'R-RET-4', 'R-TRUST-11'],
    needs: ['transcript'],
  },
  'retention:expiry': {
    behaviour: 'A leave by expiry says so.',
    clauses: ['R-RET-4'],
    needs: ['transcript'],
  },
  'retention:lines': {
    behaviour: 'The transcript is one JSON document, or a line for each event, however long it is.',
    clauses: ['R-RET-2'],
    needs: ['transcript', 'http'],
  },
  'retention:select': {
    behaviour: 'after and limit select events.',
    clauses: ['R-RET-3'],
    needs: ['transcript'],
  },
  'retention:none': {
    behaviour: 'A channel that keeps nothing has no transcript.',
    clauses: ['R-RET-5'],
    needs: ['transcript'],
  },
  'retention:files': {
    behaviour: 'The data directory and its files are for their owner only.',
    clauses: ['R-RET-16'],
    needs: ['durable', 'alone'],
    note: "The files of a Redis are its operator's.",
  },
  'restart:acknowledged': {
    behaviour: 'What was acknowledged survives a crash in every mode, and no id is given twice.',
    clauses: ['R-RET-6', 'R-RET-12', 'R-SEND-2', 'R-SEND-7'],
    needs: ['durable', 'info'],
  },
  'restart:everything': {
    behaviour: 'Channels, tokens, identities, sessions and tombstones survive stop and crash in every mode.',
    clauses: ['R-RET-8', 'R-RET-13', 'R-TRUST-5', 'R-ERR-8'],
    needs: ['durable', 'identities', 'info'],
  },
  'restart:positions': {
    behaviour: 'Positions survive a crash; at most the last second of them is lost.',
    clauses: ['R-RET-8', 'R-LISTEN-8'],
    needs: ['durable'],
  },
  'restart:ring': {
    behaviour: 'With full, the ring survives with its texts and senders, and listening goes on without a gap.',
    clauses: ['R-RET-9', 'R-LISTEN-7'],
    needs: ['durable', 'receipts'],
  },
  'restart:flagged': {
    behaviour: 'What was handed out before a crash is flagged when it comes again.',
    clauses: ['R-RET-10', 'R-LISTEN-13'],
    needs: ['durable', 'stream'],
  },
  'restart:texts-lost': {
    behaviour: 'Where texts are not kept, a restart is announced as a gap to each seat that had not confirmed everything.',
    clauses: ['R-RET-11', 'R-LISTEN-16', 'R-LISTEN-19'],
    needs: ['durable'],
  },
  'restart:rolled-back': {
    behaviour: 'Who knows of messages that a restored backup does not have is told that the store was rewound.',
    clauses: ['R-LISTEN-18', 'R-LISTEN-7'],
    needs: ['durable', 'files'],
  },
  'restart:synced': {
    behaviour: 'With metadata, prompts and full a send is answered only when the log is synced to the disk.',
    clauses: ['R-RET-7', 'R-SEND-7'],
    note: 'A power failure cannot be made in a test; that the answer waits for the sync can be seen.',
  },
} as const satisfies Requirements;
