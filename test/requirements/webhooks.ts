import type { Requirements } from './requirement.ts';

export const WEBHOOKS = {
  'hook:created': {
    behaviour: 'A webhook is made with a secret that is shown once, and is listed without it until it is deleted.',
    clauses: ['R-HOOK-1', 'R-HOOK-13'],
    needs: ['webhooks'],
  },
  'hook:address': {
    behaviour: 'The list shows the address that is posted to, whatever characters it was typed with.',
    clauses: ['R-HOOK-13'],
    needs: ['webhooks'],
  },
  'hook:keepers': {
    behaviour: 'Webhooks are for who has a token of the channel, and on a trusted channel for the owner alone.',
    clauses: ['R-HOOK-2'],
    needs: ['webhooks', 'rest'],
  },
  'hook:fields': {
    behaviour: 'Wrong fields of a webhook are refused with their own codes, and make nothing.',
    clauses: ['R-HOOK-3', 'R-HOOK-16', 'R-ERR-10'],
    needs: ['webhooks'],
  },
  'hook:message': {
    behaviour: 'A webhook gets the message as a listener gets it, signed as Standard Webhooks says.',
    clauses: ['R-HOOK-5', 'R-HOOK-6', 'R-TRUST-11'],
    needs: ['webhooks'],
  },
  'hook:callsign': {
    behaviour: 'A webhook for a callsign gets direct messages to it and broadcasts that are not its own, and no status.',
    clauses: ['R-HOOK-3', 'R-HOOK-4'],
    needs: ['webhooks'],
  },
  'hook:events': {
    behaviour: 'Joins, leaves and expiries are told to the webhooks that ask for them.',
    clauses: ['R-HOOK-3', 'R-HOOK-5'],
    needs: ['webhooks'],
  },
  'hook:closed': {
    behaviour: 'The webhooks of a channel that is removed are told, and then forgotten.',
    clauses: ['R-HOOK-20'],
    needs: ['webhooks'],
  },
  'hook:retries': {
    behaviour: 'What fails is tried again after 1, 5 and 25 seconds under the same id, and then given up.',
    clauses: ['R-HOOK-8', 'R-HOOK-6', 'R-HOOK-15'],
    needs: ['webhooks'],
  },
  'hook:failures': {
    behaviour: 'Hanging, resetting and redirecting are failures with plain reasons, and hold up nobody.',
    clauses: ['R-HOOK-7', 'R-HOOK-15'],
    needs: ['webhooks'],
  },
  'hook:gone': {
    behaviour: 'A receiver that answers 410 is sent nothing more, and the list says why.',
    clauses: ['R-HOOK-9', 'R-HOOK-13'],
    needs: ['webhooks'],
  },
  'hook:order': {
    behaviour: 'A webhook gets first attempts in order, one at a time, whatever waits to be tried again.',
    clauses: ['R-HOOK-12'],
    needs: ['webhooks'],
  },
  'hook:bounded': {
    behaviour:
      'When too much waits for a webhook, the oldest that is not under way is given up and says so, and one request at a time goes on.',
    clauses: ['R-HOOK-12'],
    needs: ['webhooks'],
  },
  'hook:owner': {
    behaviour: 'Kicking and closing are told to webhooks, and a closed channel has none.',
    clauses: ['R-HOOK-5', 'R-HOOK-20'],
    needs: ['webhooks', 'owner'],
  },
  'hook:rotated': {
    behaviour:
      'A changed join token disables the webhooks that were made with the old one, with what waits for them, and none of the owner.',
    clauses: ['R-HOOK-21', 'R-HOOK-13', 'R-OWNER-4'],
    needs: ['webhooks', 'owner'],
  },
  'hook:bands': {
    behaviour: 'Nobody but the operator sets up webhooks on a band.',
    clauses: ['R-HOOK-2'],
    needs: ['webhooks', 'bands'],
  },
  'hook:full': {
    behaviour: 'A channel has only so many webhooks.',
    clauses: ['R-LIMIT-2', 'R-HOOK-1'],
    needs: ['webhooks'],
  },
  'hook:test': {
    behaviour: 'A test is sent at once and once, and answers how it went.',
    clauses: ['R-HOOK-14'],
    needs: ['webhooks'],
  },
  'hook:private': {
    behaviour: 'Where private addresses are not allowed, none of the ways to name one makes a webhook.',
    clauses: ['R-HOOK-16', 'R-HOOK-18'],
    needs: ['webhooks'],
  },
  'hook:rebinding': {
    behaviour: 'A name that leads to a private address when it is time to deliver gets nothing.',
    clauses: ['R-HOOK-17', 'R-HOOK-15'],
    needs: ['webhooks'],
  },
  'hook:restart': {
    behaviour: 'Webhooks, what they are owed and what became of it survive a restart and a crash.',
    clauses: ['R-HOOK-10', 'R-HOOK-6', 'R-HOOK-15'],
    needs: ['webhooks', 'durable', 'files'],
  },
  'hook:retention': {
    behaviour: 'After a restart a delivery has of its message what the channel keeps, and no text is on disk that it does not.',
    clauses: ['R-HOOK-11', 'R-RET-1'],
    needs: ['webhooks', 'durable', 'files'],
  },
  'hook:lost-key': {
    behaviour: 'Secrets are encrypted on disk, and webhooks whose key is gone are disabled instead of going unsigned.',
    clauses: ['R-HOOK-19'],
    needs: ['webhooks', 'durable', 'alone'],
    note: 'Hubs on Redis are given their key; one that was given another disables nothing that others can sign.',
  },
  'hook:reach': {
    behaviour: 'The roster says who listens now and who is woken by a webhook.',
    clauses: ['R-ROSTER-5'],
    needs: ['webhooks'],
  },
} as const satisfies Requirements;
