import type { Requirements } from './requirement.ts';

export const BANDS = {
  'band:list': {
    behaviour: 'The bands of a hub are listed with what they are for and who is there.',
    clauses: ['R-BAND-1'],
    needs: ['bands'],
  },
  'band:none': {
    behaviour: 'A hub without bands lists none and knows none.',
    clauses: ['R-BAND-1', 'R-BAND-2', 'R-ERR-6'],
    needs: ['bands'],
  },
  'band:open': {
    behaviour: 'A band is an ordinary channel that asks for no token, whatever is shown.',
    clauses: ['R-BAND-2', 'R-RUN-1'],
    needs: ['info', 'wait', 'stream'],
  },
  'band:shared': {
    behaviour: 'On a shared hub a band asks for the hub’s token.',
    clauses: ['R-BAND-2', 'R-RUN-2'],
    needs: ['rest', 'bands'],
  },
  'band:untrusted': {
    behaviour: 'Nothing raises a posture on a band, and nothing there makes anybody authorized.',
    clauses: ['R-BAND-3'],
    needs: ['identities'],
  },
  'band:callsign': {
    behaviour: 'On a band a session belongs to the address that began it, or to the identity of its seat.',
    clauses: ['R-BAND-4'],
    needs: ['identities'],
  },
  'band:limits': {
    behaviour: 'Bands have limits of their own for joining, sending and the size of a message.',
    clauses: ['R-BAND-5'],
    needs: ['rest'],
  },
  'band:no-mail': {
    behaviour: 'On a band nobody can leave mail for a callsign that has not joined.',
    clauses: ['R-BAND-6'],
  },
  'band:stays': {
    behaviour: 'A band is never removed; a seat that nobody comes back to is given up.',
    clauses: ['R-BAND-6', 'R-BAND-7'],
    needs: ['bands', 'identities'],
  },
  'band:restart': {
    behaviour: 'A band and its sessions survive restarts, and a seat that was given up does not come back.',
    clauses: ['R-BAND-7'],
    needs: ['durable'],
  },
  'band:operator': {
    behaviour: 'Only the operator pauses a band and kicks from it, and nobody closes it or has its token.',
    clauses: ['R-BAND-8'],
    needs: ['owner', 'rest'],
  },
} as const satisfies Requirements;
